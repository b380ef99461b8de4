//! Contention of lightweight transactions between coordinators.

use super::{create_table, settled_clients, table_metadata, with};
use crate::support::{
    Table, direct_client, eventually, n, quick_refresh, ready_client, ready_client_of, s,
    test_cluster,
};
use alternator_lb_sdk::{Alternator, KeyAffinity, NodeState};
use alternator_test_cluster::{Fault, Node, NodeConfig, Paxos, TestCluster, Tokens};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use futures_util::future::join_all;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::future::Future;

/// Two nodes in each of three racks, with the costs of transactions.
fn six_nodes(cluster: alternator_test_cluster::Builder) -> alternator_test_cluster::Builder {
    let racks = ["r1", "r2", "r3"].into_iter().cycle().take(6);
    let nodes = racks.map(|rack| NodeConfig::new().rack(rack));
    let cluster = cluster.tokens(Tokens::tablets(8)).paxos(Paxos::new());
    nodes.fold(cluster, alternator_test_cluster::Builder::node)
}

/// Increments one hot key `times` times from each of the four callers of each client.
async fn increment(clients: &[(Alternator, Client)], table: &Table, times: usize) {
    let callers = clients.iter().flat_map(|(_, client)| [client; 4]);
    let increments = callers.map(async |client| {
        for _ in 0..times {
            let update = client.update_item().table_name(&table.name);
            let update = update.key("pk", s("hot")).key("sk", s("x"));
            let update = update.update_expression("ADD clicks :one");
            let update = update.expression_attribute_values(":one", n(1));
            // Uncertain ones fail where the SDK's retries do not suffice.
            let _ = update.send().await;
        }
    });
    join_all(increments).await;
}

#[tokio::test]
async fn transactions_of_eight_clients_on_a_hot_key_contend_only_without_affinity() {
    let cluster = test_cluster!(six_nodes);
    let table = create_table(&cluster).await;
    let with_affinity = settled_clients(&cluster, 8, &table).await;
    cluster.reset_counters();
    increment(&with_affinity, &table, 5).await;
    assert_eq!(contention(&cluster), (0, 0));
    assert_eq!(cluster.lwt_partitions()[0].operations.len(), 1);

    let without_affinity = join_all((0..8).map(|_| ready_client(&cluster))).await;
    increment(&without_affinity, &table, 5).await;
    // A ScyllaDB of as many nodes counted three contentions for each ten transactions, and one uncertain transaction for
    // forty.
    assert!(cluster.ballot_contentions() >= 16);
    assert!(cluster.uncertain_transactions() >= 1);
    assert_eq!(cluster.lwt_partitions()[0].operations.len(), 6);
}

/// The table of counters, whose only key is `id`.
const COUNTERS: &str = "counters";

/// The number of counters, all of them hot.
const KEYS: usize = 6;

fn key(number: usize) -> String {
    format!("counter {number}")
}

async fn create_counters(cluster: &TestCluster) {
    table_metadata::create(&direct_client(cluster.url()), COUNTERS, "id", "S").await;
}

async fn ready_clients(cluster: &TestCluster) -> Vec<(Alternator, Client)> {
    let builder = || with(cluster, KeyAffinity::conditional_writes());
    join_all((0..4).map(|_| ready_client_of(builder()))).await
}

/// Increments all counters `times` times by each of two callers of a client. Returns the number of failures.
async fn count(client: &Client, times: usize) -> usize {
    let callers = (0..2).map(async |_| {
        let mut failed = 0;
        for number in (0..KEYS).cycle().take(times * KEYS) {
            let update = client.update_item().table_name(COUNTERS);
            let update = update.key("id", s(key(number)));
            let update = update.update_expression("ADD clicks :one");
            let update = update.expression_attribute_values(":one", n(1));
            failed += usize::from(update.send().await.is_err());
        }
        failed
    });
    join_all(callers).await.into_iter().sum()
}

async fn count_all(clients: &[(Alternator, Client)], times: usize) -> usize {
    let counts = clients.iter().map(|(_, client)| count(client, times));
    join_all(counts).await.into_iter().sum()
}

/// Returns the numbers of ballot contentions and of uncertain transactions.
fn contention(cluster: &TestCluster) -> (u64, u64) {
    (
        cluster.ballot_contentions(),
        cluster.uncertain_transactions(),
    )
}

#[tokio::test]
async fn transactions_do_not_contend_through_errors_that_eject_no_node() {
    for fault in [
        Fault::ServerError { share: 0.2 },
        Fault::Throttle { share: 0.2 },
    ] {
        let cluster = test_cluster!(six_nodes);
        create_counters(&cluster).await;
        let clients = ready_clients(&cluster).await;
        cluster.nodes().iter().for_each(|node| node.inject(fault));
        // Too few requests of each client to each node for a success rate that could eject it.
        count_all(&clients, 3).await;
        let nodes = clients
            .iter()
            .flat_map(|(alternator, _)| alternator.nodes());
        assert!(nodes.into_iter().all(|node| node.state() == NodeState::Up));
        assert_eq!(contention(&cluster), (0, 0), "{fault:?}");
    }
}

#[tokio::test]
async fn transactions_do_not_contend_while_clients_start_one_after_the_other() {
    let cluster = test_cluster!(six_nodes);
    create_counters(&cluster).await;
    let clients = (0..8).map(async |number: usize| {
        let builder = quick_refresh(&cluster);
        let builder = match number % 2 {
            0 => builder.token_aware(),
            _ => builder.key_affinity(KeyAffinity::conditional_writes()),
        };
        // Each begins when the ones before have made some transactions.
        let before = (number * KEYS) as u64;
        let transactions = || -> u64 {
            let partitions = cluster.lwt_partitions().into_iter();
            let counts = partitions.flat_map(|partition| partition.operations.into_values());
            counts.sum()
        };
        eventually("the clients before have begun", async || {
            transactions() >= before
        })
        .await;
        let (_alternator, client) = ready_client_of(builder).await;
        count(&client, 8).await
    });
    let failed: usize = join_all(clients).await.into_iter().sum();
    assert_eq!((failed, contention(&cluster)), (0, (0, 0)));
}

#[tokio::test]
async fn transactions_of_token_aware_clients_do_not_contend_while_tablets_move() {
    let cluster = test_cluster!(six_nodes);
    create_counters(&cluster).await;
    let builder = || quick_refresh(&cluster).token_aware();
    let clients = join_all((0..4).map(|_| ready_client_of(builder()))).await;
    count_all(&clients, 1).await;
    let moves = async {
        for (index, tablet) in cluster.tablets(COUNTERS).iter().enumerate() {
            let nodes = cluster.nodes();
            let is_replica = |node: &Node| tablet.replicas.iter().any(|it| it.url() == node.url());
            let to = nodes.iter().find(|node| !is_replica(node)).unwrap();
            cluster.move_tablet(COUNTERS, index, &tablet.replicas[0], to);
            count(&clients[index % 4].1, 1).await;
        }
    };
    let (failed, ()) = futures_util::future::join(count_all(&clients, 8), moves).await;
    assert_eq!((failed, contention(&cluster)), (0, (0, 0)));
}

/// Has four clients count while `change` happens, until all of them choose the same coordinators, other than those in
/// `excluded`. Then there is no contention any more.
async fn assert_contention_ends_after(
    name: &str,
    cluster: &TestCluster,
    change: impl Future<Output = BTreeSet<String>>,
) {
    create_counters(cluster).await;
    let clients = ready_clients(cluster).await;
    count_all(&clients, 1).await;
    assert_eq!(contention(cluster), (0, 0));
    let is_over = Cell::new(false);
    let failed = Cell::new(0);
    let counting = clients.iter().map(async |(_, client)| {
        while !is_over.get() {
            failed.set(failed.get() + count(client, 1).await);
        }
    });
    let changing = async {
        let expected = change.await;
        eventually("all clients choose the same coordinators", async || {
            agree(&clients, &expected)
        })
        .await;
        is_over.set(true);
    };
    futures_util::future::join(join_all(counting), changing).await;
    let (contentions, uncertain) = contention(cluster);
    let failed = failed.get();
    println!("{name}: {contentions} contentions, {uncertain} uncertain, {failed} failed");
    cluster.reset_counters();
    assert_eq!(count_all(&clients, 3).await, 0);
    assert_eq!(contention(cluster), (0, 0));
}

/// Returns whether all clients use these nodes, and choose the same coordinator of each counter.
fn agree(clients: &[(Alternator, Client)], nodes: &BTreeSet<String>) -> bool {
    let use_them = clients.iter().all(|(alternator, _)| {
        let usable = alternator.nodes().into_iter();
        let usable = usable.filter(|node| node.state() == NodeState::Up);
        let usable: BTreeSet<_> = usable.map(|node| node.url().to_owned()).collect();
        usable == *nodes
    });
    use_them
        && (0..KEYS).all(|number| {
            let update = UpdateItemInput::builder().table_name(COUNTERS);
            let update = update.key("id", s(key(number)));
            let update = update.update_expression("ADD clicks :one").build().unwrap();
            let coordinators = clients.iter().map(|(alternator, _)| {
                let explanation = alternator.explain(&update);
                explanation.node().map(str::to_owned)
            });
            coordinators.collect::<BTreeSet<_>>().len() == 1
        })
}

/// The URLs of all nodes but this one.
fn without(cluster: &TestCluster, node: &Node) -> BTreeSet<String> {
    let nodes = cluster.nodes().into_iter().map(|node| node.url());
    nodes.filter(|url| *url != node.url()).collect()
}

#[tokio::test]
async fn contention_ends_when_all_clients_know_that_a_node_died() {
    let cluster = test_cluster!(six_nodes);
    let dies = async {
        let node = cluster.node(2);
        node.stop();
        without(&cluster, &node)
    };
    assert_contention_ends_after("a node dies", &cluster, dies).await;
}

#[tokio::test]
async fn contention_ends_when_all_clients_have_ejected_a_failing_node() {
    let cluster = test_cluster!(six_nodes);
    let fails = async {
        let node = cluster.node(2);
        node.inject(Fault::ServerError { share: 1.0 });
        without(&cluster, &node)
    };
    assert_contention_ends_after("a node is ejected", &cluster, fails).await;
}

#[tokio::test]
async fn contention_ends_when_all_clients_know_a_node_that_joined() {
    let cluster = test_cluster!(six_nodes);
    let joins = async {
        cluster.add_node(NodeConfig::new().rack("r1")).unwrap();
        cluster.nodes().into_iter().map(|node| node.url()).collect()
    };
    assert_contention_ends_after("a node joins", &cluster, joins).await;
}

#[tokio::test]
async fn contention_ends_when_all_clients_know_that_a_node_left() {
    let cluster = test_cluster!(six_nodes);
    let leaves = async {
        let node = cluster.node(2);
        let others = without(&cluster, &node);
        cluster.remove_node(&node);
        others
    };
    assert_contention_ends_after("a node leaves", &cluster, leaves).await;
}
