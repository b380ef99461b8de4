//! Network partitions: a partitioned node lists only itself.

use crate::support::{client, expect_pings, quick_refresh, test_cluster};
use alternator_lb_sdk::Scope;
use alternator_test_cluster::TestCluster;

/// Refreshes many times, so that each node is queried, and expects that no node is lost.
async fn expect_no_node_is_lost(cluster: &TestCluster, scope: Scope, partitioned: usize) {
    let alternator = quick_refresh(cluster).scope(scope).build().unwrap();
    alternator.ready().await.unwrap();
    assert_eq!(alternator.nodes().len(), 3);
    cluster.node(partitioned).partition();
    for _ in 0..20 {
        alternator.refresh().await.unwrap();
        assert_eq!(alternator.nodes().len(), 3);
    }
    cluster.reset_counters();
    expect_pings(&client(&alternator), 9).await;
    assert!(
        cluster
            .nodes()
            .iter()
            .all(|node| node.counters().requests == 3)
    );
}

#[tokio::test]
async fn partitioned_seed_removes_no_node_from_cluster_scope() {
    expect_no_node_is_lost(&test_cluster!(), Scope::cluster(), 0).await;
}

#[tokio::test]
async fn partitioned_node_removes_no_node_from_cluster_scope() {
    expect_no_node_is_lost(&test_cluster!(), Scope::cluster(), 1).await;
}

#[tokio::test]
async fn partitioned_node_removes_no_node_from_datacenter_scope() {
    expect_no_node_is_lost(&test_cluster!(), Scope::datacenter("dc1"), 1).await;
}

#[tokio::test]
async fn partitioned_node_removes_no_node_from_rack_scope() {
    expect_no_node_is_lost(&test_cluster!(), Scope::rack("dc1", "r1"), 1).await;
}
