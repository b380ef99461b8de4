//! The plugin's components, installed separately.

use crate::support::{
    RecordingClient, config, eventually, expect_pings, ping, quick_refresh, quick_retries,
    test_cluster,
};
use alternator_lb_sdk::{Alternator, NodeState, NodeStatus};
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;

/// A configuration with the resolver alone and two attempts.
async fn resolver_only(cluster: &TestCluster) -> (Alternator, Builder, RecordingClient) {
    let recorder = RecordingClient::new();
    let alternator = quick_refresh(cluster).build().unwrap();
    let config = config()
        .allow_no_auth()
        .http_client(recorder.clone())
        .retry_config(quick_retries().with_max_attempts(2))
        .endpoint_resolver(alternator.endpoint_resolver());
    alternator.ready().await.unwrap();
    (alternator, config, recorder)
}

#[tokio::test]
async fn resolver_alone_spreads_requests_exactly_evenly() {
    let cluster = test_cluster!();
    let (alternator, config, recorder) = resolver_only(&cluster).await;
    expect_pings(&Client::from_conf(config.build()), 30).await;
    assert_eq!(recorder.attempts_per_node().len(), 3);
    assert!(
        recorder
            .attempts_per_node()
            .values()
            .all(|&count| count == 10)
    );
    let requests: Vec<_> = alternator
        .nodes()
        .iter()
        .map(NodeStatus::requests)
        .collect();
    assert_eq!(requests, [10, 10, 10]);
    assert_eq!(
        recorder.discoveries(),
        Vec::<String>::new(),
        "the resolver has no access to the HTTP client"
    );
}

/// Makes requests with the resolver alone until they go to all nodes. Only these requests trigger discovery.
async fn expect_all_nodes_reached(alternator: &Alternator, own: &RecordingClient) {
    let config = config()
        .allow_no_auth()
        .http_client(own.clone())
        .endpoint_resolver(alternator.endpoint_resolver());
    let client = Client::from_conf(config.build());
    eventually("requests go to all nodes", async || {
        expect_pings(&client, 1).await;
        own.attempts_per_node().len() == 3
    })
    .await;
}

#[tokio::test]
async fn resolver_alone_discovers_nodes_with_the_builders_http_client() {
    let cluster = test_cluster!();
    let [of_builder, own] = [RecordingClient::new(), RecordingClient::new()];
    let builder = quick_refresh(&cluster).http_client(of_builder.clone());
    let alternator = builder.build().unwrap();
    expect_all_nodes_reached(&alternator, &own).await;
    assert_eq!(of_builder.discoveries()[0], cluster.node(0).url());
    assert_eq!(of_builder.operations(), Vec::<String>::new());
    assert_eq!(own.discoveries(), Vec::<String>::new());
}

#[tokio::test]
async fn resolver_alone_discovers_nodes_with_the_default_http_client() {
    let cluster = test_cluster!();
    let own = RecordingClient::new();
    let alternator = quick_refresh(&cluster).build().unwrap();
    expect_all_nodes_reached(&alternator, &own).await;
    assert!(cluster.node(0).counters().discoveries > 0);
    assert_eq!(own.discoveries(), Vec::<String>::new());
}

#[tokio::test]
async fn resolver_alone_retries_on_another_node() {
    let cluster = test_cluster!();
    let (alternator, config, _recorder) = resolver_only(&cluster).await;
    let client = Client::from_conf(config.build());
    cluster.node(1).inject(Fault::ServerError { share: 1.0 });
    expect_pings(&client, 12).await;
    assert!(cluster.node(1).counters().requests > 0);
    assert_eq!(
        alternator
            .nodes()
            .iter()
            .map(NodeStatus::in_flight)
            .sum::<u32>(),
        0
    );
}

#[tokio::test]
async fn resolver_alone_does_not_track_failures() {
    let cluster = test_cluster!();
    let (alternator, config, _recorder) = resolver_only(&cluster).await;
    cluster.node(1).stop();
    expect_pings(&Client::from_conf(config.build()), 6).await;
    for node in alternator.nodes() {
        assert_eq!((node.state(), node.failures()), (NodeState::Up, 0));
    }
}

#[tokio::test]
async fn resolver_with_interceptor_fails_over_with_retries_disabled() {
    let cluster = test_cluster!();
    let (alternator, config, _recorder) = resolver_only(&cluster).await;
    let config = config
        .retry_config(RetryConfig::disabled())
        .interceptor(alternator.interceptor());
    let client = Client::from_conf(config.build());
    cluster.node(1).stop();
    expect_pings(&client, 30).await;
    let down: Vec<_> = alternator
        .nodes()
        .into_iter()
        .filter(|node| node.failures() > 0)
        .map(|node| node.url().to_owned())
        .collect();
    assert_eq!(down, [cluster.node(1).url()]);
}

#[tokio::test]
async fn interceptor_alone_neither_balances_nor_fails_over() {
    let cluster = test_cluster!();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let config = config()
        .allow_no_auth()
        .retry_config(RetryConfig::disabled())
        .endpoint_url(cluster.node(1).url())
        .interceptor(alternator.interceptor());
    let client = Client::from_conf(config.build());
    expect_pings(&client, 4).await;
    assert_eq!(cluster.node(1).counters().requests, 4);
    cluster.node(1).stop();
    ping(&client).await.unwrap_err();
    assert_eq!(alternator.nodes()[0].requests(), 0);
}
