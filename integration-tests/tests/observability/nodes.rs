//! The status of the nodes.

use crate::support::{eventually, expect_pings, ready_client, test_cluster};
use alternator_lb_sdk::observe::{EjectionReason, Outcome};
use alternator_lb_sdk::{Alternator, NodeState, NodeStatus};
use alternator_test_cluster::Fault;
use std::time::Duration;

fn node(alternator: &Alternator, url: &str) -> NodeStatus {
    let nodes = alternator.nodes();
    let node = nodes.into_iter().find(|node| node.url() == url);
    node.unwrap()
}

#[tokio::test]
async fn node_that_cannot_be_connected_says_why_since_when_and_how_often() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    let dead = cluster.node(1).url();
    assert_eq!(node(&alternator, &dead).reason(), None);
    let up_for = node(&alternator, &dead).in_state_for();
    cluster.node(1).stop();
    eventually("the node is down", async || {
        expect_pings(&client, 3).await;
        node(&alternator, &dead).state() == NodeState::Down
    })
    .await;
    let status = node(&alternator, &dead);
    assert_eq!(status.reason(), Some(EjectionReason::NotConnected));
    assert!(status.in_state_for() <= up_for + Duration::from_secs(60));
    assert!(status.outcomes(Outcome::NotConnected) >= 1, "{status:?}");
    assert_eq!(status.failures(), status.outcomes(Outcome::NotConnected));
    assert!(status.listed_ago().is_some());

    cluster.node(1).start().unwrap();
    eventually("the node is back", async || {
        expect_pings(&client, 3).await;
        node(&alternator, &dead).state() == NodeState::Up
    })
    .await;
    let status = node(&alternator, &dead);
    assert_eq!(status.reason(), None);
    assert!(status.is_in_slow_start());
}

#[tokio::test]
async fn node_that_fails_names_the_status_of_its_last_response() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    let failing = cluster.node(2).url();
    cluster.node(2).inject(Fault::ServerError { share: 1.0 });
    eventually("the node is ejected", async || {
        expect_pings(&client, 3).await;
        node(&alternator, &failing).state() == NodeState::Ejected
    })
    .await;
    let status = node(&alternator, &failing);
    let reason = status.reason().unwrap();
    assert!(
        matches!(
            reason,
            EjectionReason::ServerErrors {
                status: Some(500),
                ..
            }
        ),
        "{reason:?}"
    );
    assert!(reason.to_string().contains("status 500"), "{reason}");
    assert_eq!(status.outcomes(Outcome::ServerError), status.failures());
}

#[tokio::test]
async fn latencies_and_shares_are_those_of_the_recent_responses() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    for status in alternator.nodes() {
        assert_eq!((status.latency_p50(), status.share()), (None, None));
    }
    let slow = cluster.node(0).url();
    let delay = Duration::from_millis(40);
    cluster.node(0).inject(Fault::SlowOperations(delay));
    expect_pings(&client, 30).await;
    let nodes = alternator.nodes();
    let shares: f64 = nodes.iter().filter_map(NodeStatus::share).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    for status in &nodes {
        let (p50, p99) = (status.latency_p50().unwrap(), status.latency_p99().unwrap());
        assert!(p50 <= p99);
        assert_eq!(p50 >= delay, status.url() == slow, "{status:?}");
    }
}
