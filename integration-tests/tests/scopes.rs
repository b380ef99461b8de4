//! Scopes: the part of the cluster that gets the requests.

use crate::support::{client, expect_pings, quick_refresh, test_cluster};
use alternator_lb_sdk::{Alternator, RefreshError, Scope};
use alternator_test_cluster::{Builder, NodeConfig, TestCluster};

/// Nodes 0 and 1 in rack `r1` of `dc1`, node 2 in rack `r2` of `dc1`, nodes 3 and 4 in rack `r1` of `dc2`.
pub(crate) fn two_datacenters(cluster: Builder) -> Builder {
    let node = |datacenter: &str, rack: &str| NodeConfig::new().datacenter(datacenter).rack(rack);
    [
        ("dc1", "r1"),
        ("dc1", "r1"),
        ("dc1", "r2"),
        ("dc2", "r1"),
        ("dc2", "r1"),
    ]
    .into_iter()
    .fold(cluster, |cluster, (datacenter, rack)| {
        cluster.node(node(datacenter, rack))
    })
}

/// Makes `count` requests, and returns the number that each node got.
pub(crate) async fn requests_per_node(
    cluster: &TestCluster,
    alternator: &Alternator,
    count: usize,
) -> Vec<u64> {
    let client = client(alternator);
    cluster.reset_counters();
    expect_pings(&client, count).await;
    cluster
        .nodes()
        .iter()
        .map(|node| node.counters().requests)
        .collect()
}

async fn expect_spread(cluster: &TestCluster, scope: Scope, expected: [u64; 5]) {
    let alternator = quick_refresh(cluster).scope(scope).build().unwrap();
    alternator.ready().await.unwrap();
    assert_eq!(requests_per_node(cluster, &alternator, 12).await, expected);
}

#[tokio::test]
async fn rack_scope_uses_only_that_rack() {
    let cluster = test_cluster!(two_datacenters);
    expect_spread(&cluster, Scope::rack("dc1", "r1"), [6, 6, 0, 0, 0]).await;
}

#[tokio::test]
async fn rack_scope_uses_the_rack_of_its_datacenter_with_a_seed_in_another() {
    let cluster = test_cluster!(two_datacenters);
    expect_spread(&cluster, Scope::rack("dc2", "r1"), [0, 0, 0, 6, 6]).await;
}

#[tokio::test]
async fn datacenter_scope_uses_all_its_racks() {
    let cluster = test_cluster!(two_datacenters);
    expect_spread(&cluster, Scope::datacenter("dc1"), [4, 4, 4, 0, 0]).await;
}

#[tokio::test]
async fn default_scope_is_the_datacenter_of_the_seed() {
    let cluster = test_cluster!(two_datacenters);
    let alternator = quick_refresh(&cluster).build().unwrap();
    alternator.ready().await.unwrap();
    assert_eq!(
        requests_per_node(&cluster, &alternator, 12).await,
        [4, 4, 4, 0, 0]
    );
}

#[tokio::test]
async fn cluster_scope_uses_all_datacenters_with_a_seed() {
    let cluster = test_cluster!(two_datacenters);
    let seeds = [cluster.node(3).url()];
    let alternator = quick_refresh(&cluster)
        .seeds(seeds)
        .scope(Scope::cluster())
        .build()
        .unwrap();
    alternator.ready().await.unwrap();
    assert_eq!(
        requests_per_node(&cluster, &alternator, 15).await,
        [3, 3, 3, 3, 3]
    );
}

#[tokio::test]
async fn special_characters_in_scope_names_reach_the_server() {
    let (datacenter, rack) = ("dc &1=\u{e9}/?", "r+1 #%20");
    let cluster = test_cluster!(|cluster| cluster
        .nodes(1)
        .node(NodeConfig::new().datacenter(datacenter).rack(rack)));
    let scope = Scope::rack(datacenter, rack);
    let alternator = quick_refresh(&cluster).scope(scope).build().unwrap();
    alternator.ready().await.unwrap();
    assert_eq!(requests_per_node(&cluster, &alternator, 4).await, [0, 4]);
}

#[tokio::test]
async fn scope_without_nodes_is_an_error_that_names_it() {
    let cluster = test_cluster!(two_datacenters);
    let scope = Scope::rack("dc1", "r9").or(Scope::datacenter("unknown"));
    let alternator = quick_refresh(&cluster).scope(scope).build().unwrap();
    for result in [alternator.ready().await, alternator.refresh().await] {
        let error = result.unwrap_err();
        assert!(matches!(error, RefreshError::NoNodes { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("r9") && text.contains("unknown"), "{text}");
    }
}
