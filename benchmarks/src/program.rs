//! What the programs have in common: they measure, are the nodes, or tell how they are used.

use std::process::ExitCode;

use crate::Outcome;
use crate::nodes::{self, Service};

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Task<A> {
    Measure(A),
    /// Being the nodes: what the program starts itself as.
    Serve(Service),
    Help,
}

/// Does what the arguments say. `measure` returns whether what it has seen is a success.
pub(crate) fn run<A>(
    task: Result<Task<A>, lexopt::Error>,
    usage: &str,
    measure: impl FnOnce(&A) -> Outcome<bool>,
) -> ExitCode {
    let done = match task {
        Ok(Task::Help) => {
            println!("{usage}");
            Ok(true)
        }
        Ok(Task::Serve(service)) => nodes::serve(service).map(|()| true),
        Ok(Task::Measure(arguments)) => measure(&arguments),
        Err(error) => {
            eprintln!("error: {error}\n\n{usage}");
            return ExitCode::from(BAD_ARGUMENTS);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Reads a number for an argument.
pub(crate) fn within(text: &str, least: u64, most: u64) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("write a number from {least} to {most}")),
    }
}

const BAD_ARGUMENTS: u8 = 2;
