//! The arguments of the program.

mod check;
mod cluster;
mod scope;
mod top;

pub(crate) use check::CheckArguments;
pub(crate) use cluster::ClusterArguments;
pub(crate) use scope::ScopePart;
pub(crate) use top::TopArguments;

use lexopt::{Arg, Parser};
use std::ffi::OsString;

/// The action that the arguments select.
pub(crate) enum Command {
    Check(CheckArguments),
    Top(TopArguments),
    /// Print this text.
    Print(&'static str),
}

/// Arguments that cannot be used.
#[derive(Debug)]
pub(crate) struct UsageError {
    pub(crate) error: lexopt::Error,
    /// The command line that prints the help about them.
    pub(crate) help: &'static str,
}

const HELP: &str = "alternator-doctor --help";
const CHECK_HELP: &str = "alternator-doctor check --help";
const TOP_HELP: &str = "alternator-doctor top --help";

impl Command {
    /// Parses the arguments. Credentials are in the environment, or among the arguments, which take precedence.
    pub(crate) fn parse(
        mut parser: Parser,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, UsageError> {
        let of = |help| move |error| UsageError { error, help };
        match parser.next().map_err(of(HELP))? {
            Some(Arg::Value(name)) if name == "check" => {
                let arguments = check::parse(parser, variable).map_err(of(CHECK_HELP))?;
                Ok(arguments.map_or(Self::Print(check::USAGE), Self::Check))
            }
            Some(Arg::Value(name)) if name == "top" => {
                let arguments = top::parse(parser).map_err(of(TOP_HELP))?;
                Ok(arguments.map_or(Self::Print(top::USAGE), Self::Top))
            }
            Some(Arg::Value(name)) => {
                let name = name.display();
                let text =
                    format!("there is no command `{name}`; the commands are `check` and `top`");
                Err(of(HELP)(text.into()))
            }
            Some(Arg::Long("help") | Arg::Short('h')) => Ok(Self::Print(USAGE)),
            Some(Arg::Long("version") | Arg::Short('V')) => Ok(Self::Print(VERSION)),
            Some(other) => Err(of(HELP)(other.unexpected())),
            None => Err(of(HELP)("a command is missing: `check` or `top`".into())),
        }
    }
}

const VERSION: &str = concat!("alternator-doctor ", env!("CARGO_PKG_VERSION"));

const USAGE: &str = "\
Checks and watches a ScyllaDB Alternator (DynamoDB API) cluster, as applications with alternator-lb-sdk
see it.

Usage: alternator-doctor check URL... [OPTIONS]
       alternator-doctor top URL... [OPTIONS]
       alternator-doctor top --attach PATH

Commands:
  check          find out whether a cluster and an application fit, before going live
  top            show a cluster, or the traffic of a running application, live in the terminal

Options:
  -h, --help     print this, or after a command its options
  -V, --version  print the version of this program";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Command, UsageError> {
        Command::parse(Parser::from_args(arguments), |_| None)
    }

    #[test]
    fn errors_name_the_help_of_their_command() {
        for (arguments, expected, help) in [
            (&["cure", "http://a"][..], "check", HELP),
            (&[], "top", HELP),
            (&["--colour"], "--colour", HELP),
            (&["check"], "seed", CHECK_HELP),
            (&["top"], "seed", TOP_HELP),
        ] {
            match parse(arguments) {
                Err(error) => {
                    let text = error.error.to_string();
                    assert!(text.contains(expected), "{arguments:?}: {text}");
                    assert_eq!(error.help, help);
                }
                Ok(_) => panic!("{arguments:?}"),
            }
        }
    }

    #[test]
    fn commands_are_told_apart() {
        assert!(matches!(
            parse(&["check", "http://a"]),
            Ok(Command::Check(_))
        ));
        assert!(matches!(parse(&["top", "http://a"]), Ok(Command::Top(_))));
        for help in [&["--help"][..], &["check", "-h"], &["top", "--help"]] {
            assert!(matches!(parse(help), Ok(Command::Print(_))), "{help:?}");
        }
    }

    #[test]
    fn help_fits_a_terminal_and_names_every_option() {
        for (usage, code) in [
            (USAGE, include_str!("mod.rs")),
            (check::USAGE, include_str!("check.rs")),
            (top::USAGE, include_str!("top.rs")),
        ] {
            assert!(usage.lines().all(|line| line.chars().count() <= 106));
            let options = code.split("Arg::Long(\"").skip(1);
            for option in options.filter_map(|rest| rest.split('"').next()) {
                assert!(usage.contains(&format!("--{option}")), "{option}");
            }
        }
    }
}
