//! A configuration of the cluster's reaches the cluster, and nothing else.

use super::{balanced, requests, sdk_config};
use crate::support::{
    RecordingServer, error_text, expect_pings, find_in_chain, ping, test_cluster,
};
use alternator_lb_sdk::{NodeStatus, RouteError};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;

fn client_at(config: &SdkConfig, endpoint: impl Into<String>) -> Client {
    Client::from_conf(Builder::from(config).endpoint_url(endpoint).build())
}

#[tokio::test]
async fn foreign_host_is_refused_and_gets_nothing() {
    let cluster = test_cluster!();
    let (_alternator, config) = balanced(&cluster, sdk_config()).await;
    let other = RecordingServer::new();
    let error = ping(&client_at(&config, other.url())).await.unwrap_err();
    let Some(RouteError::ForeignHost {
        endpoint, nodes, ..
    }) = find_in_chain(&error)
    else {
        panic!("{}", error_text(error));
    };
    assert_eq!((endpoint, nodes.len()), (&other.url(), 3));
    assert_eq!(other.take(), Vec::<String>::new());
    assert_eq!(requests(&cluster), [0, 0, 0]);
    let text = error_text(error);
    assert!(text.contains("neither a seed nor a node"), "{text}");
}

#[tokio::test]
async fn aws_is_refused_as_any_foreign_host() {
    let cluster = test_cluster!();
    let (_alternator, config) = balanced(&cluster, sdk_config()).await;
    let aws = "https://dynamodb.us-east-1.amazonaws.com";
    let error = ping(&client_at(&config, aws)).await.unwrap_err();
    assert!(matches!(
        find_in_chain(&error),
        Some(RouteError::ForeignHost { endpoint, .. }) if endpoint == aws
    ));
}

#[tokio::test]
async fn node_that_is_named_gets_the_requests_itself() {
    let cluster = test_cluster!();
    let (alternator, config) = balanced(&cluster, sdk_config()).await;
    let client = client_at(&config, cluster.node(2).url());
    expect_pings(&client, 6).await;
    assert_eq!(requests(&cluster), [0, 0, 6]);
    let counted: u64 = alternator.nodes().iter().map(NodeStatus::requests).sum();
    assert_eq!(counted, 6);
    // It does not go on to another one.
    cluster.node(2).stop();
    ping(&client).await.unwrap_err();
    assert_eq!(requests(&cluster)[..2], [0, 0]);
}
