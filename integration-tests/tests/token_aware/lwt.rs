//! Lightweight transactions.

use super::support::{
    LAYOUTS, TABLE, client_with, create, get, key_of, replica_counts, token_aware_client,
    twelve_node_cluster, wait_for_token_map,
};
use crate::support::s;
use alternator_lb_sdk::{Builder, KeyAffinity};
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ScalarAttributeType;
use futures_util::future::join_all;

async fn increment(client: &Client, key: u64) {
    client
        .update_item()
        .table_name(TABLE)
        .key("pk", key_of(key))
        .key("sk", s("a"))
        .update_expression("ADD clicks :one")
        .expression_attribute_values(":one", crate::support::n(1))
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn transactions_of_eight_clients_on_a_key_have_one_coordinator_that_is_a_replica() {
    for tokens in LAYOUTS {
        let cluster = twelve_node_cluster!(tokens);
        let first = token_aware_client(&cluster).await;
        create(&first.1, ScalarAttributeType::S).await;
        let others = join_all((0..7).map(|_| token_aware_client(&cluster))).await;
        let clients: Vec<_> = std::iter::once(first).chain(others).collect();
        for (alternator, client) in &clients {
            wait_for_token_map(alternator, client, key_of(0)).await;
        }
        cluster.reset_counters();
        for key in 0..20 {
            join_all(clients.iter().map(|(_, client)| increment(client, key))).await;
        }
        let partitions = cluster.lwt_partitions();
        assert_eq!(partitions.len(), 20);
        for partition in partitions {
            let key = partition.key.clone();
            assert_eq!(partition.operations.len(), 1, "{tokens:?} {key}");
            let replicas = cluster.replicas(TABLE, key);
            let coordinator = partition.operations.keys().next().unwrap();
            assert!(replicas.iter().any(|node| node.url() == *coordinator));
        }
    }
}

#[tokio::test]
async fn clients_agree_on_another_replica_when_the_coordinator_is_dead() {
    let cluster = twelve_node_cluster!(LAYOUTS[1]);
    let first = token_aware_client(&cluster).await;
    create(&first.1, ScalarAttributeType::S).await;
    let clients = [
        first,
        token_aware_client(&cluster).await,
        token_aware_client(&cluster).await,
    ];
    for (alternator, client) in &clients {
        wait_for_token_map(alternator, client, key_of(7)).await;
        increment(client, 7).await;
    }
    let coordinators = || {
        let partitions = cluster.lwt_partitions();
        let urls = partitions
            .iter()
            .flat_map(|partition| partition.operations.keys());
        urls.cloned().collect::<Vec<String>>()
    };
    let before = coordinators();
    assert_eq!(before.len(), 1);
    let replicas = cluster.replicas(TABLE, "key 7");
    let dead = replicas.iter().find(|node| node.url() == before[0]);
    dead.unwrap().stop();
    for (_, client) in &clients {
        increment(client, 7).await;
    }
    cluster.reset_counters();
    for (_, client) in &clients {
        increment(client, 7).await;
    }
    let after = coordinators();
    assert_eq!(after.len(), 1, "{after:?}");
    assert_ne!(after, before);
    assert!(replicas.iter().any(|node| node.url() == after[0]));
}

/// Expects that all requests for one key went to replicas, and returns the number of nodes that got some.
fn replicas_used(cluster: &TestCluster, requests: u64) -> usize {
    assert_eq!(replica_counts(cluster), (requests, 0));
    let nodes = cluster.nodes().into_iter();
    nodes.filter(|node| node.counters().on_replica > 0).count()
}

#[tokio::test]
async fn operations_with_key_affinity_use_one_replica_and_others_use_all() {
    for (affinity, used_by_reads, used_by_puts) in [
        (KeyAffinity::conditional_writes(), 3, 3),
        (KeyAffinity::all_writes(), 3, 1),
        (KeyAffinity::all(), 1, 1),
    ] {
        let cluster = twelve_node_cluster!(LAYOUTS[1]);
        let settings = |builder: Builder| builder.token_aware().key_affinity(affinity);
        let (alternator, client) = client_with(&cluster, settings).await;
        create(&client, ScalarAttributeType::S).await;
        wait_for_token_map(&alternator, &client, key_of(7)).await;
        cluster.reset_counters();
        for _ in 0..30 {
            get(&client, key_of(7)).await.unwrap();
        }
        assert_eq!(replicas_used(&cluster, 30), used_by_reads, "{affinity:?}");
        cluster.reset_counters();
        for _ in 0..30 {
            let put = client.put_item().table_name(TABLE);
            let put = put.item("pk", key_of(7)).item("sk", s("a"));
            put.send().await.unwrap();
        }
        assert_eq!(replicas_used(&cluster, 30), used_by_puts, "{affinity:?}");
    }
}
