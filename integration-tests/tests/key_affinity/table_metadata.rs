//! Table metadata: when and how tables are described.

use super::{
    conditional_put, coordinators, create_table, five_nodes, put, requests_per_node,
    settled_client, wait_until_settled, with,
};
use crate::support::{
    BarrierClient, Table, client, config, direct_client, eventually, eventually_within,
    quick_refresh, s, test_cluster,
};
use alternator_lb_sdk::{AlternatorExt as _, KeyAffinity};
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::runtime;

/// Less than the ten seconds for which new metadata is valid, and the thirty-second timeout of a describe request.
const AT_ONCE: Duration = Duration::from_secs(8);

pub(super) fn describe_count(cluster: &TestCluster) -> u64 {
    requests_per_node(cluster, "DescribeTable").iter().sum()
}

/// Creates a table with a partition key only.
pub(super) async fn create(client: &Client, name: &str, key: &str, kind: &str) {
    let attribute = AttributeDefinition::builder().attribute_name(key);
    let attribute = attribute.attribute_type(ScalarAttributeType::from(kind));
    let element = KeySchemaElement::builder().attribute_name(key);
    let element = element.key_type(KeyType::Hash);
    let creating = client.create_table().table_name(name);
    let creating = creating.attribute_definitions(attribute.build().unwrap());
    let creating = creating.key_schema(element.build().unwrap());
    let creating = creating.billing_mode(BillingMode::PayPerRequest);
    creating.send().await.unwrap();
}

/// Returns the number of nodes that coordinate conditional writes to one key.
async fn coordinators_of_put(cluster: &TestCluster, client: &Client, table: &Table) -> usize {
    cluster.reset_counters();
    for _ in 0..5 {
        conditional_put(client, table, "a").await;
    }
    coordinators(cluster)["a"].len()
}

/// Returns the number of nodes that coordinate conditional writes to one key of a table with this partition key.
async fn coordinators_of_key(
    cluster: &TestCluster,
    client: &Client,
    table: &str,
    key: &str,
) -> usize {
    cluster.reset_counters();
    for _ in 0..5 {
        let put = client.put_item().table_name(table).item(key, s("a"));
        let put = put.condition_expression("attribute_not_exists(nothing)");
        put.send().await.unwrap();
    }
    coordinators(cluster)["a"].len()
}

#[tokio::test]
async fn concurrent_operations_describe_a_table_once() {
    let cluster = test_cluster!(five_nodes);
    let table = create_table(&cluster).await;
    let alternator = with(&cluster, KeyAffinity::conditional_writes());
    let alternator = alternator.build().unwrap();
    let barrier = BarrierClient::new();
    let config = config()
        .http_client(barrier.clone())
        .alternator(&alternator);
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    cluster.reset_counters();
    let writing = (0..50).map(|_| conditional_put(&client, &table, "a"));
    // The describe request passes the barrier as well.
    let opening = barrier.release_after(51);
    tokio::join!(join_all(writing), opening);
    wait_until_settled(&cluster, &client, &table).await;
    conditional_put(&client, &table, "a").await;
    assert_eq!(
        describe_count(&cluster),
        0,
        "no describe request after the first one"
    );
}

#[tokio::test]
async fn operations_without_affinity_describe_no_table() {
    let cluster = test_cluster!(five_nodes);
    let table = create_table(&cluster).await;
    for builder in [
        quick_refresh(&cluster),
        quick_refresh(&cluster).partition_key(&table.name, "pk"),
        with(&cluster, KeyAffinity::conditional_writes()),
        with(&cluster, KeyAffinity::all_writes()).partition_key(&table.name, "pk"),
    ] {
        let alternator = builder.build().unwrap();
        let client = client(&alternator);
        alternator.ready().await.unwrap();
        cluster.reset_counters();
        for _ in 0..5 {
            put(&client, &table, "a").await;
            let get = client.get_item().table_name(&table.name);
            let get = get.key("pk", s("a")).key("sk", s("x"));
            get.send().await.unwrap();
        }
        alternator.shutdown().await;
        assert_eq!(describe_count(&cluster), 0);
    }
}

#[tokio::test]
async fn configured_partition_key_is_used_from_the_first_operation() {
    let cluster = test_cluster!(five_nodes);
    let table = create_table(&cluster).await;
    let builder = with(&cluster, KeyAffinity::conditional_writes());
    let alternator = builder.partition_key(&table.name, "pk").build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    cluster.reset_counters();
    for _ in 0..10 {
        conditional_put(&client, &table, "a").await;
    }
    assert_eq!(coordinators(&cluster)["a"].len(), 1);
    alternator.shutdown().await;
    assert_eq!(describe_count(&cluster), 0);
}

async fn delete(client: &Client, table: &str) {
    let delete = client.delete_table().table_name(table);
    delete.send().await.unwrap();
}

/// A client with key affinity for conditional writes that knows all nodes.
async fn client_with_key_affinity(cluster: &TestCluster) -> Client {
    let alternator = with(cluster, KeyAffinity::conditional_writes());
    let alternator = alternator.build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    client
}

#[tokio::test]
async fn table_recreated_through_the_client_is_described_again_at_once() {
    let cluster = test_cluster!(five_nodes);
    let client = client_with_key_affinity(&cluster).await;
    for key in ["id", "name", "id"] {
        create(&client, "again", key, "S").await;
        eventually_within(AT_ONCE, "the partition key is known", async || {
            coordinators_of_key(&cluster, &client, "again", key).await == 1
        })
        .await;
        delete(&client, "again").await;
    }
}

#[tokio::test]
async fn table_recreated_by_another_client_is_described_again() {
    let cluster = test_cluster!(five_nodes);
    let (client, other_client) = (
        client_with_key_affinity(&cluster).await,
        direct_client(cluster.url()),
    );
    for key in ["id", "name"] {
        create(&other_client, "again", key, "S").await;
        eventually("the partition key is known", async || {
            coordinators_of_key(&cluster, &client, "again", key).await == 1
        })
        .await;
        delete(&other_client, "again").await;
    }
}

#[tokio::test]
async fn many_tables_used_concurrently_are_all_described_at_once() {
    let cluster = test_cluster!(five_nodes);
    let client = client_with_key_affinity(&cluster).await;
    let tables: Vec<String> = (0..20).map(|number| format!("table_{number}")).collect();
    for table in &tables {
        create(&client, table, "id", "S").await;
    }
    cluster.reset_counters();
    eventually_within(AT_ONCE, "all partition keys are known", async || {
        let puts = tables.iter().map(|table| {
            let put = client.put_item().table_name(table).item("id", s("a"));
            put.condition_expression("attribute_not_exists(nothing)")
                .send()
        });
        for put in join_all(puts).await {
            put.unwrap();
        }
        describe_count(&cluster) == 20
    })
    .await;
}

#[tokio::test]
async fn missing_table_is_described_after_its_creation() {
    let cluster = test_cluster!(five_nodes);
    let (client, other_client) = (
        client_with_key_affinity(&cluster).await,
        direct_client(cluster.url()),
    );
    let early = client.put_item().table_name("late").item("id", s("a"));
    let early = early.condition_expression("attribute_not_exists(nothing)");
    assert!(early.send().await.is_err());
    create(&other_client, "late", "id", "S").await;
    eventually("the partition key is known", async || {
        coordinators_of_key(&cluster, &client, "late", "id").await == 1
    })
    .await;
}

#[test]
fn describe_request_lost_with_its_runtime_is_repeated() {
    let cluster = test_cluster!(five_nodes);
    let runtime = || {
        let builder = &mut runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let (table, alternator) = runtime().block_on(async {
        let table = create_table(&cluster).await;
        let alternator = with(&cluster, KeyAffinity::conditional_writes());
        (table, alternator.build().unwrap())
    });
    let first = runtime();
    first.block_on(async {
        let client = client(&alternator);
        alternator.ready().await.unwrap();
        let mut put = Box::pin(conditional_put(&client, &table, "a"));
        // The first poll starts the operation and the describe request.
        assert!(futures_util::poll!(&mut put).is_pending());
    });
    drop(first);
    runtime().block_on(async {
        let client = client(&alternator);
        eventually_within(AT_ONCE, "the table is described", async || {
            coordinators_of_put(&cluster, &client, &table).await == 1
        })
        .await;
    });
}

#[tokio::test]
async fn table_metadata_is_shared_by_all_clients_of_a_cluster() {
    let cluster = test_cluster!(five_nodes);
    let table = create_table(&cluster).await;
    let builder = with(&cluster, KeyAffinity::conditional_writes());
    let (alternator, _client) = settled_client(&cluster, builder, &table).await;
    let another = client(&alternator);
    for _ in 0..10 {
        conditional_put(&another, &table, "a").await;
    }
    assert_eq!(coordinators(&cluster)["a"].len(), 1);
    assert_eq!(describe_count(&cluster), 0);
}
