//! The parts of the fleet simulation that are independent of the library.
//!
//! The program `fleet` includes the library's private sources, which define how clients behave. This module has the
//! rest: the event queue, servers with a queue, the counters, and the tables.

mod arguments;
mod balance;
mod counts;
mod event_queue;
mod figures;
mod latencies;
mod metadata;
mod node_set;
mod phase;
mod record;
mod recovery;
mod rejoin;
mod report;
mod server;
mod token_bucket;

use std::process::ExitCode;

pub use arguments::{Arguments, Titles};
pub use event_queue::EventQueue;
pub use metadata::{Bar, MetadataPeriod, MetadataRecord, RequestKind, are_met, bars, rows};
pub use node_set::NodeSet;
pub use phase::{Phase, Timeline};
pub use record::Record;
pub use report::table;
pub use server::Server;
pub use token_bucket::TokenBucket;

pub use crate::progress::Progress;

use crate::program;

/// Runs the program with the arguments of the process. `titles` has the names and titles of the scenarios; `play` runs
/// them, and returns whether all bars are met.
///
/// Exits with 0 regardless of the bars; with `--strict`, exits with 1 if one is missed. Exits with 2 on invalid
/// arguments.
pub fn main(titles: Titles<'_>, play: impl FnOnce(&Arguments) -> bool) -> ExitCode {
    let task = arguments::parse(lexopt::Parser::from_env(), titles);
    program::run(
        task,
        &arguments::usage(titles),
        |part| match part {},
        |arguments| Ok(play(arguments) || !arguments.strict),
    )
}
