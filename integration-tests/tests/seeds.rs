//! Where a process begins.

use crate::support::{client, eventually, expect_pings, quick_refresh, ready_client, test_cluster};
use alternator_lb_sdk::Alternator;
use alternator_test_cluster::{NodeConfig, StartError, TestCluster};

#[tokio::test]
async fn a_seed_that_is_dead_at_the_start_does_not_matter_beside_another() {
    let cluster = test_cluster!();
    cluster.node(0).stop();
    let seeds = [cluster.node(0).url(), cluster.node(1).url()];
    let alternator = Alternator::builder().seeds(seeds).build().unwrap();
    // At once: the first requests may meet the dead seed.
    expect_pings(&client(&alternator), 6).await;
    alternator.ready().await.unwrap();
    assert_eq!(alternator.nodes().len(), 3);
    expect_pings(&client(&alternator), 6).await;
}

#[tokio::test]
async fn a_seed_that_dies_later_is_not_needed_any_more() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    cluster.remove_node(&cluster.node(0));
    let newcomer = cluster.add_node(NodeConfig::new()).unwrap();
    eventually("the node that joined without the seed serves", async || {
        expect_pings(&client, 1).await;
        newcomer.counters().requests > 0
    })
    .await;
    eventually("the seed is out of the list", async || {
        !alternator
            .nodes()
            .iter()
            .any(|node| node.url() == cluster.node(0).url())
    })
    .await;
}

#[tokio::test]
async fn a_seed_need_not_be_one_of_the_nodes() {
    let cluster = test_cluster!();
    // A load balancer, say: it passes the question on, and is in no list.
    let seed = cluster.add_node(NodeConfig::new()).unwrap();
    let nodes = cluster.nodes().into_iter().take(3);
    seed.list(nodes.map(|node| node.address().ip().to_string()));
    seed.set_listed(false);
    let alternator = Alternator::builder().seeds([seed.url()]).build().unwrap();
    alternator.ready().await.unwrap();
    cluster.reset_counters();
    expect_pings(&client(&alternator), 9).await;
    assert_eq!(seed.counters().requests, 0);
}

#[tokio::test]
async fn a_name_is_looked_up_and_stands_for_its_addresses() {
    let cluster = test_cluster!();
    let seed = format!("http://localhost:{}", cluster.port());
    let alternator = refreshing_from(&seed);
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

fn refreshing_from(seed: &str) -> Alternator {
    Alternator::builder().seeds([seed]).build().unwrap()
}

#[tokio::test]
async fn ipv6_nodes_are_found_and_served() {
    let Some(cluster) = on_ipv6() else { return };
    let alternator = quick_refresh(&cluster).build().unwrap();
    expect_pings(&client(&alternator), 2).await;
    alternator.ready().await.unwrap();
    assert_eq!(alternator.nodes().len(), 1);
    assert_eq!(alternator.nodes()[0].url(), cluster.url());
    assert!(cluster.url().starts_with("http://[::1]:"));
    expect_pings(&client(&alternator), 2).await;
    assert_eq!(cluster.node(0).counters().requests, 4);
}

fn on_ipv6() -> Option<TestCluster> {
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
