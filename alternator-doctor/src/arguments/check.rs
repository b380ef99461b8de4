//! The arguments of `check`.

use super::cluster::ClusterArguments;
use super::scope;
use crate::connection::Credentials;
use lexopt::{Arg, Parser, ValueExt as _};
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// The arguments of `check`.
pub(crate) struct CheckArguments {
    pub(crate) cluster: ClusterArguments,
    pub(crate) credentials: Option<Credentials>,
    /// The operations of the application.
    pub(crate) operations: Option<String>,
    /// The tables of the application. Empty for all.
    pub(crate) tables: Vec<String>,
    pub(crate) timeout: Duration,
    pub(crate) json: bool,
}

/// Parses the arguments after the command. `None` if help is wanted.
pub(super) fn parse(
    mut parser: Parser,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<CheckArguments>, lexopt::Error> {
    let mut arguments = CheckArguments {
        cluster: ClusterArguments::default(),
        credentials: None,
        operations: None,
        tables: Vec::new(),
        timeout: DEFAULT_TIMEOUT,
        json: false,
    };
    let mut access_key = from_environment(&variable, ACCESS_KEY)?;
    let mut secret_key = from_environment(&variable, SECRET_KEY)?;
    let cluster = &mut arguments.cluster;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(seed) => cluster.seeds.push(seed.string()?),
            Arg::Long("scope") => cluster.scope = parser.value()?.parse_with(scope::scope)?,
            Arg::Long("access-key") => access_key = Some(parser.value()?.string()?),
            Arg::Long("secret-key") => secret_key = Some(parser.value()?.string()?),
            Arg::Long("ca") => cluster.ca = Some(parser.value()?.into()),
            Arg::Long("operations") => arguments.operations = Some(operations(parser.value()?)?),
            Arg::Long("tables") => arguments.tables = parser.value()?.parse_with(names)?,
            Arg::Long("timeout") => arguments.timeout = parser.value()?.parse_with(duration)?,
            Arg::Long("json") => arguments.json = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
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
    arguments.cluster.validate()?;
    Ok(Some(arguments))
}

/// The value of an environment variable. One that is empty is not set.
fn from_environment(
    variable: impl Fn(&str) -> Option<OsString>,
    name: &str,
) -> Result<Option<String>, lexopt::Error> {
    let value = variable(name).map(OsString::string).transpose()?;
    Ok(value.filter(|value| !value.is_empty()))
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
pub(super) const USAGE: &str = "\
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
    use crate::arguments::ScopePart;

    fn parse_with(
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<CheckArguments, String> {
        let variable = |name: &str| {
            let mut variables = variables.iter();
            variables
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.into())
        };
        match parse(Parser::from_args(arguments), variable) {
            Ok(Some(arguments)) => Ok(arguments),
            Ok(None) => Err("help".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn check(arguments: &[&str]) -> CheckArguments {
        parse_with(&[&["http://a:8000"], arguments].concat(), &[]).unwrap()
    }

    #[test]
    fn scope_is_a_chain() {
        let arguments = check(&["--scope", "dc1/r1, dc1,cluster"]);
        assert_eq!(arguments.cluster.scope.len(), 3);
        assert_eq!(arguments.cluster.scope[2], ScopePart::Cluster);
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
            (&[][..], "seed"),
            (&["http://dynamodb.eu-west-1.amazonaws.com"], "AWS"),
            (&["10.0.0.1"], "10.0.0.1"),
            (&["http://a", "--scope", "dc1/"], "datacenter/rack"),
            (&["http://a", "--timeout", "0s"], "30s"),
            (&["http://a", "--timeout", "1h"], "30s"),
            (&["http://a", "--tables", ","], "table1"),
            (&["http://a", "--access-key", "x"], "ALTERNATOR_SECRET_KEY"),
            (&["http://a", "--secret-key", "x"], "--access-key"),
            (&["http://a", "--colour"], "--colour"),
            (&["--help"], "help"),
        ] {
            match parse_with(arguments, &[]) {
                Err(error) => assert!(error.contains(expected), "{arguments:?}: {error}"),
                Ok(_) => panic!("{arguments:?}"),
            }
        }
    }

    #[test]
    fn arguments_precede_the_environment() {
        let variables = [(ACCESS_KEY, "role"), (SECRET_KEY, "secret")];
        let credentials = |arguments: &[&str]| {
            let arguments = [&["http://a"], arguments].concat();
            let arguments = parse_with(&arguments, &variables).unwrap();
            let credentials = arguments.credentials.unwrap();
            (credentials.access_key, credentials.secret_key)
        };
        assert_eq!(credentials(&[]), ("role".to_owned(), "secret".to_owned()));
        let app = ("app".to_owned(), "secret".to_owned());
        assert_eq!(credentials(&["--access-key", "app"]), app);
    }
}
