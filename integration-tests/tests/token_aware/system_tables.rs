//! Access to the system tables from which the token map is read.

use super::support::{
    LAYOUTS, TABLE, advance_time, client_with, create, get, has_token_map, key_of, replica_counts,
    replica_share, token_aware_client, twelve_node_cluster, wait_for_token_map,
};
use crate::support::{
    AccessDeniedClient, Log, Table, eventually, quick_refresh, s, signing_config, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::{InternalTables, Node, NodeConfig, TestCluster, Tokens};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::types::ScalarAttributeType;
use futures_util::future::join_all;
use std::time::Duration;

/// Returns the number of times that all nodes together were asked for an operation.
fn operation_count(cluster: &TestCluster, operation: &str) -> u64 {
    let count = |node: Node| node.counters().operation(operation);
    cluster.nodes().into_iter().map(count).sum()
}

/// Returns the number of requests for the system tables, which no operation of these tests reads otherwise.
fn query_count(cluster: &TestCluster) -> u64 {
    operation_count(cluster, "Query") + operation_count(cluster, "Scan")
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
    advance_time(Duration::from_secs(8 * 60)).await;
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
    // The tablets, and two settings of write isolation; the nodes twice or, where one node was asked twice, once more,
    // and the keyspaces.
    let (queries, scans) = (
        operation_count(&cluster, "Query"),
        operation_count(&cluster, "Scan"),
    );
    assert!((3..=4).contains(&queries), "{queries}");
    assert!((3..=6).contains(&scans), "{scans}");
}

/// Makes one request to each of these tables, and waits until their maps are known.
async fn look_up(alternator: &Alternator, client: &Client, tables: &[Table]) {
    let input = |table: &Table| {
        let get = GetItemInput::builder().table_name(&table.name);
        get.key("pk", s("a")).key("sk", s("a")).build().unwrap()
    };
    for table in tables {
        let get = client.get_item().table_name(&table.name);
        get.key("pk", s("a"))
            .key("sk", s("a"))
            .send()
            .await
            .unwrap();
    }
    eventually("the maps of all tables are known", async || {
        tables.iter().all(|table| {
            let explanation = alternator.explain(&input(table));
            let mut partitions = explanation.partitions().iter();
            partitions.any(|partition| partition.map_age().is_some())
        })
    })
    .await;
}

#[tokio::test]
async fn first_operation_on_a_table_asks_for_its_key_and_its_map() {
    for tokens in LAYOUTS {
        let cluster = twelve_node_cluster!(tokens);
        let (alternator, client) = token_aware_client(&cluster).await;
        let table = Table::create(&client).await;
        look_up(&alternator, &client, &[table]).await;
    }
}

#[tokio::test]
async fn each_table_costs_three_requests_and_all_share_the_others() {
    for tokens in LAYOUTS {
        let cluster = twelve_node_cluster!(tokens);
        let (alternator, client) = token_aware_client(&cluster).await;
        let mut tables = Vec::new();
        for _ in 0..10 {
            tables.push(Table::create(&client).await);
        }
        look_up(&alternator, &client, &tables[..1]).await;
        cluster.reset_counters();
        look_up(&alternator, &client, &tables[1..]).await;
        let count = |operation| operation_count(&cluster, operation);
        assert_eq!(count("DescribeTable"), 9, "{tokens:?}");
        assert_eq!(count("ListTagsOfResource"), 9, "{tokens:?}");
        assert_eq!(count("Query"), 9, "{tokens:?}: the tablets of each");
        assert_eq!(count("Scan"), 0, "{tokens:?}");
    }
}

#[tokio::test]
async fn no_map_is_read_until_a_node_joins_where_every_node_is_a_replica() {
    for tokens in LAYOUTS {
        let three_nodes = |cluster: alternator_test_cluster::Builder| cluster.tokens(tokens);
        let cluster = test_cluster!(three_nodes);
        let (alternator, client) = token_aware_client(&cluster).await;
        create(&client, ScalarAttributeType::S).await;
        // The nodes twice and the keyspaces, at the start and after some ten minutes.
        for _minute in 0..30 {
            gets(&client, 20).await;
            advance_time(Duration::from_secs(60)).await;
        }
        let scans = operation_count(&cluster, "Scan");
        assert!((6..=60).contains(&scans), "{tokens:?}: {scans}");
        assert!(!has_token_map(&alternator, key_of(0)));
        cluster.add_node(NodeConfig::new()).unwrap();
        eventually("the new node is discovered", async || {
            alternator.nodes().len() == 4
        })
        .await;
        gets(&client, 1).await;
        advance_time(Duration::from_secs(61)).await;
        wait_for_token_map(&alternator, &client, key_of(0)).await;
    }
}

#[tokio::test]
async fn role_without_permissions_does_not_stop_the_readings_of_another() {
    let log = Log::capture();
    let cluster = twelve_node_cluster!(Tokens::tablets(8));
    let alternator = quick_refresh(&cluster).token_aware().build().unwrap();
    let denied = AccessDeniedClient::denying("Scan");
    let weak = signing_config("weak", "secret").http_client(denied.clone());
    let weak = Client::from_conf(weak.alternator(&alternator).build());
    let strong = signing_config("strong", "secret").alternator(&alternator);
    let strong = Client::from_conf(strong.build());
    alternator.ready().await.unwrap();
    create(&strong, ScalarAttributeType::S).await;
    eventually("the weak role is denied", async || {
        gets(&weak, 1).await;
        !log.warnings("GRANT SELECT ON system.peers TO <role>;")
            .is_empty()
    })
    .await;
    gets(&weak, 20).await;
    assert_eq!(denied.count(), 1, "it is not asked again at once");
    wait_for_token_map(&alternator, &strong, key_of(0)).await;
    assert!(
        replica_share(&cluster, &weak, 100).await >= 0.99,
        "both use the map"
    );
    assert_eq!(log.warnings("").len(), 1);
}

#[tokio::test]
async fn denied_system_tables_disable_token_awareness_with_one_warning_that_names_the_grant() {
    expect_no_token_awareness(
        InternalTables::Refused,
        "GRANT SELECT ON system.tablets TO <role>;",
    )
    .await;
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
