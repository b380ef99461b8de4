//! Scopes and failover, LWT routing, token awareness.
//!
//! # Load balancing
//!
//! By default ([`Policy::default()`](crate::Policy)) nodes are chosen round robin, from a random node on. Sequential
//! requests are exactly even over the nodes, also those of many clients together. Under load the next node in rotation
//! is compared with another one, picked at random, and the one with fewer requests in flight gets the request. A node
//! that needs at least four times as long as the other for operations of the same kind (`GetItem`, `Query` …), and more
//! than 4 ms, is slow: its requests in flight count as many times as it is slower, and while it has none, it gets one
//! request after each pause of sixteen times its latency (10 s at most). So it takes a trickle of requests, by which
//! its recovery is noticed, and hardly any of the callers' time. A node that gets the heavy operations is not slow.
//! [`Policy::round_robin()`](crate::Policy::round_robin) and [`Policy::random()`](crate::Policy::random) ignore load.
//!
//! # Scopes
//!
//! [`Scope`](crate::Scope) is the part of the cluster to use: the cluster, a datacenter or a rack, chained by
//! [`or`](crate::Scope::or), preferred scope first. Each scope of the chain is a priority level;
//! [`NodeStatus::priority`](crate::NodeStatus::priority) returns that of a node, 0 for the preferred scope.
//!
//! ```
//! use alternator_lb_sdk::{Alternator, Scope};
//!
//! let alternator = Alternator::builder()
//!     .seeds(["http://10.0.0.1:8000"])
//!     .scope(Scope::rack("dc1", "r1").or(Scope::datacenter("dc1")))
//!     .build()?;
//! # Ok::<(), alternator_lb_sdk::BuildError>(())
//! ```
//!
//! The preferred scope serves alone while at least 71 % of its nodes are usable. Below that they carry 1.4 times their
//! former share, and the rest of the traffic fails over to the next scope. The factor 1.4 is Envoy's overprovisioning
//! factor, and 1 / 1.4 ≈ 71 %. [`without_spill_over`](crate::Builder::without_spill_over) keeps traffic in the
//! preferred scope while that has any node, for applications that pay for traffic by the byte.
//!
//! Racks of one datacenter can stand in for each other at any time. Datacenters cannot: see
//! [limitations](super::limitations#several-datacenters).
//!
//! # LWT routing
//!
//! A conditional write, or a write that depends on the present value, is a lightweight transaction (LWT) in ScyllaDB.
//! No leader exists: the node that gets the request coordinates the transaction and proposes the change to the
//! replicas. Two coordinators of one partition contend: they wait up to 100 ms and start again, and at worst the write
//! fails with an error that leaves open whether it was applied. With [`key_affinity`](crate::Builder::key_affinity) all
//! clients send such writes on a partition to the same node, which executes them one after the other:
//!
//! ```
//! use alternator_lb_sdk::{Alternator, KeyAffinity};
//!
//! let alternator = Alternator::builder()
//!     .seeds(["http://10.0.0.1:8000"])
//!     .key_affinity(KeyAffinity::conditional_writes())
//!     .build()?;
//! # Ok::<(), alternator_lb_sdk::BuildError>(())
//! ```
//!
//! | [`KeyAffinity`](crate::KeyAffinity) | applies to | choose it for |
//! |---|---|---|
//! | [`conditional_writes()`](crate::KeyAffinity::conditional_writes) | conditions, counters, `ReturnValues` of the former value: the operations that use LWT in the mode `only_rmw_uses_lwt` | most applications with conditional writes |
//! | [`from_table()`](crate::KeyAffinity::from_table) | the operations that use LWT in the mode of each table, by its tag `system:write_isolation`, else by the server's configuration if that is readable | tables in different modes, `always_use_lwt` among them |
//! | [`all_writes()`](crate::KeyAffinity::all_writes) | all writes; a `BatchWriteItem` goes to the node of most of its items | items that are overwritten within milliseconds: the clock of one node orders the writes |
//! | [`all()`](crate::KeyAffinity::all) | `GetItem`, `Query` and `BatchGetItem` as well | few items, read very often |
//!
//! The cost is evenness: one node carries the load of a partition in demand. All clients find the same node by
//! rendezvous hashing of the partition's token over all nodes of the datacenter, also where other requests stay in a
//! rack. A node that joins or leaves moves only its own share. When the first node of a partition is ejected, all
//! clients use the second. Token maps have no part in it, since clients read them at different times: a coordinator
//! that is no replica costs a hop, and two coordinators cost the operation.
//!
//! A retry stays with its coordinator after every error of a node that is there. Operations that are no transactions
//! leave a node that is overloaded: [`KeyAffinity`](crate::KeyAffinity#when-an-operation-leaves-its-node) has the
//! rules. Named tables have [options](crate::Builder::table_options) of their own, and so have
//! [operations](crate::OperationOptions::key_affinity).
//!
//! Contention measured on a real ScyllaDB 2026.3.0-rc2 (6 nodes, replication factor 3): 8 clients with 4 callers each,
//! `ADD` on one hot key, 1,600 operations:
//!
//! | | operations per second | slowest | ballot contention | errors that leave the result open |
//! |---|---|---|---|---|
//! | no affinity | 152 | 955 ms | 475 | 41 |
//! | `KeyAffinity::conditional_writes()` | 268 | 160 ms | 0 | 0 |
//! | `.token_aware()`, which implies affinity | 257 | 389 ms | 9 | 3 |
//!
//! The last row was measured while the coordinator was chosen among the replicas. Its contention is that of the start,
//! when some clients knew the token map and others did not. The order of all nodes has none: in the test cluster's
//! model of these costs, clients of both kinds that start one after the other, tablets that move and errors that eject
//! no node cause no contention.
//!
//! The name of a table's partition key is described once by `DescribeTable`, in the background, signed like the
//! operation that needs it. Until it is known, operations go round robin; where the role may not describe the table,
//! they do so for good, with one warning. [`partition_key`](crate::Builder::partition_key) names the key instead. A
//! table that is deleted and created anew with another key is noticed.
//!
//! # Token awareness
//!
//! Any node accepts any request; a node that does not hold the partition forwards it to a replica. With three replicas,
//! this happens to half of the requests in a datacenter of 6 nodes, and to three in four with 12 nodes. A token-aware
//! client sends each request to a replica, the less loaded one of two:
//!
//! ```
//! use alternator_lb_sdk::Alternator;
//!
//! let alternator = Alternator::builder()
//!     .seeds(["http://10.0.0.1:8000"])
//!     .token_aware()
//!     .build()?;
//! # Ok::<(), alternator_lb_sdk::BuildError>(())
//! ```
//!
//! The plugin hashes partition keys of all types as ScyllaDB does, and reads the token map from the server's internal
//! tables, through Alternator: tablets and vnodes, tables and their indexes. `GetItem`, `PutItem`, `UpdateItem`,
//! `DeleteItem` and `Query` go to a replica, batches to the node that holds most of their keys, and writes that use LWT
//! to one node, the same for all clients, which need not be a replica. In a rack that has one replica of everything,
//! reads go to the replica in the rack. The server may hand a read on to another replica all the same: to one that has
//! more of the table in its cache (`cache_hit_rate_read_balancing`), or to a second one when the first is slow
//! (speculative reads).
//!
//! | twelve nodes, three replicas | reads that reach a replica | coordinators of a partition's transactions, with eight clients |
//! |---|---|---|
//! | SDK with `endpoint_url` | 24 to 30 % | 1: all requests go to one node |
//! | `alternator-client` 1.0.1 | 24 to 25 % | 8; with its key route affinity 1 |
//! | this plugin | 24 to 26 % | 7 to 8; with `.key_affinity(..)` 1 |
//! | this plugin, `.token_aware()` | 100 % | 1 |
//!
//! Counted by the nodes of the test cluster, with vnodes and with tablets, once the maps are known and while nothing
//! moves (`cargo run --release -p benchmarks --bin replicas`). Likewise on a real ScyllaDB 2026.3.0-rc2 with 6 nodes:
//! the server's own counter shows 0 of 600 writes and 800 reads per key type outside the replica set, and 45 to 55 %
//! without token awareness; while a node is decommissioned and 32 tablets move, 14 of 158,408 reads.
//!
//! ## When maps are read
//!
//! | event | reading |
//! |---|---|
//! | the first operation on a table | its key at once, its map a moment later: within a quarter of a second for one table, spread over ten seconds for forty tables that are used at once |
//! | the table is used | about every ten minutes, less often with more than 10,000 tablets |
//! | tablets move to other nodes | as often as keeps half a percent of the reads from going astray: from every 15 s, while a 30th of the tablets moves, to the ordinary interval |
//! | tablets are repaired, restored, or moved within a node | none |
//! | a node joins that was not listed for an hour | all maps, each at a random time within a minute |
//! | a node leaves, or returns within an hour, as in a rolling restart | none: it changes no placement |
//! | the server's tables do not know a new table yet | again after seconds, less and less often |
//! | every node of the datacenter holds every partition, as with three nodes and three replicas | none: a map gains nothing; checked again when a node joins, and every ten minutes |
//!
//! All tables share the addresses of the nodes, the replication of the tables, the server's settings, and one ring for
//! the tables of vnodes with the same replication: each is read once. A table with tablets costs a client three
//! requests at the start. A stale map costs a hop, never a failure: requests go only to nodes that discovery lists.
//! Until a map is known, and where it cannot be, operations go round robin; so do those of a table whose map is over a
//! limit, with one warning: 262,144 ranges, or 50 MB for all maps of a process, in which only replicas of the
//! datacenters in use count.
//!
//! ## The load of a fleet
//!
//! The requests for metadata of 2,000 clients that all use the same 50 tables, each with 1,024 tablets and three
//! replicas, on 100 nodes in three racks, per second and node; and the bytes that all clients together receive for them:
//!
//! | | mean | busiest node, in any minute | any node, in any second | MB/s, mean | reads that reach a replica |
//! |---|---|---|---|---|---|
//! | all clients start within a minute | 41 | 51 | 76 | 251 | – |
//! | the hour after | 2.6 | 4.0 | 14 | 29 | 100 % |
//! | steady state | 3.1 | 4.1 | 13 | 34 | 100 % |
//! | all tables are repaired | 3.1 | 4.0 | 13 | 65 | 100 % |
//! | all nodes are restarted, one every 10 s | 3.3 | 4.5 | 16 | 32 | 100 % |
//! | a node is dead | 3.1 | 4.2 | 13 | 33 | 100 % |
//! | a node joins: the minute after | 18 | 19 | 41 | 301 | 99.99 % |
//! | a 34th of the tablets of its rack move to it, in 12 minutes | 3.4 | 4.6 | 28 | 39 | 99.7 %, never less than 99.6 % |
//!
//! A start takes three requests for each client and table. Discovery adds 4 to 6 requests to `/localnodes` per second
//! and node. Simulated with the plugin's own decisions (`cargo run --release -p benchmarks --bin fleet`, which prints
//! the limits of the model). A map of 1,024 tablets is a response of 187 KB.
//!
//! ## Permissions
//!
//! Where authorization is enforced, the client's role needs `SELECT` on seven tables. Without it, one warning appears
//! that has these statements. A refusal stops the readings of the table that was refused, by clients with the same
//! credentials, for five minutes; others go on, and what they read serves all:
//!
//! ```cql
//! GRANT SELECT ON system.tablets TO app;
//! GRANT SELECT ON system.token_ring TO app;
//! GRANT SELECT ON system.local TO app;
//! GRANT SELECT ON system.peers TO app;
//! GRANT SELECT ON system.config TO app;
//! GRANT SELECT ON system_schema.keyspaces TO app;
//! GRANT SELECT ON system_schema.views TO app;
//! ```
//!
//! **Never** grant it on the whole keyspace `system`: `system.roles` holds the secret of every role.
//! `system.config` tells which writes use LWT where a table's tags do not, also for
//! [`KeyAffinity::from_table`](crate::KeyAffinity::from_table) alone, and `system_schema.keyspaces` which maps gain
//! nothing and which share a ring: without these two, token awareness works, at more requests. Servers from 4.6 on
//! provide the map of vnodes, and from 6.0 on that of tablets.
//!
//! # Why did it go there?
//!
//! [`Alternator::explain`](crate::Alternator::explain) returns the node that an operation would go to now, the
//! partitions and replicas that were considered, and a [`Reason`](crate::explain::Reason):
//!
//! | reason | meaning |
//! |---|---|
//! | [`PrimaryNode`](crate::explain::Reason::PrimaryNode) | the first usable node, in an order that is the same for all clients |
//! | [`NextPrimaryNode`](crate::explain::Reason::NextPrimaryNode) | the first node in that order is overloaded; the next that is not |
//! | [`Replica`](crate::explain::Reason::Replica) | the less loaded one of two usable replicas |
//! | [`RoundRobin`](crate::explain::Reason::RoundRobin) | no usable replica is known, or the operation needs none |
//! | [`LessLoaded`](crate::explain::Reason::LessLoaded) | the same, and the next in round robin has more requests in flight, or is slow |
//! | [`Fallback`](crate::explain::Reason::Fallback) | no node is usable; the one that is most likely to be back |
//! | [`NoNode`](crate::explain::Reason::NoNode) | the scope allows no node |
