//! A node that lost contact to the others says that it is alone.

use crate::rig::{client, expect_pings, refreshing, scripted};
use alternator_lb_sdk::Scope;
use alternator_test_cluster::TestCluster;

/// Refreshes many times, so that each node is asked now and then, and expects that nobody is lost.
async fn nobody_is_lost(cluster: &TestCluster, scope: Scope, partitioned: usize) {
    let alternator = refreshing(cluster).scope(scope).build().unwrap();
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
async fn a_partitioned_seed_does_not_empty_the_cluster() {
    nobody_is_lost(&scripted!(), Scope::cluster(), 0).await;
}

#[tokio::test]
async fn a_partitioned_node_does_not_empty_the_cluster() {
    nobody_is_lost(&scripted!(), Scope::cluster(), 1).await;
}

#[tokio::test]
async fn a_partitioned_node_does_not_empty_the_datacenter() {
    nobody_is_lost(&scripted!(), Scope::datacenter("dc1"), 1).await;
}

#[tokio::test]
async fn a_partitioned_node_does_not_empty_the_rack() {
    nobody_is_lost(&scripted!(), Scope::rack("dc1", "r1"), 1).await;
}
