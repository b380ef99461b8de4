//! Parses the arguments of the program.

use std::convert::Infallible;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

use crate::program::{Task, parse_in_range, parse_names};

/// The names and titles of scenarios.
pub type Titles<'a> = &'a [(&'static str, &'static str)];

/// The scenarios to simulate, and the size of the fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arguments {
    /// The names of the scenarios; none for all.
    pub only: Vec<String>,
    /// The number of clients.
    pub clients: u32,
    /// The number of nodes.
    pub nodes: u32,
    /// The seed of all random numbers.
    pub seed: u64,
    /// True if a missed bar is a failure of the program.
    pub strict: bool,
    /// The dump to replay instead of the scenarios.
    pub replay: Option<PathBuf>,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            only: Vec::new(),
            clients: 2_000,
            nodes: 100,
            seed: 1,
            strict: false,
            replay: None,
        }
    }
}

impl Arguments {
    /// The arguments of the scenarios of outages, of a fifth of the clients: each operation is simulated, and the whole
    /// program is to take a minute.
    pub fn of_outages(&self) -> Self {
        Self {
            clients: (self.clients / 5).max(*CLIENTS.start()),
            ..self.clone()
        }
    }
}

/// Parses the arguments of the program.
pub(super) fn parse(
    mut parser: Parser,
    titles: Titles<'_>,
) -> Result<Task<Arguments, Infallible>, lexopt::Error> {
    let mut arguments = Arguments::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("only") => {
                let only = parser
                    .value()?
                    .parse_with(|names| parse_names(names, titles, |it| it.0))?;
                arguments.only = only.iter().map(|(name, _)| (*name).to_owned()).collect();
            }
            Arg::Long("clients") => {
                arguments.clients = parser
                    .value()?
                    .parse_with(|text| parse_in_range(text, CLIENTS))?;
            }
            Arg::Long("nodes") => {
                arguments.nodes = parser
                    .value()?
                    .parse_with(|text| parse_in_range(text, NODES))?;
            }
            Arg::Long("seed") => arguments.seed = parser.value()?.parse()?,
            Arg::Long("strict") => arguments.strict = true,
            Arg::Long("replay") => {
                arguments.replay = Some(parser.value()?.into());
                arguments.strict = true;
            }
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Task::Measure(arguments))
}

/// At least three, so that each rack has one.
const CLIENTS: RangeInclusive<u32> = 3..=100_000;

/// At least two in each rack, so that a rack can lose one.
const NODES: RangeInclusive<u32> = 6..=1_000;

/// Returns the usage, with the names and titles of the scenarios.
pub(super) fn usage(scenarios: Titles<'_>) -> String {
    let mut usage = USAGE.to_owned();
    for (name, title) in scenarios {
        usage.push_str(&format!("\n  {name:<18} {title}"));
    }
    usage
}

const USAGE: &str = "\
Simulates many clients of a large cluster in which nodes fail, with the plugin's own code.

Usage: cargo run --release -p benchmarks --bin fleet -- [OPTIONS]

Options:
  --only NAME,NAME,...   only these scenarios [default: all]
  --clients N            number of clients, of which a fifth meets outages, 3 to 100,000 [default: 2,000]
  --nodes N              number of nodes, 6 to 1,000 [default: 100]
  --seed N               seed of all random numbers [default: 1]
  --replay FILE          replay the dump of a flight recorder instead; end with status 1 if
                         the library decides otherwise than recorded
  --strict               end with status 1 if metadata requests exceed a bar
  -h, --help             print this

Prints a table in Markdown for each scenario. The same arguments print the same tables.

Scenarios:";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Task<Arguments, Infallible>, lexopt::Error> {
        let titles = [("rack", "A rack fails"), ("slow", "A node is slow")];
        super::parse(Parser::from_args(words), &titles)
    }

    #[test]
    fn every_option_has_a_default() {
        let Ok(Task::Measure(arguments)) = parse(&[]) else {
            panic!("the simulation is the default");
        };
        assert_eq!(arguments, Arguments::default());
    }

    #[test]
    fn options_override_the_defaults() {
        let words = [
            "--only=slow,rack",
            "--clients=30",
            "--nodes=6",
            "--seed=7",
            "--replay=incident.jsonl",
        ];
        let Ok(Task::Measure(arguments)) = parse(&words) else {
            panic!("the simulation is the default");
        };
        assert_eq!(arguments.only, ["rack", "slow"]);
        let numbers = (arguments.clients, arguments.nodes, arguments.seed);
        assert_eq!(numbers, (30, 6, 7));
        assert!(arguments.strict);
        assert_eq!(arguments.replay, Some("incident.jsonl".into()));
        assert!(matches!(parse(&["-h"]), Ok(Task::Help)));
    }

    #[test]
    fn invalid_arguments_are_rejected() {
        for words in [
            ["--only", "flood"],
            ["--clients", "2"],
            ["--nodes", "5"],
            ["--seed", "x"],
            ["--fast", ""],
        ] {
            assert!(parse(&words).is_err(), "{words:?}");
        }
    }
}
