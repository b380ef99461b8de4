//! What the programs have in common: they measure, play a part of that, or tell how they are used.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::str::FromStr;

use crate::Outcome;

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Task<A, P> {
    Measure(A),
    /// The part that the program starts itself for, in a process of its own.
    Subprocess(P),
    Help,
}

/// Does what the arguments say. `measure` returns whether what it has seen is a success.
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

/// Reads a number for an argument.
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

/// Those of `all` that are named, in their order, whatever that of the names is.
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

/// How a program ends whose arguments are wrong.
pub(crate) const BAD_ARGUMENTS: u8 = 2;
