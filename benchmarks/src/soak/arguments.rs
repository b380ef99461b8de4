//! Parses the arguments of the program.

use std::convert::Infallible;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};

use crate::program::{Task, parse_in_range};

/// The run to make.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) length: Duration,
    pub(super) seed: u64,
    /// True if the plan is printed and nothing is run.
    pub(super) is_plan_only: bool,
}

/// Parses the arguments of the program.
pub(super) fn parse(mut parser: Parser) -> Result<Task<Arguments, Infallible>, lexopt::Error> {
    let mut arguments = Arguments {
        length: Duration::from_secs(600),
        seed: fastrand::u64(..1_000_000),
        is_plan_only: false,
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("minutes") => {
                let minutes = parser.value()?;
                let minutes = minutes.parse_with(|text| parse_in_range(text, 0.5..=1440.0))?;
                arguments.length = Duration::from_secs_f64(60.0 * minutes);
            }
            Arg::Long("seed") => arguments.seed = parser.value()?.parse()?,
            Arg::Long("plan") => arguments.is_plan_only = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Task::Measure(arguments))
}

pub(super) const USAGE: &str = "\
Loads a cluster while faults come and go, and checks that nothing is lost and nothing leaks.

Usage: cargo run --release -p benchmarks --bin soak -- [OPTIONS]

Options:
  --minutes N                length of the run, from 0.5 on [default: 10]
  --seed N                   determines faults and options of clients [default: random, and printed]
  --plan                     print the plan of faults and end
  -h, --help                 print this

Ends with status 1 at the first violation.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_takes_ten_minutes_by_default() {
        let Ok(Task::Measure(arguments)) = parse(Parser::from_args::<[&str; 0]>([])) else {
            panic!("running is the default");
        };
        assert_eq!(arguments.length, Duration::from_secs(600));
        assert!(!arguments.is_plan_only);
    }

    #[test]
    fn seed_and_length_can_be_given() {
        let words = ["--seed", "7", "--minutes=0.5", "--plan"];
        let Ok(Task::Measure(arguments)) = parse(Parser::from_args(words)) else {
            panic!("running is the default");
        };
        assert_eq!(
            (arguments.seed, arguments.length),
            (7, Duration::from_secs(30))
        );
        assert!(arguments.is_plan_only);
    }

    #[test]
    fn invalid_arguments_are_rejected() {
        for words in [["--minutes", "0.1"], ["--seed", "x"], ["--fast", ""]] {
            assert!(parse(Parser::from_args(words)).is_err(), "{words:?}");
        }
    }
}
