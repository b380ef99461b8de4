//! Probes: one request at a time to each node, at a bounded rate.

use super::health_check_client::HealthCheckClient;
use alternator_lb_sdk::{Alternator, AlternatorExt as _, NodeState, NodeStatus};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Region};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use std::collections::HashSet;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// The time between two probes of a node.
const NODE_INTERVAL: Duration = Duration::from_secs(1);

/// The time between two probes of any nodes: 50 a second at most, which neither the cluster nor this machine notices. A
/// cluster of a thousand nodes is probed once in 20 s.
const MIN_GAP: Duration = Duration::from_millis(20);

/// The time limit of a probe: about what the SDK gives a connection, as in `check`.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

/// Probes the nodes of a cluster one after another, again and again.
pub(super) struct Prober {
    client: Client,
}

impl Prober {
    pub(super) fn new(alternator: &Alternator, http_client: HealthCheckClient) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(PROBE_TIMEOUT)
            .operation_attempt_timeout(PROBE_TIMEOUT);
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("any"))
            .http_client(http_client)
            .timeout_config(timeouts.build())
            // A probe that fails is of interest, and is followed by the next one soon.
            .retry_config(RetryConfig::disabled())
            .alternator(alternator);
        Self {
            client: Client::from_conf(config.build()),
        }
    }

    /// Probes without an end.
    pub(super) async fn run(&self, alternator: &Alternator) {
        let mut probes = JoinSet::new();
        let mut probed = HashSet::new();
        loop {
            let nodes = alternator.nodes();
            let gap = gap(nodes.len());
            for node in nodes {
                while let Some(ended) = probes.try_join_next() {
                    // A probe neither panics nor is aborted.
                    let _ = ended.map(|url| probed.remove(&url));
                }
                // A node that has not responded yet gets no second request.
                if probed.insert(node.url().to_owned()) {
                    probes.spawn(probe(self.client.clone(), node));
                }
                sleep(gap).await;
            }
        }
    }
}

/// The time between two probes in a cluster of this many nodes.
fn gap(nodes: usize) -> Duration {
    let nodes = u32::try_from(nodes.max(1)).unwrap_or(u32::MAX);
    (NODE_INTERVAL / nodes).max(MIN_GAP)
}

/// Sends one probe, and returns the URL of the node. The library records the result.
async fn probe(client: Client, node: NodeStatus) -> String {
    let url = node.url();
    let operation = client.list_tables().customize();
    let operation = match node.state() {
        // It goes where the library sends an operation: a node that is ejected for its errors takes a single one after
        // each backoff, which decides whether it is restored; no other request does.
        NodeState::Ejected => operation,
        // The enum may get further states, which say more about the node than about its requests.
        _ => operation.config_override(Builder::new().endpoint_url(url)),
    };
    let _ = operation.send().await;
    url.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_probed_once_a_second_and_clusters_fifty_times() {
        for (nodes, milliseconds) in [(0, 1_000), (1, 1_000), (4, 250), (50, 20), (1_000, 20)] {
            assert_eq!(gap(nodes), Duration::from_millis(milliseconds), "{nodes}");
        }
    }
}
