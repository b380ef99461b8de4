//! What an operation costs its process, with the network left out.
//!
//! One thread makes one `GetItem` after the other over an HTTP client that answers at once from memory. Contenders take
//! turns, so that what else the machine does meets all of them, and of each the best turn counts: nothing makes an
//! operation cheaper than it is. Allocations and instructions are counted in processes of their own, since counting costs
//! too. Instructions, which valgrind's callgrind counts, vary by some percent with the seeds of hash tables; its processor
//! has no instructions for SHA-256, so that signing weighs more there.
//!
//! What this does not show: sockets, waiting, and threads that get into each other's way.

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

/// Does what the arguments of the process say.
///
/// Ends with 0 whatever the figures are, unless `--strict` is given: then with 1 if the plugin misses a threshold. 2 stands for
/// arguments that are wrong.
pub fn main() -> ExitCode {
    let task = arguments::parse(lexopt::Parser::from_env());
    program::run(task, arguments::USAGE, measure::repeat, compare)
}

/// Counts the allocations of the contender that the arguments of the process name, with what `totals` says: how many were
/// made, and of how many bytes together.
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
