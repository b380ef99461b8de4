//! Nodes that die under load, without failed operations.

use crate::support::{
    Load, Table, config, error_text, eventually, expect_pings, ping, quick_refresh, quick_retries,
    ready_client, s, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, NodeState, NodeStatus};
use alternator_test_cluster::{Fault, Node, TestCluster};
use aws_sdk_dynamodb::Client;

fn state(alternator: &Alternator, node: &Node) -> NodeState {
    let nodes = alternator.nodes();
    let status = nodes.iter().find(|status| status.url() == node.url());
    status.unwrap().state()
}

/// Starts sixteen callers that write an item and read it back with a consistent read.
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
                None => Err("the written item is missing".to_owned()),
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
    // Because of the cut connections, or of a refused one.
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
    assert_eq!(sent, before, "no request was needed to detect the recovery");
    assert!(node.counters().health_checks > 0, "the node was probed");
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
        "three requests, one of them with two attempts"
    );
}

/// The number of requests that reach `node` while a client makes `count` requests, all of which succeed.
async fn requests_reaching(node: &Node, client: &Client, count: usize) -> u64 {
    let before = node.counters().requests;
    expect_pings(client, count).await;
    node.counters().requests - before
}

#[tokio::test]
async fn throttling_node_stays_up_and_keeps_getting_requests() {
    let cluster = test_cluster!();
    let (alternator, client) = client_with_quick_retries(&cluster).await;
    let node = cluster.node(1);
    node.inject(Fault::Throttle { share: 1.0 });
    let before = node.counters().requests;
    // Twice the number of consecutive errors that eject a node.
    eventually("ten requests are throttled", async || {
        ping(&client).await.unwrap();
        node.counters().requests >= before + 10
    })
    .await;
    assert_eq!(state(&alternator, &node), NodeState::Up);
}

#[tokio::test]
async fn node_returning_few_errors_stays_up_and_keeps_getting_requests() {
    let cluster = test_cluster!();
    let (alternator, client) = client_with_quick_retries(&cluster).await;
    let node = cluster.node(1);
    // Half of the share of failures that ejects a node.
    node.inject(Fault::ServerError { share: 0.1 });
    for _ in 0..3 {
        assert!(requests_reaching(&node, &client, 90).await >= 25);
        assert_eq!(state(&alternator, &node), NodeState::Up);
    }
    let failures: u64 = alternator.nodes().iter().map(NodeStatus::failures).sum();
    assert!(failures >= 5, "{failures}");
}

#[tokio::test]
async fn client_errors_do_not_count_as_failures_of_the_node() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    for _ in 0..30 {
        let get = client.get_item().table_name("missing").key("pk", s("a"));
        let error = get.send().await.unwrap_err().into_service_error();
        assert!(error.is_resource_not_found_exception(), "{error:?}");
    }
    for node in alternator.nodes() {
        assert_eq!(node.state(), NodeState::Up);
        assert_eq!((node.requests(), node.failures()), (10, 0));
    }
}

async fn client_with_quick_retries(cluster: &TestCluster) -> (Alternator, Client) {
    let alternator = quick_refresh(cluster).build().unwrap();
    let config = config().retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    (alternator, client)
}
