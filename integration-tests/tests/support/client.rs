//! Clients, built as an application builds them.

use alternator_lb_sdk::{Alternator, AlternatorExt as _, Builder};
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{self, BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::list_tables::{ListTablesError, ListTablesOutput};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A configuration with the SDK's defaults and without credentials.
///
/// The region is unique, because all clients of a region share one retry quota, and the tests share a process.
pub(crate) fn config() -> config::Builder {
    static REGIONS: AtomicU64 = AtomicU64::new(0);
    let region = REGIONS.fetch_add(1, Ordering::Relaxed);
    config::Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(format!("test-{region}")))
}

/// The SDK's default retries, without its backoff of seconds.
pub(crate) fn quick_retries() -> RetryConfig {
    RetryConfig::standard().with_initial_backoff(Duration::from_millis(10))
}

/// A builder with a refresh interval of 50 ms, and the cluster's first node as the seed.
pub(crate) fn quick_refresh(cluster: &TestCluster) -> Builder {
    Alternator::builder()
        .seeds([cluster.node(0).url()])
        .refresh_interval(Duration::from_millis(50))
        .idle_refresh_interval(Duration::from_millis(50))
}

/// An `Alternator` that has discovered all nodes of the cluster, and its client.
pub(crate) async fn ready_client(cluster: &TestCluster) -> (Alternator, Client) {
    ready_client_of(quick_refresh(cluster)).await
}

/// An `Alternator` with these settings that has discovered all nodes, and its client.
pub(crate) async fn ready_client_of(builder: Builder) -> (Alternator, Client) {
    let alternator = builder.build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    (alternator, client)
}

/// A client with the plugin and no other settings.
pub(crate) fn client(alternator: &Alternator) -> Client {
    Client::from_conf(config().alternator(alternator).build())
}

/// A configuration with credentials.
pub(crate) fn signing_config(role: &str, secret: &str) -> config::Builder {
    config().credentials_provider(Credentials::new(role, secret, None, None, "test"))
}

/// A request that any node serves, without a table.
pub(crate) async fn ping(client: &Client) -> Result<ListTablesOutput, SdkError<ListTablesError>> {
    client.list_tables().limit(1).send().await
}

/// Makes this many requests in sequence, and expects all to succeed.
pub(crate) async fn expect_pings(client: &Client, count: usize) {
    for _ in 0..count {
        ping(client).await.unwrap();
    }
}

/// A client of one node, without the plugin.
pub(crate) fn direct_client(url: String) -> Client {
    Client::from_conf(config().endpoint_url(url).allow_no_auth().build())
}
