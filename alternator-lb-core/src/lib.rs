//! The engine of `alternator-lb-sdk`: which nodes a ScyllaDB Alternator cluster has, which of them can be used, and
//! which one the next request goes to. It knows no type of the AWS SDK.
//!
//! **No stability promise.** This crate is published because `alternator-lb-sdk` depends on it. Applications depend on
//! that one; anything here may change in any release.
//!
//! | module | holds | knows |
//! |---|---|---|
//! | [`topology`] | nodes, scopes, the immutable list of nodes | – |
//! | [`health`] | the state machine of one node | – |
//! | [`routing`] | selection of a node, priority levels, rendezvous hashing, tokens and token maps | topology, health |
//! | [`metadata_schedule`] | when the metadata of tables is stale | – |
//! | [`discovery`] | membership queries, the health checker, their schedule | the above |
//! | [`observe`] | events and the status of nodes | all of the above |
//!
//! `topology`, `health`, `routing` and `metadata_schedule` are plain synchronous code that is given the time and the
//! random numbers, so their tests need no clock, no network and no sleep.

#![allow(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "the plugin matches without `_`, so that a new variant forces a decision there"
)]

pub mod clock;
pub mod discovery;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod health;
pub mod jitter;
pub mod lease;
pub mod metadata_schedule;
pub mod observe;
pub mod refresh_schedule;
pub mod routing;
mod sync;
pub mod topology;
