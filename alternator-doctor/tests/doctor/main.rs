//! The program, run on test clusters with the faults that it is to find.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests and their support fail by panicking"
)]

mod support;
#[cfg(unix)]
mod terminal;

mod application;
mod arguments;
mod authorization;
mod certificates;
mod cluster;
mod limits;
mod network;
mod report;
mod server_tables;
mod tables;
#[cfg(unix)]
mod top;
