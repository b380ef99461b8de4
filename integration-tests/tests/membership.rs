//! Membership: nodes join and leave.

use crate::support::{
    RefreshTicker, eventually, expect_pings, ping, quick_refresh, quick_retries, ready_client,
    test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, NodeState};
use alternator_test_cluster::{NodeConfig, TestCluster};
use aws_sdk_dynamodb::Client;
use std::collections::BTreeSet;

fn listed(alternator: &Alternator) -> BTreeSet<String> {
    alternator
        .nodes()
        .iter()
        .map(|node| node.url().to_owned())
        .collect()
}

fn current_urls(cluster: &TestCluster) -> BTreeSet<String> {
    cluster.urls().into_iter().collect()
}

/// Returns whether the nodes in use are those of the cluster.
fn is_up_to_date(cluster: &TestCluster, alternator: &Alternator) -> bool {
    let nodes = alternator.nodes();
    listed(alternator) == current_urls(cluster)
        && nodes.iter().all(|node| node.state() == NodeState::Up)
}

async fn wait_until_up_to_date(cluster: &TestCluster, alternator: &Alternator) {
    eventually("the nodes in use are those of the cluster", async || {
        is_up_to_date(cluster, alternator)
    })
    .await;
}

async fn expect_even(cluster: &TestCluster, client: &Client) {
    cluster.reset_counters();
    let nodes = cluster.nodes();
    expect_pings(client, nodes.len() * 10).await;
    for node in nodes {
        assert_eq!(node.counters().requests, 10, "{}", node.url());
    }
}

/// Makes requests, none of which fails, until the nodes in use are those of the cluster.
async fn requests_until_up_to_date(
    cluster: &TestCluster,
    alternator: &Alternator,
    client: &Client,
) {
    eventually("the nodes in use are those of the cluster", async || {
        ping(client).await.unwrap();
        is_up_to_date(cluster, alternator)
    })
    .await;
}

#[tokio::test]
async fn joining_node_gets_its_share() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    cluster.add_node(NodeConfig::new()).unwrap();
    wait_until_up_to_date(&cluster, &alternator).await;
    expect_even(&cluster, &client).await;
}

#[tokio::test]
async fn joining_node_gets_no_requests_before_it_listens() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    let joining = cluster.add_node(NodeConfig::new()).unwrap();
    joining.stop();
    let state = || {
        let nodes = alternator.nodes();
        let status = nodes.iter().find(|status| status.url() == joining.url());
        status.map(|status| (status.state(), status.requests()))
    };
    eventually("the joining node is listed", async || state().is_some()).await;
    if state() == Some((NodeState::Pending, 0)) {
        expect_pings(&client, 30).await;
        assert_eq!(state(), Some((NodeState::Pending, 0)));
    }
    joining.start().unwrap();
    wait_until_up_to_date(&cluster, &alternator).await;
    assert!(joining.counters().health_checks > 0, "the node was probed");
    expect_even(&cluster, &client).await;
}

#[tokio::test]
async fn unlisted_node_gets_no_requests_while_still_running() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    let leaving = cluster.node(2);
    leaving.set_listed(false);
    eventually("the node is not listed", async || {
        alternator.nodes().len() == 2
    })
    .await;
    cluster.reset_counters();
    expect_pings(&client, 10).await;
    assert_eq!(leaving.counters().requests, 0);
    assert!(leaving.is_running());
}

#[tokio::test]
async fn node_replaced_at_a_new_address_fails_no_request() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    cluster.remove_node(&cluster.node(1));
    cluster.add_node(NodeConfig::new()).unwrap();
    requests_until_up_to_date(&cluster, &alternator, &client).await;
    expect_even(&cluster, &client).await;
}

#[tokio::test]
async fn rolling_replacement_of_all_nodes_fails_no_request() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    for index in 0..3 {
        cluster.add_node(NodeConfig::new()).unwrap();
        cluster.remove_node(&cluster.node(index));
        requests_until_up_to_date(&cluster, &alternator, &client).await;
    }
    expect_even(&cluster, &client).await;
}

#[tokio::test]
async fn cluster_restarted_at_new_addresses_is_found_through_a_seed() {
    let cluster = test_cluster!();
    let kept = "127.0.0.22";
    let kept_url = format!("http://{kept}:{}", cluster.port());
    // The second seed does not listen yet.
    let alternator = quick_refresh(&cluster).seeds([kept_url]).build().unwrap();
    let config = crate::support::config().retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    assert_eq!(listed(&alternator), current_urls(&cluster));

    for node in cluster.nodes() {
        cluster.remove_node(&node);
    }
    ping(&client).await.unwrap_err();
    for address in ["127.0.0.20", "127.0.0.21", kept] {
        cluster
            .add_node(NodeConfig::new().address(address))
            .unwrap();
    }
    eventually(
        "requests go to the new nodes and to no others",
        async || ping(&client).await.is_ok() && is_up_to_date(&cluster, &alternator),
    )
    .await;
    expect_even(&cluster, &client).await;
}

#[tokio::test]
async fn down_but_listed_node_stays_a_member() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    cluster.node(2).stop();
    expect_pings(&client, 3).await;
    RefreshTicker::start().wait_for_ticks(10).await;
    assert_eq!(listed(&alternator), current_urls(&cluster));
}
