//! Parses the arguments of the program.

use lexopt::{Arg, Parser, ValueExt};

use super::contender::Contender;
use crate::program::{Task, parse_in_range};

/// Repeats an operation and nothing else. The program starts itself so under valgrind.
#[derive(Debug)]
pub(super) struct Repeat {
    pub(super) contender: Contender,
    pub(super) operations: usize,
}

/// The measurements to make.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) turns: usize,
    pub(super) operations: usize,
    pub(super) instructions: bool,
    pub(super) strict: bool,
}

/// Parses the arguments of the program.
pub(super) fn parse(mut parser: Parser) -> Result<Task<Arguments, Repeat>, lexopt::Error> {
    let mut arguments = Arguments::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("turns") => arguments.turns = parser.value()?.parse_with(positive)?,
            Arg::Long("operations") => {
                arguments.operations = parser.value()?.parse_with(positive)?;
            }
            Arg::Long("instructions") => arguments.instructions = true,
            Arg::Long("strict") => arguments.strict = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            Arg::Value(word) if word == "repeat" => {
                return Ok(Task::Subprocess(Repeat {
                    contender: parser.value()?.parse_with(contender)?,
                    operations: parser.value()?.parse_with(positive)?,
                }));
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Task::Measure(arguments))
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            turns: 15,
            operations: 4000,
            instructions: false,
            strict: false,
        }
    }
}

fn contender(name: &str) -> Result<Contender, String> {
    Contender::named(name).ok_or_else(|| format!("there is no contender {name:?}"))
}

fn positive(text: &str) -> Result<usize, String> {
    parse_in_range(text, 1..=usize::MAX)
}

pub(super) const USAGE: &str = "\
Compares the cost of operations without the network: the SDK alone, alternator-client and the plugin.

Usage: cargo build --release -p benchmarks --bins
       target/release/cost [OPTIONS]

Options:
  --turns N         turns of each contender, of which the best counts [default: 15]
  --operations N    operations in each turn [default: 4000]
  --instructions    count instructions too, which needs valgrind and minutes
  --strict          end with status 1 if the plugin misses a threshold
  -h, --help        print this

Prints a table in Markdown, and which thresholds the plugin misses.

For a profile of one contender:
  valgrind --tool=callgrind --callgrind-out-file=cost.out target/release/cost repeat plugin 1000
  callgrind_annotate --inclusive=yes cost.out";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Task<Arguments, Repeat>, lexopt::Error> {
        super::parse(Parser::from_args(words))
    }

    #[test]
    fn repeat_subcommand_is_parsed_and_measuring_is_the_default() {
        let Ok(Task::Measure(arguments)) = parse(&["--turns", "3", "--strict"]) else {
            panic!("measuring is the default");
        };
        assert_eq!((arguments.turns, arguments.operations), (3, 4000));
        assert!(arguments.strict && !arguments.instructions);
        let repeat = parse(&["repeat", "plugin-signed", "7"]);
        assert!(matches!(
            repeat,
            Ok(Task::Subprocess(Repeat {
                contender: Contender::PluginSigned,
                operations: 7
            }))
        ));
    }

    #[test]
    fn invalid_arguments_are_rejected() {
        for words in [
            ["--turns", "0"],
            ["--operations", "x"],
            ["repeat", "other"],
            ["--fast", ""],
        ] {
            assert!(parse(&words).is_err(), "{words:?}");
        }
    }
}
