//! `Alternator::sdk_config`: clients that are built from an `SdkConfig` alone, as crates of others build them.

mod credentials;
mod distribution;
mod environment;
mod failover;
mod installation;
mod key_affinity;
mod published_crates;
mod refusals;

pub(crate) use credentials::provider;

use crate::support::quick_refresh;
use alternator_lb_sdk::{Alternator, Builder};
use alternator_test_cluster::{Node, TestCluster};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_types::sdk_config::Builder as SdkConfigBuilder;
use std::sync::atomic::{AtomicU64, Ordering};

/// An `SdkConfig` as the SDK's loader makes it, without credentials. The region is unique, because all clients of a
/// region share one retry quota.
pub(crate) fn sdk_config() -> SdkConfigBuilder {
    static REGIONS: AtomicU64 = AtomicU64::new(0);
    let region = REGIONS.fetch_add(1, Ordering::Relaxed);
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(format!("test-balanced-{region}")))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
}

/// An `Alternator` that has discovered all nodes, and a configuration that it balances.
async fn balanced(cluster: &TestCluster, sdk_config: SdkConfigBuilder) -> (Alternator, SdkConfig) {
    balanced_by(quick_refresh(cluster), sdk_config).await
}

/// The same with these settings.
pub(crate) async fn balanced_by(
    builder: Builder,
    sdk_config: SdkConfigBuilder,
) -> (Alternator, SdkConfig) {
    let alternator = builder.build().unwrap();
    let balanced = alternator.sdk_config(&sdk_config.build());
    alternator.ready().await.unwrap();
    (alternator, balanced)
}

/// The same with the client that anyone makes of it.
async fn balanced_client(
    cluster: &TestCluster,
    sdk_config: SdkConfigBuilder,
) -> (Alternator, Client) {
    let (alternator, config) = balanced(cluster, sdk_config).await;
    (alternator, Client::new(&config))
}

/// The operations that each node gets.
fn requests(cluster: &TestCluster) -> Vec<u64> {
    let nodes = cluster.nodes();
    nodes.iter().map(|node| node.counters().requests).collect()
}

/// The value of a header of the last operation that a node has got.
fn last_header(node: &Node, name: &str) -> Option<String> {
    let headers = node.counters().last_headers;
    let found = headers.into_iter().find(|(header, _)| header == name);
    found.map(|(_, value)| value)
}
