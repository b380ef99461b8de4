//! Token awareness on a real ScyllaDB, by the server's own counters.
//!
//! The counters are those of the whole cluster, so that these tests run alone, one after the other; see
//! `integration-tests/scylla/README.md`.

use super::support::{TABLE, create, get, key_of, query, query_input, wait_for_token_map};
use crate::support::{Backend, Metrics, eventually, n, s, this_test};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, Builder};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ScalarAttributeType;
use futures_util::future::join_all;

/// Coordinators that are no replica of what they read or write.
fn is_outside(name: &str) -> bool {
    name.starts_with("scylla_storage_proxy_coordinator_")
        && name.ends_with("s_coordinator_outside_replica_set")
}

/// Transactions that met another coordinator: a histogram by the number of contentions, without those of zero, and a
/// counter.
fn is_contention(name: &str) -> bool {
    name.starts_with("scylla_storage_proxy_coordinator_cas_")
        && (name.ends_with("contention_sum") || name.ends_with("uncertainty"))
}

async fn client_with(
    backend: &Backend,
    settings: impl FnOnce(Builder) -> Builder,
) -> (Alternator, Client) {
    let alternator = settings(backend.builder()).build().unwrap();
    let client = Client::from_conf(backend.config().alternator(&alternator).build());
    alternator.ready().await.unwrap();
    (alternator, client)
}

async fn token_aware_client(backend: &Backend) -> (Alternator, Client) {
    client_with(backend, Builder::token_aware).await
}

async fn round_robin_client(backend: &Backend) -> (Alternator, Client) {
    client_with(backend, |builder| builder).await
}

/// Creates the table, after what a failed run may have left.
async fn recreate(client: &Client) {
    let _ = client.delete_table().table_name(TABLE).send().await;
    create(client, ScalarAttributeType::S).await;
}

async fn delete(client: &Client) {
    let delete = client.delete_table().table_name(TABLE);
    delete.send().await.unwrap();
}

async fn put(client: &Client, number: u64) {
    let put = client.put_item().table_name(TABLE);
    let put = put.item("pk", key_of(number)).item("sk", s("a"));
    put.item("owner", s(format!("{number}")))
        .send()
        .await
        .unwrap();
}

/// Increments one key twenty times from each of the four callers of each client.
async fn increment(clients: &[(Alternator, Client)]) {
    let callers = clients.iter().flat_map(|(_, client)| [client; 4]);
    let increments = callers.map(async |client| {
        for _ in 0..20 {
            let update = client.update_item().table_name(TABLE);
            let update = update.key("pk", key_of(7)).key("sk", s("a"));
            let update = update.update_expression("ADD clicks :one");
            let update = update.expression_attribute_values(":one", n(1));
            // Without affinity, contention fails some in spite of the SDK's retries.
            let _ = update.send().await;
        }
    });
    join_all(increments).await;
}

#[tokio::test]
async fn operations_go_to_replicas_by_the_counters_of_the_server() {
    let backend = Backend::start();
    let Some(metrics) = Metrics::of(&backend, this_test!()) else {
        return;
    };
    let (alternator, client) = token_aware_client(&backend).await;
    recreate(&client).await;
    wait_for_token_map(&alternator, &client, key_of(0)).await;
    let use_keys = async |client: &Client| {
        let before = metrics.sum(is_outside).await;
        for number in 0..300 {
            put(client, number).await;
            get(client, key_of(number)).await.unwrap();
        }
        metrics.sum(is_outside).await - before
    };
    let (_, other) = round_robin_client(&backend).await;
    let outside = use_keys(&other).await;
    assert!(outside > 60.0, "{outside} of 600 without token awareness");
    let outside = use_keys(&client).await;
    // What the server itself reads and writes counts too, as its own tables.
    assert!(outside <= 6.0, "{outside} of 600 outside the replica set");
    delete(&client).await;
}

#[tokio::test]
async fn index_queries_go_to_replicas_by_the_counters_of_the_server() {
    let backend = Backend::start();
    let Some(metrics) = Metrics::of(&backend, this_test!()) else {
        return;
    };
    let (alternator, client) = token_aware_client(&backend).await;
    recreate(&client).await;
    put(&client, 0).await;
    let input = query_input("by_owner", "owner", s("0"));
    eventually("the token map of the index is known", async || {
        query(&client, "by_owner", "owner", s("0")).await;
        let explanation = alternator.explain(&input);
        let mut partitions = explanation.partitions().iter();
        partitions.any(|partition| partition.map_age().is_some())
    })
    .await;
    let before = metrics.sum(is_outside).await;
    for number in 0..300 {
        query(&client, "by_owner", "owner", s(format!("{number}"))).await;
    }
    let outside = metrics.sum(is_outside).await - before;
    assert!(outside <= 3.0, "{outside} of 300 outside the replica set");
    delete(&client).await;
}

#[tokio::test]
async fn transactions_of_eight_clients_on_a_key_do_not_contend_by_the_counters_of_the_server() {
    let backend = Backend::start();
    let Some(metrics) = Metrics::of(&backend, this_test!()) else {
        return;
    };
    let clients = join_all((0..8).map(|_| token_aware_client(&backend))).await;
    recreate(&clients[0].1).await;
    for (alternator, client) in &clients {
        wait_for_token_map(alternator, client, key_of(7)).await;
    }
    let before = metrics.sum(is_contention).await;
    increment(&clients).await;
    assert_eq!(metrics.sum(is_contention).await, before);
    let others = join_all((0..8).map(|_| round_robin_client(&backend))).await;
    increment(&others).await;
    let contended = metrics.sum(is_contention).await - before;
    assert!(contended > 0.0, "without affinity");
    delete(&clients[0].1).await;
}
