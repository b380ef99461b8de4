//! Decides when the metadata of a table is stale, and when it is fetched again.
//!
//! A client knows of each table that it uses a *schema* (the partition key, how writes are isolated) and *token maps*
//! (the replicas of each range of tokens, of the table and of its indexes). Both are read from the servers, which is
//! cheap for one client and is not for thousands. The decisions are kept apart from the requests, so that a simulation
//! of a fleet takes the very same ones.
//!
//! | decision | taken by |
//! |---|---|
//! | the time until a schema is fetched again | [`SchemaOutcome`] |
//! | the time until token maps are fetched again | [`MapOutcome`], [`PlacementSummary`] |
//! | the wait before maps are fetched | [`look_up_delay`] |
//! | whether another list of nodes makes maps stale, and when they are fetched then | [`NodeHistory`], [`join_delay`] |
//! | whether a map gains anything | [`gains_from_map`] |
//! | the time for which the answers that all tables share are believed | [`SHARED_AGE`], [`address_age`] |
//!
//! # Budget
//!
//! 2,000 clients that each use 50 tables on 100 nodes are 1,000 pairs of a client and a table for each node. At most 5
//! requests per second and node in steady state leave one request in 200 s for each pair: maps of one page every ten
//! minutes and schemas of two requests every half hour are 2.8 requests per second, which leaves room for chance.
//!
//! Plain synchronous code: the time and the random numbers come from the caller.

mod look_up;
mod maps;
mod membership;
mod schema;

pub use look_up::{SHARED_AGE, address_age, look_up_delay};
pub use maps::{
    DatacenterReplication, MAP_CHANGE_INTERVAL, MapOutcome, PlacementSummary, gains_from_map,
};
pub use membership::{NodeHistory, join_delay};
pub use schema::{SCHEMA_HINT_INTERVAL, SchemaOutcome};

use std::time::Duration;

/// The time for which a refusal is believed. Permissions change when an operator changes them.
pub const REFUSAL_AGE: Duration = Duration::from_secs(5 * 60);

/// The fraction by which ages and pauses vary. Clients that have started together refresh together one age later; with
/// this one they are as even then as they ever will be: the first refreshes are spread over as much time as the age.
const AGE_JITTER: f64 = 0.5;

/// Returns `first`, doubled for each of the failures before the latest one, and at most `longest`.
fn backoff(first: Duration, failures: u32, longest: Duration) -> Duration {
    let factor = 1_u32.checked_shl(failures.saturating_sub(1).min(31));
    first
        .saturating_mul(factor.unwrap_or(u32::MAX))
        .min(longest)
}

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}
