//! Addresses that belong to another cluster now, as the reused address of a pod.

use crate::support::{
    Log, Table, client, eventually, expect_pings, quick_refresh, s, test_cluster,
};
use alternator_lb_sdk::{Alternator, Scope};
use alternator_test_cluster::{InternalTables, Node, NodeConfig, TestCluster};
use aws_sdk_dynamodb::Client;

/// Lets a node leave the cluster, and starts another cluster of three nodes at its address and port.
fn replace_by_foreign(cluster: &TestCluster, node: &Node) -> TestCluster {
    let address = node.address().ip();
    cluster.remove_node(node);
    TestCluster::builder()
        .cluster_name("another cluster")
        .port(cluster.port())
        .node(NodeConfig::new().address(address))
        .node(NodeConfig::new().address("127.0.0.61"))
        .node(NodeConfig::new().address("127.0.0.62"))
        .start()
        .unwrap()
}

async fn write(client: &Client, table: &Table, key: u32) {
    let put = client.put_item().table_name(&table.name);
    let put = put.item("pk", s(key.to_string())).item("sk", s("1")).send();
    put.await.unwrap();
}

fn requests(cluster: &TestCluster) -> u64 {
    let nodes = cluster.nodes();
    nodes.iter().map(|node| node.counters().requests).sum()
}

/// Expects all writes to stay in their cluster after the next refresh, with these indexes of nodes as seeds.
async fn expect_separation(cluster: &TestCluster, scope: Option<Scope>, seeds: &[usize]) {
    let seeds = seeds.iter().map(|index| cluster.node(*index).url());
    let mut builder = Alternator::builder().seeds(seeds);
    if let Some(scope) = scope {
        builder = builder.scope(scope);
    }
    let alternator = builder.build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    let table = Table::create(&client).await;
    let nodes = alternator.nodes().len();

    let foreign = replace_by_foreign(cluster, &cluster.node(1));
    for round in 0..3 {
        alternator.refresh().await.unwrap();
        foreign.reset_counters();
        for key in 0..30 {
            write(&client, &table, key).await;
        }
        assert_eq!(requests(&foreign), 0, "round {round}");
        assert_eq!(alternator.nodes().len(), nodes - 1);
    }
}

#[tokio::test]
async fn writes_stay_in_their_cluster_in_the_default_scope() {
    let cluster = test_cluster!();
    expect_separation(&cluster, None, &[0]).await;
}

#[tokio::test]
async fn writes_stay_in_their_cluster_though_the_foreign_node_is_a_seed() {
    let log = Log::capture();
    let cluster = test_cluster!();
    expect_separation(&cluster, None, &[0, 1, 2]).await;
    let warnings = log.warnings("another cluster");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[tokio::test]
async fn writes_stay_in_their_cluster_in_a_datacenter_scope() {
    let cluster = test_cluster!();
    expect_separation(&cluster, Some(Scope::datacenter("dc1")), &[0, 1]).await;
}

#[tokio::test]
async fn writes_stay_in_their_cluster_in_a_rack_scope() {
    let cluster = test_cluster!(|cluster| {
        let other_rack = NodeConfig::new().rack("r2");
        cluster.nodes(3).node(other_rack)
    });
    let scope = Scope::rack("dc1", "r1").or(Scope::datacenter("dc1"));
    expect_separation(&cluster, Some(scope), &[0, 1]).await;
}

#[tokio::test]
async fn seeds_of_two_clusters_lead_to_that_of_the_first_one() {
    let log = Log::capture();
    let cluster = test_cluster!(|cluster| cluster.internal_tables(InternalTables::Readable));
    let foreign = TestCluster::builder()
        .cluster_name("another cluster")
        .internal_tables(InternalTables::Readable)
        .port(cluster.port())
        .node(NodeConfig::new().address("127.0.0.63"))
        .start()
        .unwrap();
    let seeds = [cluster.node(0).url(), foreign.node(0).url()];
    let alternator = Alternator::builder().seeds(seeds).build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    foreign.reset_counters();
    expect_pings(&client, 30).await;
    assert_eq!(requests(&foreign), 0);
    let warnings = log.warnings("another cluster");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let spans = log.warnings("different datacenters");
    assert_eq!(spans, Vec::<String>::new());
}

#[tokio::test]
async fn node_that_returns_to_its_cluster_is_used_again() {
    let cluster = test_cluster!();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    let left = cluster.node(1);
    let foreign = replace_by_foreign(&cluster, &left);
    eventually("the foreign node is not listed", async || {
        alternator.nodes().len() == 2
    })
    .await;
    drop(foreign);
    let node = NodeConfig::new().address(left.address().ip());
    let node = cluster.add_node(node).unwrap();
    eventually("the node that returned serves", async || {
        expect_pings(&client, 1).await;
        node.counters().requests > 0
    })
    .await;
}
