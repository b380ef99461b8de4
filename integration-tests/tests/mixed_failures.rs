//! A dead node among nodes that return errors: a request that was never sent costs no attempt.

use crate::support::{RecordingClient, config, ping, test_cluster};
use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::Fault;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use std::time::Duration;

/// Makes one request from each of many clients, to a cluster of one dead and two failing nodes. Expects three sent
/// requests wherever the dead node was the one tried at `position`.
async fn expect_dead_node_costs_no_attempt(position: usize) {
    let cluster = test_cluster!();
    for node in cluster.nodes() {
        node.inject(Fault::ServerError { share: 1.0 });
    }
    let dead = cluster.node(1);
    dead.stop();
    let mut seen = 0;
    // The first node is random: the probability that a position never comes up is one in ten million.
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
