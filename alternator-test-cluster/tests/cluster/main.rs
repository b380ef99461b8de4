//! What a client of the cluster sees, over real connections.

mod authorization;
mod compression;
mod engine;
mod faults;
mod http;
mod http_behaviour;
mod lifecycle;
mod limits;
mod localnodes;
mod operations;
#[cfg(feature = "cli")]
mod program;
mod tags;
