//! Parses the arguments of the program.

use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};

use super::case::{FAULT_CASES, FaultCase};
use super::contender::Contender;
use super::harness::Setting;
use crate::nodes::Service;
use crate::program::{Task, parse_in_range, parse_names};

/// The measurements to make.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) cases: Vec<&'static FaultCase>,
    pub(super) contenders: Vec<Contender>,
    pub(super) setting: Setting,
    pub(super) strict: bool,
    pub(super) svg: PathBuf,
}

/// Parses the arguments of the program.
pub(super) fn parse(mut parser: Parser) -> Result<Task<Arguments, Service>, lexopt::Error> {
    let mut arguments = Arguments::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("only") => arguments.cases = parser.value()?.parse_with(cases)?,
            Arg::Long("contenders") => {
                arguments.contenders = parser.value()?.parse_with(contenders)?;
            }
            Arg::Long("seconds") => {
                let seconds = parser
                    .value()?
                    .parse_with(|text| parse_in_range(text, 3..=600))?;
                arguments.setting.length = Duration::from_secs(seconds);
            }
            Arg::Long("callers") => {
                let callers = parser
                    .value()?
                    .parse_with(|text| parse_in_range(text, 1..=1000))?;
                arguments.setting.callers = callers;
            }
            Arg::Long("svg") => arguments.svg = parser.value()?.into(),
            Arg::Long("strict") => arguments.strict = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            Arg::Value(word) if word == Service::SUBCOMMAND => {
                return Service::parse(&mut parser).map(Task::Subprocess);
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Task::Measure(arguments))
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            cases: FAULT_CASES.iter().collect(),
            contenders: Contender::ALL.to_vec(),
            setting: Setting {
                length: Duration::from_secs(8),
                callers: 16,
            },
            strict: false,
            svg: PathBuf::from("target/faults.svg"),
        }
    }
}

fn cases(names: &str) -> Result<Vec<&'static FaultCase>, String> {
    let all: Vec<&FaultCase> = FAULT_CASES.iter().collect();
    parse_names(names, &all, |case| case.name)
}

fn contenders(names: &str) -> Result<Vec<Contender>, String> {
    parse_names(names, &Contender::ALL, |it| it.name())
}

pub(super) fn usage() -> String {
    let mut usage = USAGE.to_owned();
    for case in &FAULT_CASES {
        usage.push_str(&format!("\n  {:<21} {}", case.name, case.title));
    }
    usage
}

const USAGE: &str = "\
Compares the plugin with the SDK alone and with alternator-client while nodes of their cluster fail.

Usage: cargo run --release -p benchmarks --bin faults -- [OPTIONS]

Options:
  --only NAME,NAME,...       only these faults [default: all]
  --contenders NAME,...      of sdk, official and plugin [default: all]
  --seconds N                length of a run, from 3 on [default: 8]
  --callers N                concurrent callers [default: 16]
  --svg PATH                 where the chart goes [default: target/faults.svg]
  --strict                   end with status 1 if the plugin misses a threshold
  -h, --help                 print this

Prints a table in Markdown, and for each fault whether the plugin reaches its thresholds.

Faults:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_cases_and_contenders_are_measured_by_default() {
        let Ok(Task::Measure(arguments)) = parse(Parser::from_args::<[&str; 0]>([])) else {
            panic!("measuring is the default");
        };
        assert_eq!((arguments.cases.len(), arguments.contenders.len()), (26, 3));
        assert!(!arguments.strict);
    }

    #[test]
    fn selected_names_keep_the_order_of_the_table() {
        let words = [
            "--only=stalls,hangs",
            "--contenders",
            "plugin,sdk",
            "--seconds=3",
        ];
        let Ok(Task::Measure(arguments)) = parse(Parser::from_args(words)) else {
            panic!("measuring is the default");
        };
        let names: Vec<&str> = arguments.cases.iter().map(|case| case.name).collect();
        assert_eq!(names, ["hangs", "stalls"]);
        assert_eq!(arguments.contenders, [Contender::Sdk, Contender::Plugin]);
        assert_eq!(arguments.setting.length, Duration::from_secs(3));
    }

    #[test]
    fn serve_subcommand_starts_the_nodes() {
        assert!(matches!(
            parse(Parser::from_args(["serve", "3"])),
            Ok(Task::Subprocess(service)) if service == Service::open(3)
        ));
    }

    #[test]
    fn invalid_arguments_are_rejected() {
        for words in [
            ["--only", "explodes"],
            ["--contenders", "plugin,other"],
            ["--seconds", "2"],
            ["--callers", "0"],
            ["serve", "many"],
            ["--fast", ""],
        ] {
            assert!(parse(Parser::from_args(words)).is_err(), "{words:?}");
        }
    }
}
