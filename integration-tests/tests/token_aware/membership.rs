//! Token-aware routing while nodes join, leave and die.

use super::support::{
    LAYOUTS, TABLE, advance_time, create, get, key_of, replica_counts, replica_share,
    token_aware_client, token_map_matches, twelve_node_cluster, wait_for_token_map,
};
use crate::support::{Load, config, error_text, eventually, quick_refresh, quick_retries, s};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, NodeState};
use alternator_test_cluster::{NodeConfig, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ScalarAttributeType;
use std::time::Duration;

/// Starts callers that read 500 different keys.
fn callers(client: &Client) -> Load {
    Load::start(client, 4, |client, number| async move {
        get(&client, key_of(number % 500)).await
    })
}

async fn wait_for_node_count(alternator: &Alternator, nodes: usize) {
    eventually("all changes are discovered", async || {
        alternator.nodes().len() == nodes
    })
    .await;
}

/// Changes the membership under load, waits until this many nodes are listed, and expects that no request fails.
async fn change_under_load(
    cluster: &TestCluster,
    change: impl Fn(&TestCluster),
    nodes: usize,
) -> (Alternator, Client) {
    let (alternator, client) = token_aware_client(cluster).await;
    create(&client, ScalarAttributeType::S).await;
    wait_for_token_map(&alternator, &client, key_of(0)).await;
    let callers = callers(&client);
    callers.wait_for_requests(100).await;
    change(cluster);
    wait_for_node_count(&alternator, nodes).await;
    callers.wait_for_requests(100).await;
    assert_eq!(callers.stop().await, [""; 0]);
    (alternator, client)
}

#[tokio::test]
async fn requests_go_to_replicas_within_a_minute_after_a_node_joins() {
    for tokens in LAYOUTS {
        let cluster = twelve_node_cluster!(tokens);
        let join = |cluster: &TestCluster| {
            cluster.add_node(NodeConfig::new().rack("r1")).unwrap();
        };
        let (alternator, client) = change_under_load(&cluster, join, 13).await;
        advance_time(Duration::from_secs(61)).await;
        eventually("the token map matches the cluster", async || {
            get(&client, key_of(0)).await.unwrap();
            token_map_matches(&alternator, &cluster, 500)
        })
        .await;
        assert!(replica_share(&cluster, &client, 100).await >= 0.99);
    }
}

#[tokio::test]
async fn requests_go_to_replicas_after_a_node_leaves_without_another_reading() {
    for tokens in LAYOUTS {
        let cluster = twelve_node_cluster!(tokens);
        let leave = |cluster: &TestCluster| cluster.remove_node(&cluster.node(5));
        let (_alternator, client) = change_under_load(&cluster, leave, 11).await;
        cluster.reset_counters();
        advance_time(Duration::from_secs(61)).await;
        for number in 0..200 {
            get(&client, key_of(number)).await.unwrap();
        }
        let (on, off) = replica_counts(&cluster);
        assert!(on >= 198, "{tokens:?}: {on} on replicas, {off} not");
        for node in cluster.nodes() {
            let counters = node.counters();
            let readings = counters.operation("Query") + counters.operation("Scan");
            assert_eq!(readings, 0, "{tokens:?}");
        }
    }
}

#[tokio::test]
async fn keys_of_a_dead_node_go_to_their_other_replicas() {
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

/// A token-aware client that knows the replicas of key 7 of the table, which it creates, and retries without long pauses.
async fn quickly_retrying_client(cluster: &TestCluster) -> (Alternator, Client) {
    let alternator = quick_refresh(cluster).token_aware().build().unwrap();
    let config = config().retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    create(&client, ScalarAttributeType::S).await;
    wait_for_token_map(&alternator, &client, key_of(7)).await;
    (alternator, client)
}

#[tokio::test]
async fn key_with_all_replicas_dead_fails_until_one_is_back_and_others_are_served() {
    for tokens in LAYOUTS {
        let cluster =
            twelve_node_cluster!(tokens, |cluster| cluster.failure_detection(Duration::ZERO));
        let (alternator, client) = quickly_retrying_client(&cluster).await;
        let replicas = cluster.replicas(TABLE, "key 7");
        replicas.iter().for_each(|replica| replica.stop());
        for _ in 0..20 {
            let error = get(&client, key_of(7)).await.unwrap_err();
            assert!(
                error.contains("cl LOCAL_ONE. Requires 1, alive 0"),
                "{error}"
            );
        }
        let has_replica = |number: &u64| {
            let replicas = cluster.replicas(TABLE, format!("key {number}"));
            replicas.iter().any(|node| node.is_running())
        };
        for number in (0..60).filter(has_replica) {
            get(&client, key_of(number)).await.unwrap();
        }
        let ejected = alternator.nodes().into_iter();
        let ejected = ejected.filter(|node| node.state() == NodeState::Ejected);
        assert_eq!(ejected.count(), 0, "the nodes that responded are healthy");
        replicas[0].start().unwrap();
        get(&client, key_of(7)).await.unwrap();
    }
}

#[tokio::test]
async fn lost_quorum_fails_only_the_operations_that_need_it() {
    let cluster = twelve_node_cluster!(LAYOUTS[1], |cluster| cluster
        .failure_detection(Duration::ZERO));
    let (_alternator, client) = quickly_retrying_client(&cluster).await;
    for replica in &cluster.replicas(TABLE, "key 7")[..2] {
        replica.stop();
    }
    let write = client.put_item().table_name(TABLE);
    let write = write.item("pk", key_of(7)).item("sk", s("a"));
    let error = error_text(write.send().await.unwrap_err());
    assert!(
        error.contains("cl LOCAL_QUORUM. Requires 2, alive 1"),
        "{error}"
    );
    for _ in 0..20 {
        get(&client, key_of(7)).await.unwrap();
    }
}
