//! Nodes join, leave and die.

use super::support::{
    LAYOUTS, TABLE, advance_time, create, get, key_of, replica_share, token_aware_client,
    token_map_matches, twelve_node_cluster, wait_for_token_map,
};
use crate::support::{Load, eventually};
use alternator_lb_sdk::Alternator;
use alternator_test_cluster::{NodeConfig, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ScalarAttributeType;
use std::time::Duration;

/// Callers that read all kinds of keys.
fn callers(client: &Client) -> Load {
    Load::start(client, 4, |client, number| async move {
        get(&client, key_of(number % 500)).await
    })
}

async fn lists(alternator: &Alternator, nodes: usize) {
    eventually("the list is up to date", async || {
        alternator.nodes().len() == nodes
    })
    .await;
}

/// Makes requests until it is known again where everything is, and they go there.
async fn goes_to_replicas(cluster: &TestCluster, alternator: &Alternator, client: &Client) {
    // What has changed is read again a while after the last reading.
    advance_time(Duration::from_secs(7)).await;
    eventually("the map is that of the cluster", async || {
        get(client, key_of(0)).await.unwrap();
        token_map_matches(alternator, cluster, 500)
    })
    .await;
    assert!(replica_share(cluster, client, 100).await >= 0.99);
}

/// Changes the set of nodes while there are requests, none of which fails, until so many are listed.
async fn requests_follow(change: impl Fn(&TestCluster), nodes: usize) {
    for tokens in LAYOUTS {
        let cluster = twelve_node_cluster!(tokens);
        let (alternator, client) = token_aware_client(&cluster).await;
        create(&client, ScalarAttributeType::S).await;
        wait_for_token_map(&alternator, &client, key_of(0)).await;
        let callers = callers(&client);
        callers.wait_for_requests(100).await;
        change(&cluster);
        lists(&alternator, nodes).await;
        callers.wait_for_requests(100).await;
        assert_eq!(callers.stop().await, [""; 0]);
        goes_to_replicas(&cluster, &alternator, &client).await;
    }
}

#[tokio::test]
async fn a_node_that_joins_gets_the_keys_that_it_holds() {
    let joins = |cluster: &TestCluster| {
        cluster.add_node(NodeConfig::new().rack("r1")).unwrap();
    };
    requests_follow(joins, 13).await;
}

#[tokio::test]
async fn a_node_that_leaves_gives_its_keys_to_others() {
    requests_follow(|cluster| cluster.remove_node(&cluster.node(5)), 11).await;
}

#[tokio::test]
async fn a_node_that_dies_leaves_its_keys_to_their_other_replicas() {
    for tokens in LAYOUTS {
        let cluster = twelve_node_cluster!(tokens);
        let (alternator, client) = token_aware_client(&cluster).await;
        create(&client, ScalarAttributeType::S).await;
        wait_for_token_map(&alternator, &client, key_of(7)).await;
        let callers = callers(&client);
        callers.wait_for_requests(100).await;
        let dead = cluster.replicas(TABLE, "key 7").remove(0);
        dead.stop();
        callers.wait_for_requests(200).await;
        assert_eq!(callers.stop().await, [""; 0]);
        assert!(replica_share(&cluster, &client, 200).await >= 0.99);
    }
}

#[tokio::test]
async fn when_all_replicas_of_a_key_are_dead_others_serve_it() {
    let cluster = twelve_node_cluster!(LAYOUTS[0]);
    let (alternator, client) = token_aware_client(&cluster).await;
    create(&client, ScalarAttributeType::S).await;
    wait_for_token_map(&alternator, &client, key_of(7)).await;
    for replica in cluster.replicas(TABLE, "key 7") {
        replica.stop();
    }
    for _ in 0..20 {
        get(&client, key_of(7)).await.unwrap();
    }
}
