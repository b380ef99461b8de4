//! Which cluster the tests run on.
//!
//! By default that is the test cluster, a new one for each test. With `ALTERNATOR_SEEDS` it is a real ScyllaDB, shared
//! by all tests; those that need faults, counters or a cluster of a certain shape skip then, and say so.

use super::client;
use alternator_lb_sdk::{Alternator, Builder};
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::config::{self, Credentials};
use std::env;

/// A cluster of at least one node, on which every operation works.
#[derive(Debug)]
pub(crate) struct Backend {
    seeds: Vec<String>,
    credentials: Option<Credentials>,
    /// Ends with the test.
    _cluster: Option<TestCluster>,
}

impl Backend {
    pub(crate) fn start() -> Self {
        match real_seeds() {
            Some(seeds) => Self {
                seeds,
                credentials: real_credentials(),
                _cluster: None,
            },
            None => {
                let cluster = TestCluster::builder().nodes(3).start().unwrap();
                Self {
                    seeds: cluster.urls(),
                    credentials: None,
                    _cluster: Some(cluster),
                }
            }
        }
    }

    pub(crate) fn builder(&self) -> Builder {
        Alternator::builder().seeds(self.seeds.clone())
    }

    /// The settings of a client, with credentials if the cluster wants them.
    pub(crate) fn config(&self) -> config::Builder {
        match &self.credentials {
            Some(credentials) => client::config().credentials_provider(credentials.clone()),
            None => client::config(),
        }
    }
}

/// Starts the test cluster as described, or says that `test` is skipped because the cluster is a real one.
pub(crate) fn start_scripted(
    test: &str,
    shape: impl FnOnce(alternator_test_cluster::Builder) -> alternator_test_cluster::Builder,
) -> Option<TestCluster> {
    if real_seeds().is_some() {
        let test = test.trim_end_matches("::{{closure}}");
        eprintln!("skipped: {test}: needs a cluster that does as it is told, not a real one");
        return None;
    }
    Some(shape(TestCluster::builder()).start().unwrap())
}

/// The test cluster in a certain shape; ends the test where there is none to be had.
macro_rules! scripted {
    ($shape:expr) => {
        match $crate::rig::backend::start_scripted(std::any::type_name_of_val(&|| ()), $shape) {
            Some(cluster) => cluster,
            None => return,
        }
    };
    () => {
        $crate::rig::scripted!(|cluster| cluster.nodes(3))
    };
}
pub(crate) use scripted;

fn real_seeds() -> Option<Vec<String>> {
    let seeds = env::var("ALTERNATOR_SEEDS").ok()?;
    let seeds: Vec<_> = seeds
        .split(',')
        .map(|seed| seed.trim().to_owned())
        .filter(|seed| !seed.is_empty())
        .collect();
    (!seeds.is_empty()).then_some(seeds)
}

fn real_credentials() -> Option<Credentials> {
    let key = env::var("ALTERNATOR_ACCESS_KEY").ok()?;
    let secret = env::var("ALTERNATOR_SECRET_KEY").ok()?;
    Some(Credentials::new(key, secret, None, None, "environment"))
}
