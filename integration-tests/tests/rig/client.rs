//! Clients, as an application makes them.

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
/// Its region is its own: all clients of a region share one quota of retries, and the tests share a process.
pub(crate) fn config() -> config::Builder {
    static REGIONS: AtomicU64 = AtomicU64::new(0);
    let region = REGIONS.fetch_add(1, Ordering::Relaxed);
    config::Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(format!("test-{region}")))
}

/// The SDK's default retries, without its waits of seconds.
pub(crate) fn quick_retries() -> RetryConfig {
    RetryConfig::standard().with_initial_backoff(Duration::from_millis(10))
}

/// The settings of an `Alternator` whose list is fresh within moments, with the cluster's first node as the seed.
pub(crate) fn refreshing(cluster: &TestCluster) -> Builder {
    Alternator::builder()
        .seeds([cluster.node(0).url()])
        .refresh_interval(Duration::from_millis(50))
        .idle_refresh_interval(Duration::from_millis(50))
}

/// A client that knows all nodes of the cluster, and what it is balanced by.
pub(crate) async fn client_of(cluster: &TestCluster) -> (Alternator, Client) {
    let alternator = refreshing(cluster).build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    (alternator, client)
}

/// A client with nothing but the one added line.
pub(crate) fn client(alternator: &Alternator) -> Client {
    Client::from_conf(config().alternator(alternator).build())
}

/// Signs.
pub(crate) fn signing(role: &str, secret: &str) -> config::Builder {
    config().credentials_provider(Credentials::new(role, secret, None, None, "test"))
}

/// A request that any node answers, without a table.
pub(crate) async fn ping(client: &Client) -> Result<ListTablesOutput, SdkError<ListTablesError>> {
    client.list_tables().limit(1).send().await
}

/// So many requests, one after the other, none of which fails.
pub(crate) async fn expect_pings(client: &Client, count: usize) {
    for _ in 0..count {
        ping(client).await.unwrap();
    }
}

/// A client without the plugin, to see what one node says.
pub(crate) fn direct(url: String) -> Client {
    Client::from_conf(config().endpoint_url(url).allow_no_auth().build())
}
