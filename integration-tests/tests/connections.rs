//! Connections of the plugin's HTTP client: one pool for each node, which goes with its node.

mod shards;

use crate::support::{
    Load, client, eventually, eventually_within, expect_pings, ping, quick_refresh, ready_client,
    ready_client_of, test_cluster,
};
use alternator_lb_sdk::{Alternator, Builder, NodeState, Scope};
use alternator_test_cluster::{Node, NodeConfig, TestCluster};
use std::time::Duration;
use tokio::time::sleep;

/// The clients of one process in the test of a node's return.
const CLIENTS: usize = 20;

/// The documented time after which the connections of a node that has left are closed.
const RETIREMENT: Duration = Duration::from_secs(10);

fn open(node: &Node) -> u64 {
    node.counters().open_connections
}

/// A node of a cluster with three leaves the list under load: its connections are closed, and no others. `builder` has
/// the first node as its seed.
pub(crate) async fn expect_retirement(cluster: &TestCluster, builder: Builder) {
    let (alternator, client) = ready_client_of(builder).await;
    let load = Load::of_pings(&client, 16);
    load.wait_for_requests(300).await;
    let [first, second, leaving] = [0, 1, 2].map(|index| cluster.node(index));
    let staying = [first, second];
    assert!(open(&leaving) > 0);
    let before: u64 = staying.iter().map(open).sum();
    cluster.reset_counters();

    leaving.set_listed(false);
    eventually("the node has left the list", async || {
        alternator.nodes().len() == 2
    })
    .await;
    eventually_within(RETIREMENT, "its connections are closed", async || {
        open(&leaving) == 0
    })
    .await;
    load.wait_for_requests(300).await;
    assert_eq!(load.stop().await, Vec::<String>::new());

    let counters = staying.map(|node| node.counters());
    let sum = |count: fn(&_) -> u64| counters.iter().map(count).sum::<u64>();
    let after = sum(|it: &alternator_test_cluster::Counters| it.open_connections);
    let opened = sum(|it| it.connections);
    // A probe of a node that seems to hang has a connection to itself.
    let probes = sum(|it| it.health_checks);
    assert!(
        before + opened <= after + probes,
        "of {before} and {opened} connections to other nodes, {after} are left, with {probes} probes"
    );
}

#[tokio::test]
async fn connections_of_a_node_that_leaves_the_list_are_closed_and_no_others() {
    let cluster = test_cluster!();
    expect_retirement(&cluster, quick_refresh(&cluster)).await;
}

#[tokio::test]
async fn connections_to_a_seed_outside_of_the_scope_are_closed_too() {
    let cluster = test_cluster!(|cluster| {
        let seed = NodeConfig::new().rack("r2");
        cluster.node(seed).nodes(2)
    });
    let [seed, node] = [0, 1].map(|index| cluster.node(index));
    let builder = Alternator::builder().seeds([seed.url()]);
    let builder = builder.scope(Scope::rack("dc1", "r1"));
    // No refresh asks the seed again meanwhile.
    let builder = builder.refresh_interval(Duration::from_secs(3_600));
    let (_alternator, client) = ready_client_of(builder).await;
    assert!(seed.counters().connections > 0);
    expect_pings(&client, 4).await;
    let closed = "the connections to the seed are closed";
    eventually_within(RETIREMENT, closed, async || open(&seed) == 0).await;
    // An operation for this address.
    let own = aws_sdk_dynamodb::config::Builder::new().endpoint_url(seed.url());
    let pinned = client.list_tables().customize().config_override(own);
    pinned.send().await.unwrap();
    assert_eq!(open(&seed), 1);
    eventually_within(RETIREMENT, closed, async || open(&seed) == 0).await;
    assert!(open(&node) > 0);
}

#[tokio::test]
async fn node_that_returns_to_the_list_is_connected_anew() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    expect_pings(&client, 6).await;
    let node = cluster.node(2);
    node.set_listed(false);
    eventually_within(RETIREMENT, "its connections are closed", async || {
        open(&node) == 0
    })
    .await;
    node.set_listed(true);
    eventually("the node is listed", async || alternator.nodes().len() == 3).await;
    node.reset_counters();
    eventually("the node serves", async || {
        ping(&client).await.unwrap();
        node.counters().requests >= 3
    })
    .await;
    assert!(open(&node) > 0);
}

#[tokio::test]
async fn node_has_idle_connections_before_its_first_request() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client_of(quick_refresh(&cluster).min_idle(4)).await;
    for node in cluster.nodes() {
        assert_eq!((open(&node), node.counters().requests), (4, 0));
    }
    let node = cluster.add_node(NodeConfig::new()).unwrap();
    eventually("the node is used", async || alternator.nodes().len() == 4).await;
    assert_eq!((open(&node), node.counters().requests), (4, 0));
    let before = node.counters().connections;
    eventually("the node serves", async || {
        ping(&client).await.unwrap();
        node.counters().requests >= 3
    })
    .await;
    assert_eq!(node.counters().connections, before);
}

#[tokio::test]
async fn thousand_sequential_requests_take_one_connection_to_each_node() {
    let cluster = test_cluster!();
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    cluster.reset_counters();
    let before: u64 = cluster.nodes().iter().map(open).sum();
    expect_pings(&client, 1000).await;
    let nodes = cluster.nodes();
    let counters = nodes.iter().map(|node| node.counters());
    let (opened, others) = counters.fold((0, 0), |(opened, others), it| {
        (
            opened + it.connections,
            others + it.discoveries + it.health_checks,
        )
    });
    // A request of discovery's own may take place beside one of the application.
    assert!(
        before + opened <= 3 + others,
        "{before} and {opened} connections beside {others} requests of discovery"
    );
}

/// Returns how many connections a node accepts within the first second after it has returned, from so many clients with
/// 16 callers each.
async fn connects_after_return(clients: usize) -> u64 {
    let cluster = TestCluster::builder().nodes(3).start().unwrap();
    let node = cluster.node(2);
    let mut loads = Vec::new();
    let mut alternators = Vec::new();
    for _ in 0..clients {
        let (alternator, client) =
            ready_client_of(Alternator::builder().seeds([cluster.node(0).url()])).await;
        loads.push(Load::of_pings(&client, 16));
        alternators.push(alternator);
    }
    for load in &loads {
        load.wait_for_requests(16).await;
    }
    node.stop();
    let is = |alternator: &Alternator, expected: NodeState| {
        let nodes = alternator.nodes();
        let status = nodes.iter().find(|status| status.url() == node.url());
        status.is_some_and(|status| status.state() == expected)
    };
    eventually("all clients have ejected the node", async || {
        let mut alternators = alternators.iter();
        alternators.all(|alternator| !is(alternator, NodeState::Up))
    })
    .await;
    node.reset_counters();
    node.start().unwrap();
    eventually("the node serves", async || node.counters().requests > 0).await;
    // The time in which connections are counted.
    sleep(Duration::from_secs(1)).await;
    let connections = node.counters().connections;
    for load in loads {
        assert_eq!(load.stop().await, Vec::<String>::new());
    }
    connections
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn returning_node_is_connected_by_no_more_than_its_backlog_at_once() {
    for clients in [1, CLIENTS] {
        let connects = connects_after_return(clients).await;
        eprintln!("{clients} clients: {connects} connections in the first second");
        assert!(connects < 100, "{clients} clients: {connects} connections");
    }
}
