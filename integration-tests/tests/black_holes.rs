//! Nodes of which nothing comes back: a machine without power, a firewall that drops.
//!
//! On Linux only, where the test cluster can make them.

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

/// Ends a test that would hang.
const LONG: Duration = Duration::from_secs(60);

/// Gives up connecting soon, and makes one attempt.
fn impatient() -> Builder {
    let connect_timeout = Duration::from_millis(300);
    config()
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(connect_timeout)
                .build(),
        )
        .retry_config(RetryConfig::disabled())
}

/// A client that knows all nodes, and has a connection to the first at most. The last is a black hole.
async fn before_the_last_vanishes(cluster: &TestCluster, config: Builder) -> (Alternator, Client) {
    let alternator = quick_refresh(cluster).build().unwrap();
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    let nodes = cluster.nodes();
    assert_eq!(alternator.nodes().len(), nodes.len());
    nodes.last().unwrap().inject(Fault::BlackHole);
    (alternator, client)
}

/// How many requests the black hole has swallowed.
fn failures_of_the_last(cluster: &TestCluster, alternator: &Alternator) -> u64 {
    let url = cluster.nodes().last().unwrap().url();
    let nodes = alternator.nodes();
    let last = nodes.iter().find(|node| node.url() == url);
    last.unwrap().failures()
}

async fn expect_no_failure_beside_a_black_hole(cluster: &TestCluster) {
    let (alternator, client) = before_the_last_vanishes(cluster, impatient()).await;
    timeout(LONG, expect_pings(&client, 6)).await.unwrap();
    assert!(failures_of_the_last(cluster, &alternator) > 0, "it was met");
    assert_eq!(cluster.nodes().last().unwrap().counters().requests, 0);
}

#[tokio::test]
async fn one_of_two_nodes_fails_no_operation() {
    expect_no_failure_beside_a_black_hole(&test_cluster!(|cluster| cluster.nodes(2))).await;
}

#[tokio::test]
async fn one_of_three_nodes_fails_no_operation() {
    expect_no_failure_beside_a_black_hole(&test_cluster!()).await;
}

#[tokio::test]
async fn of_a_client_that_shows_no_connections_the_timeout_costs_the_attempt() {
    let cluster = test_cluster!();
    let config = impatient().http_client(NoCaptureClient::new());
    let (alternator, client) = before_the_last_vanishes(&cluster, config).await;
    let mut errors = Vec::new();
    for _ in 0..3 {
        let operation = timeout(LONG, ping(&client)).await.unwrap();
        errors.extend(operation.err().map(error_text));
    }
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("timed out"), "{errors:?}");
    assert_eq!(failures_of_the_last(&cluster, &alternator), 1);
}

#[tokio::test]
async fn of_a_client_that_shows_no_connections_a_retry_goes_to_another_node() {
    let cluster = test_cluster!();
    let config = impatient()
        .http_client(NoCaptureClient::new())
        .retry_config(quick_retries().with_max_attempts(2));
    let (alternator, client) = before_the_last_vanishes(&cluster, config).await;
    timeout(LONG, expect_pings(&client, 6)).await.unwrap();
    assert!(
        failures_of_the_last(&cluster, &alternator) > 0,
        "it was met"
    );
}

#[tokio::test]
async fn if_there_is_nothing_else_the_error_names_all_nodes() {
    let cluster = test_cluster!();
    for node in cluster.nodes() {
        node.inject(Fault::BlackHole);
    }
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    let client = Client::from_conf(impatient().alternator(&alternator).build());
    let operation = timeout(LONG, ping(&client)).await;
    let error = operation.expect("it does not hang").unwrap_err();
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
