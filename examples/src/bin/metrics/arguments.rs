//! Command-line arguments.

use examples::seeds;
use lexopt::{Arg, Parser, ValueExt as _};

/// What to do.
pub(crate) enum Command {
    Run(Arguments),
    Help,
}

#[derive(Default)]
pub(crate) struct Arguments {
    /// The existing cluster to run on, instead of one that the program starts.
    pub(crate) seeds: Option<Vec<String>>,
    /// The address of the page, which is then served until the program is interrupted.
    pub(crate) listen: Option<String>,
}

impl Command {
    pub(crate) fn parse(mut parser: Parser) -> Result<Self, lexopt::Error> {
        let mut arguments = Arguments::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("seeds") => arguments.seeds = Some(parser.value()?.parse_with(seeds)?),
                Arg::Long("listen") => arguments.listen = Some(parser.value()?.parse()?),
                Arg::Long("help") | Arg::Short('h') => return Ok(Self::Help),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Self::Run(arguments))
    }
}

pub(crate) const USAGE: &str = "\
Usage: metrics [--seeds URL,URL,...] [--listen HOST:PORT]

Publishes the metrics of the plugin on a page for Prometheus, scrapes it under load, and prints a part of it. Without
--seeds the program starts an embedded cluster, and kills one of its nodes.

Options:
  --seeds URL,URL,...  run on this cluster, e.g. http://10.0.0.1:8000,http://10.0.0.2:8000. The program
                       creates a table there, and deletes it at the end. Requests are signed if
                       AWS_ACCESS_KEY_ID (role) and AWS_SECRET_ACCESS_KEY (salted hash) are set.
  --listen HOST:PORT   serve the page at this address, e.g. 127.0.0.1:9464, and go on until Ctrl-C. The
                       dashboard and the alert rules for it are in examples/grafana.
  -h, --help           print this";
