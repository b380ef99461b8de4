//! Lightweight transactions.

use super::support::{
    LAYOUTS, TABLE, client_with, create, get, key_of, token_aware_client, twelve_node_cluster,
    wait_for_token_map,
};
use crate::support::{eventually, s};
use alternator_lb_sdk::{Alternator, Builder, KeyAffinity};
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
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

/// Makes transactions until the partition key of the table is known.
async fn wait_for_key(alternator: &Alternator, client: &Client) {
    let add = UpdateItemInput::builder().table_name(TABLE);
    let add = add.key("pk", key_of(0)).key("sk", s("a"));
    let add = add.update_expression("ADD clicks :one").build().unwrap();
    eventually("the key is known", async || {
        increment(client, 0).await;
        !alternator.explain(&add).partitions().is_empty()
    })
    .await;
}

#[tokio::test]
async fn transactions_have_one_coordinator_although_only_some_clients_know_the_replicas() {
    for tokens in LAYOUTS {
        let cluster = twelve_node_cluster!(tokens);
        let first = token_aware_client(&cluster).await;
        create(&first.1, ScalarAttributeType::S).await;
        let mut clients = vec![first];
        for number in 0..7 {
            let without_maps = |builder: Builder| builder.key_affinity(KeyAffinity::from_table());
            clients.push(match number % 2 {
                0 => client_with(&cluster, without_maps).await,
                _ => token_aware_client(&cluster).await,
            });
        }
        for (number, (alternator, client)) in clients.iter().enumerate() {
            match number % 2 {
                0 => wait_for_token_map(alternator, client, key_of(0)).await,
                _ => wait_for_key(alternator, client).await,
            }
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
        }
    }
}

#[tokio::test]
async fn clients_agree_on_another_node_when_the_coordinator_is_dead() {
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
    let nodes = cluster.nodes();
    let dead = nodes.iter().find(|node| node.url() == before[0]);
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
}

/// Returns the number of nodes that got requests for one key, and whether all of them are replicas.
fn nodes_used(cluster: &TestCluster) -> (usize, bool) {
    let nodes = cluster.nodes().into_iter().map(|node| node.counters());
    let (on, off) = (
        nodes.clone().filter(|it| it.on_replica > 0).count(),
        nodes.filter(|it| it.off_replica > 0).count(),
    );
    (on + off, off == 0)
}

#[tokio::test]
async fn operations_with_key_affinity_use_one_node_and_others_use_all_replicas() {
    const REPLICAS: (usize, bool) = (3, true);
    for (affinity, have_one_node) in [
        (KeyAffinity::conditional_writes(), [false, false]),
        (KeyAffinity::all_writes(), [false, true]),
        (KeyAffinity::all(), [true, true]),
    ] {
        let cluster = twelve_node_cluster!(LAYOUTS[1]);
        let settings = |builder: Builder| builder.token_aware().key_affinity(affinity);
        let (_alternator, client) = client_with(&cluster, settings).await;
        create(&client, ScalarAttributeType::S).await;
        let is_expected = |has_one_node| match has_one_node {
            true => nodes_used(&cluster).0 == 1,
            false => nodes_used(&cluster) == REPLICAS,
        };
        eventually("the reads go to their nodes", async || {
            cluster.reset_counters();
            for _ in 0..30 {
                get(&client, key_of(7)).await.unwrap();
            }
            is_expected(have_one_node[0])
        })
        .await;
        eventually("the writes go to their nodes", async || {
            cluster.reset_counters();
            for _ in 0..30 {
                let put = client.put_item().table_name(TABLE);
                let put = put.item("pk", key_of(7)).item("sk", s("a"));
                put.send().await.unwrap();
            }
            is_expected(have_one_node[1])
        })
        .await;
    }
}
