//! The same over the SDK's own HTTP client: what it shows of its connections decides what an ended request costs.

use super::node_of;
use crate::{Alternator, AlternatorExt as _};
use alternator_test_cluster::{Fault, Node, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use std::time::Duration;

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

fn client(cluster: &TestCluster, attempts: u32) -> (Alternator, Client) {
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    let retries = RetryConfig::standard()
        .with_max_attempts(attempts)
        .with_initial_backoff(Duration::from_millis(10));
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .retry_config(retries)
        .alternator(&alternator)
        .build();
    (alternator, Client::from_conf(config))
}

/// The node that the request is under way to, and the other.
async fn sides(cluster: &TestCluster, alternator: &Alternator) -> (Node, Node) {
    let waits = |node: &Node| {
        let nodes = alternator.nodes();
        let status = nodes.iter().find(|status| status.url() == node.url());
        status.is_some_and(|status| status.in_flight() == 1)
    };
    let [one, other] = [cluster.node(0), cluster.node(1)];
    until(|| waits(&one) || waits(&other)).await;
    match waits(&one) {
        true => (one, other),
        false => (other, one),
    }
}

/// One request, of two attempts, whose first meets `fault` and is ended, and whose others are answered 500. Returns how
/// many others there were.
async fn attempts_after(fault: Fault) -> u64 {
    let cluster = TestCluster::builder().nodes(2).start().unwrap();
    for node in cluster.nodes() {
        node.inject(fault);
    }
    let (alternator, client) = client(&cluster, 2);
    let leaves_out = async {
        let (waiting, other) = sides(&cluster, &alternator).await;
        if fault != Fault::BlackHole {
            until(|| waiting.counters().requests == 1).await;
        }
        other.inject(Fault::ServerError { share: 1.0 });
        let node = node_of(&alternator, &waiting.url());
        node.extension().abort_requests();
        other
    };
    let (sent, other) = tokio::join!(client.list_tables().send(), leaves_out);
    let status = sent
        .unwrap_err()
        .raw_response()
        .map(|raw| raw.status().as_u16());
    assert_eq!(status, Some(500), "the last attempt was answered");
    other.counters().requests
}

#[tokio::test]
async fn sent_request_costs_an_attempt() {
    assert_eq!(attempts_after(Fault::Hang).await, 1);
}

#[tokio::test]
async fn partially_received_response_costs_an_attempt() {
    assert_eq!(attempts_after(Fault::StallAfterHeaders).await, 1);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn connecting_request_costs_no_attempt() {
    assert_eq!(attempts_after(Fault::BlackHole).await, 2);
}
