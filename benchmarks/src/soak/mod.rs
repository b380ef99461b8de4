//! Loads a cluster while faults come and go, and checks without a pause that nothing is lost and nothing leaks.
//!
//! Several clients on runtimes of both kinds write, read and count on the in-process test cluster. Each client lives for
//! some seconds with options of its own, so that all of them are met by all faults in the end. The faults, and the
//! options of each client, are functions of the seed alone: they are printed in advance, and do not depend on how fast
//! anything is. Sockets and threads do, so a seed that failed once fails again as often as the timing allows.
//!
//! | checked | how |
//! |---|---|
//! | no acknowledged write is lost | items that are written once, versions that only grow |
//! | no write is executed twice | increments without retries, which leave their number beside the counter |
//! | transactions | conditional counters: at least what was acknowledged, at most what was not refused |
//! | no request to another address | the other nodes of a foreign cluster at the address of a node |
//! | no leak | tasks, connections, descriptors and memory, while it runs and after its end |
//! | recovery | after the last fault all nodes are up, their load is even, and nothing fails |
//!
//! The first violation ends the run.

mod access;
mod arguments;
mod check;
mod failures;
mod fault;
mod leaks;
mod load;
mod options;
mod plan;
mod recovery;
mod run;
mod setting;
mod shared;
mod subject;
mod violation;
mod worker;

use std::process::ExitCode;

use arguments::Arguments;
use plan::Plan;

use crate::{Outcome, program};

/// Runs the program with the arguments of the process. `live_bytes` returns the bytes that are allocated.
///
/// Exits with 1 at the first violation, and with 2 on invalid arguments.
pub fn main(live_bytes: fn() -> usize) -> ExitCode {
    let task = arguments::parse(lexopt::Parser::from_env());
    program::run(
        task,
        arguments::USAGE,
        |never| match never {},
        |arguments| soak(arguments, live_bytes),
    )
}

/// Prints the plan, and runs it. Returns whether all checks passed.
fn soak(arguments: &Arguments, live_bytes: fn() -> usize) -> Outcome<bool> {
    let plan = Plan::new(arguments.seed, arguments.length);
    println!(
        "seed {}, {:.1} minutes",
        arguments.seed,
        arguments.length.as_secs_f64() / 60.0
    );
    print!("{plan}");
    if arguments.is_plan_only {
        return Ok(true);
    }
    let end = run::run(arguments, &plan, live_bytes)?;
    println!("{}", end.report);
    if let Some(violation) = &end.violation {
        println!("FAILED: {violation}");
        println!(
            "Again: --seed {} --minutes {}",
            arguments.seed,
            arguments.length.as_secs_f64() / 60.0
        );
    }
    Ok(end.violation.is_none())
}
