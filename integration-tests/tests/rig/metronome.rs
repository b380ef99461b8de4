//! A clock for proving that something does not happen.

use super::{config, eventually_within, refreshing};
use alternator_lb_sdk::AlternatorExt as _;
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Config;
use std::time::Duration;

/// A cluster of its own whose list is refreshed without a pause: where it was refreshed many times, another `Alternator`
/// with the same settings and a living task would have been as well.
#[derive(Debug)]
pub(crate) struct Metronome {
    cluster: TestCluster,
    _keeps_it_alive: Config,
}

impl Metronome {
    pub(crate) fn start() -> Self {
        let cluster = TestCluster::builder().nodes(1).start().unwrap();
        let alternator = refreshing(&cluster).build().unwrap();
        Self {
            _keeps_it_alive: config().alternator(&alternator).build(),
            cluster,
        }
    }

    /// Waits for so many refreshes.
    pub(crate) async fn beats(&self, count: u64) {
        let end = self.beat() + count;
        eventually_within(
            Duration::from_secs(20),
            "the metronome has beaten",
            async || self.beat() >= end,
        )
        .await;
    }

    fn beat(&self) -> u64 {
        self.cluster.node(0).counters().discoveries
    }
}
