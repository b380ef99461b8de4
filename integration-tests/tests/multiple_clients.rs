//! Several clients that share one `Alternator`.

use crate::support::{
    RecordingClient, RefreshTicker, client, config, eventually, expect_pings, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::{NodeConfig, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodbstreams as streams;
use std::time::Duration;

/// An `Alternator` that refreshes once during a test.
fn hourly(cluster: &TestCluster) -> Alternator {
    let hour = Duration::from_secs(3600);
    let builder = Alternator::builder().seeds([cluster.node(0).url()]);
    builder.refresh_interval(hour).build().unwrap()
}

fn streams_client(alternator: &Alternator) -> streams::Client {
    let config = streams::Config::builder()
        .behavior_version(streams::config::BehaviorVersion::latest())
        .alternator(alternator);
    streams::Client::from_conf(config.build())
}

async fn wait_for_all_nodes(alternator: &Alternator) {
    eventually("all nodes are discovered", async || {
        alternator.nodes().len() == 3
    })
    .await;
}

fn discoveries(cluster: &TestCluster) -> u64 {
    cluster
        .nodes()
        .iter()
        .map(|node| node.counters().discoveries)
        .sum()
}

#[tokio::test]
async fn all_clients_share_one_discovery() {
    let cluster = test_cluster!();
    let alternator = hourly(&cluster);
    let clients: Vec<_> = (0..5).map(|_| client(&alternator)).collect();
    let streams = streams_client(&alternator.clone());
    for client in &clients {
        expect_pings(client, 3).await;
    }
    streams.list_streams().send().await.unwrap();
    wait_for_all_nodes(&alternator).await;
    RefreshTicker::start().wait_for_ticks(10).await;
    assert_eq!(discoveries(&cluster), 1);
}

#[tokio::test]
async fn clients_sharing_an_alternator_spread_requests_exactly_evenly() {
    let cluster = test_cluster!();
    let alternator = hourly(&cluster);
    let clients = [client(&alternator), client(&alternator.clone())];
    let streams = streams_client(&alternator);
    wait_for_all_nodes(&alternator).await;
    for _ in 0..10 {
        for client in &clients {
            expect_pings(client, 2).await;
        }
        streams.list_streams().send().await.unwrap();
        streams.list_streams().send().await.unwrap();
    }
    for node in cluster.nodes() {
        assert_eq!(node.counters().requests, 20);
    }
    let requests: Vec<_> = alternator
        .nodes()
        .iter()
        .map(alternator_lb_sdk::NodeStatus::requests)
        .collect();
    assert_eq!(requests, [20, 20, 20]);
}

#[tokio::test]
async fn node_found_dead_by_one_client_is_avoided_by_all() {
    let cluster = test_cluster!();
    let alternator = hourly(&cluster);
    let [first, second] = [client(&alternator), client(&alternator)];
    wait_for_all_nodes(&alternator).await;
    cluster.node(1).stop();
    expect_pings(&first, 3).await;
    let failures = |alternator: &Alternator| -> u64 {
        alternator
            .nodes()
            .iter()
            .map(alternator_lb_sdk::NodeStatus::failures)
            .sum()
    };
    assert_eq!(failures(&alternator), 1);
    expect_pings(&second, 3).await;
    assert_eq!(failures(&alternator), 1);
}

#[tokio::test]
async fn discovery_uses_the_first_clients_http_client() {
    let cluster = test_cluster!();
    let alternator = hourly(&cluster);
    let recorders = [RecordingClient::new(), RecordingClient::new()];
    for recorder in &recorders {
        let config = config()
            .http_client(recorder.clone())
            .alternator(&alternator);
        expect_pings(&Client::from_conf(config.build()), 3).await;
    }
    wait_for_all_nodes(&alternator).await;
    alternator.refresh().await.unwrap();
    assert!(!recorders[0].discoveries().is_empty());
    assert_eq!(recorders[1].discoveries(), Vec::<String>::new());
    for recorder in recorders {
        assert_eq!(
            recorder.operations().len(),
            3,
            "each client makes its requests with its own HTTP client"
        );
    }
}

#[tokio::test]
async fn connection_failure_triggers_an_early_refresh() {
    let cluster = test_cluster!();
    let alternator = hourly(&cluster);
    let client = client(&alternator);
    wait_for_all_nodes(&alternator).await;
    cluster.add_node(NodeConfig::new()).unwrap();
    cluster.node(1).stop();
    expect_pings(&client, 3).await;
    eventually("the node that joined is found", async || {
        alternator.nodes().len() == 4
    })
    .await;
}
