//! Clients compared under load: what processor time an operation takes, and how many operations two threads make.
//!
//! Sixteen callers make one operation after the other, as fast as they are answered, over loopback to three nodes in a
//! process of their own. The contenders take turns within the same run, round after round, so that what else happens on
//! the machine meets all of them; each round is compared within itself, and the medians of these ratios are judged.
//!
//! What is measured, and what is not:
//!
//! * **Processor time per operation** is that of the client's process, the kernel's work for it included: of the whole
//!   process, divided by the operations in the same time. The nodes' is not in it. It is judged with one worker thread,
//!   which leaves the nodes a processor of their own where there are two, so that callers and nodes hardly take turns on
//!   one. What it still depends on is how busy the client is: at a lower rate, each wake-up brings fewer answers.
//! * **Throughput** is judged with two worker threads. On a machine with two processors, callers and nodes share them. What
//!   the nodes take of an operation is the same whoever asks, and draws each ratio towards one: the less the client costs,
//!   the more so. Therefore what the nodes take is told too, and what the processor times come to: as here, which is what
//!   to look at where other programs take a part of the processors, and with the nodes elsewhere. These two are
//!   calculated, and not judged.
//!
//! The SDK alone speaks to one of the nodes, as it always does. They share the threads of one process, so it has as much to
//! serve it as the others have.

mod arguments;
mod callers;
mod case;
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

/// Does what the arguments of the process say.
///
/// Ends with 0 whatever the figures are, unless `--strict` is given: then with 1 if the plugin misses a threshold. 2 stands for
/// arguments that are wrong.
pub fn main() -> ExitCode {
    let task = arguments::parse(lexopt::Parser::from_env());
    program::run(task, arguments::USAGE, nodes::serve, compare)
}

/// Measures and reports. Returns whether that is a success.
fn compare(arguments: &Arguments) -> Outcome<bool> {
    let results = measure::measure(arguments)?;
    let verdicts = verdict::judge(&results);
    println!("{}", report::table(&results));
    println!("{}", report::note(&results));
    println!("{}", verdict::text(&verdicts));
    println!("{}", report::details(&results));
    Ok(!arguments.strict || verdicts.iter().all(|verdict| verdict.is_reached()))
}
