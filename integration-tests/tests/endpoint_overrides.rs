//! Endpoint overrides of clients and of operations.

use crate::support::{
    Log, RecordingClient, config, expect_pings, find_in_chain, ping, quick_refresh, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, NodeStatus, RouteError};
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
    ping_with(client, Builder::new().endpoint_url(endpoint)).await
}

/// Makes one operation with a configuration of its own.
async fn ping_with(
    client: &Client,
    own: Builder,
) -> Result<ListTablesOutput, SdkError<ListTablesError>> {
    let operation = client.list_tables().customize();
    operation.config_override(own).send().await
}

fn requests(cluster: &TestCluster) -> Vec<u64> {
    let nodes = cluster.nodes().into_iter();
    nodes.map(|node| node.counters().requests).collect()
}

/// Returns the requests, the requests in flight, and the failures that are counted.
fn counted(alternator: &Alternator) -> (u64, u32, u64) {
    let nodes = alternator.nodes();
    (
        nodes.iter().map(NodeStatus::requests).sum(),
        nodes.iter().map(NodeStatus::in_flight).sum(),
        nodes.iter().map(NodeStatus::failures).sum(),
    )
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

#[tokio::test]
async fn override_made_from_the_clients_configuration_pins_its_operation() {
    let cluster = test_cluster!();
    let pin = cluster.node(1).url();
    for config in [config(), config().endpoint_url(cluster.url())] {
        let (alternator, client) = client_with(&cluster, config).await;
        cluster.reset_counters();
        for _ in 0..6 {
            let own = client.config().to_builder().endpoint_url(&pin);
            ping_with(&client, own).await.unwrap();
        }
        assert_eq!(requests(&cluster), [0, 6, 0]);
        assert_eq!(counted(&alternator), (6, 0, 0), "each is counted once");
    }
}

#[tokio::test]
async fn override_made_from_the_clients_configuration_pins_nothing_without_an_endpoint_url() {
    let cluster = test_cluster!();
    for config in [config(), config().endpoint_url(cluster.url())] {
        let (alternator, client) = client_with(&cluster, config).await;
        cluster.reset_counters();
        for _ in 0..9 {
            let own = client.config().to_builder();
            ping_with(&client, own).await.unwrap();
        }
        assert_eq!(requests(&cluster), [3; 3]);
        assert_eq!(counted(&alternator), (9, 0, 0), "each is counted once");
    }
}

#[tokio::test]
async fn failed_attempts_count_once_with_an_override_made_from_the_clients_configuration() {
    let cluster = test_cluster!();
    let retries = crate::support::quick_retries().with_max_attempts(3);
    let (alternator, client) = client_with(&cluster, config().retry_config(retries)).await;
    for node in cluster.nodes() {
        node.inject(Fault::ServerError { share: 1.0 });
    }
    let own = client.config().to_builder();
    ping_with(&client, own).await.unwrap_err();
    assert_eq!(requests(&cluster), [1; 3]);
    assert_eq!(counted(&alternator), (3, 0, 3));
}

#[tokio::test]
async fn override_that_installs_another_alternator_sends_the_operation_to_its_nodes() {
    let (cluster, other) = (test_cluster!(), test_cluster!());
    let (alternator, client) = client_with(&cluster, config()).await;
    let (of_other, _) = client_with(&other, config()).await;
    cluster.reset_counters();
    other.reset_counters();
    for _ in 0..3 {
        let from_client = client.config().to_builder().alternator(&of_other);
        for own in [Builder::new().alternator(&of_other), from_client] {
            ping_with(&client, own).await.unwrap();
        }
    }
    expect_pings(&client, 3).await;
    assert_eq!(
        (requests(&cluster), requests(&other)),
        (vec![1; 3], vec![2; 3])
    );
    assert_eq!(counted(&alternator), (3, 0, 0));
    assert_eq!(counted(&of_other), (6, 0, 0));
}
