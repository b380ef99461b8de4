//! HTTP clients of the application.

use crate::support::{
    CannedResponseClient, RecordingClient, config, expect_pings, ping, quick_refresh, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::operation::list_tables::ListTablesOutput;
use aws_smithy_http_client::pool::ConnectionPool;
use aws_smithy_http_client::tls;
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use std::time::Duration;

#[tokio::test]
async fn configured_http_client_serves_requests_and_discovery() {
    let cluster = test_cluster!();
    let recorder = RecordingClient::new();
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    let config = config()
        .http_client(recorder.clone())
        .alternator(&alternator);
    let client = Client::from_conf(config.build());
    alternator.refresh().await.unwrap();
    expect_pings(&client, 3).await;
    assert_eq!(recorder.operations().len(), 3);
    let discoveries: u64 = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().discoveries)
        .sum();
    assert_eq!(recorder.discoveries().len() as u64, discoveries);
}

#[tokio::test]
async fn builders_http_client_serves_configurations_without_one() {
    let cluster = test_cluster!();
    let [of_builder, of_config] = [RecordingClient::new(), RecordingClient::new()];
    let builder = Alternator::builder().seeds(cluster.urls());
    let alternator = builder.http_client(of_builder.clone()).build().unwrap();
    let without = Client::from_conf(config().alternator(&alternator).build());
    expect_pings(&without, 3).await;
    assert_eq!(of_builder.operations().len(), 3);

    let with = config()
        .http_client(of_config.clone())
        .alternator(&alternator);
    expect_pings(&Client::from_conf(with.build()), 3).await;
    assert_eq!(
        (of_builder.operations().len(), of_config.operations().len()),
        (3, 3)
    );
    alternator.refresh().await.unwrap();
    assert!(!of_builder.discoveries().is_empty() && of_config.discoveries().is_empty());
}

#[tokio::test]
async fn requests_and_discovery_share_connections() {
    let cluster = test_cluster!(|cluster| cluster.nodes(1));
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    let client = Client::from_conf(config().alternator(&alternator).build());
    for _ in 0..5 {
        alternator.refresh().await.unwrap();
        expect_pings(&client, 5).await;
    }
    // The first refresh of the background task may run concurrently with the first one here.
    let connections = cluster.node(0).counters().connections;
    assert!(connections <= 2, "{connections} connections");
}

#[tokio::test]
async fn requests_reuse_the_connection_of_discovery_before_installation() {
    let cluster = test_cluster!(|cluster| cluster.nodes(1));
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    alternator.ready().await.unwrap();
    // The refreshes of the background task would run concurrently with the requests, on another connection.
    alternator.shutdown().await;
    let client = Client::from_conf(config().alternator(&alternator).build());
    // A connection returns to the pool in a separate task.
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    expect_pings(&client, 5).await;
    let counters = cluster.node(0).counters();
    assert_eq!((counters.discoveries, counters.requests), (1, 5));
    assert_eq!(counters.connections, 1);
}

#[tokio::test]
async fn http_client_set_after_the_plugin_serves_requests_only() {
    let cluster = test_cluster!();
    let [before, after] = [RecordingClient::new(), RecordingClient::new()];
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    let config = config()
        .http_client(before.clone())
        .alternator(&alternator)
        .http_client(after.clone());
    let client = Client::from_conf(config.build());
    expect_pings(&client, 3).await;
    alternator.refresh().await.unwrap();
    assert_eq!(
        (before.operations().len(), after.operations().len()),
        (0, 3)
    );
    assert!(!before.discoveries().is_empty());
    assert_eq!(after.discoveries(), Vec::<String>::new());
}

#[tokio::test]
async fn connection_pool_of_the_sdk_with_tcp_keepalive_serves_requests() {
    let cluster = test_cluster!();
    let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    let pool = ConnectionPool::builder()
        .tcp_keepalive(Duration::from_secs(15))
        .tls_provider(provider)
        .build_https()
        .unwrap();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let http_client = aws_smithy_http_client::pool::Client::new(&pool).unwrap();
    let config = config().http_client(http_client).alternator(&alternator);
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    expect_pings(&client, 9).await;
    for node in cluster.nodes() {
        assert_eq!(node.counters().requests, 3);
        node.lose_connections();
    }
    expect_pings(&client, 6).await;
    assert!(alternator.nodes().iter().all(|node| node.failures() == 0));
}

#[tokio::test]
async fn failed_discovery_keeps_the_seeds_in_use() {
    let alternator = Alternator::builder()
        .seeds(["http://192.0.2.1:8000", "http://192.0.2.2:8000"])
        .build()
        .unwrap();
    let config = config()
        .http_client(CannedResponseClient::new())
        .alternator(&alternator);
    expect_pings(&Client::from_conf(config.build()), 4).await;
    let text = alternator.ready().await.unwrap_err().to_string();
    assert!(
        text.contains("192.0.2.1") && text.contains("status 404"),
        "{text}"
    );
    assert!(alternator.nodes().iter().all(|node| node.requests() == 2));
}

#[tokio::test]
async fn sdk_mocks_work_with_the_plugin() {
    let rule = mock!(Client::list_tables)
        .sequence()
        .http_status(500, None)
        .output(|| ListTablesOutput::builder().table_names("mocked").build())
        .build();
    let alternator = Alternator::builder()
        .seeds(["http://192.0.2.1:8000"])
        .build()
        .unwrap();
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, [&rule], |config| {
        config
            .retry_config(crate::support::quick_retries())
            .alternator(&alternator)
    });
    let tables = ping(&client).await.unwrap();
    assert_eq!(tables.table_names(), ["mocked"]);
    assert_eq!(rule.num_calls(), 2);
}

/// The SDK itself cannot send an operation with it.
#[tokio::test]
async fn discovery_accepts_the_longest_connect_timeout() {
    let cluster = test_cluster!();
    let alternator = Alternator::builder()
        .seeds([cluster.url()])
        .build()
        .unwrap();
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::MAX);
    let config = config()
        .http_client(RecordingClient::new())
        .timeout_config(timeouts.build());
    drop(Client::from_conf(config.alternator(&alternator).build()));
    alternator.ready().await.unwrap();
}
