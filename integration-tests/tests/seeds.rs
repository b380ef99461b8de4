//! Seeds: the first nodes of a process.

use crate::support::{
    Log, client, eventually, expect_pings, quick_refresh, ready_client, test_cluster,
};
use alternator_lb_sdk::{Alternator, NodeState, RefreshError, Scope};
use alternator_test_cluster::{Fault, NodeConfig, StartError, TestCluster};

#[tokio::test]
async fn dead_seed_does_not_prevent_startup_from_another_seed() {
    let cluster = test_cluster!();
    cluster.node(0).stop();
    let seeds = [cluster.node(0).url(), cluster.node(1).url()];
    let alternator = Alternator::builder().seeds(seeds).build().unwrap();
    // Without waiting for discovery, so that the first requests may try the dead seed.
    expect_pings(&client(&alternator), 6).await;
    alternator.ready().await.unwrap();
    assert_eq!(alternator.nodes().len(), 3);
    expect_pings(&client(&alternator), 6).await;
}

#[tokio::test]
async fn seed_is_not_needed_after_the_first_discovery() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    cluster.remove_node(&cluster.node(0));
    let new_node = cluster.add_node(NodeConfig::new()).unwrap();
    eventually("the node that joined without the seed serves", async || {
        expect_pings(&client, 1).await;
        new_node.counters().requests > 0
    })
    .await;
    eventually("the seed is not listed", async || {
        !alternator
            .nodes()
            .iter()
            .any(|node| node.url() == cluster.node(0).url())
    })
    .await;
}

#[tokio::test]
async fn most_seeds_may_be_silent() {
    let cluster = test_cluster!(|cluster| cluster.nodes(30));
    let nodes = cluster.nodes();
    let (live, silent) = nodes.split_at(5);
    for node in silent {
        node.set_listed(false);
        node.inject(Fault::Hang);
    }
    for scope in [Scope::cluster(), Scope::datacenter("dc1")] {
        let builder = Alternator::builder().seeds(cluster.urls()).scope(scope);
        let alternator = builder.build().unwrap();
        alternator.ready().await.unwrap();
        assert_eq!(alternator.nodes().len(), live.len());
        expect_pings(&client(&alternator), 10).await;
    }
}

#[tokio::test]
async fn refresh_queries_one_node_however_many_seeds_there_are() {
    let cluster = test_cluster!(|cluster| cluster.nodes(10));
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    let discoveries = || -> u64 {
        let nodes = cluster.nodes();
        nodes.iter().map(|node| node.counters().discoveries).sum()
    };
    for refreshes in 1..=5 {
        alternator.refresh().await.unwrap();
        assert_eq!(discoveries(), refreshes);
    }
}

#[tokio::test]
async fn unlisted_seed_serves_discovery_and_gets_no_requests() {
    let cluster = test_cluster!();
    // Like a load balancer, which forwards discovery and is in no node list.
    let seed = cluster.add_node(NodeConfig::new()).unwrap();
    let nodes = cluster.nodes().into_iter().take(3);
    seed.set_localnodes_entries(nodes.map(|node| node.address().ip().to_string()));
    seed.set_listed(false);
    let alternator = Alternator::builder().seeds([seed.url()]).build().unwrap();
    alternator.ready().await.unwrap();
    cluster.reset_counters();
    expect_pings(&client(&alternator), 9).await;
    assert_eq!(seed.counters().requests, 0);
}

#[tokio::test]
async fn seed_serves_until_a_listed_node_can_be_reached() {
    let cluster = test_cluster!(|cluster| cluster.nodes(4));
    let log = Log::capture();
    // Like a node in a container: it lists internal addresses.
    let (seed, nodes) = (cluster.node(0), &cluster.nodes()[1..]);
    for node in cluster.nodes() {
        let entries = nodes.iter().map(|node| node.address().ip().to_string());
        node.set_localnodes_entries(entries);
    }
    nodes.iter().for_each(|node| node.stop());
    let alternator = quick_refresh(&cluster).build().unwrap();
    let client = client(&alternator);
    let error = alternator.ready().await.unwrap_err();
    assert!(
        matches!(error, RefreshError::ServedBySeeds { .. }),
        "{error:?}"
    );
    expect_pings(&client, 30).await;
    alternator.refresh().await.unwrap();
    expect_pings(&client, 30).await;
    assert_eq!(seed.counters().requests, 60);
    let warnings = log.warnings("served by the seeds alone");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains(".without_discovery()"), "{warnings:?}");

    nodes.iter().for_each(|node| node.start().unwrap());
    eventually("the listed nodes are used", async || {
        expect_pings(&client, 1).await;
        let nodes = alternator.nodes();
        nodes.len() == 3 && nodes.iter().all(|node| node.state() == NodeState::Up)
    })
    .await;
    alternator.ready().await.unwrap();
    cluster.reset_counters();
    expect_pings(&client, 9).await;
    assert_eq!(seed.counters().requests, 0);
    assert!(nodes.iter().all(|node| node.counters().requests == 3));
}

#[tokio::test]
async fn host_name_seed_resolves_to_its_addresses() {
    let cluster = test_cluster!();
    let seed = format!("http://localhost:{}", cluster.port());
    let alternator = alternator_from(&seed);
    expect_pings(&client(&alternator), 3).await;
    alternator.ready().await.unwrap();
    let mut nodes: Vec<_> = alternator
        .nodes()
        .iter()
        .map(|node| node.url().to_owned())
        .collect();
    nodes.sort();
    assert_eq!(nodes, cluster.urls());
    cluster.reset_counters();
    expect_pings(&client(&alternator), 9).await;
    assert!(
        cluster
            .nodes()
            .iter()
            .all(|node| node.counters().requests == 3)
    );
}

fn alternator_from(seed: &str) -> Alternator {
    Alternator::builder().seeds([seed]).build().unwrap()
}

#[tokio::test]
async fn ipv6_nodes_are_discovered_and_used() {
    let Some(cluster) = ipv6_cluster() else {
        return;
    };
    let alternator = quick_refresh(&cluster).build().unwrap();
    expect_pings(&client(&alternator), 2).await;
    alternator.ready().await.unwrap();
    assert_eq!(alternator.nodes().len(), 1);
    assert_eq!(alternator.nodes()[0].url(), cluster.url());
    assert!(cluster.url().starts_with("http://[::1]:"));
    expect_pings(&client(&alternator), 2).await;
    assert_eq!(cluster.node(0).counters().requests, 4);
}

fn ipv6_cluster() -> Option<TestCluster> {
    let node = NodeConfig::new().address("::1");
    match TestCluster::builder().node(node).start() {
        Ok(cluster) => Some(cluster),
        Err(StartError::AddressMissing { ip, .. }) => {
            eprintln!("skipped: this machine does not have {ip}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}
