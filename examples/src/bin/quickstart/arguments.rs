//! Command-line arguments.

use examples::seeds;
use lexopt::{Arg, Parser, ValueExt as _};

/// The cluster to run on.
pub(crate) enum Command {
    /// A cluster that the program starts, and whose nodes it can kill.
    Embedded,
    /// An existing cluster.
    Existing {
        seeds: Vec<String>,
    },
    Help,
}

impl Command {
    pub(crate) fn parse(mut parser: Parser) -> Result<Self, lexopt::Error> {
        let mut command = Self::Embedded;
        while let Some(argument) = parser.next()? {
            command = match argument {
                Arg::Long("seeds") => Self::Existing {
                    seeds: parser.value()?.parse_with(seeds)?,
                },
                Arg::Long("help") | Arg::Short('h') => return Ok(Self::Help),
                other => return Err(other.unexpected()),
            };
        }
        Ok(command)
    }
}

pub(crate) const USAGE: &str = "\
Usage: quickstart [--seeds URL,URL,...]

Spreads DynamoDB requests over a ScyllaDB Alternator cluster. Without arguments the program starts an
embedded cluster, kills one of its nodes under load, and adds another.

Options:
  --seeds URL,URL,...  run on this cluster, e.g. http://10.0.0.1:8000,http://10.0.0.2:8000. The program
                       creates a table there, and deletes it at the end. Requests are signed if
                       AWS_ACCESS_KEY_ID (role) and AWS_SECRET_ACCESS_KEY (salted hash) are set.
  -h, --help           print this";
