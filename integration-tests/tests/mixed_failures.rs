//! A dead node among nodes that fail otherwise: what was never sent is not paid for, whatever else goes wrong.

use crate::support::{RecordingClient, config, ping, test_cluster};
use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::Fault;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use std::time::Duration;

/// One request each of many processes, to a cluster of which one node is dead and the others fail. Where the dead node
/// came as number `position` among those tried, three requests must have been sent.
async fn expect_dead_node_costs_no_attempt(position: usize) {
    let cluster = test_cluster!();
    for node in cluster.nodes() {
        node.inject(Fault::ServerError { share: 1.0 });
    }
    let dead = cluster.node(1);
    dead.stop();
    let mut seen = 0;
    // Where a process begins is random: that a position never comes up happens once in ten million runs.
    for _ in 0..40 {
        let recorder = RecordingClient::new();
        let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        let config = config()
            .retry_config(retries.with_max_attempts(3))
            .http_client(recorder.clone());
        let client = Client::from_conf(config.alternator(&alternator).build());
        ping(&client).await.unwrap_err();
        let visited = recorder.operations();
        if visited.get(position) == Some(&dead.url()) {
            let sent = visited.iter().filter(|node| **node != dead.url()).count();
            assert_eq!(sent, 3, "{visited:?}");
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[tokio::test]
async fn dead_node_tried_first_costs_no_attempt() {
    expect_dead_node_costs_no_attempt(0).await;
}

#[tokio::test]
async fn dead_node_tried_between_failing_nodes_costs_no_attempt() {
    expect_dead_node_costs_no_attempt(1).await;
}

#[tokio::test]
async fn dead_node_tried_last_costs_no_attempt() {
    expect_dead_node_costs_no_attempt(2).await;
}
