//! Even distribution of requests over the nodes.

use crate::support::{Backend, Load, RecordingClient, expect_pings, test_cluster};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, Policy};
use aws_sdk_dynamodb::Client;

async fn recording_client(
    backend: &Backend,
    policy: Policy,
) -> (Alternator, Client, RecordingClient) {
    let recorder = RecordingClient::new();
    let alternator = backend.builder().policy(policy).build().unwrap();
    let config = backend.config().http_client(recorder.clone());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    (alternator, client, recorder)
}

async fn expect_sequential_requests_are_exactly_even(policy: Policy) {
    let backend = Backend::start();
    let (alternator, client, recorder) = recording_client(&backend, policy).await;
    let nodes = alternator.nodes().len();
    expect_pings(&client, nodes * 50).await;

    let spread = recorder.attempts_per_node();
    assert_eq!(spread.len(), nodes, "{spread:?}");
    assert!(spread.values().all(|&count| count == 50), "{spread:?}");
    for node in alternator.nodes() {
        assert_eq!(
            (node.requests(), node.failures(), node.in_flight()),
            (50, 0, 0)
        );
    }
}

#[tokio::test]
async fn sequential_requests_are_exactly_even_by_default() {
    expect_sequential_requests_are_exactly_even(Policy::default()).await;
}

#[tokio::test]
async fn sequential_requests_are_exactly_even_with_round_robin() {
    expect_sequential_requests_are_exactly_even(Policy::round_robin()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_load_differs_between_nodes_by_less_than_two_percent() {
    let backend = Backend::start();
    let (_alternator, client, recorder) = recording_client(&backend, Policy::default()).await;
    let load = Load::of_pings(&client, 16);
    load.wait_for_requests(3000).await;
    assert_eq!(load.stop().await, Vec::<String>::new());

    let spread = recorder.attempts_per_node();
    let (least, most) = (
        spread.values().min().unwrap(),
        spread.values().max().unwrap(),
    );
    let mean = recorder.operations().len() / spread.len();
    assert!((most - least) * 100 < mean * 2, "{spread:?}");
}

#[tokio::test]
async fn random_policy_reaches_every_node() {
    let backend = Backend::start();
    let (alternator, client, recorder) = recording_client(&backend, Policy::random()).await;
    expect_pings(&client, 100).await;
    assert_eq!(recorder.attempts_per_node().len(), alternator.nodes().len());
}

#[tokio::test]
async fn three_consecutive_requests_go_to_three_different_nodes() {
    let cluster = test_cluster!();
    let recorder = RecordingClient::new();
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    let config = crate::support::config().http_client(recorder.clone());
    let client = Client::from_conf(config.alternator(&alternator).build());
    expect_pings(&client, 30).await;
    let visited = recorder.operations();
    assert!(
        visited
            .windows(3)
            .all(|three| three[0] != three[1] && three[1] != three[2] && three[0] != three[2]),
        "{visited:?}"
    );
}
