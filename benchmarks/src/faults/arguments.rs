//! Parses the arguments of the program.

use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};

use super::case::{FAULT_CASES, FaultCase};
use super::contender::Contender;
use super::harness::Setting;
use super::tls_case::TLS_FAULT_CASES;
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
    let (mut only, mut svg) = (None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("only") => only = Some(parser.value()?),
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
            Arg::Long("tls") => arguments.setting.tls = true,
            Arg::Long("svg") => svg = Some(parser.value()?),
            Arg::Long("strict") => arguments.strict = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            Arg::Value(word) if word == Service::SUBCOMMAND => {
                return Service::parse(&mut parser).map(Task::Subprocess);
            }
            other => return Err(other.unexpected()),
        }
    }
    // The other options may stand before `--tls`.
    arguments.cases = FaultCase::all(arguments.setting.tls);
    if let Some(only) = only {
        arguments.cases =
            only.parse_with(|names| parse_names(names, &arguments.cases, |case| case.name))?;
    }
    arguments.svg = match svg {
        Some(path) => path.into(),
        None => default_svg(arguments.setting.tls),
    };
    Ok(Task::Measure(arguments))
}

/// Returns different paths, so that one run does not overwrite the chart of the other.
fn default_svg(tls: bool) -> PathBuf {
    PathBuf::from(match tls {
        false => "target/faults.svg",
        true => "target/faults-tls.svg",
    })
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            cases: FaultCase::all(false),
            contenders: Contender::ALL.to_vec(),
            setting: Setting {
                length: Duration::from_secs(8),
                callers: 16,
                tls: false,
            },
            strict: false,
            svg: default_svg(false),
        }
    }
}

fn contenders(names: &str) -> Result<Vec<Contender>, String> {
    parse_names(names, &Contender::ALL, |it| it.name())
}

pub(super) fn usage() -> String {
    let mut usage = USAGE.to_owned();
    push_names(&mut usage, &FAULT_CASES);
    usage.push_str("\n\nFaults that need --tls:");
    push_names(&mut usage, &TLS_FAULT_CASES);
    usage
}

fn push_names(usage: &mut String, cases: &[FaultCase]) {
    for case in cases {
        usage.push_str(&format!("\n  {:<21} {}", case.name, case.title));
    }
}

const USAGE: &str = "\
Compares the plugin with the SDK alone and with alternator-client while nodes of their cluster fail.

Usage: cargo run --release -p benchmarks --bin faults -- [OPTIONS]

Options:
  --only NAME,NAME,...       only these faults [default: all]
  --contenders NAME,...      of sdk, official and plugin [default: all]
  --seconds N                length of a run, from 3 on [default: 8]
  --callers N                concurrent callers [default: 16]
  --tls                      over HTTPS, where TLS has faults of its own
  --svg PATH                 where the chart goes [default: target/faults.svg, with --tls target/faults-tls.svg]
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
    fn faults_of_tls_are_measured_with_tls_only() {
        let Ok(Task::Measure(arguments)) = parse(Parser::from_args(["--tls"])) else {
            panic!("measuring is the default");
        };
        assert_eq!(arguments.cases.len(), 29);
        assert!(arguments.setting.tls);
        let words = ["--only", "expired,hangs", "--tls"];
        let Ok(Task::Measure(arguments)) = parse(Parser::from_args(words)) else {
            panic!("measuring is the default");
        };
        let names: Vec<&str> = arguments.cases.iter().map(|case| case.name).collect();
        assert_eq!(names, ["hangs", "expired"]);
        assert!(parse(Parser::from_args(&words[..2])).is_err());
    }

    #[test]
    fn each_transport_has_a_chart_of_its_own() {
        let svg = |words: &[&str]| match parse(Parser::from_args(words)) {
            Ok(Task::Measure(arguments)) => arguments.svg,
            other => panic!("{other:?}"),
        };
        assert_ne!(svg(&[]), svg(&["--tls"]));
        assert_eq!(svg(&["--svg", "a.svg", "--tls"]), PathBuf::from("a.svg"));
    }

    #[test]
    fn usage_names_every_fault() {
        let usage = usage();
        for case in FaultCase::all(true) {
            assert!(usage.contains(case.title), "{}", case.name);
        }
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
