//! HTTP clients that are set before and after the plugin is installed.

use crate::support::{
    CannedResponseClient, Log, RecordingClient, config, expect_pings, ping, quick_refresh,
    quick_retries, ready_client, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, Builder};
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::list_tables::{ListTablesError, ListTablesOutput};
use aws_smithy_mocks::{RuleMode, mock, mock_client};

/// Part of the warning about an HTTP client that replaced the wrapped one.
const REPLACED: &str = "decorator of the HTTP client";

fn requests(cluster: &TestCluster) -> u64 {
    let nodes = cluster.nodes();
    nodes.iter().map(|node| node.counters().requests).sum()
}

/// Makes one operation with a configuration of its own.
async fn ping_with(
    client: &Client,
    own: config::Builder,
) -> Result<ListTablesOutput, SdkError<ListTablesError>> {
    let operation = client.list_tables().customize();
    operation.config_override(own).send().await
}

fn canned_response_builder() -> Builder {
    Alternator::builder()
        .seeds(["http://192.0.2.1:8000", "http://192.0.2.2:8000"])
        .http_client(CannedResponseClient::new())
}

#[tokio::test]
async fn http_client_set_after_the_plugin_is_warned_of_once() {
    let log = Log::capture();
    let alternator = canned_response_builder().build().unwrap();
    let config = config()
        .http_client(CannedResponseClient::new())
        .alternator(&alternator)
        .http_client(CannedResponseClient::new());
    let client = Client::from_conf(config.build());
    assert_eq!(log.warnings(REPLACED).len(), 0);
    expect_pings(&client, 1).await;
    assert_eq!(log.warnings(REPLACED).len(), 1);
    expect_pings(&Client::from_conf(client.config().clone()), 5).await;
    assert_eq!(log.warnings(REPLACED).len(), 1);
}

#[tokio::test]
async fn each_installation_warns_of_a_replaced_http_client() {
    let log = Log::capture();
    let alternator = canned_response_builder().build().unwrap();
    for count in 1..=2 {
        let config = config()
            .alternator(&alternator)
            .http_client(CannedResponseClient::new());
        expect_pings(&Client::from_conf(config.build()), 3).await;
        assert_eq!(log.warnings(REPLACED).len(), count);
    }
}

#[tokio::test]
async fn failover_and_retries_work_with_an_http_client_set_after_the_plugin() {
    let cluster = test_cluster!();
    let replacement = RecordingClient::new();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let config = config()
        .retry_config(quick_retries())
        .alternator(&alternator)
        .http_client(replacement.clone());
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    cluster.node(1).stop();
    cluster.node(2).inject(Fault::ServerError { share: 1.0 });
    expect_pings(&client, 6).await;
    let [reached, failing] = [0, 2].map(|node| cluster.node(node).counters().requests);
    assert!(reached >= 6 && failing > 0, "{reached}, {failing}");
    assert!(replacement.operations().len() as u64 > requests(&cluster));
}

#[tokio::test]
async fn http_client_set_before_the_plugin_causes_no_warning() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    expect_pings(&client, 3).await;
    let own = config().http_client(RecordingClient::new());
    let own = Client::from_conf(own.alternator(&alternator).build());
    expect_pings(&own, 3).await;
    let disabled = config().retry_config(RetryConfig::disabled());
    let disabled = Client::from_conf(disabled.alternator(&alternator).build());
    cluster.node(1).stop();
    for _ in 0..3 {
        let _ = ping(&disabled).await;
    }
    assert_eq!(log.warnings(REPLACED), Vec::<String>::new());
}

#[tokio::test]
async fn separately_installed_components_cause_no_http_client_warning() {
    let log = Log::capture();
    let alternator = canned_response_builder().build().unwrap();
    let config = config()
        .endpoint_resolver(alternator.endpoint_resolver())
        .interceptor(alternator.interceptor())
        .allow_no_auth()
        .http_client(CannedResponseClient::new());
    expect_pings(&Client::from_conf(config.build()), 3).await;
    assert_eq!(log.warnings(REPLACED), Vec::<String>::new());
}

#[tokio::test]
async fn reinstallation_after_the_http_client_causes_no_warning() {
    let log = Log::capture();
    let alternator = canned_response_builder().build().unwrap();
    let config = config()
        .alternator(&alternator)
        .http_client(CannedResponseClient::new());
    let config = config.build().to_builder().alternator(&alternator);
    expect_pings(&Client::from_conf(config.build()), 3).await;
    assert_eq!(log.warnings(REPLACED), Vec::<String>::new());
}

#[tokio::test]
async fn per_operation_http_client_is_used_with_one_warning() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let own = RecordingClient::new();
    let (_alternator, client) = ready_client(&cluster).await;
    expect_pings(&client, 3).await;
    for _ in 0..3 {
        let with_own = config::Builder::new().http_client(own.clone());
        ping_with(&client, with_own).await.unwrap();
    }
    assert_eq!(own.operations().len(), 3);
    assert_eq!(requests(&cluster), 6);
    assert_eq!(log.warnings(REPLACED).len(), 1);
}

/// Hangs are detected for each operation by its own HTTP client: those of the client go on to another node, as do
/// those with a client of their own that is decorated as well.
#[tokio::test]
async fn operations_over_a_decorated_http_client_leave_a_hung_node() {
    let log = Log::capture();
    let cluster = test_cluster!(|cluster| cluster.nodes(2));
    let (alternator, client) = ready_client(&cluster).await;
    expect_pings(&client, 2).await;
    cluster.node(1).inject(Fault::Hang);
    let own = RecordingClient::new();
    let with_own = || {
        config::Builder::new()
            .http_client(own.clone())
            .alternator(&alternator)
    };
    for _ in 0..2 {
        ping_with(&client, with_own()).await.unwrap();
        ping(&client).await.unwrap();
    }
    assert!(own.operations().len() >= 2);
    assert_eq!(log.warnings(REPLACED), Vec::<String>::new());
}

#[tokio::test]
async fn sdk_mocks_are_wrapped_without_warning() {
    let log = Log::capture();
    let rule = mock!(Client::list_tables)
        .sequence()
        .http_status(503, None)
        .output(|| ListTablesOutput::builder().table_names("mocked").build())
        .build();
    let alternator = canned_response_builder().build().unwrap();
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, [&rule], |config| {
        config
            .retry_config(quick_retries())
            .alternator(&alternator)
            .alternator(&alternator)
    });
    assert_eq!(ping(&client).await.unwrap().table_names(), ["mocked"]);
    assert_eq!(rule.num_calls(), 2);
    assert_eq!(log.warnings(REPLACED), Vec::<String>::new());
}

#[tokio::test]
async fn applications_http_client_sees_every_attempt() {
    let cluster = test_cluster!();
    let own = RecordingClient::new();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let config = config()
        .retry_config(quick_retries())
        .http_client(own.clone())
        .alternator(&alternator)
        .alternator(&alternator);
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    cluster.node(1).inject(Fault::ServerError { share: 1.0 });
    expect_pings(&client, 9).await;
    assert!(requests(&cluster) > 9, "some requests were retried");
    assert_eq!(own.operations().len() as u64, requests(&cluster));
}
