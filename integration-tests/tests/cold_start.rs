//! The first requests of a process.

use crate::support::{
    CannedResponseClient, RecordingClient, UnresponsiveClient, config, eventually, expect_pings,
    test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::Fault;
use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::shared::IntoShared as _;
use futures_util::poll;
use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;
use tokio::time::timeout;

/// Ends tests that would hang.
const TEST_TIMEOUT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn first_request_goes_to_a_random_seed() {
    let canned_responses = CannedResponseClient::new();
    let mut first = BTreeSet::new();
    // The probability that one of three seeds never comes first in a hundred starts is 10^-17.
    for _ in 0..100 {
        let seeds = [
            "http://192.0.2.1:8000",
            "http://192.0.2.2:8000",
            "http://192.0.2.3:8000",
        ];
        let alternator = Alternator::builder().seeds(seeds).build().unwrap();
        let config = config()
            .http_client(canned_responses.clone())
            .alternator(&alternator);
        expect_pings(&Client::from_conf(config.build()), 1).await;
        let visited = alternator
            .nodes()
            .into_iter()
            .find(|node| node.requests() > 0);
        first.insert(visited.unwrap().url().to_owned());
    }
    assert_eq!(first.len(), 3, "{first:?}");
}

#[tokio::test]
async fn requests_do_not_wait_for_discovery() {
    let cluster = test_cluster!();
    let recorder = RecordingClient::decorating(UnresponsiveClient::new().into_shared());
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    let config = config()
        .http_client(recorder.clone())
        .alternator(&alternator);
    let client = Client::from_conf(config.build());
    eventually("discovery has started", async || {
        !recorder.discoveries().is_empty()
    })
    .await;
    let mut ready = pin!(alternator.ready());
    assert!(poll!(&mut ready).is_pending());
    timeout(TEST_TIMEOUT, expect_pings(&client, 9))
        .await
        .unwrap();
    assert!(
        poll!(&mut ready).is_pending(),
        "no refresh has completed, not even with an error"
    );
    for node in cluster.nodes() {
        assert_eq!(node.counters().requests, 3);
    }
}

#[tokio::test]
async fn hung_seed_does_not_prevent_discovery_from_another_seed() {
    let cluster = test_cluster!();
    cluster.node(0).inject(Fault::Hang);
    let seeds = [cluster.node(0).url(), cluster.node(1).url()];
    let alternator = Alternator::builder().seeds(seeds).build().unwrap();
    alternator.ready().await.unwrap();
    assert_eq!(alternator.nodes().len(), 3);
}
