//! Compares clients while nodes of their cluster fail.
//!
//! Each contender meets each fault in a separate run: fresh nodes in a second process, a fresh client in a fresh
//! runtime, the same number of callers that read as fast as responses arrive, and a fault after one second. The figures
//! are the share of the fault-free throughput that remains, the operations that fail or never end, and the slowest
//! operation.
//!
//! The baseline, the throughput without a fault, is the mean of a run before and a run after all others, because the
//! speed of a shared machine varies over time.
//!
//! With `--tls` the nodes serve HTTPS, so that each connection costs a handshake, and TLS itself has faults. The faults do
//! what they do over HTTP: nodes that hang or drop packets do so within the handshake too, and a connection that is
//! closed ends without TLS's `close_notify`, as it does where a process is killed.
//!
//! The SDK alone, one of the contenders, uses the node that gets the fault. With another node it would not notice the
//! fault, but it would still depend on that one node.
//!
//! The results do not show the cost of a contender: callers and nodes share the processors, so the nodes account for a
//! part of each figure. Therefore each contender is compared with itself and not with the others.

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
mod tls_case;
mod verdict;
mod workload;

use std::process::ExitCode;

use arguments::Arguments;

use crate::{Outcome, nodes, program};

/// Runs the program with the arguments of the process.
///
/// Exits with 0 regardless of the figures; with `--strict`, exits with 1 if the plugin misses a threshold. Exits with 2
/// on invalid arguments.
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
        "The throughput over time is drawn in {}.",
        arguments.svg.display()
    );
    Ok(!arguments.strict || verdicts.iter().all(|verdict| verdict.misses.is_empty()))
}
