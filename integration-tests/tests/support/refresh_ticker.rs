//! A reference clock for tests that prove the absence of refreshes.

use super::{config, eventually_within, quick_refresh};
use alternator_lb_sdk::AlternatorExt as _;
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Config;
use std::time::Duration;

/// A separate cluster whose node list is refreshed continuously. While it is refreshed many times, another `Alternator`
/// with the same settings and a running background task would refresh as well.
#[derive(Debug)]
pub(crate) struct RefreshTicker {
    cluster: TestCluster,
    _keeps_it_alive: Config,
}

impl RefreshTicker {
    pub(crate) fn start() -> Self {
        let cluster = TestCluster::builder().nodes(1).start().unwrap();
        let alternator = quick_refresh(&cluster).build().unwrap();
        Self {
            _keeps_it_alive: config().alternator(&alternator).build(),
            cluster,
        }
    }

    /// Waits for this many refreshes.
    pub(crate) async fn wait_for_ticks(&self, count: u64) {
        let end = self.ticks() + count;
        eventually_within(
            Duration::from_secs(20),
            "the ticker has refreshed",
            async || self.ticks() >= end,
        )
        .await;
    }

    fn ticks(&self) -> u64 {
        self.cluster.node(0).counters().discoveries
    }
}
