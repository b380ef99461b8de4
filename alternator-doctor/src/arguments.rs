//! The arguments of the program.

use alternator_lb_sdk::{Alternator, Scope};
use lexopt::{Arg, Parser, ValueExt as _};
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::connection::Credentials;

/// The action that the arguments select.
pub(crate) enum Command {
    Check(CheckArguments),
    /// Print this text.
    Print(&'static str),
}

/// The arguments of `check`.
pub(crate) struct CheckArguments {
    /// URLs, which the library accepts as seeds.
    pub(crate) seeds: Vec<String>,
    /// The parts of the scope, preferred part first. Empty without a scope.
    pub(crate) scope: Vec<ScopePart>,
    pub(crate) credentials: Option<Credentials>,
    /// The file of trusted certificates.
    pub(crate) ca: Option<PathBuf>,
    /// The operations of the application.
    pub(crate) operations: Option<String>,
    /// The tables of the application. Empty for all.
    pub(crate) tables: Vec<String>,
    pub(crate) timeout: Duration,
    pub(crate) json: bool,
}

/// A part of a scope chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScopePart {
    Cluster,
    Datacenter(String),
    Rack { datacenter: String, rack: String },
}

impl Command {
    /// Parses the arguments. Credentials are in the environment, or among the arguments, which take precedence.
    pub(crate) fn parse(
        mut parser: Parser,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, lexopt::Error> {
        match parser.next()? {
            Some(Arg::Value(name)) if name == "check" => parse_check(parser, variable),
            Some(Arg::Value(name)) => {
                let name = name.display();
                Err(format!("there is no command `{name}`; the command is `check`").into())
            }
            Some(Arg::Long("help") | Arg::Short('h')) => Ok(Self::Print(USAGE)),
            Some(Arg::Long("version") | Arg::Short('V')) => Ok(Self::Print(VERSION)),
            Some(other) => Err(other.unexpected()),
            None => Err("a command is missing: `check`".into()),
        }
    }
}

fn parse_check(
    mut parser: Parser,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Command, lexopt::Error> {
    let mut arguments = CheckArguments {
        seeds: Vec::new(),
        scope: Vec::new(),
        credentials: None,
        ca: None,
        operations: None,
        tables: Vec::new(),
        timeout: DEFAULT_TIMEOUT,
        json: false,
    };
    let mut access_key = from_environment(&variable, ACCESS_KEY)?;
    let mut secret_key = from_environment(&variable, SECRET_KEY)?;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(seed) => arguments.seeds.push(seed.string()?),
            Arg::Long("scope") => arguments.scope = parser.value()?.parse_with(scope)?,
            Arg::Long("access-key") => access_key = Some(parser.value()?.string()?),
            Arg::Long("secret-key") => secret_key = Some(parser.value()?.string()?),
            Arg::Long("ca") => arguments.ca = Some(parser.value()?.into()),
            Arg::Long("operations") => arguments.operations = Some(operations(parser.value()?)?),
            Arg::Long("tables") => arguments.tables = parser.value()?.parse_with(names)?,
            Arg::Long("timeout") => arguments.timeout = parser.value()?.parse_with(duration)?,
            Arg::Long("json") => arguments.json = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Print(CHECK_USAGE)),
            other => return Err(other.unexpected()),
        }
    }
    arguments.credentials = match (access_key, secret_key) {
        (Some(access_key), Some(secret_key)) => Some(Credentials {
            access_key,
            secret_key,
        }),
        (None, None) => None,
        (Some(_), None) => {
            return Err(format!("the access key lacks a secret: set {SECRET_KEY}").into());
        }
        (None, Some(_)) => return Err("the secret lacks its role: add --access-key ROLE".into()),
    };
    if let Err(error) = arguments.alternator() {
        return Err(error.to_string().into());
    }
    Ok(Command::Check(arguments))
}

impl CheckArguments {
    /// Returns a builder with the seeds and the scope. It is an error of the arguments if they cannot be used.
    pub(crate) fn builder(&self) -> alternator_lb_sdk::Builder {
        let builder = Alternator::builder().seeds(&self.seeds);
        let scopes = self.scope.iter().map(ScopePart::scope);
        match scopes.reduce(Scope::or) {
            Some(scope) => builder.scope(scope),
            None => builder,
        }
    }

    fn alternator(&self) -> Result<Alternator, alternator_lb_sdk::BuildError> {
        self.builder().build()
    }
}

impl ScopePart {
    fn scope(&self) -> Scope {
        match self {
            Self::Cluster => Scope::cluster(),
            Self::Datacenter(datacenter) => Scope::datacenter(datacenter),
            Self::Rack { datacenter, rack } => Scope::rack(datacenter, rack),
        }
    }
}

/// The value of an environment variable. One that is empty is not set.
fn from_environment(
    variable: impl Fn(&str) -> Option<OsString>,
    name: &str,
) -> Result<Option<String>, lexopt::Error> {
    let value = variable(name).map(OsString::string).transpose()?;
    Ok(value.filter(|value| !value.is_empty()))
}

fn scope(text: &str) -> Result<Vec<ScopePart>, String> {
    let part = |part: &str| match part.trim().split_once('/') {
        Some(("", _) | (_, "")) => Err("write a rack as datacenter/rack".to_owned()),
        Some((datacenter, rack)) => Ok(ScopePart::Rack {
            datacenter: datacenter.to_owned(),
            rack: rack.to_owned(),
        }),
        None => match part.trim() {
            "" => Err("write it as dc1/rack1,dc1,cluster".to_owned()),
            "cluster" => Ok(ScopePart::Cluster),
            datacenter => Ok(ScopePart::Datacenter(datacenter.to_owned())),
        },
    };
    let parts: Vec<_> = text.split(',').map(part).collect::<Result<_, _>>()?;
    match parts.len() {
        0..=MAX_SCOPES => Ok(parts),
        _ => Err(format!("a scope has at most {MAX_SCOPES} parts")),
    }
}

fn names(text: &str) -> Result<Vec<String>, String> {
    let names = text.split(',').map(str::trim).map(str::to_owned);
    let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
    match names.is_empty() {
        true => Err("write it as table1,table2".to_owned()),
        false => Ok(names),
    }
}

/// The contents of a file, or the list itself.
fn operations(value: OsString) -> Result<String, lexopt::Error> {
    let path = PathBuf::from(&value);
    match path.is_file() {
        true => fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()).into()),
        false => value.string(),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let scale = match unit {
        "ms" => Some(1),
        "" | "s" => Some(1_000),
        "m" => Some(60_000),
        _ => None,
    };
    let number: Option<u64> = digits.parse().ok();
    let milliseconds = number
        .zip(scale)
        .and_then(|(number, scale)| number.checked_mul(scale));
    match milliseconds.map(Duration::from_millis) {
        Some(duration) if DURATIONS.contains(&duration) => Ok(duration),
        _ => Err("write it as 30s, 500ms or 2m, from 100ms to 60m".to_owned()),
    }
}

const ACCESS_KEY: &str = "ALTERNATOR_ACCESS_KEY";
const SECRET_KEY: &str = "ALTERNATOR_SECRET_KEY";
/// Enough for a hundred nodes in another continent.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const DURATIONS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(3_600);
/// Each part is a request.
const MAX_SCOPES: usize = 16;

const VERSION: &str = concat!("alternator-doctor ", env!("CARGO_PKG_VERSION"));

pub(crate) const USAGE: &str = "\
Checks a ScyllaDB Alternator (DynamoDB API) cluster, as applications with alternator-lb-sdk see it.

Usage: alternator-doctor check URL... [OPTIONS]

Commands:
  check          find out whether a cluster and an application fit, before going live

Options:
  -h, --help     print this, or after a command its options
  -V, --version  print the version of this program";

pub(crate) const CHECK_USAGE: &str = "\
Finds out whether a ScyllaDB Alternator cluster and an application fit, before going live: run it where
the application will run. It writes nothing to the cluster, and reads no data of applications.

Usage: alternator-doctor check URL... [OPTIONS]

Arguments:
  URL...               seeds, as for the application: http(s)://host[:port]

Options:
  --scope DC[/RACK],.. the scope of the application, preferred part first; `cluster` for the rest
                       [default: cluster]
  --access-key ROLE    sign as this role. Prefer the variables of the environment ALTERNATOR_ACCESS_KEY
  --secret-key SECRET  and ALTERNATOR_SECRET_KEY: arguments are visible to other users of the machine.
                       The secret is the `salted_hash` of the role, not its password
  --ca FILE            trust the certificates in this file (PEM), and no others [default: those of the
                       system]
  --operations LIST    the operations of the application, as in its code or its IAM policy: a file, or
                       names separated by commas
  --tables A,B,..      check these tables [default: all, up to 100]
  --timeout TIME       end after this time; what is not checked then is skipped [default: 30s]
  --json               print a JSON document instead of the report
  -h, --help           print this

Findings:
  ✓ passed   ! warning: works, and may surprise   ✗ failed: will not work   – skipped: cannot be checked

Exit status:
  0  no check failed. Warnings and skipped checks do not change the status
  1  a check failed (✗)
  2  wrong arguments, or no seed can be reached, so that nothing can be checked";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Command, String> {
        parse_with(arguments, &[])
    }

    fn parse_with(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Command, String> {
        let variable = |name: &str| {
            let mut variables = variables.iter();
            variables
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.into())
        };
        Command::parse(Parser::from_args(arguments), variable).map_err(|error| error.to_string())
    }

    fn check(arguments: &[&str]) -> CheckArguments {
        match parse(&[&["check", "http://a:8000"], arguments].concat()).unwrap() {
            Command::Check(arguments) => arguments,
            Command::Print(text) => panic!("{text}"),
        }
    }

    #[test]
    fn scope_is_a_chain() {
        let arguments = check(&["--scope", "dc1/r1, dc1,cluster"]);
        let rack = ScopePart::Rack {
            datacenter: "dc1".to_owned(),
            rack: "r1".to_owned(),
        };
        let datacenter = ScopePart::Datacenter("dc1".to_owned());
        assert_eq!(arguments.scope, [rack, datacenter, ScopePart::Cluster]);
    }

    #[test]
    fn durations_have_units() {
        for (text, milliseconds) in [
            ("30s", 30_000),
            ("500ms", 500),
            ("2m", 120_000),
            ("7", 7_000),
        ] {
            let arguments = check(&["--timeout", text]);
            assert_eq!(arguments.timeout, Duration::from_millis(milliseconds));
        }
    }

    #[test]
    fn unusable_arguments_are_errors() {
        for (arguments, expected) in [
            (&["check"][..], "seed"),
            (&["check", "http://dynamodb.eu-west-1.amazonaws.com"], "AWS"),
            (&["check", "10.0.0.1"], "10.0.0.1"),
            (&["check", "http://a", "--scope", "dc1/"], "datacenter/rack"),
            (&["check", "http://a", "--timeout", "0s"], "30s"),
            (&["check", "http://a", "--timeout", "1h"], "30s"),
            (&["check", "http://a", "--tables", ","], "table1"),
            (
                &["check", "http://a", "--access-key", "x"],
                "ALTERNATOR_SECRET_KEY",
            ),
            (&["check", "http://a", "--secret-key", "x"], "--access-key"),
            (&["check", "http://a", "--colour"], "--colour"),
            (&["cure", "http://a"], "check"),
            (&[], "check"),
        ] {
            match parse(arguments) {
                Err(error) => assert!(error.contains(expected), "{arguments:?}: {error}"),
                Ok(_) => panic!("{arguments:?}"),
            }
        }
    }

    #[test]
    fn arguments_precede_the_environment() {
        let variables = [(ACCESS_KEY, "role"), (SECRET_KEY, "secret")];
        let credentials = |arguments: &[&str]| {
            let arguments = [&["check", "http://a"], arguments].concat();
            match parse_with(&arguments, &variables).unwrap() {
                Command::Check(CheckArguments {
                    credentials: Some(credentials),
                    ..
                }) => (credentials.access_key, credentials.secret_key),
                _ => panic!("{arguments:?}"),
            }
        };
        assert_eq!(credentials(&[]), ("role".to_owned(), "secret".to_owned()));
        let app = ("app".to_owned(), "secret".to_owned());
        assert_eq!(credentials(&["--access-key", "app"]), app);
    }

    #[test]
    fn help_fits_a_terminal_and_names_every_option() {
        for text in [USAGE, CHECK_USAGE] {
            assert!(text.lines().all(|line| line.chars().count() <= 106));
        }
        let code = include_str!("arguments.rs");
        let options = code.split("Arg::Long(\"").skip(1);
        for option in options.filter_map(|rest| rest.split('"').next()) {
            let option = format!("--{option}");
            assert!(
                USAGE.contains(&option) || CHECK_USAGE.contains(&option),
                "{option}"
            );
        }
    }
}
