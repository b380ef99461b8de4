//! The cluster that a program runs on: its own, or one that the user names.

use crate::{Error, seeds};
use alternator_test_cluster::TestCluster;
use lexopt::{Arg, Parser, ValueExt as _};

/// The cluster that a program runs on.
#[derive(Debug)]
pub struct Target {
    seeds: Vec<String>,
    embedded: Option<TestCluster>,
}

impl Target {
    /// Reads the option `--seeds URL,URL,...` from the command line. Without it, starts a cluster of `nodes` nodes,
    /// which ends with the value.
    ///
    /// # Errors
    ///
    /// If there are other arguments, or the cluster cannot be started.
    pub fn from_arguments(nodes: usize) -> Result<Self, Error> {
        let mut parser = Parser::from_env();
        let mut named = None;
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("seeds") => named = Some(parser.value()?.parse_with(seeds)?),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(match named {
            Some(seeds) => Self {
                seeds,
                embedded: None,
            },
            None => {
                let cluster = TestCluster::builder().nodes(nodes).start()?;
                Self {
                    seeds: vec![cluster.url()],
                    embedded: Some(cluster),
                }
            }
        })
    }

    /// Returns the URLs to begin with.
    #[must_use]
    pub fn seeds(&self) -> &[String] {
        &self.seeds
    }

    /// Returns the cluster that the program has started, if it has: its nodes can be killed.
    #[must_use]
    pub fn embedded(&self) -> Option<&TestCluster> {
        self.embedded.as_ref()
    }
}
