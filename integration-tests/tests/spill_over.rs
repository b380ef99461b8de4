//! Spill-over: the nodes of all scopes of a chain are known at any time, and take requests that the preferred scope
//! cannot serve.

use crate::scopes::two_datacenters;
use crate::support::{RecordingClient, eventually, expect_pings, test_cluster};
use alternator_lb_sdk::{Alternator, Builder, NodeState, NodeStatus, Scope};
use alternator_test_cluster::{Fault, NodeConfig, TestCluster};
use aws_sdk_dynamodb::Client;

fn rack_and_datacenters() -> Scope {
    Scope::rack("dc1", "r1")
        .or(Scope::datacenter("dc1"))
        .or(Scope::datacenter("dc2"))
}

/// A builder with a chain of three scopes, and the default refresh interval.
fn builder_with_scope_chain(cluster: &TestCluster) -> Builder {
    Alternator::builder()
        .seeds([cluster.node(0).url()])
        .scope(rack_and_datacenters())
}

/// Refreshes, and returns the known nodes.
async fn refreshed_nodes(alternator: &Alternator) -> Vec<String> {
    alternator.refresh().await.unwrap();
    let nodes = alternator.nodes();
    let mut nodes: Vec<_> = nodes.iter().map(|node| node.url().to_owned()).collect();
    nodes.sort();
    nodes
}

fn all(cluster: &TestCluster) -> Vec<String> {
    let mut urls = cluster.urls();
    urls.sort();
    urls
}

fn without(cluster: &TestCluster, stopped: &[usize]) -> Vec<String> {
    let stopped: Vec<_> = stopped
        .iter()
        .map(|&index| cluster.node(index).url())
        .collect();
    let mut remaining = all(cluster);
    remaining.retain(|url| !stopped.contains(url));
    remaining
}

/// Stops nodes, and removes them from the node lists.
fn stop_and_unlist(cluster: &TestCluster, nodes: &[usize]) {
    for &index in nodes {
        cluster.node(index).stop();
        cluster.node(index).set_listed(false);
    }
}

#[tokio::test]
async fn nodes_of_every_scope_are_known_while_the_preferred_scope_has_nodes() {
    let cluster = test_cluster!(two_datacenters);
    let alternator = builder_with_scope_chain(&cluster).build().unwrap();
    assert_eq!(refreshed_nodes(&alternator).await, all(&cluster));
}

#[tokio::test]
async fn refresh_queries_one_node_once_for_each_scope() {
    let cluster = test_cluster!(two_datacenters);
    let recorder = RecordingClient::new();
    let alternator = builder_with_scope_chain(&cluster).http_client(recorder.clone());
    let alternator = alternator.build().unwrap();
    // Until each candidate for a query has shown that it supports racks.
    for _ in 0..32 {
        refreshed_nodes(&alternator).await;
    }
    let (before, queried_before) = (
        recorder.discovery_paths().len(),
        recorder.discoveries().len(),
    );
    refreshed_nodes(&alternator).await;
    assert_eq!(
        recorder.discovery_paths()[before..],
        [
            "/localnodes?dc=dc1&rack=r1",
            "/localnodes?dc=dc1",
            "/localnodes?dc=dc2"
        ]
    );
    let queried = &recorder.discoveries()[queried_before..];
    assert!(
        queried.iter().all(|node| *node == queried[0]),
        "{queried:?}"
    );
}

#[tokio::test]
async fn without_spill_over_only_the_first_scope_with_nodes_is_queried() {
    let cluster = test_cluster!(two_datacenters);
    let recorder = RecordingClient::new();
    let alternator = builder_with_scope_chain(&cluster)
        .without_spill_over()
        .http_client(recorder.clone());
    let alternator = alternator.build().unwrap();
    assert_eq!(
        refreshed_nodes(&alternator).await,
        without(&cluster, &[2, 3, 4])
    );
    let queried = recorder.discovery_paths();
    assert!(
        queried.iter().all(|path| path.contains("rack=")),
        "{queried:?}"
    );
}

#[tokio::test]
async fn emptied_scope_affects_no_other_scope_and_is_rediscovered() {
    let cluster = test_cluster!(two_datacenters);
    let seeds = [cluster.node(2).url(), cluster.node(3).url()];
    let alternator = builder_with_scope_chain(&cluster)
        .seeds(seeds)
        .build()
        .unwrap();
    for stopped in [&[0, 1][..], &[3, 4], &[2]] {
        assert_eq!(refreshed_nodes(&alternator).await, all(&cluster));
        stop_and_unlist(&cluster, stopped);
        assert_eq!(
            refreshed_nodes(&alternator).await,
            without(&cluster, stopped)
        );
        for &index in stopped {
            cluster.node(index).start().unwrap();
            cluster.node(index).set_listed(true);
        }
    }
    assert_eq!(refreshed_nodes(&alternator).await, all(&cluster));
}

#[tokio::test]
async fn unreachable_datacenter_stays_known_while_it_is_listed() {
    let cluster = test_cluster!(two_datacenters);
    let alternator = builder_with_scope_chain(&cluster).build().unwrap();
    assert_eq!(refreshed_nodes(&alternator).await, all(&cluster));
    cluster.node(3).stop();
    cluster.node(4).stop();
    for _ in 0..10 {
        assert_eq!(refreshed_nodes(&alternator).await, all(&cluster));
    }
}

#[tokio::test]
async fn partitioned_node_empties_no_scope() {
    let cluster = test_cluster!(two_datacenters);
    let alternator = builder_with_scope_chain(&cluster).build().unwrap();
    assert_eq!(refreshed_nodes(&alternator).await, all(&cluster));
    for index in 0..5 {
        cluster.node(index).partition();
        for _ in 0..10 {
            assert_eq!(refreshed_nodes(&alternator).await, all(&cluster), "{index}");
        }
        cluster.node(index).restore_listing();
    }
}

#[tokio::test]
async fn joining_node_of_any_scope_is_known_after_the_next_refresh() {
    let cluster = test_cluster!(two_datacenters);
    let alternator = builder_with_scope_chain(&cluster).build().unwrap();
    refreshed_nodes(&alternator).await;
    for (datacenter, rack) in [("dc2", "r7"), ("dc1", "r1"), ("dc1", "r3")] {
        let new_node = NodeConfig::new().datacenter(datacenter).rack(rack);
        cluster.add_node(new_node).unwrap();
        assert_eq!(refreshed_nodes(&alternator).await, all(&cluster));
    }
}

/// One datacenter with racks of these sizes.
fn racks(
    builder: alternator_test_cluster::Builder,
    sizes: &[usize],
) -> alternator_test_cluster::Builder {
    let racks = sizes
        .iter()
        .zip(1..)
        .flat_map(|(&size, rack)| vec![format!("r{rack}"); size]);
    racks.fold(builder, |builder, rack| {
        builder.node(NodeConfig::new().rack(rack))
    })
}

async fn rack_first(cluster: &TestCluster) -> (Alternator, Client) {
    let scope = Scope::rack("dc1", "r1").or(Scope::datacenter("dc1"));
    let alternator = crate::support::quick_refresh(cluster)
        .scope(scope)
        .build()
        .unwrap();
    let client = crate::support::client(&alternator);
    alternator.ready().await.unwrap();
    (alternator, client)
}

/// Makes this many requests, and returns the number that each node got.
async fn shares(cluster: &TestCluster, client: &Client, requests: usize) -> Vec<u64> {
    cluster.reset_counters();
    expect_pings(client, requests).await;
    let nodes = cluster.nodes();
    nodes.iter().map(|node| node.counters().requests).collect()
}

#[tokio::test]
async fn traffic_spills_over_in_proportion_to_the_lost_rack_capacity() {
    let cluster = test_cluster!(|builder| racks(builder, &[2, 3]));
    let (alternator, client) = rack_first(&cluster).await;
    let priorities: Vec<_> = alternator
        .nodes()
        .iter()
        .map(NodeStatus::priority)
        .collect();
    assert_eq!(priorities, [0, 0, 1, 1, 1]);
    assert_eq!(shares(&cluster, &client, 20).await, [10, 10, 0, 0, 0]);

    cluster.node(0).stop();
    expect_pings(&client, 2).await;
    let after_failure = shares(&cluster, &client, 400).await;
    // 70 % of 400 stay in the rack. The standard deviation is less than 10, so that a difference of 80 never occurs.
    assert!(after_failure[1].abs_diff(280) < 80, "{after_failure:?}");
    assert_eq!(after_failure.iter().sum::<u64>(), 400);

    cluster.node(0).start().unwrap();
    eventually("all nodes are up", async || {
        alternator
            .nodes()
            .iter()
            .all(|node| node.state() == NodeState::Up)
    })
    .await;
    assert_eq!(shares(&cluster, &client, 20).await, [10, 10, 0, 0, 0]);
}

#[tokio::test]
async fn retry_goes_outside_a_rack_of_one_node() {
    let cluster = test_cluster!(|builder| racks(builder, &[1, 2]));
    let (_alternator, client) = rack_first(&cluster).await;
    // Below the failure share that ejects a node.
    cluster.node(0).inject(Fault::ServerError { share: 0.1 });
    let shares = shares(&cluster, &client, 40).await;
    assert_eq!(shares[0], 40);
    assert_eq!(shares[1] + shares[2], 4, "{shares:?}");
}

#[tokio::test]
async fn rack_of_one_node_is_used_again_after_the_node_is_restored() {
    let cluster = test_cluster!(|builder| racks(builder, &[1, 2]));
    let (alternator, client) = rack_first(&cluster).await;
    cluster.node(0).inject(Fault::ServerError { share: 1.0 });
    eventually("the node is ejected", async || {
        expect_pings(&client, 1).await;
        alternator.nodes()[0].state() == NodeState::Ejected
    })
    .await;
    cluster.node(0).recover();
    eventually("the node is up", async || {
        expect_pings(&client, 1).await;
        alternator.nodes()[0].state() == NodeState::Up
    })
    .await;
    assert_eq!(shares(&cluster, &client, 10).await, [10, 0, 0]);
}

#[tokio::test]
async fn without_spill_over_requests_stay_in_the_rack_while_it_has_nodes() {
    let cluster = test_cluster!(|builder| racks(builder, &[2, 3]));
    let scope = Scope::rack("dc1", "r1").or(Scope::datacenter("dc1"));
    let alternator = crate::support::quick_refresh(&cluster)
        .scope(scope)
        .without_spill_over();
    let alternator = alternator.build().unwrap();
    let client = crate::support::client(&alternator);
    alternator.ready().await.unwrap();
    cluster.node(0).stop();
    assert_eq!(shares(&cluster, &client, 50).await, [0, 50, 0, 0, 0]);
}
