//! Requests that are cancelled by their callers.

use crate::support::{eventually, expect_pings, ping, ready_client, test_cluster};
use alternator_lb_sdk::{Alternator, NodeState, NodeStatus};
use alternator_test_cluster::Fault;
use aws_sdk_dynamodb::Client;
use std::time::Duration;
use tokio::task::JoinSet;

fn in_flight(alternator: &Alternator) -> u32 {
    alternator.nodes().iter().map(NodeStatus::in_flight).sum()
}

fn start_requests(client: &Client, count: usize) -> JoinSet<()> {
    let mut requests = JoinSet::new();
    for _ in 0..count {
        let client = client.clone();
        requests.spawn(async move {
            let _ = ping(&client).await;
        });
    }
    requests
}

#[tokio::test]
async fn cancelled_requests_to_hung_nodes_leave_nothing_in_flight() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    for node in cluster.nodes() {
        node.inject(Fault::Hang);
    }
    for _ in 0..3 {
        let mut requests = start_requests(&client, 30);
        eventually("all are in flight", async || in_flight(&alternator) == 30).await;
        let arrived = |count| {
            cluster
                .nodes()
                .iter()
                .all(|node| node.counters().requests >= count)
        };
        eventually("all have arrived", async || arrived(10)).await;
        requests.shutdown().await;
        assert_eq!(in_flight(&alternator), 0);
    }
    for node in cluster.nodes() {
        node.recover();
    }
    expect_pings(&client, 9).await;
    assert!(
        alternator
            .nodes()
            .iter()
            .all(|node| node.state() == NodeState::Up)
    );
}

#[tokio::test]
async fn cancelled_probe_request_leaves_the_probe_to_the_next_request() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    let node = cluster.node(1);
    let is_up = || {
        let nodes = alternator.nodes();
        let status = nodes.iter().find(|status| status.url() == node.url());
        status.unwrap().state() == NodeState::Up
    };
    node.inject(Fault::ServerError { share: 1.0 });
    eventually("the node is ejected", async || {
        ping(&client).await.unwrap();
        !is_up()
    })
    .await;
    // The node is healthy, and its operations take long.
    node.inject(Fault::SlowOperations(Duration::from_secs(3600)));
    let before = node.counters().requests;
    let mut probe = JoinSet::new();
    eventually("a request probes the node", async || {
        probe = start_requests(&client, 1);
        eventually("the request has reached a node", async || {
            probe.try_join_next().is_some() || node.counters().requests > before
        })
        .await;
        node.counters().requests > before
    })
    .await;
    expect_pings(&client, 9).await;
    assert_eq!(node.counters().requests, before + 1, "one probe at a time");
    probe.shutdown().await;
    assert_eq!(in_flight(&alternator), 0);

    node.recover();
    eventually("all nodes are up", async || {
        ping(&client).await.unwrap();
        is_up()
    })
    .await;
}
