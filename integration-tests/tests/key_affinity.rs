//! Key affinity: one coordinator for each partition.

mod contention;
mod describe_requests;
mod node_changes;
mod table_metadata;
mod table_options;
mod write_isolation;

use crate::support::{
    Backend, Table, client, config, direct_client, eventually, n, quick_refresh, ready_client_of,
    s, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, Builder, KeyAffinity, Scope};
use alternator_test_cluster::{Fault, NodeConfig, TestCluster, Tokens};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};

/// Creates a table, without the plugin.
async fn create_table(cluster: &TestCluster) -> Table {
    Table::create(&direct_client(cluster.url())).await
}

fn five_nodes(builder: alternator_test_cluster::Builder) -> alternator_test_cluster::Builder {
    builder.nodes(5).tokens(Tokens::vnodes())
}

fn with(cluster: &TestCluster, affinity: KeyAffinity) -> Builder {
    quick_refresh(cluster).key_affinity(affinity)
}

/// An `Alternator` that has discovered all nodes and described the table, and its client.
async fn settled_client(
    cluster: &TestCluster,
    builder: Builder,
    table: &Table,
) -> (Alternator, Client) {
    let (alternator, client) = ready_client_of(builder).await;
    wait_until_settled(cluster, &client, table).await;
    (alternator, client)
}

/// The same of several `Alternator`s, with affinity for conditional writes.
async fn settled_clients(
    cluster: &TestCluster,
    count: usize,
    table: &Table,
) -> Vec<(Alternator, Client)> {
    let mut clients = Vec::new();
    for _ in 0..count {
        let builder = with(cluster, KeyAffinity::conditional_writes());
        clients.push(settled_client(cluster, builder, table).await);
    }
    clients
}

/// Waits until conditional writes to one key have one coordinator.
async fn wait_until_settled(cluster: &TestCluster, client: &Client, table: &Table) {
    eventually("the table is described", async || {
        cluster.reset_counters();
        for _ in 0..6 {
            conditional_put(client, table, "settle").await;
        }
        coordinators(cluster)["settle"].len() == 1
    })
    .await;
    cluster.reset_counters();
}

async fn conditional_put(client: &Client, table: &Table, key: &str) {
    conditional_put_of(client, table, key).send().await.unwrap();
}

fn conditional_put_of(client: &Client, table: &Table, key: &str) -> PutItemFluentBuilder {
    let put = client.put_item().table_name(&table.name);
    let put = put.item("pk", s(key)).item("sk", s("x"));
    put.condition_expression("attribute_not_exists(nothing)")
}

async fn put(client: &Client, table: &Table, key: &str) {
    let put = client.put_item().table_name(&table.name);
    let put = put.item("pk", s(key)).item("sk", s("x"));
    put.send().await.unwrap();
}

/// Returns the nodes that coordinated the transactions on each partition.
fn coordinators(cluster: &TestCluster) -> BTreeMap<String, BTreeSet<String>> {
    let partitions = cluster.lwt_partitions().into_iter();
    partitions
        .map(|partition| {
            let nodes = partition.operations.into_keys().collect();
            (partition.key.value().to_owned(), nodes)
        })
        .collect()
}

/// Returns the coordinator of each partition. Panics if there are several.
fn only_coordinators(cluster: &TestCluster) -> BTreeMap<String, String> {
    let only = |(key, nodes): (String, BTreeSet<String>)| {
        assert_eq!(nodes.len(), 1, "{key}: {nodes:?}");
        (key, nodes.into_iter().next().unwrap())
    };
    coordinators(cluster).into_iter().map(only).collect()
}

/// Returns the number of requests of this operation on each node.
fn requests_per_node(cluster: &TestCluster, operation: &str) -> Vec<u64> {
    let nodes = cluster.nodes();
    nodes
        .iter()
        .map(|node| node.counters().operation(operation))
        .collect()
}

fn nodes_used(spread: &[u64]) -> usize {
    spread.iter().filter(|count| **count > 0).count()
}

fn keys(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("key {number}")).collect()
}

#[tokio::test]
async fn conditional_writes_of_eight_clients_to_a_partition_have_one_coordinator() {
    let cluster = test_cluster!(five_nodes);
    let table = create_table(&cluster).await;
    let clients = settled_clients(&cluster, 8, &table).await;
    let keys = keys(30);
    let writing = clients.iter().map(|(_, client)| async {
        for key in &keys {
            conditional_put(client, &table, key).await;
        }
    });
    join_all(writing).await;
    let nodes = only_coordinators(&cluster);
    assert_eq!(nodes.len(), 30);
    let different: BTreeSet<_> = nodes.values().collect();
    assert!(different.len() > 2, "{different:?}");
}

#[tokio::test]
async fn retries_stay_with_their_coordinator_through_errors_that_eject_no_node() {
    for fault in [
        Fault::ServerError { share: 0.1 },
        Fault::Throttle { share: 0.1 },
    ] {
        let cluster = test_cluster!(five_nodes);
        let table = create_table(&cluster).await;
        let clients = settled_clients(&cluster, 4, &table).await;
        cluster.nodes().iter().for_each(|node| node.inject(fault));
        let keys = keys(10);
        let writing = clients.iter().map(async |(_, client)| {
            // Too few requests to each node for a success rate that could eject it.
            for key in keys.iter().cycle().take(20) {
                // By chance all three attempts of one fail.
                let _ = conditional_put_of(client, &table, key).send().await;
            }
        });
        join_all(writing).await;
        let requests: u64 = requests_per_node(&cluster, "PutItem").iter().sum();
        assert!(requests > 84, "a tenth of {requests} failed");
        assert_eq!(only_coordinators(&cluster).len(), 10, "{fault:?}");
    }
}

#[tokio::test]
async fn operations_without_affinity_stay_evenly_spread() {
    let cluster = test_cluster!(five_nodes);
    let table = create_table(&cluster).await;
    let builder = with(&cluster, KeyAffinity::conditional_writes());
    let (_alternator, client) = settled_client(&cluster, builder, &table).await;
    for _ in 0..20 {
        put(&client, &table, "a").await;
    }
    assert_eq!(requests_per_node(&cluster, "PutItem"), [4; 5]);
    let get = client.get_item().table_name(&table.name);
    let get = get.key("pk", s("a")).key("sk", s("x"));
    for _ in 0..20 {
        get.clone().send().await.unwrap();
    }
    assert_eq!(requests_per_node(&cluster, "GetItem"), [4; 5]);
}

#[tokio::test]
async fn all_writes_setting_gives_the_writes_of_a_partition_one_coordinator() {
    let cluster = test_cluster!(five_nodes);
    let table = create_table(&cluster).await;
    let builder = with(&cluster, KeyAffinity::all_writes());
    let (_alternator, client) = settled_client(&cluster, builder, &table).await;
    conditional_put(&client, &table, "a").await;
    for _ in 0..10 {
        put(&client, &table, "a").await;
    }
    assert_eq!(nodes_used(&requests_per_node(&cluster, "PutItem")), 1);
    let get = client.get_item().table_name(&table.name);
    let get = get.key("pk", s("a")).key("sk", s("x"));
    for _ in 0..10 {
        get.clone().send().await.unwrap();
    }
    assert_eq!(
        requests_per_node(&cluster, "GetItem"),
        [2; 5],
        "reads are evenly spread"
    );
}

#[tokio::test]
async fn all_setting_gives_the_reads_of_a_partition_one_coordinator() {
    let cluster = test_cluster!(five_nodes);
    let table = create_table(&cluster).await;
    let (_alternator, client) =
        settled_client(&cluster, with(&cluster, KeyAffinity::all()), &table).await;
    for _ in 0..6 {
        conditional_put(&client, &table, "a").await;
        let get = client.get_item().table_name(&table.name);
        let get = get.key("pk", s("a")).key("sk", s("x"));
        get.send().await.unwrap();
        let query = client.query().table_name(&table.name);
        let query = query.key_condition_expression("pk = :k");
        let query = query.expression_attribute_values(":k", s("a"));
        query.send().await.unwrap();
    }
    let puts = requests_per_node(&cluster, "PutItem");
    assert_eq!(nodes_used(&puts), 1);
    assert_eq!(requests_per_node(&cluster, "GetItem"), puts);
    assert_eq!(requests_per_node(&cluster, "Query"), puts);
}

#[tokio::test]
async fn batch_goes_to_the_coordinator_of_most_of_its_items() {
    let cluster = test_cluster!(five_nodes);
    let table = create_table(&cluster).await;
    let (_alternator, client) =
        settled_client(&cluster, with(&cluster, KeyAffinity::all_writes()), &table).await;
    conditional_put(&client, &table, "a").await;
    let coordinator = only_coordinators(&cluster)["a"].clone();
    let write = |key: &str, sort: usize| {
        let put = PutRequest::builder();
        let put = put.item("pk", s(key)).item("sk", s(sort.to_string()));
        WriteRequest::builder()
            .put_request(put.build().unwrap())
            .build()
    };
    for other in keys(5) {
        let mut writes: Vec<_> = (0..3).map(|sort| write("a", sort)).collect();
        writes.push(write(&other, 0));
        let batch = client.batch_write_item();
        let batch = batch.request_items(&table.name, writes);
        batch.send().await.unwrap();
    }
    for node in cluster.nodes() {
        let expected = if node.url() == coordinator { 5 } else { 0 };
        assert_eq!(node.counters().operation("BatchWriteItem"), expected);
    }
}

#[tokio::test]
async fn clients_in_different_racks_agree_on_coordinators() {
    let cluster = test_cluster!(|cluster| {
        let rack = |name: &str| NodeConfig::new().rack(name);
        let racks = ["r1", "r2", "r1", "r2", "r3"];
        let cluster = cluster.tokens(Tokens::vnodes());
        racks.iter().fold(cluster, |all, name| all.node(rack(name)))
    });
    let table = create_table(&cluster).await;
    let mut clients = Vec::new();
    for rack in ["r1", "r2"] {
        let builder = with(&cluster, KeyAffinity::conditional_writes());
        let builder = builder.scope(Scope::rack("dc1", rack));
        clients.push(settled_client(&cluster, builder, &table).await);
    }
    let keys = keys(40);
    for (_, client) in &clients {
        for key in &keys {
            conditional_put(client, &table, key).await;
        }
    }
    let used: BTreeSet<_> = only_coordinators(&cluster).into_values().collect();
    assert_eq!(used.len(), 5, "{used:?}");

    cluster.reset_counters();
    for _ in 0..10 {
        put(&clients[0].1, &table, "a").await;
    }
    assert_eq!(requests_per_node(&cluster, "PutItem"), [5, 0, 5, 0, 0]);
}

#[tokio::test]
async fn endpoint_override_takes_precedence_over_key_affinity() {
    let cluster = test_cluster!(five_nodes);
    let table = create_table(&cluster).await;
    let builder = with(&cluster, KeyAffinity::conditional_writes());
    let (_alternator, client) = settled_client(&cluster, builder, &table).await;
    for node in cluster.nodes() {
        cluster.reset_counters();
        let put = client.put_item().table_name(&table.name);
        let put = put.item("pk", s("a")).item("sk", s("x"));
        let put = put.condition_expression("attribute_not_exists(nothing)");
        let own = aws_sdk_dynamodb::config::Builder::new().endpoint_url(node.url());
        put.customize().config_override(own).send().await.unwrap();
        assert_eq!(only_coordinators(&cluster)["a"], node.url());
    }
}

#[tokio::test]
async fn key_affinity_works_with_separately_installed_components() {
    let cluster = test_cluster!(five_nodes);
    let table = create_table(&cluster).await;
    let builder = with(&cluster, KeyAffinity::conditional_writes());
    let alternator = builder.build().unwrap();
    let config = config()
        .endpoint_resolver(alternator.endpoint_resolver())
        .interceptor(alternator.interceptor())
        .allow_no_auth();
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    wait_until_settled(&cluster, &client, &table).await;
}

#[tokio::test]
async fn number_and_binary_keys_have_one_coordinator_each() {
    let cluster = test_cluster!(five_nodes);
    let builder = with(&cluster, KeyAffinity::conditional_writes());
    for (kind, value) in [
        ("N", AttributeValue::N("12.50".to_owned())),
        ("B", AttributeValue::B(vec![0, 200, 7].into())),
    ] {
        let name = format!("keyed_by_{kind}");
        table_metadata::create(&direct_client(cluster.url()), &name, "id", kind).await;
        let alternator = builder.clone().partition_key(&name, "id").build().unwrap();
        let client = client(&alternator);
        alternator.ready().await.unwrap();
        cluster.reset_counters();
        for _ in 0..6 {
            let put = client
                .put_item()
                .table_name(&name)
                .item("id", value.clone());
            let put = put.condition_expression("attribute_not_exists(nothing)");
            put.send().await.unwrap();
        }
        assert_eq!(only_coordinators(&cluster).len(), 1);
    }
}

#[tokio::test]
async fn concurrent_counter_updates_are_exact_on_any_cluster() {
    let backend = Backend::start();
    let connect = |builder: Builder| {
        let alternator = builder.build().unwrap();
        let client = Client::from_conf(backend.config().alternator(&alternator).build());
        (alternator, client)
    };
    let (_alternator, admin) = connect(backend.builder());
    let table = Table::create(&admin).await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        let builder = backend.builder().key_affinity(KeyAffinity::from_table());
        // The partition key is configured, so that no transactions contend, for which the SDK could retry an increment.
        clients.push(connect(builder.partition_key(&table.name, "pk")));
    }
    for (alternator, _) in &clients {
        alternator.ready().await.unwrap();
    }
    let counting = clients.iter().map(|(_, client)| async {
        for _ in 0..25 {
            let add = client.update_item().table_name(&table.name);
            let add = add.key("pk", s("a")).key("sk", s("x"));
            let add = add.update_expression("ADD n :one");
            let add = add.expression_attribute_values(":one", n(1));
            add.send().await.unwrap();
        }
    });
    join_all(counting).await;
    let get = admin.get_item().table_name(&table.name);
    let get = get
        .key("pk", s("a"))
        .key("sk", s("x"))
        .consistent_read(true);
    let item = get.send().await.unwrap().item.unwrap();
    assert_eq!(item["n"], n(100));
    table.delete(&admin).await;
}
