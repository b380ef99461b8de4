//! Tests without faults and without a particular topology, which run on a real cluster as well.

use crate::support::{
    Backend, RecordingClient, config, error_text, eventually, expect_pings, ping, signing_config,
    this_test,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, RefreshError, Scope};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use std::collections::{BTreeMap, BTreeSet};

fn recording_client(backend: &Backend, alternator: &Alternator) -> (Client, RecordingClient) {
    let recorder = RecordingClient::new();
    let config = backend.config().http_client(recorder.clone());
    (
        Client::from_conf(config.alternator(alternator).build()),
        recorder,
    )
}

/// Returns the code of the error that the cluster returns to a client with these settings.
async fn error_code(backend: &Backend, config: aws_sdk_dynamodb::config::Builder) -> String {
    let alternator = backend.builder().build().unwrap();
    let client = Client::from_conf(config.alternator(&alternator).build());
    let error = ping(&client).await.unwrap_err();
    match error.code() {
        Some(code) => code.to_owned(),
        None => panic!("{}", error_text(error)),
    }
}

fn listed(alternator: &Alternator) -> BTreeSet<String> {
    alternator
        .nodes()
        .iter()
        .map(|node| node.url().to_owned())
        .collect()
}

#[tokio::test]
async fn requests_and_discovery_use_the_applications_http_client() {
    let backend = Backend::start();
    let alternator = backend.builder().build().unwrap();
    let (client, recorder) = recording_client(&backend, &alternator);
    alternator.refresh().await.unwrap();
    let nodes = listed(&alternator);
    expect_pings(&client, nodes.len()).await;
    assert!(!recorder.discoveries().is_empty());
    assert_eq!(
        recorder.operations().into_iter().collect::<BTreeSet<_>>(),
        nodes
    );
}

#[tokio::test]
async fn several_clients_together_spread_requests_exactly_evenly() {
    let backend = Backend::start();
    let alternator = backend.builder().build().unwrap();
    let clients = [
        recording_client(&backend, &alternator),
        recording_client(&backend, &alternator),
    ];
    alternator.ready().await.unwrap();
    let nodes = alternator.nodes().len();
    for number in 0..nodes * 20 {
        let (client, _) = &clients[number % 2];
        ping(client).await.unwrap();
    }
    assert!(alternator.nodes().iter().all(|node| node.requests() == 20));
}

#[tokio::test]
async fn unknown_datacenter_has_no_nodes_and_the_next_scope_serves() {
    let backend = Backend::start();
    let unknown = || Scope::rack("unknown", "r1").or(Scope::datacenter("unknown"));
    let without_nodes = backend.builder().scope(unknown()).build().unwrap();
    let _client = recording_client(&backend, &without_nodes);
    let error = without_nodes.ready().await.unwrap_err();
    assert!(matches!(error, RefreshError::NoNodes { .. }), "{error:?}");

    let scope = unknown().or(Scope::cluster());
    let alternator = backend.builder().scope(scope).build().unwrap();
    let (client, recorder) = recording_client(&backend, &alternator);
    alternator.ready().await.unwrap();
    expect_pings(&client, alternator.nodes().len()).await;
    assert_eq!(recorder.attempts_per_node().len(), alternator.nodes().len());
}

#[tokio::test]
async fn rack_scope_spreads_requests_evenly_over_that_rack_only() {
    let backend = Backend::start();
    let Some((datacenter, rack)) = backend.rack(this_test!()) else {
        return;
    };
    let whole_cluster = backend.builder().scope(Scope::cluster()).build().unwrap();
    whole_cluster.ready().await.unwrap();
    let scope = Scope::rack(datacenter, rack);
    let alternator = backend.builder().scope(scope).build().unwrap();
    let (client, recorder) = recording_client(&backend, &alternator);
    alternator.ready().await.unwrap();
    let (rack, all) = (listed(&alternator), listed(&whole_cluster));
    assert!(
        rack.is_subset(&all) && rack.len() < all.len(),
        "{rack:?} of {all:?}"
    );

    expect_pings(&client, rack.len() * 10).await;
    let even: BTreeMap<_, _> = rack.into_iter().map(|node| (node, 10)).collect();
    assert_eq!(recorder.attempts_per_node(), even);
}

#[tokio::test]
async fn unsigned_requests_are_rejected_by_a_cluster_that_enforces_authorization() {
    let Some(backend) = Backend::start_enforcing(this_test!()) else {
        return;
    };
    let code = error_code(&backend, config()).await;
    assert_eq!(code, "MissingAuthenticationTokenException");
}

#[tokio::test]
async fn wrong_secret_is_rejected_by_a_cluster_that_enforces_authorization() {
    let Some(backend) = Backend::start_enforcing(this_test!()) else {
        return;
    };
    let role = backend.role().unwrap();
    let code = error_code(&backend, signing_config(role, "something else")).await;
    assert_eq!(code, "UnrecognizedClientException");

    let alternator = backend.builder().build().unwrap();
    let (client, _) = recording_client(&backend, &alternator);
    expect_pings(&client, 1).await;
}

#[tokio::test]
async fn requests_before_and_during_discovery_succeed() {
    let backend = Backend::start();
    let alternator = backend.builder().build().unwrap();
    let (client, recorder) = recording_client(&backend, &alternator);
    eventually("discovery has started", async || {
        ping(&client).await.unwrap();
        !recorder.discoveries().is_empty()
    })
    .await;
    expect_pings(&client, 20).await;
}

#[tokio::test]
async fn cancelled_requests_are_not_counted_as_in_flight() {
    let backend = Backend::start();
    let alternator = backend.builder().build().unwrap();
    let (client, _) = recording_client(&backend, &alternator);
    alternator.ready().await.unwrap();
    for _ in 0..20 {
        // Polled once, so that the request starts, and dropped.
        let request = std::pin::pin!(ping(&client));
        assert!(futures_util::poll!(request).is_pending());
    }
    assert!(alternator.nodes().iter().all(|node| node.requests() > 0));
    expect_pings(&client, 3).await;
    assert_eq!(
        alternator
            .nodes()
            .iter()
            .map(alternator_lb_sdk::NodeStatus::in_flight)
            .sum::<u32>(),
        0
    );
}
