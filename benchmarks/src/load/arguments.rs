//! Parses the arguments of the program.

use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};

use super::case::{Operation, Signing};
use super::contender::{CONTENDERS, Contender};
use super::run::NODES;
use crate::nodes::Service;
use crate::program::{Task, parse_in_range, parse_names};

/// The measurements to make.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) operations: Vec<Operation>,
    pub(super) signings: Vec<Signing>,
    pub(super) contenders: Vec<&'static Contender>,
    /// How long each contender is measured in each round.
    pub(super) length: Duration,
    pub(super) rounds: usize,
    pub(super) callers: usize,
    /// True if the nodes serve HTTPS.
    pub(super) tls: bool,
    pub(super) strict: bool,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            operations: vec![Operation::GetItem],
            signings: Signing::ALL.to_vec(),
            contenders: CONTENDERS.iter().collect(),
            length: Duration::from_secs(1),
            rounds: 9,
            callers: 16,
            tls: false,
            strict: false,
        }
    }
}

impl Arguments {
    /// Returns the nodes for requests that are signed, or are not.
    pub(super) fn service(&self, signing: Signing) -> Service {
        let service = match signing {
            Signing::Unsigned => Service::open(NODES),
            Signing::Signed => Service::enforcing_authorization(NODES),
        };
        service.with_tls(self.tls)
    }
}

/// Parses the arguments of the program.
pub(super) fn parse(mut parser: Parser) -> Result<Task<Arguments, Service>, lexopt::Error> {
    let mut arguments = Arguments::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("operations") => {
                arguments.operations = parser
                    .value()?
                    .parse_with(|names| parse_names(names, &Operation::ALL, |it| it.name()))?;
            }
            Arg::Long("signing") => {
                arguments.signings = parser
                    .value()?
                    .parse_with(|names| parse_names(names, &Signing::ALL, |it| it.name()))?;
            }
            Arg::Long("contenders") => {
                arguments.contenders = parser.value()?.parse_with(contenders)?;
            }
            Arg::Long("seconds") => {
                let seconds = parser
                    .value()?
                    .parse_with(|text| parse_in_range(text, 1..=60))?;
                arguments.length = Duration::from_secs(seconds);
            }
            Arg::Long("rounds") => arguments.rounds = count(&mut parser, 100)?,
            Arg::Long("callers") => arguments.callers = count(&mut parser, 1000)?,
            Arg::Long("tls") => arguments.tls = true,
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

fn count(parser: &mut Parser, most: usize) -> Result<usize, lexopt::Error> {
    parser
        .value()?
        .parse_with(|text| parse_in_range(text, 1..=most))
}

fn contenders(names: &str) -> Result<Vec<&'static Contender>, String> {
    let all: Vec<&Contender> = CONTENDERS.iter().collect();
    parse_names(names, &all, |it| it.name)
}

pub(super) const USAGE: &str = "\
Compares what the plugin, the SDK alone and alternator-client cost under load.

Usage: cargo run --release -p benchmarks --bin load -- [OPTIONS]

Options:
  --operations NAME,...      of get and put [default: get]
  --signing NAME,...         of unsigned and signed [default: both]
  --contenders NAME,...      of sdk, floor, official, plugin and plugin-sdk-signer [default: all]; without sdk
                             nothing is compared
  --rounds N                 how often each has its turn [default: 9]
  --seconds N                length of a turn, up to 60 [default: 1]
  --callers N                concurrent callers [default: 16]
  --tls                      over HTTPS, so that connections are TLS handshakes
  --strict                   end with status 1 if the plugin misses a threshold
  -h, --help                 print this

Prints a table in Markdown, and for each threshold whether the plugin reaches it.";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Task<Arguments, Service>, lexopt::Error> {
        super::parse(Parser::from_args(words))
    }

    #[test]
    fn reads_are_measured_by_default() {
        let Ok(Task::Measure(arguments)) = parse(&[]) else {
            panic!("measuring is the default");
        };
        assert_eq!(arguments.operations, [Operation::GetItem]);
        assert_eq!(arguments.signings, Signing::ALL);
        assert_eq!(arguments.contenders.len(), CONTENDERS.len());
        assert!(!arguments.strict);
    }

    #[test]
    fn nodes_serve_https_on_demand() {
        for (words, tls) in [(&[][..], false), (&["--tls"][..], true)] {
            let Ok(Task::Measure(arguments)) = parse(words) else {
                panic!("measuring is the default");
            };
            for signing in Signing::ALL {
                assert_eq!(arguments.service(signing).speaks_tls, tls);
            }
        }
    }

    #[test]
    fn selected_names_keep_the_order_of_the_table() {
        let words = ["--operations=put,get", "--contenders", "plugin,sdk"];
        let Ok(Task::Measure(arguments)) = parse(&words) else {
            panic!("measuring is the default");
        };
        assert_eq!(arguments.operations, Operation::ALL);
        let names: Vec<&str> = arguments.contenders.iter().map(|it| it.name).collect();
        assert_eq!(names, ["sdk", "plugin"]);
    }

    #[test]
    fn serve_subcommand_starts_the_nodes() {
        let service = Service::open(3);
        assert!(matches!(parse(&["serve", "3"]), Ok(Task::Subprocess(it)) if it == service));
    }

    #[test]
    fn invalid_arguments_are_rejected() {
        for words in [
            ["--operations", "scan"],
            ["--signing", "maybe"],
            ["--contenders", "plugin,other"],
            ["--seconds", "0"],
            ["--rounds", "1000"],
            ["--callers", "0"],
            ["serve", "many"],
            ["--fast", ""],
        ] {
            assert!(parse(&words).is_err(), "{words:?}");
        }
    }
}
