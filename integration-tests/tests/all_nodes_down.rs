//! All nodes are down.

use crate::support::{
    config, error_text, eventually, expect_pings, find_in_chain, ping, quick_refresh,
    quick_retries, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, RouteError};
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Client;
use std::time::Duration;
use tokio::time::timeout;

async fn client_of_stopped_nodes(cluster: &TestCluster) -> (Alternator, Client) {
    let alternator = quick_refresh(cluster).build().unwrap();
    let config = config().retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    expect_pings(&client, 3).await;
    for node in cluster.nodes() {
        node.stop();
    }
    (alternator, client)
}

#[tokio::test]
async fn unreachable_error_names_all_nodes_and_the_last_discovery_error() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of_stopped_nodes(&cluster).await;
    eventually("a refresh has failed too", async || {
        let operation = timeout(Duration::from_secs(10), ping(&client));
        let error = operation.await.expect("the request ends").unwrap_err();
        let Some(RouteError::Unreachable {
            tried, discovery, ..
        }) = find_in_chain(&error)
        else {
            panic!("{}", error_text(error));
        };
        for node in cluster.urls() {
            assert!(tried.contains(&node), "{tried:?} lacks {node}");
        }
        let text = error_text(&error);
        assert!(
            cluster.urls().iter().all(|node| text.contains(node)),
            "{text}"
        );
        discovery
            .as_ref()
            .is_some_and(|why| text.contains(&why.to_string()))
    })
    .await;
}

#[tokio::test]
async fn error_names_unreachable_seeds_before_the_first_discovery() {
    let cluster = test_cluster!();
    let seeds = cluster.urls();
    for node in cluster.nodes() {
        node.stop();
    }
    let alternator = Alternator::builder().seeds(seeds.clone()).build().unwrap();
    let config = config().retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    let error = ping(&client).await.unwrap_err();
    let text = error_text(&error);
    assert!(seeds.iter().all(|seed| text.contains(seed)), "{text}");
    assert!(
        alternator
            .ready()
            .await
            .unwrap_err()
            .to_string()
            .contains(&seeds[0])
    );
}

#[tokio::test]
async fn requests_succeed_once_stopped_nodes_restart() {
    let cluster = test_cluster!();
    let (alternator, client) = client_of_stopped_nodes(&cluster).await;
    ping(&client).await.unwrap_err();
    for node in cluster.nodes() {
        node.start().unwrap();
    }
    // The next request succeeds: with all nodes down, none is excluded.
    expect_pings(&client, 1).await;
    eventually("all nodes are up", async || {
        expect_pings(&client, 1).await;
        alternator
            .nodes()
            .iter()
            .all(|node| node.state() == alternator_lb_sdk::NodeState::Up)
    })
    .await;
    cluster.reset_counters();
    expect_pings(&client, 30).await;
    assert!(
        cluster
            .nodes()
            .iter()
            .all(|node| node.counters().requests == 10)
    );
}
