//! What the simulation of a fleet needs besides the library's own code.
//!
//! The program `fleet` includes the library's private sources, and with them knows how clients behave. Here is what knows
//! nothing of the library: the course of time, servers with a queue, what is counted, and the tables that come of it.

mod arguments;
mod balance;
mod counts;
mod event_queue;
mod figures;
mod latencies;
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
pub use node_set::NodeSet;
pub use phase::{Phase, Timeline};
pub use record::Record;
pub use report::table;
pub use server::Server;
pub use token_bucket::TokenBucket;

pub use crate::progress::Progress;

use crate::program;

/// Does what the arguments of the process say: plays scenarios, of which `titles` has the names and titles.
///
/// Ends with 2 if the arguments are wrong.
pub fn main(titles: Titles<'_>, play: impl FnOnce(&Arguments)) -> ExitCode {
    let task = arguments::parse(lexopt::Parser::from_env(), titles);
    program::run(
        task,
        &arguments::usage(titles),
        |part| match part {},
        |arguments| {
            play(arguments);
            Ok(true)
        },
    )
}
