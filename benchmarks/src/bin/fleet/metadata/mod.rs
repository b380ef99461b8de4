//! Simulates the metadata requests of the fleet: the descriptions of tables, their token maps, and what the tables of a
//! client share.
//!
//! A world of its own, since nothing in it depends on single operations: a table in use is refreshed when it is due,
//! which the code of the library decides.

mod client;
mod membership;
mod picker;
mod refresh;
mod responses;
mod scenarios;
mod tablets;
mod world;

pub(crate) use scenarios::{METADATA_SCENARIOS, MetadataScenario};
pub(crate) use world::MetadataWorld;

/// Explains the model and its limits.
pub(crate) const METADATA_HEADER: &str = "\
Simulated with the code of the library: the schedules of refreshes (`RefreshSchedule`, `metadata_schedule`), the health \
of nodes, and the intervals of probes and discovery. Simulated by the rules of the library: \
the requests of a refresh, what the tables of a client share, and the choice of nodes in turn.

Every client uses 50 tables of 1,024 tablets, with three replicas in as many racks, all the time: a table is refreshed at the \
moment at which it is due, all tables of a starting client at once. Clients of all but the first scenario have run for long, so that their refreshes are spread evenly. \
A request is counted at the node that answers it; requests take no time, apart from 5 ms for a schema, and none fails: \
a node that is down refuses connections at once, and another one is asked. A client meets such a node after 4 s on average \
(one operation in a hundred of its 25 per second), then probes it while it is listed. All nodes show the same list and the \
same tablets. Failures do not hasten the next `/localnodes`.

Bytes are those of the bodies, uncompressed: a row of `system.tablets` has 182 with its comma, as recorded from a ScyllaDB \
2026.3 with the columns that the plugin selects, 350 while the tablet moves or is repaired; a map of 1,024 rows is a page of \
187 KB.

Assumed of tablets: the new node gets its even share of the replicas of its rack, 64 at a time (32 shards, two at a time each: \
the default of `tablet_streaming_write_concurrency_per_shard`), of all tables in random order. A move takes 15 to 45 s, at \
whose end reads change over to the new replica; a read picks each replica with the same probability. A repair sets the stage \
`repair` on all tablets of all tables for ten minutes.";
