//! Requests that were never sent fail over to another node at once, without an attempt or retry quota.

use crate::support::{
    BarrierClient, NoCaptureClient, config, expect_pings, ping, quick_refresh, ready_client,
    test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, NodeStatus};
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_smithy_types::retry::RetrySpec;
use futures_util::future::join_all;
use std::time::Duration;
use tokio::time::timeout;

async fn client_with(cluster: &TestCluster, config: Builder) -> (Alternator, Client) {
    let alternator = quick_refresh(cluster).build().unwrap();
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    (alternator, client)
}

fn failures(alternator: &Alternator) -> u64 {
    alternator.nodes().iter().map(NodeStatus::failures).sum()
}

async fn expect_concurrent_pings(client: &Client, count: usize) {
    let requests = (0..count).map(|_| ping(client));
    for result in join_all(requests).await {
        result.unwrap();
    }
}

#[tokio::test]
async fn four_hundred_concurrent_requests_to_a_dead_node_all_fail_over() {
    let cluster = test_cluster!(|cluster| cluster.nodes(2));
    let barrier = BarrierClient::new();
    // Three attempts, and the SDK's retry quota, which covers fifty such retries.
    let config = config()
        .retry_config(RetryConfig::standard())
        .http_client(barrier.clone());
    let (alternator, client) = client_with(&cluster, config).await;
    cluster.node(1).stop();
    tokio::join!(
        expect_concurrent_pings(&client, 800),
        barrier.release_after(800)
    );
    assert_eq!(failures(&alternator), 400);
}

/// The retry behaviour that `AWS_NEW_RETRIES_2026` turns on.
fn retry_spec_2_1() -> RetryConfig {
    let retries = RetryConfig::standard().with_max_attempts(4);
    retries.with_retry_spec(RetrySpec::v2_1())
}

#[tokio::test]
async fn four_hundred_concurrent_requests_to_a_dead_node_all_fail_over_with_retry_spec_2_1() {
    let cluster = test_cluster!(|cluster| cluster.nodes(2));
    let barrier = BarrierClient::new();
    let config = config()
        .retry_config(retry_spec_2_1())
        .http_client(barrier.clone());
    let (alternator, client) = client_with(&cluster, config).await;
    cluster.node(1).stop();
    tokio::join!(
        expect_concurrent_pings(&client, 800),
        barrier.release_after(800)
    );
    assert_eq!(failures(&alternator), 400);
}

#[tokio::test]
async fn errors_are_retried_elsewhere_and_failovers_are_free_with_retry_spec_2_1() {
    let cluster = test_cluster!();
    let (alternator, client) = client_with(&cluster, config().retry_config(retry_spec_2_1())).await;
    cluster.node(1).stop();
    cluster.node(2).inject(Fault::ServerError { share: 1.0 });
    expect_pings(&client, 30).await;
    assert_eq!(cluster.node(0).counters().requests, 30);
    assert!(failures(&alternator) > 1);
}

#[tokio::test]
async fn failover_has_no_backoff() {
    let cluster = test_cluster!();
    let hour = Duration::from_secs(3600);
    let retries = RetryConfig::standard()
        .with_initial_backoff(hour)
        .with_max_backoff(hour);
    let (alternator, client) = client_with(&cluster, config().retry_config(retries)).await;
    cluster.node(1).stop();
    let pings = timeout(Duration::from_secs(10), expect_pings(&client, 6));
    pings.await.expect("no backoff as after other errors");
    assert_eq!(failures(&alternator), 1);
}

#[tokio::test]
async fn requests_succeed_with_more_dead_nodes_than_attempts() {
    let cluster = test_cluster!(|cluster| cluster.nodes(8));
    let (_alternator, client) = ready_client(&cluster).await;
    for index in 1..8 {
        cluster.node(index).stop();
    }
    // Seven dead nodes, and three attempts.
    expect_pings(&client, 20).await;
    assert_eq!(cluster.node(0).counters().requests, 20);
}

#[tokio::test]
async fn dead_node_fails_no_request_with_retries_disabled() {
    let cluster = test_cluster!();
    let config = config().retry_config(RetryConfig::disabled());
    let (alternator, client) = client_with(&cluster, config).await;
    cluster.node(1).stop();
    expect_concurrent_pings(&client, 60).await;
    assert!(failures(&alternator) > 0);
}

#[tokio::test]
async fn refused_connection_fails_over_without_connection_capture() {
    let cluster = test_cluster!();
    let config = config()
        .http_client(NoCaptureClient::new())
        .retry_config(RetryConfig::disabled());
    let (alternator, client) = client_with(&cluster, config).await;
    cluster.node(1).stop();
    expect_concurrent_pings(&client, 60).await;
    assert!(failures(&alternator) > 0);
}
