//! Nodes join and leave.

use crate::rig::{
    Metronome, client_of, eventually, expect_pings, ping, quick_retries, refreshing, scripted,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::{NodeConfig, TestCluster};
use aws_sdk_dynamodb::Client;
use std::collections::BTreeSet;

fn listed(alternator: &Alternator) -> BTreeSet<String> {
    alternator
        .nodes()
        .iter()
        .map(|node| node.url().to_owned())
        .collect()
}

fn present(cluster: &TestCluster) -> BTreeSet<String> {
    cluster.urls().into_iter().collect()
}

/// Waits until the nodes in use are those of the cluster.
async fn up_to_date(cluster: &TestCluster, alternator: &Alternator) {
    eventually("the list is that of the cluster", async || {
        listed(alternator) == present(cluster)
    })
    .await;
}

async fn expect_even(cluster: &TestCluster, client: &Client) {
    cluster.reset_counters();
    let nodes = cluster.nodes();
    expect_pings(client, nodes.len() * 10).await;
    for node in nodes {
        assert_eq!(node.counters().requests, 10, "{}", node.url());
    }
}

#[tokio::test]
async fn a_node_that_joins_gets_its_share() {
    let cluster = scripted!();
    let (alternator, client) = client_of(&cluster).await;
    cluster.add_node(NodeConfig::new()).unwrap();
    up_to_date(&cluster, &alternator).await;
    expect_even(&cluster, &client).await;
}

#[tokio::test]
async fn a_node_that_left_gets_nothing_more_though_it_still_answers() {
    let cluster = scripted!();
    let (alternator, client) = client_of(&cluster).await;
    let leaving = cluster.node(2);
    leaving.set_listed(false);
    eventually("the node is out of the list", async || {
        alternator.nodes().len() == 2
    })
    .await;
    cluster.reset_counters();
    expect_pings(&client, 10).await;
    assert_eq!(leaving.counters().requests, 0);
    assert!(leaving.is_running());
}

#[tokio::test]
async fn a_node_replaced_at_a_new_address_fails_nothing() {
    let cluster = scripted!();
    let (alternator, client) = client_of(&cluster).await;
    cluster.remove_node(&cluster.node(1));
    cluster.add_node(NodeConfig::new()).unwrap();
    eventually("the list is that of the cluster", async || {
        ping(&client).await.unwrap();
        listed(&alternator) == present(&cluster)
    })
    .await;
    expect_even(&cluster, &client).await;
}

#[tokio::test]
async fn a_rolling_replacement_of_all_nodes_fails_nothing() {
    let cluster = scripted!();
    let (alternator, client) = client_of(&cluster).await;
    for index in 0..3 {
        cluster.add_node(NodeConfig::new()).unwrap();
        cluster.remove_node(&cluster.node(index));
        eventually("the list is that of the cluster", async || {
            ping(&client).await.unwrap();
            listed(&alternator) == present(&cluster)
        })
        .await;
    }
    expect_even(&cluster, &client).await;
}

#[tokio::test]
async fn a_cluster_that_came_back_at_new_addresses_is_found_through_a_seed() {
    let cluster = scripted!();
    let kept = "127.0.0.22";
    let kept_url = format!("http://{kept}:{}", cluster.port());
    // Nobody listens on the second seed yet.
    let alternator = refreshing(&cluster).seeds([kept_url]).build().unwrap();
    let config = crate::rig::config().retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    assert_eq!(listed(&alternator), present(&cluster));

    for node in cluster.nodes() {
        cluster.remove_node(&node);
    }
    ping(&client).await.unwrap_err();
    for address in ["127.0.0.20", "127.0.0.21", kept] {
        cluster
            .add_node(NodeConfig::new().address(address))
            .unwrap();
    }
    eventually(
        "requests go to the new nodes and to no others",
        async || ping(&client).await.is_ok() && listed(&alternator) == present(&cluster),
    )
    .await;
    expect_even(&cluster, &client).await;
}

#[tokio::test]
async fn a_node_that_is_down_but_listed_keeps_its_place() {
    let cluster = scripted!();
    let (alternator, client) = client_of(&cluster).await;
    cluster.node(2).stop();
    expect_pings(&client, 3).await;
    Metronome::start().beats(10).await;
    assert_eq!(listed(&alternator), present(&cluster));
}
