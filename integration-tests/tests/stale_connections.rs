//! Connections that the network has lost, to nodes that are alive.

use crate::support::{
    Load, config, expect_pings, ping, quick_refresh, quick_retries, ready_client, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, NodeState, NodeStatus};
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use futures_util::future::join_all;
use std::time::Duration;
use tokio::time::timeout;

/// Ends tests that would hang.
const TEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Makes operations at the same time, so that each node has several connections. All must succeed.
async fn expect_concurrent_pings(client: &Client, count: usize) {
    let pings = join_all((0..count).map(|_| ping(client)));
    for result in timeout(TEST_TIMEOUT, pings).await.unwrap() {
        result.unwrap();
    }
}

/// No node was blamed, and each serves.
async fn expect_innocent(cluster: &TestCluster, alternator: &Alternator, client: &Client) {
    for node in alternator.nodes() {
        assert_eq!(node.state(), NodeState::Up, "{}", node.url());
        assert_eq!(node.failures(), 0, "{}", node.url());
    }
    cluster.reset_counters();
    timeout(TEST_TIMEOUT, expect_pings(client, 9))
        .await
        .unwrap();
    for node in cluster.nodes() {
        assert!(node.counters().requests >= 2, "{}", node.url());
    }
}

#[tokio::test]
async fn operations_after_the_loss_of_all_idle_connections_succeed() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    expect_concurrent_pings(&client, 60).await;
    for node in cluster.nodes() {
        node.lose_connections();
    }
    expect_concurrent_pings(&client, 60).await;
    expect_innocent(&cluster, &alternator, &client).await;
}

#[tokio::test]
async fn sequential_operations_after_the_loss_of_all_connections_succeed() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    expect_pings(&client, 6).await;
    for node in cluster.nodes() {
        node.lose_connections();
    }
    timeout(TEST_TIMEOUT, expect_pings(&client, 6))
        .await
        .unwrap();
    expect_innocent(&cluster, &alternator, &client).await;
}

#[tokio::test]
async fn operation_on_the_only_connection_to_a_node_is_sent_again_when_it_is_lost() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    expect_pings(&client, 6).await;
    cluster.node(1).lose_connections();
    timeout(TEST_TIMEOUT, expect_pings(&client, 6))
        .await
        .unwrap();
    expect_innocent(&cluster, &alternator, &client).await;
}

#[tokio::test]
async fn requests_under_way_on_lost_connections_are_sent_again_while_others_are_served() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    let load = Load::of_pings(&client, 16);
    load.wait_for_requests(150).await;
    cluster.node(1).lose_connections();
    // A caller whose request waits for ever ends no more.
    let failed = timeout(TEST_TIMEOUT, load.stop()).await.unwrap();
    assert_eq!(failed, Vec::<String>::new());
    expect_innocent(&cluster, &alternator, &client).await;
}

#[tokio::test]
async fn operation_outlives_more_lost_connections_than_it_has_attempts() {
    let cluster = test_cluster!(|cluster| cluster.nodes(1));
    let alternator = quick_refresh(&cluster).build().unwrap();
    let retries = quick_retries().with_max_attempts(2);
    let config = config().retry_config(retries).alternator(&alternator);
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    expect_concurrent_pings(&client, 6).await;
    cluster.node(0).lose_connections();
    timeout(TEST_TIMEOUT, ping(&client)).await.unwrap().unwrap();
}

#[tokio::test]
async fn slow_operations_of_a_node_that_is_alive_are_made_once() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    expect_concurrent_pings(&client, 30).await;
    cluster.reset_counters();
    for node in cluster.nodes() {
        node.inject(Fault::Delay(Duration::from_secs(2)));
    }
    expect_concurrent_pings(&client, 6).await;
    let requests: u64 = alternator.nodes().iter().map(NodeStatus::requests).sum();
    assert_eq!(requests, 30 + 6);
}
