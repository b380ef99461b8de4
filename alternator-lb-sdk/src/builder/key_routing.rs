//! The settings by which operations are routed by their keys.

use super::Builder;
use crate::operation::{KeyAffinity, TableOptions};

impl Builder {
    /// Sends operations on the same partition to the same node, from all clients alike. [`KeyAffinity`] says why, at
    /// which cost, and which operations to choose.
    ///
    /// An operation that its own endpoint pins to a node goes there. Of the
    /// [parts](crate::Alternator::endpoint_resolver) it needs both.
    ///
    /// # Default
    ///
    /// Off: all operations go to all nodes in turn, no input is inspected, and no table is described.
    pub fn key_affinity(mut self, affinity: KeyAffinity) -> Self {
        self.config.routing.affinity = Some(affinity);
        self
    }

    /// Sends operations straight to a node that holds their partition, a *replica*.
    ///
    /// Any node takes any request. A node that does not hold the partition passes the request on to one that does: a
    /// hop more in each direction, and a second node that is busy with it. In a datacenter of 12 nodes with three
    /// replicas of everything that happens to three requests in four; with 6 nodes to every other one, with 3 to none,
    /// so this is of use from 4 nodes on. In a [rack](crate::Scope::rack) that has one replica of each partition, as
    /// with tablets, reads go to that replica. The server may hand a read on to another one all the same, by the hit
    /// rates of the caches (`cache_hit_rate_read_balancing`) or since the first is slow (speculative reads).
    ///
    /// `GetItem`, `PutItem`, `UpdateItem`, `DeleteItem` and `Query`, also of an index, go to the replica that is less
    /// busy of two, in the preferred scope if it has one; `BatchGetItem` and `BatchWriteItem` to the node that holds
    /// most of their partitions; all others are distributed as usual. Writes that use lightweight transactions go to
    /// one node for each partition, the same for all clients, which need not be a replica:
    /// [`key_affinity`](Self::key_affinity) says which writes these are if it is set, else [`KeyAffinity::from_table`]
    /// applies. The retry of another operation goes to the next replica, then to other nodes.
    /// [`Alternator::explain`](crate::Alternator::explain) tells where an operation would go, and why.
    ///
    /// For single tables or operations there are [`TableOptions::token_aware`](crate::TableOptions::token_aware) and
    /// [`OperationOptions::token_aware`](crate::OperationOptions::token_aware).
    ///
    /// # Source
    ///
    /// The server's own tables, read through Alternator beside the operations and by the means of one of them: at the
    /// first operation on a table, within a minute after a node has joined, soon again while tablets move, and about
    /// every ten minutes while the table is used, less often for more than 10,000 tablets. Where every node of the
    /// datacenter holds every partition, no map is read. Until a map is known, and where it cannot be, operations are
    /// distributed as usual. A map that is out of date costs the hop that it would have saved, and nothing else:
    /// requests always go to nodes that discovery lists. [All rules](crate::docs::routing#when-maps-are-read).
    ///
    /// Where authorization is enforced, the role of the operations needs the permission `SELECT` on these; one warning
    /// has the [statements](crate::docs::routing#permissions) where it is missing:
    ///
    /// ```text
    /// system.tablets  system.token_ring  system.local  system.peers
    /// system.config   system_schema.keyspaces   system_schema.views
    /// ```
    ///
    /// Never grant it on the keyspace `system` as a whole: `system.roles` holds the secrets of all roles.
    ///
    /// Servers from 4.6 on tell of vnodes, and from 6.0 on of tablets, which tables have by default from 2025.4 on.
    /// Nodes that are listed by a name have no known address and count as no replicas; so does a single seed over
    /// `https` that is a name, until its first refresh.
    ///
    /// # Cost
    ///
    /// Some 12 bytes for each tablet or range of a ring, and some 80 for each different set of three replicas, once for
    /// all tables that have the same: 1.2 MB for 100,000 tablets on 12 nodes. At most 50 MB of maps are kept; further
    /// tables have none, with one warning for each. An operation costs less than a
    /// microsecond more, and with this off nothing.
    ///
    /// # Default
    ///
    /// Off: it reads what not every role may read, and small clusters gain nothing.
    pub fn token_aware(mut self) -> Self {
        self.config.routing.token_aware = true;
        self
    }

    /// Sets options of the operations on one table. May be called for several tables; of two calls for one table the
    /// later counts as a whole.
    ///
    /// # Default
    ///
    /// None: all tables have the settings of this builder.
    pub fn table_options(mut self, table: impl Into<String>, options: TableOptions) -> Self {
        self.config.table_options.insert(table.into(), options);
        self
    }

    /// Names the partition key of a table. May be called for several tables; of two calls for one table the later
    /// counts.
    ///
    /// Use it where `DescribeTable` is not permitted, or where the very first operations matter, as in processes that
    /// make only a few. An attribute that is not the partition key costs what [key affinity](Self::key_affinity) or
    /// [token awareness](Self::token_aware) would gain, and nothing else.
    ///
    /// Of a table that is named here only the key is known: a `Query` of one of its indexes, to which
    /// [`KeyAffinity::all`] and token awareness apply, is distributed as usual. [`KeyAffinity::from_table`] and token
    /// awareness describe the table all the same, since they need to know more: its isolation, and its id.
    ///
    /// # Default
    ///
    /// None: each table is described by `DescribeTable`, in the background, at the first operation to which key
    /// affinity applies, and again about every half hour while it is used, or when an operation shows that its key
    /// has changed.
    pub fn partition_key(mut self, table: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.config
            .partition_keys
            .insert(table.into(), attribute.into());
        self
    }
}
