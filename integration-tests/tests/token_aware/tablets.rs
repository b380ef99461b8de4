//! Tablets that move, and tables that are recreated.

use super::support::{
    TABLE, advance_time, create, get, key_of, replica_share, token_aware_client, token_map_matches,
    twelve_node_cluster, wait_for_token_map,
};
use crate::support::{eventually, s};
use alternator_test_cluster::{Node, TestCluster, Tokens};
use aws_sdk_dynamodb::types::ScalarAttributeType;
use std::time::Duration;

/// Moves a replica of each tablet to a node without one.
fn move_all(cluster: &TestCluster) {
    for (index, tablet) in cluster.tablets(TABLE).iter().enumerate() {
        let holds = |node: &Node| {
            tablet
                .replicas
                .iter()
                .any(|replica| replica.url() == node.url())
        };
        let nodes = cluster.nodes();
        let mut others = nodes.iter().filter(|node| !holds(node));
        let to = others.nth(index % 9).unwrap();
        for from in &tablet.replicas {
            if from.rack() == to.rack() {
                cluster.move_tablet(TABLE, index, from, to);
            }
        }
    }
}

#[tokio::test]
async fn moved_tablets_fail_no_request_and_the_token_map_is_refreshed() {
    let cluster = twelve_node_cluster!(Tokens::tablets(32));
    let (alternator, client) = token_aware_client(&cluster).await;
    create(&client, ScalarAttributeType::S).await;
    wait_for_token_map(&alternator, &client, key_of(0)).await;
    assert!(replica_share(&cluster, &client, 300).await >= 0.99);
    move_all(&cluster);
    let stale = replica_share(&cluster, &client, 300).await;
    assert!(
        (0.4..0.95).contains(&stale),
        "share with a stale map: {stale}"
    );
    advance_time(Duration::from_secs(15 * 60 + 10)).await;
    eventually("the token map is read again", async || {
        replica_share(&cluster, &client, 100).await >= 0.99
    })
    .await;
}

#[tokio::test]
async fn recreated_table_gets_a_new_token_map() {
    let cluster = twelve_node_cluster!(Tokens::tablets(32));
    let (alternator, client) = token_aware_client(&cluster).await;
    create(&client, ScalarAttributeType::S).await;
    wait_for_token_map(&alternator, &client, key_of(0)).await;
    client
        .delete_table()
        .table_name(TABLE)
        .send()
        .await
        .unwrap();
    create(&client, ScalarAttributeType::S).await;
    // The new table has other replicas.
    move_all(&cluster);
    // Less than the refresh interval, but more than the minimum pause between reads.
    advance_time(Duration::from_secs(6)).await;
    eventually("the token map is read again", async || {
        replica_share(&cluster, &client, 100).await >= 0.99
    })
    .await;
}

#[tokio::test]
async fn token_map_of_a_large_table_is_read_page_by_page() {
    let cluster = twelve_node_cluster!(Tokens::tablets(8_192));
    let (alternator, client) = token_aware_client(&cluster).await;
    create(&client, ScalarAttributeType::S).await;
    wait_for_token_map(&alternator, &client, key_of(0)).await;
    assert!(token_map_matches(&alternator, &cluster, 1_000));
    assert!(replica_share(&cluster, &client, 100).await >= 0.99);
}

#[tokio::test]
async fn token_map_of_an_unused_table_is_not_refreshed() {
    let cluster = twelve_node_cluster!(Tokens::tablets(4));
    let (alternator, client) = token_aware_client(&cluster).await;
    create(&client, ScalarAttributeType::S).await;
    wait_for_token_map(&alternator, &client, key_of(0)).await;
    advance_time(Duration::from_secs(60 * 60)).await;
    alternator.refresh().await.unwrap();
    cluster.reset_counters();
    for _ in 0..20 {
        crate::support::ping(&client).await.unwrap();
    }
    let queries = |node: Node| {
        let counters = node.counters();
        counters.operation("Query") + counters.operation("Scan")
    };
    let sent: u64 = cluster.nodes().into_iter().map(queries).sum();
    assert_eq!(sent, 0);
    get(&client, s("used again")).await.unwrap();
    eventually("the token map is read again", async || {
        cluster.nodes().into_iter().map(queries).sum::<u64>() > 0
    })
    .await;
}
