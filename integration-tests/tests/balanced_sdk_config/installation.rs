//! A balanced configuration beside the other ways of installation: requests are balanced once.

use super::{balanced, last_header, requests, sdk_config};
use crate::support::{Log, expect_pings, ping, quick_refresh, test_cluster};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, NodeStatus};
use alternator_test_cluster::TestCluster;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use std::time::Duration;

/// Makes nine requests, and expects them to be even and counted once.
async fn expect_balanced_once(cluster: &TestCluster, alternator: &Alternator, client: &Client) {
    let counted = || {
        let nodes = alternator.nodes();
        nodes.iter().map(NodeStatus::requests).sum::<u64>()
    };
    let before = counted();
    cluster.reset_counters();
    expect_pings(client, 9).await;
    assert_eq!(requests(cluster), [3, 3, 3]);
    assert_eq!(counted() - before, 9);
    assert!(alternator.nodes().iter().all(|node| node.in_flight() == 0));
}

#[tokio::test]
async fn plugin_is_installed_on_top_once() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let (alternator, config) = balanced(&cluster, sdk_config()).await;
    let installed = Builder::from(&config).alternator(&alternator).build();
    expect_balanced_once(&cluster, &alternator, &Client::from_conf(installed)).await;
    // Each node by its own name, as the plugin addresses them.
    for node in cluster.nodes() {
        let host = last_header(&node, "host");
        assert_eq!(host, Some(node.address().to_string()));
    }
    assert_eq!(log.warnings(""), Vec::<String>::new());
}

#[tokio::test]
async fn balancing_a_balanced_configuration_changes_nothing() {
    let cluster = test_cluster!();
    let (alternator, config) = balanced(&cluster, sdk_config()).await;
    let again = alternator.sdk_config(&alternator.sdk_config(&config));
    let text = |config: &SdkConfig| {
        let http_client = format!("{:?}", config.http_client());
        (http_client, config.endpoint_url().map(str::to_owned))
    };
    assert_eq!(text(&again), text(&config));
    expect_balanced_once(&cluster, &alternator, &Client::new(&again)).await;
}

#[tokio::test]
async fn another_cluster_takes_over() {
    let (first, second) = (test_cluster!(), test_cluster!());
    let (_alternator, config) = balanced(&first, sdk_config()).await;
    let alternator = quick_refresh(&second).build().unwrap();
    let config = alternator.sdk_config(&config);
    alternator.ready().await.unwrap();
    expect_balanced_once(&second, &alternator, &Client::new(&config)).await;
    assert_eq!(requests(&first), [0, 0, 0]);
}

#[tokio::test]
async fn balanced_configuration_can_name_a_cluster() {
    let cluster = test_cluster!();
    let (_alternator, config) = balanced(&cluster, sdk_config()).await;
    let named = Alternator::from_sdk_config(&config).unwrap();
    named.ready().await.unwrap();
    assert_eq!(named.nodes().len(), 3);
    expect_balanced_once(&cluster, &named, &Client::new(&named.sdk_config(&config))).await;
}

#[tokio::test]
async fn operation_of_the_plugin_over_a_balanced_client_is_balanced_once() {
    let cluster = test_cluster!();
    let (alternator, config) = balanced(&cluster, sdk_config()).await;
    let client = crate::support::client(&alternator);
    let own = Builder::new().http_client(config.http_client().unwrap());
    for _ in 0..9 {
        let operation = client.list_tables().customize();
        operation.config_override(own.clone()).send().await.unwrap();
    }
    assert_eq!(requests(&cluster), [3, 3, 3]);
    let counted: u64 = alternator.nodes().iter().map(NodeStatus::requests).sum();
    assert_eq!(counted, 9);
}

#[tokio::test]
async fn settings_of_the_application_stay() {
    let cluster = test_cluster!();
    let timeouts = aws_types::sdk_config::TimeoutConfig::builder()
        .operation_timeout(Duration::from_secs(7))
        .build();
    let given = sdk_config()
        .retry_config(RetryConfig::standard().with_max_attempts(7))
        .timeout_config(timeouts)
        .credentials_provider(super::provider("role", "secret"))
        .build();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let config = alternator.sdk_config(&given);
    assert_eq!(config.region(), given.region());
    assert_eq!(
        config.retry_config().map(RetryConfig::max_attempts),
        Some(7)
    );
    let timeouts = config.timeout_config().unwrap();
    assert_eq!(timeouts.operation_timeout(), Some(Duration::from_secs(7)));
    // Without a region a signature would be impossible.
    let bare = alternator.sdk_config(&SdkConfig::builder().build());
    assert!(bare.region().is_some());
}

#[tokio::test]
async fn configuration_keeps_the_cluster_alive_and_its_last_client_ends_it() {
    let cluster = test_cluster!();
    let (alternator, config) = balanced(&cluster, sdk_config()).await;
    let client = Client::new(&config);
    drop((alternator, config));
    cluster.node(1).stop();
    for _ in 0..6 {
        ping(&client).await.unwrap();
    }
}
