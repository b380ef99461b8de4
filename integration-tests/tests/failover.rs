//! What was never sent goes elsewhere at once and for free.

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

async fn all_succeed(client: &Client, count: usize) {
    let requests = (0..count).map(|_| ping(client));
    for result in join_all(requests).await {
        result.unwrap();
    }
}

#[tokio::test]
async fn four_hundred_requests_at_once_that_meet_a_dead_node_all_succeed() {
    let cluster = test_cluster!(|cluster| cluster.nodes(2));
    let barrier = BarrierClient::new();
    // Three attempts and the SDK's quota, which pays for fifty such retries.
    let config = config()
        .retry_config(RetryConfig::standard())
        .http_client(barrier.clone());
    let (alternator, client) = client_with(&cluster, config).await;
    cluster.node(1).stop();
    tokio::join!(all_succeed(&client, 800), barrier.release_after(800));
    assert_eq!(failures(&alternator), 400);
}

/// Those that `AWS_NEW_RETRIES_2026` turns on.
fn newer_retries() -> RetryConfig {
    let retries = RetryConfig::standard().with_max_attempts(4);
    retries.with_retry_spec(RetrySpec::v2_1())
}

#[tokio::test]
async fn so_they_do_under_the_sdks_newer_retry_rules() {
    let cluster = test_cluster!(|cluster| cluster.nodes(2));
    let barrier = BarrierClient::new();
    let config = config()
        .retry_config(newer_retries())
        .http_client(barrier.clone());
    let (alternator, client) = client_with(&cluster, config).await;
    cluster.node(1).stop();
    tokio::join!(all_succeed(&client, 800), barrier.release_after(800));
    assert_eq!(failures(&alternator), 400);
}

#[tokio::test]
async fn under_the_newer_rules_errors_go_to_another_node_and_failovers_cost_nothing() {
    let cluster = test_cluster!();
    let (alternator, client) = client_with(&cluster, config().retry_config(newer_retries())).await;
    cluster.node(1).stop();
    cluster.node(2).inject(Fault::ServerError { share: 1.0 });
    expect_pings(&client, 30).await;
    assert_eq!(cluster.node(0).counters().requests, 30);
    assert!(failures(&alternator) > 1);
}

#[tokio::test]
async fn a_failover_waits_for_nothing() {
    let cluster = test_cluster!();
    let hour = Duration::from_secs(3600);
    let retries = RetryConfig::standard()
        .with_initial_backoff(hour)
        .with_max_backoff(hour);
    let (alternator, client) = client_with(&cluster, config().retry_config(retries)).await;
    cluster.node(1).stop();
    let pings = timeout(Duration::from_secs(10), expect_pings(&client, 6));
    pings.await.expect("no wait as after other errors");
    assert_eq!(failures(&alternator), 1);
}

#[tokio::test]
async fn most_of_the_cluster_may_be_dead() {
    let cluster = test_cluster!(|cluster| cluster.nodes(8));
    let (_alternator, client) = ready_client(&cluster).await;
    for index in 1..8 {
        cluster.node(index).stop();
    }
    // More nodes than the user's attempts are dead.
    expect_pings(&client, 20).await;
    assert_eq!(cluster.node(0).counters().requests, 20);
}

#[tokio::test]
async fn without_retries_a_dead_node_still_fails_nothing() {
    let cluster = test_cluster!();
    let config = config().retry_config(RetryConfig::disabled());
    let (alternator, client) = client_with(&cluster, config).await;
    cluster.node(1).stop();
    all_succeed(&client, 60).await;
    assert!(failures(&alternator) > 0);
}

#[tokio::test]
async fn a_refused_connection_is_proof_even_with_an_http_client_that_shows_none() {
    let cluster = test_cluster!();
    let config = config()
        .http_client(NoCaptureClient::new())
        .retry_config(RetryConfig::disabled());
    let (alternator, client) = client_with(&cluster, config).await;
    cluster.node(1).stop();
    all_succeed(&client, 60).await;
    assert!(failures(&alternator) > 0);
}
