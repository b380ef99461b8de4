//! What the program is asked to do.

use lexopt::{Arg, Parser, ValueExt as _};

/// Which cluster to run on.
pub(crate) enum Command {
    /// One that the program starts, and can kill nodes of.
    Embedded,
    /// One that is there already.
    Real {
        seeds: Vec<String>,
    },
    Help,
}

impl Command {
    pub(crate) fn parse(mut parser: Parser) -> Result<Self, lexopt::Error> {
        let mut command = Self::Embedded;
        while let Some(argument) = parser.next()? {
            command = match argument {
                Arg::Long("seeds") => Self::Real {
                    seeds: parser.value()?.parse_with(seeds)?,
                },
                Arg::Long("help") | Arg::Short('h') => return Ok(Self::Help),
                other => return Err(other.unexpected()),
            };
        }
        Ok(command)
    }
}

fn seeds(text: &str) -> Result<Vec<String>, String> {
    if text.is_empty() {
        return Err("name at least one node".to_owned());
    }
    Ok(text.split(',').map(str::to_owned).collect())
}

pub(crate) const USAGE: &str = "\
Usage: quickstart [--seeds URL,URL,...]

Spreads DynamoDB requests over a ScyllaDB Alternator cluster. Without arguments the cluster is embedded in
this program, which then also kills a node under load and adds one.

Options:
  --seeds URL,URL,...  run on this cluster, as in http://10.0.0.1:8000,http://10.0.0.2:8000; a table
                       is created there, and removed at the end. Requests are signed if the
                       environment has AWS_ACCESS_KEY_ID (role) and AWS_SECRET_ACCESS_KEY (salted hash).
  -h, --help           print this";
