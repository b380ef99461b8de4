//! Fallback to the next scope, without spill-over, when the preferred scope has no nodes.

use crate::scopes::{requests_per_node, two_datacenters};
use crate::support::{client, eventually, expect_pings, quick_refresh, test_cluster};
use alternator_lb_sdk::{Alternator, Scope};
use alternator_test_cluster::{NodeConfig, TestCluster};

fn without_spill_over(cluster: &TestCluster, scope: Scope) -> Alternator {
    let builder = quick_refresh(cluster).scope(scope).without_spill_over();
    builder.build().unwrap()
}

/// Waits until the nodes with these indexes are in use, and no others.
async fn expect_nodes_in_use(cluster: &TestCluster, alternator: &Alternator, expected: &[usize]) {
    let mut expected: Vec<_> = expected
        .iter()
        .map(|&index| cluster.node(index).url())
        .collect();
    expected.sort();
    let client = client(alternator);
    eventually(&format!("{expected:?} are in use"), async || {
        expect_pings(&client, 1).await;
        let mut nodes: Vec<_> = alternator
            .nodes()
            .iter()
            .map(|node| node.url().to_owned())
            .collect();
        nodes.sort();
        nodes == expected
    })
    .await;
}

#[tokio::test]
async fn each_scope_serves_when_all_preferred_scopes_have_no_nodes() {
    let cluster = test_cluster!(two_datacenters);
    for (scope, expected) in [
        (
            Scope::rack("dc1", "r9").or(Scope::datacenter("dc2")),
            [0, 0, 0, 6, 6],
        ),
        (
            Scope::datacenter("dc9").or(Scope::rack("dc1", "r1")),
            [6, 6, 0, 0, 0],
        ),
        (
            Scope::rack("dc9", "r1")
                .or(Scope::datacenter("dc9"))
                .or(Scope::cluster()),
            [4, 4, 4, 0, 0],
        ),
        (
            Scope::rack("dc1", "r1").or(Scope::datacenter("dc2")),
            [6, 6, 0, 0, 0],
        ),
    ] {
        let alternator = without_spill_over(&cluster, scope.clone());
        alternator.ready().await.unwrap();
        assert_eq!(
            requests_per_node(&cluster, &alternator, 12).await,
            expected,
            "{scope}"
        );
    }
}

#[tokio::test]
async fn emptied_rack_falls_back_to_its_datacenter_until_a_node_joins() {
    let cluster = test_cluster!(two_datacenters);
    let scope = Scope::rack("dc1", "r2")
        .or(Scope::datacenter("dc1"))
        .or(Scope::datacenter("dc2"));
    let alternator = without_spill_over(&cluster, scope);
    expect_nodes_in_use(&cluster, &alternator, &[2]).await;

    cluster.remove_node(&cluster.node(2));
    expect_nodes_in_use(&cluster, &alternator, &[0, 1]).await;

    let new_node = NodeConfig::new().datacenter("dc1").rack("r2");
    let new_node = cluster.add_node(new_node).unwrap();
    expect_nodes_in_use(&cluster, &alternator, &[5]).await;
    cluster.reset_counters();
    expect_pings(&client(&alternator), 6).await;
    assert_eq!(new_node.counters().requests, 6);
}

#[tokio::test]
async fn requests_leave_and_return_with_the_preferred_datacenter() {
    let cluster = test_cluster!(two_datacenters);
    let scope = Scope::datacenter("dc2").or(Scope::datacenter("dc1"));
    let alternator = without_spill_over(&cluster, scope);
    expect_nodes_in_use(&cluster, &alternator, &[3, 4]).await;

    for index in [3, 4] {
        cluster.node(index).stop();
        cluster.node(index).set_listed(false);
    }
    expect_nodes_in_use(&cluster, &alternator, &[0, 1, 2]).await;

    for index in [3, 4] {
        cluster.node(index).start().unwrap();
        cluster.node(index).set_listed(true);
    }
    expect_nodes_in_use(&cluster, &alternator, &[3, 4]).await;
}

#[tokio::test]
async fn dead_but_listed_nodes_do_not_widen_the_scope() {
    let cluster = test_cluster!(two_datacenters);
    let scope = Scope::rack("dc1", "r1").or(Scope::datacenter("dc1"));
    let alternator = without_spill_over(&cluster, scope);
    expect_nodes_in_use(&cluster, &alternator, &[0, 1]).await;
    cluster.node(1).stop();
    alternator.refresh().await.unwrap();
    assert_eq!(
        requests_per_node(&cluster, &alternator, 6).await,
        [6, 0, 0, 0, 0]
    );
}
