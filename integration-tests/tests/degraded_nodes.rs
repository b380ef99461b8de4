//! Degraded nodes under load: no operation fails, and the node gets no more load than it can serve.

use crate::support::{
    Load, config, eventually, expect_pings, ping, quick_refresh, ready_client, s, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, NodeState, NodeStatus};
use alternator_test_cluster::{Fault, Node, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use std::time::Duration;

fn status(alternator: &Alternator, node: &Node) -> NodeStatus {
    let nodes = alternator.nodes();
    let status = nodes.iter().find(|status| status.url() == node.url());
    status.unwrap().clone()
}

fn state(alternator: &Alternator, node: &Node) -> NodeState {
    status(alternator, node).state()
}

/// A cluster under load, with one node for fault injection.
struct Harness {
    cluster: TestCluster,
    alternator: Alternator,
    faulty: Node,
    load: Load,
}

impl Harness {
    async fn start(cluster: TestCluster) -> Self {
        let (alternator, client) = ready_client(&cluster).await;
        let load = Load::of_pings(&client, 16);
        load.wait_for_requests(150).await;
        Self {
            faulty: cluster.node(1),
            cluster,
            alternator,
            load,
        }
    }

    async fn wait_for_state(&self, expected: NodeState) {
        eventually("the node is in the expected state", async || {
            state(&self.alternator, &self.faulty) == expected
        })
        .await;
    }

    /// Returns the number of requests that each node gets during the next `requests` completed ones.
    async fn shares(&self, requests: u64) -> Vec<u64> {
        self.cluster.reset_counters();
        self.load.wait_for_requests(requests).await;
        let nodes = self.cluster.nodes();
        nodes.iter().map(|node| node.counters().requests).collect()
    }

    async fn expect_recovery(self) {
        self.faulty.recover();
        self.wait_for_state(NodeState::Up).await;
        self.load.wait_for_requests(150).await;
        assert_eq!(self.load.stop().await, Vec::<String>::new());
        let in_flight = self
            .alternator
            .nodes()
            .iter()
            .map(NodeStatus::in_flight)
            .sum::<u32>();
        assert_eq!(in_flight, 0);
    }
}

/// Injects a fault that leaves requests without a response, and expects that no operation fails.
async fn expect_unresponsive_node_fails_no_operation(cluster: TestCluster, fault: Fault) {
    let harness = Harness::start(cluster).await;
    harness.faulty.inject(fault);
    harness.wait_for_state(NodeState::Down).await;
    let shares = harness.shares(300).await;
    // Requests that selected the node just before it was marked down may still arrive.
    assert!(
        shares[1] <= 16 && shares[0] + shares[2] >= 280,
        "{shares:?}"
    );
    harness.expect_recovery().await;
}

/// A client that makes one attempt per operation.
async fn client_without_retries(cluster: &TestCluster) -> (Alternator, Client) {
    let alternator = quick_refresh(cluster).build().unwrap();
    let config = config().retry_config(RetryConfig::disabled());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    (alternator, client)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hung_node_is_marked_down_and_fails_no_operation() {
    expect_unresponsive_node_fails_no_operation(test_cluster!(), Fault::Hang).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_stalling_mid_response_is_marked_down_and_fails_no_operation() {
    expect_unresponsive_node_fails_no_operation(test_cluster!(), Fault::StallAfterHeaders).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn black_hole_is_marked_down_and_fails_no_operation() {
    expect_unresponsive_node_fails_no_operation(test_cluster!(), Fault::BlackHole).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_returning_errors_is_ejected_and_restored() {
    let harness = Harness::start(test_cluster!()).await;
    harness.faulty.inject(Fault::ServerError { share: 1.0 });
    harness.wait_for_state(NodeState::Ejected).await;
    let shares = harness.shares(300).await;
    assert!(shares[1] * 10 < shares[0], "{shares:?}");
    harness.expect_recovery().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_returning_errors_half_of_the_time_is_ejected() {
    let harness = Harness::start(test_cluster!()).await;
    harness.faulty.inject(Fault::ServerError { share: 0.5 });
    harness.wait_for_state(NodeState::Ejected).await;
    harness.load.wait_for_requests(300).await;
    harness.expect_recovery().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_node_gets_a_smaller_share() {
    let harness = Harness::start(test_cluster!()).await;
    harness
        .faulty
        .inject(Fault::Delay(Duration::from_millis(100)));
    let shares = harness.shares(1_500).await;
    assert!(
        shares[1] > 0,
        "some requests, so that a recovery is detected: {shares:?}"
    );
    assert!(shares[1] * 2 < shares[0], "{shares:?}");
    assert_eq!(state(&harness.alternator, &harness.faulty), NodeState::Up);
    harness.expect_recovery().await;
}

/// Makes reads in sequence. Returns the number that each node gets.
async fn sequential_reads(cluster: &TestCluster, client: &Client, reads: usize) -> Vec<u64> {
    cluster.reset_counters();
    for _ in 0..reads {
        let get = client.get_item().table_name("missing").key("pk", s("a"));
        let error = get.send().await.unwrap_err();
        assert!(error.into_service_error().is_resource_not_found_exception());
    }
    let nodes = cluster.nodes();
    nodes.iter().map(|node| node.counters().requests).collect()
}

#[tokio::test]
async fn slow_node_is_left_out_of_sequential_operations_until_it_is_fast_again() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    assert_eq!(sequential_reads(&cluster, &client, 30).await, [10, 10, 10]);
    let faulty = cluster.node(1);
    // From 400 ms on, with its health checks as late as its responses, the node would count as unresponsive.
    faulty.inject(Fault::Delay(Duration::from_millis(200)));
    let shares = sequential_reads(&cluster, &client, 150).await;
    assert!((4..=25).contains(&shares[1]), "{shares:?}");
    assert_eq!(state(&alternator, &faulty), NodeState::Up);

    faulty.recover();
    eventually("the node gets its share again", async || {
        sequential_reads(&cluster, &client, 30).await == [10, 10, 10]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttling_node_gets_a_smaller_share_and_is_not_ejected() {
    let cluster = test_cluster!();
    // Without the SDK's backoff after throttling, so that the distribution of requests is visible.
    let (alternator, client) = client_without_retries(&cluster).await;
    let faulty = cluster.node(1);
    faulty.inject(Fault::Throttle { share: 1.0 });
    let load = Load::of_pings(&client, 16);
    load.wait_for_requests(300).await;
    cluster.reset_counters();
    load.wait_for_requests(1_500).await;
    let shares: Vec<_> = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().requests)
        .collect();
    let failures = load.stop().await;
    assert!(shares[1] * 2 < shares[0], "{shares:?}");
    assert_eq!(state(&alternator, &faulty), NodeState::Up);
    assert!(
        failures
            .iter()
            .all(|why| why.contains("RequestLimitExceeded")),
        "{failures:?}"
    );
}

#[tokio::test]
async fn slow_operation_on_a_healthy_node_is_not_retried() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    expect_pings(&client, 30).await;
    let long = Duration::from_secs(2);
    for node in cluster.nodes() {
        node.inject(Fault::SlowOperations(long));
    }
    cluster.reset_counters();
    ping(&client).await.unwrap();
    let requests: u64 = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().requests)
        .sum();
    assert_eq!(requests, 1, "the request was not retried");
    let probes: u64 = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().health_checks)
        .sum();
    assert!(probes > 0, "the node was probed");
    assert!(
        alternator
            .nodes()
            .iter()
            .all(|node| node.state() == NodeState::Up)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_dead_nodes_of_three_fail_no_operation() {
    let harness = Harness::start(test_cluster!()).await;
    let other = harness.cluster.node(2);
    harness.faulty.stop();
    other.stop();
    harness.load.wait_for_requests(600).await;
    assert_ne!(state(&harness.alternator, &other), NodeState::Up);
    harness.faulty.start().unwrap();
    other.start().unwrap();
    harness.expect_recovery().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_crash_with_three_hundred_requests_in_flight_fails_none() {
    let cluster = test_cluster!();
    let (_alternator, client) = ready_client(&cluster).await;
    for node in cluster.nodes() {
        node.inject(Fault::Hang);
    }
    let load = Load::of_pings(&client, 900);
    let have_arrived = || {
        cluster
            .nodes()
            .iter()
            .all(|node| node.counters().requests >= 300)
    };
    eventually("three hundred requests wait on every node", async || {
        have_arrived()
    })
    .await;
    cluster.node(1).stop();
    for node in [cluster.node(0), cluster.node(2)] {
        node.recover();
    }
    load.wait_for_requests(900).await;
    assert_eq!(load.stop().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rolling_restart_fails_no_operation() {
    let harness = Harness::start(test_cluster!()).await;
    for node in harness.cluster.nodes() {
        node.stop();
        harness.load.wait_for_requests(300).await;
        node.start().unwrap();
        eventually("the node is up", async || {
            state(&harness.alternator, &node) == NodeState::Up
        })
        .await;
    }
    harness.expect_recovery().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_to_a_hung_node_are_not_aborted_with_retries_disabled() {
    let cluster = test_cluster!();
    let (alternator, client) = client_without_retries(&cluster).await;
    let faulty = cluster.node(1);
    faulty.inject(Fault::Hang);
    let load = Load::of_pings(&client, 3);
    eventually("the node is marked down", async || {
        state(&alternator, &faulty) == NodeState::Down
    })
    .await;
    assert!(
        status(&alternator, &faulty).in_flight() > 0,
        "the request is still in flight"
    );
    faulty.recover();
    eventually("the request has completed", async || {
        status(&alternator, &faulty).in_flight() == 0
    })
    .await;
    assert_eq!(load.stop().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn panic_mode_keeps_all_nodes_in_use_when_all_return_errors() {
    let cluster = test_cluster!();
    let (alternator, client) = client_without_retries(&cluster).await;
    for node in cluster.nodes() {
        node.inject(Fault::ServerError { share: 1.0 });
    }
    assert_eq!(alternator.panic_mode_entries(), 0);
    for _ in 0..60 {
        ping(&client).await.unwrap_err();
    }
    assert_eq!(alternator.panic_mode_entries(), 1);
    cluster.reset_counters();
    for _ in 0..30 {
        ping(&client).await.unwrap_err();
    }
    for node in cluster.nodes() {
        assert!(node.counters().requests >= 8, "{}", node.url());
    }
    for node in cluster.nodes() {
        node.recover();
    }
    eventually("all are up", async || {
        ping(&client).await.unwrap();
        alternator
            .nodes()
            .iter()
            .all(|node| node.state() == NodeState::Up)
    })
    .await;
}
