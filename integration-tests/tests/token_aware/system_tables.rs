//! Access to the system tables from which the token map is read.

use super::support::{
    TABLE, advance_time, client_with, create, get, has_token_map, key_of, replica_counts,
    replica_share, token_aware_client, twelve_node_cluster, wait_for_token_map,
};
use crate::support::{Log, eventually, quick_refresh, signing_config};
use alternator_lb_sdk::AlternatorExt as _;
use alternator_test_cluster::{InternalTables, Node, TestCluster, Tokens};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ScalarAttributeType;
use futures_util::future::join_all;
use std::time::Duration;

fn query_count(cluster: &TestCluster) -> u64 {
    let queries = |node: Node| node.counters().operation("Query");
    cluster.nodes().into_iter().map(queries).sum()
}

async fn gets(client: &Client, count: u64) {
    for number in 0..count {
        get(client, key_of(number)).await.unwrap();
    }
}

async fn expect_no_token_awareness(tables: InternalTables, warning: &str) {
    let log = Log::capture();
    let cluster = match tables {
        InternalTables::Refused => twelve_node_cluster!(Tokens::tablets(8), |cluster| cluster
            .internal_tables(InternalTables::Refused)),
        _ => twelve_node_cluster!(Tokens::tablets(8), |cluster| cluster
            .internal_tables(InternalTables::Unknown)),
    };
    let (alternator, client) = token_aware_client(&cluster).await;
    create(&client, ScalarAttributeType::S).await;
    eventually("the warning is logged", async || {
        gets(&client, 1).await;
        !log.warnings(warning).is_empty()
    })
    .await;
    cluster.reset_counters();
    gets(&client, 120).await;
    let (on, off) = replica_counts(&cluster);
    assert_eq!(on + off, 120);
    assert!(off > 60, "{off}");
    for node in cluster.nodes() {
        assert_eq!(
            node.counters().operation("GetItem"),
            10,
            "requests are evenly spread"
        );
    }
    assert!(!has_token_map(&alternator, key_of(0)));
    assert_eq!(
        query_count(&cluster),
        0,
        "the system tables are not queried again at once"
    );
    advance_time(Duration::from_secs(6 * 60 + 10)).await;
    eventually("the system tables are queried again", async || {
        gets(&client, 1).await;
        query_count(&cluster) > 0
    })
    .await;
    gets(&client, 20).await;
    let warnings = log.warnings("");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[tokio::test]
async fn system_tables_are_read_with_the_credentials_of_the_operation() {
    let log = Log::capture();
    let cluster = twelve_node_cluster!(Tokens::tablets(8), |cluster| cluster
        .authorization("reader", "secret hash"));
    let alternator = quick_refresh(&cluster).token_aware().build().unwrap();
    let config = signing_config("reader", "secret hash").alternator(&alternator);
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    create(&client, ScalarAttributeType::S).await;
    wait_for_token_map(&alternator, &client, key_of(0)).await;
    assert!(replica_share(&cluster, &client, 100).await >= 0.99);
    assert!(log.warnings("").is_empty());
}

#[tokio::test]
async fn concurrent_requests_read_the_system_tables_once() {
    let cluster = twelve_node_cluster!(Tokens::tablets(8));
    let (alternator, client) = token_aware_client(&cluster).await;
    create(&client, ScalarAttributeType::S).await;
    cluster.reset_counters();
    let keys = 0..300;
    let gets = keys.map(|number| get(&client, key_of(number % 20)));
    for result in join_all(gets).await {
        result.unwrap();
    }
    wait_for_token_map(&alternator, &client, key_of(0)).await;
    // One read of the map: the table's id, its tablets, and the addresses of one or two nodes. Two more queries read
    // the settings of write isolation.
    assert!(
        (3..=6).contains(&query_count(&cluster)),
        "{}",
        query_count(&cluster)
    );
}

#[tokio::test]
async fn denied_system_tables_disable_token_awareness_with_one_warning_that_names_the_grant() {
    expect_no_token_awareness(InternalTables::Refused, "grant the role SELECT").await;
}

#[tokio::test]
async fn missing_system_tables_disable_token_awareness_with_one_warning() {
    expect_no_token_awareness(InternalTables::Unknown, "no tables that show").await;
}

#[tokio::test]
async fn system_tables_are_not_read_without_token_awareness() {
    let cluster = twelve_node_cluster!(Tokens::tablets(8));
    let (alternator, client) = client_with(&cluster, |builder| builder).await;
    create(&client, ScalarAttributeType::S).await;
    cluster.reset_counters();
    gets(&client, 24).await;
    alternator.refresh().await.unwrap();
    for node in cluster.nodes() {
        let counters = node.counters();
        assert_eq!(counters.requests, counters.operation("GetItem"));
    }
    assert!(cluster.replicas(TABLE, "key 0").len() == 3);
}
