//! The operations that keep to one node per partition.

use super::lwt::Write;

/// The operations on a partition that all clients send to the same node.
///
/// Given to [`Builder::key_affinity`](crate::Builder::key_affinity). Such a node is the *coordinator* of a request: it
/// takes the request, and has the replicas execute it.
///
/// # Why
///
/// A write with a condition, or one that changes what is stored (a counter), is a *lightweight transaction*: the
/// replicas agree on it by Paxos. ScyllaDB has no leader for that, so the node that gets the request proposes the
/// change. Two nodes that propose changes to one partition at the same time contend: both start again after a random
/// wait of up to 100 ms, and at worst fail with an error that leaves open whether the write was done. One node does the
/// writes to a partition one after the other, without contention.
///
/// Writes without conditions gain something else: each gets its timestamp from the node that coordinates it, and the
/// later timestamp wins. If two clocks differ by 5 ms, a write that follows another one within that time can be lost,
/// though both succeeded. One coordinator has one clock.
///
/// # What it costs
///
/// Evenness: the requests for a partition in demand all go to one node. With thousands of partitions of about the same
/// demand the load evens out, to some per cent; with a few hot ones it does not. Partitions are assigned to nodes by
/// rendezvous hashing over the whole datacenter, also where other requests keep to a rack: when a node joins or leaves,
/// only its own share moves. For that, [`Scope::rack`](crate::Scope::rack) has the list of the datacenter's nodes
/// fetched as well, one more request in each refresh.
///
/// Each operation with affinity costs two allocations of some bytes; the others cost nothing. Each table is described
/// once to find its partition key (`DescribeTable`, signed like the operation that comes first), beside the operations:
/// until the key is known, and where the role lacks the permission, they go their ordinary way. Not so where an
/// operation names a single attribute of its item, as in a table without sort key: that is the partition key.
/// [`Builder::partition_key`](crate::Builder::partition_key) saves that request.
///
/// Affinity affects speed, never correctness: when the first node of a partition is ejected, its second one takes over,
/// and a client that has another list of nodes for a moment merely brings back the contention.
///
/// # When an operation leaves its node
///
/// A retry goes back to the same node, with the SDK's backoff, after every error of a node that is there, throttling
/// among them: a second coordinator is what causes the next error. It goes to the next node in the order of the
/// partition when its node cannot be connected, does not respond, is ejected, or is in a datacenter without replicas of
/// the table. A node that fails everything is ejected after five failures in a row; until then an operation can fail
/// that would succeed elsewhere. A node that throttles is not ejected: while it throttles everything, transactions on
/// its keys fail when their retries end.
///
/// Writes with transactions leave a slow node for no other reason. A bound of its load would give the hot key of a
/// fleet two coordinators, as each client sees its own load only: in a simulation of fifty clients, of which each makes
/// every fifth operation on one key whose coordinator is slow, 8 % of these would meet another coordinator at work.
///
/// All other operations of [`all`](Self::all) and [`all_writes`](Self::all_writes) have *bounded load* (Mirrokni,
/// Thorup and Zadimoghaddam, 2016): while a node has more than twice the mean of the requests in flight, and more than
/// four, its keys go to the next node in their order. Requests of a slow node count as those that others serve
/// meanwhile, and throttling and slow start count as requests; after throttling, the retry goes to the next node. So
/// two clocks can order the writes to a partition while its node is overloaded. With a smaller bound, chance alone
/// would move keys: 1.25 times the mean moves 41 % of the requests of 16 callers on 12 equal nodes, twice the mean 2 %.
///
/// # Other languages
///
/// ScyllaDB's clients for Java, Go and C# have an affinity with another order of the nodes, in which up to half of the
/// keys move when a node joins. A fleet of several languages has several coordinators for each key.
///
/// # Which to choose
///
/// | the application | choose |
/// |---|---|
/// | uses conditions or counters, on tables in the usual mode `only_rmw_uses_lwt` | [`conditional_writes`](Self::conditional_writes) |
/// | has tables in the mode `always_use_lwt` | [`from_table`](Self::from_table) |
/// | overwrites items within milliseconds, and the last must win | [`all_writes`](Self::all_writes) |
/// | reads the same few thousand items much more often than its nodes can cache | [`all`](Self::all) |
/// | does none of that | nothing: requests are as even as they can be |
///
/// Single tables and operations can have another one: see [`TableOptions`](crate::TableOptions) and
/// [`OperationOptions::key_affinity`](crate::OperationOptions::key_affinity).
///
/// # Example
///
/// ```
/// use alternator_lb_sdk::{Alternator, KeyAffinity};
///
/// let alternator = Alternator::builder()
///     .seeds(["http://10.0.0.1:8000"])
///     .key_affinity(KeyAffinity::conditional_writes())
///     .partition_key("orders", "customer") // optional: saves one request
///     .build()?;
/// # Ok::<(), alternator_lb_sdk::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyAffinity(AffinityMode);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum AffinityMode {
    ConditionalWrites,
    AllWrites,
    All,
    FromTable,
}

/// The decision whether an operation goes to the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Eligibility {
    Eligible,
    Ineligible,
    /// It depends on how the table isolates writes.
    DependsOnTable,
}

impl KeyAffinity {
    /// Selects writes that depend on what is stored, which use transactions in ScyllaDB's usual mode,
    /// `only_rmw_uses_lwt`.
    ///
    /// By the server's rules these are each `PutItem`, `UpdateItem` and `DeleteItem`
    ///
    /// * with a `ConditionExpression`, or the older `Expected`;
    /// * with `ReturnValues` that are stored ones: anything but `NONE` and, for `UpdateItem`, `UPDATED_NEW`;
    /// * whose `UpdateExpression` reads (`SET a = a + :x`, `if_not_exists(..)`), has `ADD` or a `DELETE` of elements,
    ///   or names a nested path; or whose older `AttributeUpdates` have `ADD`, or `DELETE` with a value.
    ///
    /// `BatchWriteItem` has no conditions, and is not among them.
    #[must_use]
    pub const fn conditional_writes() -> Self {
        Self(AffinityMode::ConditionalWrites)
    }

    /// Selects all writes: also those without conditions, and `BatchWriteItem`, which goes to the primary of most of
    /// its items.
    ///
    /// How tables isolate writes is not fetched, so only what [`conditional_writes`](Self::conditional_writes) selects
    /// counts as a transaction, and the rest has bounded load.
    #[must_use]
    pub const fn all_writes() -> Self {
        Self(AffinityMode::AllWrites)
    }

    /// Selects all writes, and the reads of single partitions: `GetItem`, `Query`, and `BatchGetItem` by the majority
    /// of its keys.
    ///
    /// Rarely useful: a partition that is read often is then read from one node only. A `Scan` reads all
    /// partitions and goes its ordinary way, as does a `Query` of an index whose partition key is not known.
    #[must_use]
    pub const fn all() -> Self {
        Self(AffinityMode::All)
    }

    /// Selects the writes that use transactions, by the isolation of each table.
    ///
    /// It is fetched with the partition key: the table's tag `system:write_isolation` by `ListTagsOfResource`; where it
    /// has none, the server's `alternator_write_isolation`, and in any case its `alternator_force_read_before_write`,
    /// in `.scylla.alternator.system.config`. Where authorization is enforced, reading that table takes the permission
    /// `SELECT` on `system.config`. A table whose isolation is unknown counts as one in the usual mode, so that this is
    /// then what [`conditional_writes`](Self::conditional_writes) is.
    ///
    /// A table in the mode `forbid_rmw` or `unsafe_rmw` uses no transactions, so none of its writes is selected. A
    /// `BatchWriteItem` is selected if one of its tables is in the mode `always_use_lwt`, as the server uses
    /// transactions for the whole of it then. Changes are noticed within about half an hour, those made through this
    /// client at once.
    #[must_use]
    pub const fn from_table() -> Self {
        Self(AffinityMode::FromTable)
    }

    /// Returns whether an operation with this write, or without one, goes to the primary.
    pub(super) fn applies_to(self, write: Option<&Write<'_>>) -> Eligibility {
        match (self.0, write) {
            (AffinityMode::All, _) | (AffinityMode::AllWrites, Some(_)) => Eligibility::Eligible,
            (AffinityMode::FromTable, Some(_)) => Eligibility::DependsOnTable,
            (AffinityMode::ConditionalWrites, Some(write)) if write.is_read_modify_write() => {
                Eligibility::Eligible
            }
            (_, None) | (AffinityMode::ConditionalWrites, Some(_)) => Eligibility::Ineligible,
        }
    }

    /// Returns whether it matters how tables isolate writes.
    pub(super) fn needs_isolation(self) -> bool {
        self.0 == AffinityMode::FromTable
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::lwt::{Isolation, Returns, WriteKind, WriteRules};

    const fn write(kind: WriteKind<'_>, is_conditional: bool) -> Write<'_> {
        Write {
            kind,
            is_conditional,
            returns: Returns::Nothing,
        }
    }

    const PUT: Write<'_> = write(WriteKind::Put, false);
    const CONDITIONAL: Write<'_> = write(WriteKind::Put, true);
    const BATCH: Write<'_> = write(WriteKind::Batch, false);

    #[test]
    fn each_mode_applies_to_its_operations() {
        use Eligibility::{DependsOnTable, Eligible, Ineligible};
        let operations = [None, Some(&PUT), Some(&CONDITIONAL), Some(&BATCH)];
        for (affinity, expected) in [
            (
                KeyAffinity::conditional_writes(),
                [Ineligible, Ineligible, Eligible, Ineligible],
            ),
            (
                KeyAffinity::all_writes(),
                [Ineligible, Eligible, Eligible, Eligible],
            ),
            (KeyAffinity::all(), [Eligible, Eligible, Eligible, Eligible]),
            (
                KeyAffinity::from_table(),
                [Ineligible, DependsOnTable, DependsOnTable, DependsOnTable],
            ),
        ] {
            let found = operations.map(|write| affinity.applies_to(write));
            assert_eq!(found, expected, "{affinity:?}");
        }
    }

    #[test]
    fn table_with_unknown_rules_is_in_the_usual_mode() {
        let unknown = WriteRules::default();
        let always = WriteRules {
            isolation: Isolation::Always,
            always_reads: false,
        };
        for (rules, expected) in [
            (unknown, [false, true, false]),
            (always, [true, true, true]),
        ] {
            let used = [&PUT, &CONDITIONAL, &BATCH].map(|write| rules.uses_transaction(write));
            assert_eq!(used, expected, "{rules:?}");
        }
    }
}
