//! Endpoint overrides of clients and of operations.

use crate::support::{
    Log, RecordingClient, config, expect_pings, find_in_chain, ping, quick_refresh, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, RouteError};
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::list_tables::{ListTablesError, ListTablesOutput};

const UNKNOWN_ENDPOINT: &str = "http://127.0.0.1:9";

async fn client_with(cluster: &TestCluster, config: Builder) -> (Alternator, Client) {
    let alternator = quick_refresh(cluster).build().unwrap();
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    (alternator, client)
}

/// Makes one operation with an endpoint override.
async fn ping_at(
    client: &Client,
    endpoint: &str,
) -> Result<ListTablesOutput, SdkError<ListTablesError>> {
    let own = Builder::new().endpoint_url(endpoint);
    client
        .list_tables()
        .customize()
        .config_override(own)
        .send()
        .await
}

#[tokio::test]
async fn clients_endpoint_url_is_ignored_with_one_warning() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let (_alternator, client) =
        client_with(&cluster, config().endpoint_url(UNKNOWN_ENDPOINT)).await;
    expect_pings(&client, 9).await;
    assert!(
        cluster
            .nodes()
            .iter()
            .all(|node| node.counters().requests == 3)
    );
    let warnings = log.warnings("endpoint_url");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains(UNKNOWN_ENDPOINT), "{warnings:?}");
}

#[tokio::test]
async fn clients_endpoint_url_naming_a_node_is_ignored_without_warning() {
    let log = Log::capture();
    let cluster = test_cluster!();
    for endpoint in cluster.urls() {
        let (_alternator, client) = client_with(&cluster, config().endpoint_url(endpoint)).await;
        cluster.reset_counters();
        expect_pings(&client, 9).await;
        assert!(
            cluster
                .nodes()
                .iter()
                .all(|node| node.counters().requests == 3)
        );
    }
    assert_eq!(log.warnings("endpoint_url"), Vec::<String>::new());
}

#[tokio::test]
async fn per_operation_endpoint_url_pins_the_operation_to_that_node() {
    let cluster = test_cluster!();
    // Also with the same endpoint on the client, which is ignored.
    let pin = cluster.node(1).url();
    for config in [config(), config().endpoint_url(&pin)] {
        let (_alternator, client) = client_with(&cluster, config).await;
        cluster.reset_counters();
        for _ in 0..6 {
            ping_at(&client, &pin).await.unwrap();
        }
        let spread: Vec<_> = cluster
            .nodes()
            .iter()
            .map(|node| node.counters().requests)
            .collect();
        assert_eq!(spread, [0, 6, 0]);
        expect_pings(&client, 9).await;
        assert_eq!(
            cluster.node(1).counters().requests,
            9,
            "operations without an override are balanced"
        );
    }
}

#[tokio::test]
async fn pinned_operation_is_retried_only_on_its_node() {
    let cluster = test_cluster!();
    let retries = crate::support::quick_retries().with_max_attempts(3);
    let (_alternator, client) = client_with(&cluster, config().retry_config(retries)).await;
    cluster.node(1).inject(Fault::ServerError { share: 1.0 });
    ping_at(&client, &cluster.node(1).url()).await.unwrap_err();
    cluster.node(1).stop();
    ping_at(&client, &cluster.node(1).url()).await.unwrap_err();
    let spread: Vec<_> = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().requests)
        .collect();
    assert_eq!(spread, [0, 3, 0]);
}

#[tokio::test]
async fn pin_to_an_unknown_endpoint_is_an_error_and_nothing_is_sent() {
    let cluster = test_cluster!();
    let recorder = RecordingClient::new();
    let config = config()
        .http_client(recorder.clone())
        .retry_config(RetryConfig::standard());
    let (_alternator, client) = client_with(&cluster, config).await;
    for endpoint in [
        UNKNOWN_ENDPOINT,
        "https://dynamodb.us-east-1.amazonaws.com",
        "no url",
    ] {
        let error = ping_at(&client, endpoint).await.unwrap_err();
        let reason = find_in_chain::<RouteError>(&error).expect("a reason");
        assert!(
            matches!(reason, RouteError::UnknownEndpoint { .. }),
            "{reason:?}"
        );
        let text = reason.to_string();
        assert!(
            text.contains(endpoint) && text.contains(&cluster.url()),
            "{text}"
        );
    }
    assert_eq!(recorder.operations(), Vec::<String>::new());
    ping(&client).await.unwrap();
}

#[tokio::test]
async fn operation_can_be_pinned_to_an_unlisted_seed() {
    let cluster = test_cluster!();
    let seed = cluster.node(2);
    let alternator = quick_refresh(&cluster).seeds([seed.url()]).build().unwrap();
    let client = Client::from_conf(config().alternator(&alternator).build());
    for node in cluster.nodes() {
        node.set_localnodes_entries(["127.0.0.1", "127.0.0.2"]);
    }
    alternator.refresh().await.unwrap();
    assert_eq!(alternator.nodes().len(), 2);
    ping_at(&client, &seed.url()).await.unwrap();
    assert_eq!(seed.counters().requests, 1);
}
