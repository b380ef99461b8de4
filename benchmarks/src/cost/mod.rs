//! The cost of an operation for its process, without the network.
//!
//! One thread makes one `GetItem` after the other over an HTTP client that responds at once from memory. Contenders
//! take turns, so that other load on the machine affects all of them, and the best turn of each counts, because
//! interference only ever adds cost. Allocations and instructions are counted in processes of their own, since counting
//! costs too. Instructions, which valgrind's callgrind counts, vary by some percent with the seeds of hash tables; its
//! processor has no instructions for SHA-256, so that signing weighs more there.
//!
//! Not covered: sockets, waiting, and contention between threads.

mod allocations;
mod arguments;
mod canned_client;
mod contender;
mod costs;
mod instructions;
mod measure;
mod report;

use std::process::ExitCode;

use arguments::Arguments;

use crate::Outcome;
use crate::program::{self, BAD_ARGUMENTS};

/// Runs the program with the arguments of the process.
///
/// Exits with 0 regardless of the figures; with `--strict`, exits with 1 if the plugin misses a threshold. Exits with 2
/// on invalid arguments.
pub fn main() -> ExitCode {
    let task = arguments::parse(lexopt::Parser::from_env());
    program::run(task, arguments::USAGE, measure::repeat, compare)
}

/// Counts the allocations of the contender that the arguments of the process name, with what `totals` says: how many
/// were made, and of how many bytes together.
pub fn count_allocations(totals: fn() -> (usize, usize)) -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some(contender) = contender::Contender::named(&name) else {
        eprintln!("error: there is no contender {name:?}; it is `cost` that starts this");
        return ExitCode::from(BAD_ARGUMENTS);
    };
    match allocations::per_operation(contender, totals) {
        Ok((allocations, bytes)) => {
            println!("{allocations} {bytes}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures and reports. Returns whether that is a success.
fn compare(arguments: &Arguments) -> Outcome<bool> {
    let mut costs = measure::measure(arguments.turns, arguments.operations)?;
    allocations::count(&mut costs)?;
    if arguments.instructions {
        instructions::count(&mut costs)?;
    }
    println!("{}", report::table(&costs));
    println!("{}", report::note());
    let misses = report::misses(&costs);
    println!("{}", report::verdict(&misses));
    Ok(!arguments.strict || misses.is_empty())
}
