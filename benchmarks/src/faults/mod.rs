//! Clients compared while nodes of their cluster fail.
//!
//! Each fault is met by each contender in a run of its own: fresh nodes in a process of their own, a fresh client in a
//! fresh runtime, the same number of callers that read as fast as they are answered, and a fault after one second. What
//! counts is how much of the throughput without a fault remains, how many operations fail or never end, and how long the
//! slowest takes.
//!
//! The throughput without a fault is measured before all the others and again behind them, and the mean of both is what
//! the others are compared with: a machine that others use is not as fast at one time as at another.
//!
//! The SDK alone, one of the contenders, speaks to the node that gets the fault. It could as well speak to another and
//! see nothing of it; but its cluster would still hang on that one node.
//!
//! What this does not show is what a contender costs: callers and nodes share the processors, so a part of what is
//! measured is the nodes'. That is why contenders are compared with themselves, and not with each other.

mod arguments;
mod case;
mod chart;
mod contender;
mod crash;
mod figures;
mod harness;
mod load;
mod measure;
mod observations;
mod panel;
mod report;
mod results;
mod run;
mod script;
mod style;
mod threshold;
mod verdict;

use std::process::ExitCode;

use arguments::Arguments;

use crate::{Outcome, nodes, program};

/// Does what the arguments of the process say.
///
/// Ends with 0 whatever the figures are, unless `--strict` is given: then with 1 if the plugin misses a threshold. 2 stands for
/// arguments that are wrong.
pub fn main() -> ExitCode {
    let task = arguments::parse(lexopt::Parser::from_env());
    program::run(task, &arguments::usage(), nodes::serve, compare)
}

/// Measures, reports and draws. Returns whether that is a success.
fn compare(arguments: &Arguments) -> Outcome<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let results = runtime.block_on(measure::measure(arguments))?;
    let verdicts = verdict::judge(&results);
    println!("{}", report::table(&results));
    println!("{}", report::note(&results));
    println!("{}", verdict::text(&verdicts));
    println!("{}", report::details(&results));
    chart::draw(&results, &arguments.svg)?;
    println!(
        "The throughput_series of the throughput is drawn in {}.",
        arguments.svg.display()
    );
    Ok(!arguments.strict || verdicts.iter().all(|verdict| verdict.misses.is_empty()))
}
