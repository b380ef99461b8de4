//! Tests of the cluster from a client's side, over real connections.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "all of this crate is tests, of which clippy only recognises the functions marked as such; they measure \
              the delays of a server whose clock is the system's"
)]

mod authorization;
mod compression;
mod engine;
mod faults;
mod http;
mod http_behaviour;
mod internal_tables;
mod lifecycle;
mod limits;
mod localnodes;
mod lwt;
mod mapped_ports;
mod operations;
mod paxos;
#[cfg(feature = "cli")]
mod program;
mod quorum;
mod raw_responses;
mod recorded_errors;
mod recordings;
mod tags;
#[cfg(feature = "tls")]
mod tls;
mod tokens;
