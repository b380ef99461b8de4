//! The common frame of the programs: measure, run as a subprocess, or print the usage.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::str::FromStr;

use crate::Outcome;

/// The task that the arguments select.
#[derive(Debug)]
pub(crate) enum Task<A, P> {
    Measure(A),
    /// The role for which the program starts itself in a second process.
    Subprocess(P),
    Help,
}

/// Runs the task. `measure` returns whether the result is a success.
pub(crate) fn run<A, P>(
    task: Result<Task<A, P>, lexopt::Error>,
    usage: &str,
    part: impl FnOnce(P) -> Outcome<()>,
    measure: impl FnOnce(&A) -> Outcome<bool>,
) -> ExitCode {
    let done = match task {
        Ok(Task::Help) => {
            println!("{usage}");
            Ok(true)
        }
        Ok(Task::Subprocess(its)) => part(its).map(|()| true),
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

/// Parses a number within a range.
pub(crate) fn parse_in_range<N: FromStr + PartialOrd + Display>(
    text: &str,
    range: RangeInclusive<N>,
) -> Result<N, String> {
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => {
            let (least, most) = range.into_inner();
            Err(format!("write a number from {least} to {most}"))
        }
    }
}

/// Returns the items of `all` that a comma-separated list names, in the order of `all`.
pub(crate) fn parse_names<T: Copy>(
    names: &str,
    all: &[T],
    name: fn(&T) -> &'static str,
) -> Result<Vec<T>, String> {
    let names: Vec<&str> = names.split(',').collect();
    let is_known = |wanted: &&str| all.iter().any(|it| name(it) == *wanted);
    if let Some(unknown) = names.iter().find(|wanted| !is_known(wanted)) {
        let known: Vec<&str> = all.iter().map(name).collect();
        return Err(format!("{unknown:?} is none of {}", known.join(", ")));
    }
    let chosen = all.iter().filter(|it| names.contains(&name(it)));
    Ok(chosen.copied().collect())
}

/// The exit status for invalid arguments.
pub(crate) const BAD_ARGUMENTS: u8 = 2;
