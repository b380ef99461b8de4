//! Compares clients under load: the processor time of an operation, and the throughput of two threads.
//!
//! Sixteen callers send one request after the other, as fast as responses arrive, over loopback to three nodes in a
//! second process. The contenders take turns in every round, so that other load on the machine affects all of them.
//! Ratios are taken within a round, and the thresholds apply to the medians of these ratios.
//!
//! The measurements, and their limits:
//!
//! * **Processor time per operation** is that of the client's process, the kernel's work for it included: of the whole
//!   process, divided by the operations in the same time. The nodes' time is not in it. It is judged with one worker
//!   thread, which leaves the nodes a processor of their own where there are two, so that callers and nodes hardly
//!   take turns on one. It still depends on the load of the client: at a lower rate, each wake-up brings fewer
//!   responses.
//! * **Throughput** is judged with two worker threads. On a machine with two processors, callers and nodes share them.
//!   The nodes' time per operation is the same for every client and draws each ratio towards one: the cheaper the
//!   client, the more so. Therefore the report also shows the nodes' time, and two calculated throughputs, which are
//!   not judged: with shared processors, which is the figure to use where other programs take a part of them, and with
//!   the nodes elsewhere.
//!
//! * **Connections** are counts, of unsigned reads: how many a node accepts in 10,000 requests of a fresh client, and while
//!   each node is restarted in turn; and the latency of the first 100 requests, one after the other. With `--tls` each
//!   connection is a TLS handshake, and the table tells those in full from those that resume a session.
//!
//! The SDK alone uses one of the nodes, as it always does. All nodes share the threads of one process, so that one node
//! has the same capacity as three.

mod arguments;
mod callers;
mod case;
mod connections;
mod contender;
mod measure;
mod report;
mod results;
mod run;
mod spread;
mod threshold;
mod verdict;

use std::process::ExitCode;

use arguments::Arguments;

use crate::{Outcome, nodes, program};

/// Runs the program with the arguments of the process.
///
/// Exits with 0 regardless of the figures; with `--strict`, exits with 1 if the plugin misses a threshold. Exits with 2
/// on invalid arguments.
pub fn main() -> ExitCode {
    let task = arguments::parse(lexopt::Parser::from_env());
    program::run(task, arguments::USAGE, nodes::serve, compare)
}

/// Measures and reports. Returns whether that is a success.
fn compare(arguments: &Arguments) -> Outcome<bool> {
    let results = measure::measure(arguments)?;
    let connections = connections::measure(arguments)?;
    let verdicts = verdict::judge(&results);
    println!("{}", report::table(&results));
    println!("{}", report::note(&results));
    println!("{}", connections::table(&connections));
    println!("{}", verdict::text(&verdicts));
    println!("{}", report::details(&results));
    Ok(!arguments.strict || verdicts.iter().all(|verdict| verdict.is_reached()))
}
