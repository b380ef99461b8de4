//! Coordinators while nodes die, restart and join.

use super::{
    conditional_put, coordinators, create_table, five_nodes, keys, only_coordinators,
    settled_client, settled_clients, with,
};
use crate::support::{Table, eventually, test_cluster};
use alternator_lb_sdk::{KeyAffinity, NodeState};
use alternator_test_cluster::{NodeConfig, TestCluster, Tokens};
use aws_sdk_dynamodb::Client;
use std::collections::{BTreeMap, BTreeSet};

/// Returns the coordinators that this client selects for these keys.
async fn coordinators_of(
    cluster: &TestCluster,
    client: &Client,
    table: &Table,
    keys: &[String],
) -> BTreeMap<String, String> {
    cluster.reset_counters();
    for key in keys {
        conditional_put(client, table, key).await;
    }
    only_coordinators(cluster)
}

#[tokio::test]
async fn clients_agree_on_the_next_coordinator_and_return_after_a_restart() {
    let cluster = test_cluster!(five_nodes);
    let table = create_table(&cluster).await;
    let clients = settled_clients(&cluster, 4, &table).await;
    let nodes_of_a = async || {
        cluster.reset_counters();
        for (_, client) in &clients {
            conditional_put(client, &table, "a").await;
        }
        coordinators(&cluster)["a"].clone()
    };
    let first = nodes_of_a().await;
    assert_eq!(first.len(), 1);
    let first = first.into_iter().next().unwrap();

    let nodes = cluster.nodes();
    let node = nodes.iter().find(|node| node.url() == first).unwrap();
    node.stop();
    let second = nodes_of_a().await;
    assert_eq!(
        second.len(),
        1,
        "all clients select the same second: {second:?}"
    );
    assert_eq!(nodes_of_a().await, second);

    node.start().unwrap();
    let back = BTreeSet::from([first]);
    eventually("the first coordinator is selected again", async || {
        nodes_of_a().await == back
    })
    .await;
}

#[tokio::test]
async fn joining_node_takes_its_share_of_keys_and_moves_no_others() {
    let cluster = test_cluster!(|cluster| cluster.nodes(3).tokens(Tokens::vnodes()));
    let table = create_table(&cluster).await;
    let builder = with(&cluster, KeyAffinity::conditional_writes());
    let (alternator, client) = settled_client(&cluster, builder, &table).await;
    let keys = keys(100);
    let before = coordinators_of(&cluster, &client, &table, &keys).await;
    let joined = cluster.add_node(NodeConfig::new()).unwrap().url();
    eventually("the new node is up", async || {
        let nodes = alternator.nodes();
        let status = nodes.iter().find(|status| status.url() == joined);
        status.is_some_and(|status| status.state() == NodeState::Up)
    })
    .await;
    let after = coordinators_of(&cluster, &client, &table, &keys).await;
    let moved: Vec<_> = keys
        .iter()
        .filter(|key| before[*key] != after[*key])
        .collect();
    assert!(moved.iter().all(|key| after[*key] == joined));
    // A quarter of them on average; six standard deviations are 26.
    assert!((1..52).contains(&moved.len()), "{}", moved.len());
}
