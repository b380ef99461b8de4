//! The nodes of all scopes of a chain are known at any time.

use crate::rig::{Recorder, scripted};
use crate::scopes::two_datacenters;
use alternator_lb_sdk::{Alternator, Builder, Scope};
use alternator_test_cluster::{NodeConfig, TestCluster};

fn rack_and_datacenters() -> Scope {
    Scope::rack("dc1", "r1")
        .or(Scope::datacenter("dc1"))
        .or(Scope::datacenter("dc2"))
}

/// The settings of an `Alternator` that refreshes only when it is told to.
fn chained(cluster: &TestCluster) -> Builder {
    Alternator::builder()
        .seeds([cluster.node(0).url()])
        .scope(rack_and_datacenters())
}

/// The nodes known after a refresh.
async fn known(alternator: &Alternator) -> Vec<String> {
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

fn without(cluster: &TestCluster, gone: &[usize]) -> Vec<String> {
    let gone: Vec<_> = gone
        .iter()
        .map(|&index| cluster.node(index).url())
        .collect();
    let mut rest = all(cluster);
    rest.retain(|url| !gone.contains(url));
    rest
}

/// Takes nodes down, and lets the others notice.
fn lose(cluster: &TestCluster, nodes: &[usize]) {
    for &index in nodes {
        cluster.node(index).stop();
        cluster.node(index).set_listed(false);
    }
}

#[tokio::test]
async fn the_nodes_of_every_scope_are_known_while_the_first_has_nodes() {
    let cluster = scripted!(two_datacenters);
    let alternator = chained(&cluster).build().unwrap();
    assert_eq!(known(&alternator).await, all(&cluster));
}

#[tokio::test]
async fn one_node_is_asked_one_question_for_each_scope() {
    let cluster = scripted!(two_datacenters);
    let recorder = Recorder::new();
    let alternator = chained(&cluster).http_client(recorder.clone());
    let alternator = alternator.build().unwrap();
    // Until whoever may be asked has shown that it knows racks.
    for _ in 0..32 {
        known(&alternator).await;
    }
    let (before, asked_before) = (recorder.questions().len(), recorder.discoveries().len());
    known(&alternator).await;
    assert_eq!(
        recorder.questions()[before..],
        [
            "/localnodes?dc=dc1&rack=r1",
            "/localnodes?dc=dc1",
            "/localnodes?dc=dc2"
        ]
    );
    let asked = &recorder.discoveries()[asked_before..];
    assert!(asked.iter().all(|node| *node == asked[0]), "{asked:?}");
}

#[tokio::test]
async fn without_spill_over_only_the_first_scope_that_has_nodes_is_asked_for() {
    let cluster = scripted!(two_datacenters);
    let recorder = Recorder::new();
    let alternator = chained(&cluster)
        .without_spill_over()
        .http_client(recorder.clone());
    let alternator = alternator.build().unwrap();
    assert_eq!(known(&alternator).await, without(&cluster, &[2, 3, 4]));
    let asked = recorder.questions();
    assert!(
        asked.iter().all(|question| question.contains("rack=")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn a_scope_that_empties_takes_no_other_with_it_and_is_found_again() {
    let cluster = scripted!(two_datacenters);
    let seeds = [cluster.node(2).url(), cluster.node(3).url()];
    let alternator = chained(&cluster).seeds(seeds).build().unwrap();
    for gone in [&[0, 1][..], &[3, 4], &[2]] {
        assert_eq!(known(&alternator).await, all(&cluster));
        lose(&cluster, gone);
        assert_eq!(known(&alternator).await, without(&cluster, gone));
        for &index in gone {
            cluster.node(index).start().unwrap();
            cluster.node(index).set_listed(true);
        }
    }
    assert_eq!(known(&alternator).await, all(&cluster));
}

#[tokio::test]
async fn a_datacenter_out_of_reach_stays_as_long_as_the_cluster_names_it() {
    let cluster = scripted!(two_datacenters);
    let alternator = chained(&cluster).build().unwrap();
    assert_eq!(known(&alternator).await, all(&cluster));
    cluster.node(3).stop();
    cluster.node(4).stop();
    for _ in 0..10 {
        assert_eq!(known(&alternator).await, all(&cluster));
    }
}

#[tokio::test]
async fn a_partitioned_node_empties_no_scope() {
    let cluster = scripted!(two_datacenters);
    let alternator = chained(&cluster).build().unwrap();
    assert_eq!(known(&alternator).await, all(&cluster));
    for index in 0..5 {
        cluster.node(index).partition();
        for _ in 0..10 {
            assert_eq!(known(&alternator).await, all(&cluster), "{index}");
        }
        cluster.node(index).restore_listing();
    }
}

#[tokio::test]
async fn a_node_that_joins_any_scope_is_known_after_the_next_refresh() {
    let cluster = scripted!(two_datacenters);
    let alternator = chained(&cluster).build().unwrap();
    known(&alternator).await;
    for (datacenter, rack) in [("dc2", "r7"), ("dc1", "r1"), ("dc1", "r3")] {
        let newcomer = NodeConfig::new().datacenter(datacenter).rack(rack);
        cluster.add_node(newcomer).unwrap();
        assert_eq!(known(&alternator).await, all(&cluster));
    }
}
