//! Nodes die under load, and nobody notices.

use crate::support::{
    Load, Table, error_text, eventually, expect_pings, ping, ready_client, s, test_cluster,
};
use alternator_lb_sdk::{Alternator, NodeState, NodeStatus};
use alternator_test_cluster::{Fault, Node};
use aws_sdk_dynamodb::Client;

fn state(alternator: &Alternator, node: &Node) -> NodeState {
    let nodes = alternator.nodes();
    let status = nodes.iter().find(|status| status.url() == node.url());
    status.unwrap().state()
}

/// Sixteen callers that write an item and read it back, consistently.
async fn start_sixteen_callers(client: &Client) -> Load {
    let table = Table::create(client).await;
    Load::start(client, 16, move |client, number| {
        let name = table.name.clone();
        async move {
            let pk = s(number.to_string());
            let put = client.put_item().table_name(&name);
            let put = put.item("pk", pk.clone()).item("sk", s("-"));
            put.send().await.map_err(error_text)?;
            let get = client.get_item().table_name(&name).consistent_read(true);
            let found = get.key("pk", pk).key("sk", s("-")).send().await;
            match found.map_err(error_text)?.item {
                Some(_) => Ok(()),
                None => Err("what was written is not there".to_owned()),
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_killed_under_load_fails_no_operation() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    let load = start_sixteen_callers(&client).await;
    load.wait_for_requests(150).await;
    cluster.node(1).stop();
    load.wait_for_requests(300).await;
    // For the connections that were cut, or for one that was refused.
    assert_ne!(state(&alternator, &cluster.node(1)), NodeState::Up);
    assert_eq!(load.stop().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seed_killed_under_load_fails_no_operation() {
    let cluster = test_cluster!();
    let (_alternator, client) = ready_client(&cluster).await;
    let load = start_sixteen_callers(&client).await;
    load.wait_for_requests(150).await;
    cluster.node(0).stop();
    load.wait_for_requests(300).await;
    assert_eq!(load.stop().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_flapping_under_load_fails_no_operation() {
    let cluster = test_cluster!();
    let (_alternator, client) = ready_client(&cluster).await;
    let load = start_sixteen_callers(&client).await;
    for _ in 0..5 {
        load.wait_for_requests(50).await;
        cluster.node(1).stop();
        load.wait_for_requests(50).await;
        cluster.node(1).start().unwrap();
    }
    assert_eq!(load.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn restarted_node_gets_its_share_again() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    let node = cluster.node(1);
    node.stop();
    expect_pings(&client, 6).await;
    assert_eq!(state(&alternator, &node), NodeState::Down);
    let before = node.counters().requests;

    node.start().unwrap();
    let mut sent = 0;
    eventually("the node is up", async || {
        sent = node.counters().requests;
        ping(&client).await.unwrap();
        state(&alternator, &node) == NodeState::Up
    })
    .await;
    assert_eq!(sent, before, "no request found out");
    assert!(node.counters().health_checks > 0, "it was asked");
    cluster.reset_counters();
    expect_pings(&client, 30).await;
    for node in cluster.nodes() {
        assert_eq!(node.counters().requests, 10);
    }
}

#[tokio::test]
async fn dead_node_costs_one_attempt_in_total() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    cluster.node(1).stop();
    expect_pings(&client, 3).await;
    let attempts = |alternator: &Alternator| -> u64 {
        alternator.nodes().iter().map(NodeStatus::requests).sum()
    };
    assert_eq!(
        attempts(&alternator),
        4,
        "three requests, one of them tried twice"
    );
}

#[tokio::test]
async fn a_node_that_answers_errors_stays_in_use() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    cluster.node(1).inject(Fault::Throttle { share: 1.0 });
    for _ in 0..6 {
        let _ = ping(&client).await;
    }
    assert_eq!(state(&alternator, &cluster.node(1)), NodeState::Up);
}
