//! The arguments of `top`.

use super::cluster::ClusterArguments;
use super::scope;
use lexopt::{Arg, Parser, ValueExt as _};
use std::path::PathBuf;

/// The arguments of `top`: the subject.
#[derive(Debug)]
pub(crate) enum TopArguments {
    /// A cluster, which is probed.
    Cluster(ClusterArguments),
    /// A running application, by its status: a socket that it serves, or a file that it writes.
    Application(PathBuf),
}

/// Parses the arguments after the command. `None` if help is wanted.
pub(super) fn parse(mut parser: Parser) -> Result<Option<TopArguments>, lexopt::Error> {
    let mut cluster = ClusterArguments::default();
    let mut attached: Option<PathBuf> = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(seed) => cluster.seeds.push(seed.string()?),
            Arg::Long("scope") => cluster.scope = parser.value()?.parse_with(scope::scope)?,
            Arg::Long("ca") => cluster.ca = Some(parser.value()?.into()),
            Arg::Long("attach") => attached = Some(parser.value()?.into()),
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    match attached {
        Some(path) if cluster == ClusterArguments::default() => {
            Ok(Some(TopArguments::Application(path)))
        }
        Some(_) => Err(ATTACHED_CLUSTER.into()),
        None if cluster.seeds.is_empty() => Err(NO_SUBJECT.into()),
        None => {
            cluster.validate()?;
            Ok(Some(TopArguments::Cluster(cluster)))
        }
    }
}

const NO_SUBJECT: &str =
    "name a seed, as in `top http://10.0.0.1:8000`, or an application: `top --attach PATH`";
const ATTACHED_CLUSTER: &str =
    "--attach shows the cluster that the application knows: leave out seeds, --scope and --ca";

pub(super) const USAGE: &str = "\
Shows a ScyllaDB Alternator cluster live in the terminal, as a client with alternator-lb-sdk sees it; or,
with --attach, as a running application sees it: by its own traffic.

Usage: alternator-doctor top URL... [OPTIONS]
       alternator-doctor top --attach PATH

Arguments:
  URL...               seeds, as for the application: http(s)://host[:port]

Options:
  --scope DC[/RACK],.. the scope of the application, preferred part first; `cluster` for the rest
                       [default: cluster]
  --ca FILE            trust the certificates in this file (PEM), and no others [default: those of the
                       system]
  --attach PATH        show a running application, which offers its status at this path: a socket that
                       it serves (`Alternator::serve_status`), or a file that it writes again and again
                       (`Alternator::status_json`)
  -h, --help           print this

Requests:
  For each node one `GET /` a second, and at most 50 a second for all nodes together, besides the few
  that the library sends itself, as in any application. They need no signature, so there is no option
  for credentials. With --attach nothing is sent to the cluster.

Keys:
  q, Ctrl-C  quit                       s, S   sort by the next, the previous column
  ↑ ↓ PgUp PgDn Home End  move          r      reverse the order
  Enter      all about a node           /      filter by address, state or place
  e          the events alone           p      pause
  ?          help

Exit status:
  0  ended by a key or a signal
  2  wrong arguments, or no terminal";

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<TopArguments, String> {
        match parse(Parser::from_args(arguments)) {
            Ok(Some(arguments)) => Ok(arguments),
            Ok(None) => Err("help".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn subject_is_a_cluster_or_an_application() {
        let arguments = ["http://a:8000", "--scope", "dc1/r1,dc1", "--ca", "ca.pem"];
        let Ok(TopArguments::Cluster(cluster)) = parsed(&arguments) else {
            panic!("no cluster");
        };
        assert_eq!(cluster.seeds, ["http://a:8000"]);
        assert_eq!(cluster.scope.len(), 2);
        assert_eq!(cluster.ca, Some("ca.pem".into()));
        let Ok(TopArguments::Application(path)) = parsed(&["--attach", "/run/shop.sock"]) else {
            panic!("no application");
        };
        assert_eq!(path, PathBuf::from("/run/shop.sock"));
    }

    #[test]
    fn unusable_arguments_are_errors() {
        for (arguments, expected) in [
            (&[][..], "seed"),
            (&["10.0.0.1"], "10.0.0.1"),
            (&["http://a", "--scope", "dc1/"], "datacenter/rack"),
            (&["http://a", "--attach", "/run/shop.sock"], "leave out"),
            (&["--ca", "a", "--attach", "/run/shop.sock"], "leave out"),
            (&["--attach"], "--attach"),
            (&["http://a", "--access-key", "x"], "--access-key"),
            (&["http://a", "--json"], "--json"),
        ] {
            match parsed(arguments) {
                Err(error) => assert!(error.contains(expected), "{arguments:?}: {error}"),
                Ok(_) => panic!("{arguments:?}"),
            }
        }
    }
}
