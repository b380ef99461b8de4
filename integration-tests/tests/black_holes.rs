//! Nodes that never respond to a connection attempt: a machine without power, a firewall that drops packets.
//!
//! On Linux only, where the test cluster can simulate them.

use crate::support::{
    NoCaptureClient, config, error_text, expect_pings, find_in_chain, ping, quick_refresh,
    quick_retries, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, RouteError};
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use std::time::Duration;
use tokio::time::timeout;

/// Ends tests that would hang.
const TEST_TIMEOUT: Duration = Duration::from_secs(60);

/// A configuration with a short connect timeout and one attempt.
fn short_timeout_config() -> Builder {
    let connect_timeout = Duration::from_millis(300);
    config()
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(connect_timeout)
                .build(),
        )
        .retry_config(RetryConfig::disabled())
}

/// A client that knows all nodes and has at most a connection to the first. The last node is a black hole.
async fn client_with_last_node_black_holed(
    cluster: &TestCluster,
    config: Builder,
) -> (Alternator, Client) {
    let alternator = quick_refresh(cluster).build().unwrap();
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    let nodes = cluster.nodes();
    assert_eq!(alternator.nodes().len(), nodes.len());
    nodes.last().unwrap().inject(Fault::BlackHole);
    (alternator, client)
}

/// Returns the number of failed attempts on the black hole.
fn failures_of_last_node(cluster: &TestCluster, alternator: &Alternator) -> u64 {
    let url = cluster.nodes().last().unwrap().url();
    let nodes = alternator.nodes();
    let last = nodes.iter().find(|node| node.url() == url);
    last.unwrap().failures()
}

async fn expect_no_failure_beside_a_black_hole(cluster: &TestCluster) {
    let (alternator, client) =
        client_with_last_node_black_holed(cluster, short_timeout_config()).await;
    timeout(TEST_TIMEOUT, expect_pings(&client, 6))
        .await
        .unwrap();
    assert!(
        failures_of_last_node(cluster, &alternator) > 0,
        "the black hole was tried"
    );
    assert_eq!(cluster.nodes().last().unwrap().counters().requests, 0);
}

#[tokio::test]
async fn black_hole_among_two_nodes_fails_no_operation() {
    expect_no_failure_beside_a_black_hole(&test_cluster!(|cluster| cluster.nodes(2))).await;
}

#[tokio::test]
async fn black_hole_among_three_nodes_fails_no_operation() {
    expect_no_failure_beside_a_black_hole(&test_cluster!()).await;
}

#[tokio::test]
async fn connect_timeout_costs_an_attempt_without_connection_capture() {
    let cluster = test_cluster!();
    let config = short_timeout_config().http_client(NoCaptureClient::new());
    let (alternator, client) = client_with_last_node_black_holed(&cluster, config).await;
    let mut errors = Vec::new();
    for _ in 0..3 {
        let operation = timeout(TEST_TIMEOUT, ping(&client)).await.unwrap();
        errors.extend(operation.err().map(error_text));
    }
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("timed out"), "{errors:?}");
    assert_eq!(failures_of_last_node(&cluster, &alternator), 1);
}

#[tokio::test]
async fn retry_after_connect_timeout_goes_to_another_node_without_connection_capture() {
    let cluster = test_cluster!();
    let config = short_timeout_config()
        .http_client(NoCaptureClient::new())
        .retry_config(quick_retries().with_max_attempts(2));
    let (alternator, client) = client_with_last_node_black_holed(&cluster, config).await;
    timeout(TEST_TIMEOUT, expect_pings(&client, 6))
        .await
        .unwrap();
    assert!(
        failures_of_last_node(&cluster, &alternator) > 0,
        "the black hole was tried"
    );
}

#[tokio::test]
async fn error_names_all_nodes_when_all_are_black_holes() {
    let cluster = test_cluster!();
    for node in cluster.nodes() {
        node.inject(Fault::BlackHole);
    }
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    let client = Client::from_conf(short_timeout_config().alternator(&alternator).build());
    let operation = timeout(TEST_TIMEOUT, ping(&client)).await;
    let error = operation.expect("the request ends").unwrap_err();
    let Some(RouteError::Unreachable { tried, .. }) = find_in_chain(&error) else {
        panic!("{}", error_text(error));
    };
    for node in cluster.urls() {
        assert!(tried.contains(&node), "{tried:?} lacks {node}");
    }
    assert!(
        error_text(&error).contains("timed out"),
        "{}",
        error_text(&error)
    );
}
