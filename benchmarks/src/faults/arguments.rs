//! The arguments of the program.

use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};

use super::contender::Contender;
use super::row::{ROWS, Row};
use super::run::Setting;
use crate::nodes::Service;
use crate::program::{Task, chosen, within};

/// What is to be measured.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) rows: Vec<&'static Row>,
    pub(super) contenders: Vec<Contender>,
    pub(super) setting: Setting,
    pub(super) strict: bool,
    pub(super) svg: PathBuf,
}

/// Reads the arguments of the program.
pub(super) fn parse(mut parser: Parser) -> Result<Task<Arguments, Service>, lexopt::Error> {
    let mut arguments = Arguments::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("only") => arguments.rows = parser.value()?.parse_with(rows)?,
            Arg::Long("contenders") => {
                arguments.contenders = parser.value()?.parse_with(contenders)?;
            }
            Arg::Long("seconds") => {
                let seconds = parser.value()?.parse_with(|text| within(text, 3..=600))?;
                arguments.setting.length = Duration::from_secs(seconds);
            }
            Arg::Long("callers") => {
                let callers = parser.value()?.parse_with(|text| within(text, 1..=1000))?;
                arguments.setting.callers = callers;
            }
            Arg::Long("svg") => arguments.svg = parser.value()?.into(),
            Arg::Long("strict") => arguments.strict = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            Arg::Value(word) if word == Service::WORD => {
                return Service::parse(&mut parser).map(Task::Part);
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Task::Measure(arguments))
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            rows: ROWS.iter().collect(),
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

fn rows(names: &str) -> Result<Vec<&'static Row>, String> {
    let all: Vec<&Row> = ROWS.iter().collect();
    chosen(names, &all, |row| row.name)
}

fn contenders(names: &str) -> Result<Vec<Contender>, String> {
    chosen(names, &Contender::ALL, |it| it.name())
}

pub(super) fn usage() -> String {
    let mut usage = USAGE.to_owned();
    for row in &ROWS {
        usage.push_str(&format!("\n  {:<12} {}", row.name, row.title));
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
  --strict                   end with status 1 if the plugin misses a bar
  -h, --help                 print this

Prints a table in Markdown, and for each fault whether the plugin reaches its bars.

Faults:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_measured_unless_something_is_chosen() {
        let Ok(Task::Measure(arguments)) = parse(Parser::from_args::<[&str; 0]>([])) else {
            panic!("it measures");
        };
        assert_eq!((arguments.rows.len(), arguments.contenders.len()), (14, 3));
        assert!(!arguments.strict);
    }

    #[test]
    fn what_is_chosen_keeps_the_order_of_the_table() {
        let words = [
            "--only=stalls,hangs",
            "--contenders",
            "plugin,sdk",
            "--seconds=3",
        ];
        let Ok(Task::Measure(arguments)) = parse(Parser::from_args(words)) else {
            panic!("it measures");
        };
        let names: Vec<&str> = arguments.rows.iter().map(|row| row.name).collect();
        assert_eq!(names, ["hangs", "stalls"]);
        assert_eq!(arguments.contenders, [Contender::Sdk, Contender::Plugin]);
        assert_eq!(arguments.setting.length, Duration::from_secs(3));
    }

    #[test]
    fn it_can_be_the_nodes() {
        assert!(matches!(
            parse(Parser::from_args(["serve", "3"])),
            Ok(Task::Part(service)) if service == Service::open(3)
        ));
    }

    #[test]
    fn what_is_wrong_is_refused() {
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
