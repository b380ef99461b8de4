//! Selection of the cluster that the tests run on.
//!
//! The default is a new test cluster for each test. With `ALTERNATOR_SEEDS` it is a real ScyllaDB, shared by all tests;
//! tests that need faults, counters or a particular topology skip then, and print so.

use super::client;
use alternator_lb_sdk::{Alternator, Builder};
use alternator_test_cluster::{NodeConfig, TestCluster};
use aws_sdk_dynamodb::config::{self, Credentials};
use std::env;

/// A cluster of at least one node, on which every operation works.
#[derive(Debug)]
pub(crate) struct Backend {
    seeds: Vec<String>,
    credentials: Option<Credentials>,
    /// Dropped at the end of the test.
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
            None => Self::test_cluster(None),
        }
    }

    /// The real cluster. `None` if the tests run on the test cluster.
    pub(crate) fn start_real(test: &str) -> Option<Self> {
        match real_seeds() {
            Some(_) => Some(Self::start()),
            None => skip(test, "a real cluster, ALTERNATOR_SEEDS"),
        }
    }

    /// Like [`Self::start`], with authorization enforced. `None` if no credentials are set for the real cluster.
    pub(crate) fn start_enforcing(test: &str) -> Option<Self> {
        match real_seeds() {
            Some(_) if real_credentials().is_none() => {
                skip(test, "ALTERNATOR_ACCESS_KEY and ALTERNATOR_SECRET_KEY")
            }
            Some(_) => Some(Self::start()),
            None => Some(Self::test_cluster(Some(credentials(
                "alternator",
                "secret hash",
            )))),
        }
    }

    /// Two nodes in the first rack, one in the second.
    fn test_cluster(credentials: Option<Credentials>) -> Self {
        let cluster = TestCluster::builder()
            .nodes(2)
            .node(NodeConfig::new().rack("r2"));
        let cluster = match &credentials {
            Some(credentials) => {
                cluster.authorization(credentials.access_key_id(), credentials.secret_access_key())
            }
            None => cluster,
        };
        let cluster = cluster.start().unwrap();
        Self {
            seeds: cluster.urls(),
            credentials,
            _cluster: Some(cluster),
        }
    }

    /// The URLs that name the cluster.
    pub(crate) fn seeds(&self) -> &[String] {
        &self.seeds
    }

    /// Returns whether this is a real cluster.
    pub(crate) fn is_real(&self) -> bool {
        self._cluster.is_none()
    }

    pub(crate) fn builder(&self) -> Builder {
        Alternator::builder().seeds(self.seeds.clone())
    }

    /// A client configuration, with credentials if the cluster requires them.
    pub(crate) fn config(&self) -> config::Builder {
        match &self.credentials {
            Some(credentials) => client::config().credentials_provider(credentials.clone()),
            None => client::config(),
        }
    }

    /// The role with all permissions, if the cluster enforces authorization.
    pub(crate) fn role(&self) -> Option<&str> {
        self.credentials.as_ref().map(Credentials::access_key_id)
    }

    /// A datacenter and a rack that contain some of the nodes, but not all.
    pub(crate) fn rack(&self, test: &str) -> Option<(String, String)> {
        if real_seeds().is_none() {
            return Some(("dc1".to_owned(), "r1".to_owned()));
        }
        let named = env::var("ALTERNATOR_DATACENTER")
            .ok()
            .zip(env::var("ALTERNATOR_RACK").ok());
        named.or_else(|| skip(test, "ALTERNATOR_DATACENTER and ALTERNATOR_RACK"))
    }
}

/// Starts a test cluster with this topology. Skips `test` if the tests run on a real cluster.
pub(crate) fn start_test_cluster(
    test: &str,
    topology: impl FnOnce(alternator_test_cluster::Builder) -> alternator_test_cluster::Builder,
) -> Option<TestCluster> {
    if real_seeds().is_some() {
        return skip(test, "the test cluster, not a real one");
    }
    Some(topology(TestCluster::builder()).start().unwrap())
}

/// The name of the enclosing test.
macro_rules! this_test {
    () => {
        std::any::type_name_of_val(&|| ())
    };
}
pub(crate) use this_test;

/// Starts a test cluster with this topology, or returns from the test if it runs on a real cluster.
macro_rules! test_cluster {
    ($topology:expr) => {
        match $crate::support::backend::start_test_cluster($crate::support::this_test!(), $topology)
        {
            Some(cluster) => cluster,
            None => return,
        }
    };
    () => {
        $crate::support::test_cluster!(|cluster| cluster.nodes(3))
    };
}
pub(crate) use test_cluster;

pub(crate) fn skip<T>(test: &str, what: &str) -> Option<T> {
    let test = test.trim_end_matches("::{{closure}}");
    eprintln!("skipped: {test}: needs {what}");
    None
}

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
    Some(credentials(&key, &secret))
}

fn credentials(role: &str, secret: &str) -> Credentials {
    Credentials::new(role, secret, None, None, "test backend")
}
