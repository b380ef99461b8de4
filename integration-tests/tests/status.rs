//! The state of nodes and refreshes that the handle and the log report.

use crate::support::{
    Log, client, config as sdk_config, eventually, expect_pings, ping, quick_refresh, ready_client,
    test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, NodeState, RefreshError};
use alternator_test_cluster::{Fault, NodeConfig};
use aws_sdk_dynamodb::config::{self, retry::RetryConfig};
use std::error::Error as _;

#[tokio::test]
async fn nodes_are_the_seeds_before_the_first_refresh() {
    let cluster = test_cluster!();
    let seeds = [cluster.node(0).url(), cluster.node(1).url()];
    let alternator = Alternator::builder().seeds(seeds.clone()).build().unwrap();
    let mut nodes: Vec<_> = alternator
        .nodes()
        .iter()
        .map(|node| node.url().to_owned())
        .collect();
    nodes.sort();
    assert_eq!(nodes, seeds);
}

#[tokio::test]
async fn ready_refreshes_only_once() {
    let cluster = test_cluster!();
    let alternator = Alternator::builder()
        .seeds([cluster.url()])
        .build()
        .unwrap();
    for _ in 0..5 {
        alternator.ready().await.unwrap();
    }
    let discoveries = || -> u64 {
        let nodes = cluster.nodes();
        nodes.iter().map(|node| node.counters().discoveries).sum()
    };
    assert_eq!(discoveries(), 1);
    assert_eq!(alternator.nodes().len(), 3);
    alternator.refresh().await.unwrap();
    assert_eq!(discoveries(), 2, "an explicit refresh is one more");
}

#[tokio::test]
async fn failed_refresh_names_the_queried_nodes_and_can_be_repeated() {
    let cluster = test_cluster!();
    for node in cluster.nodes() {
        node.stop();
    }
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    for result in [alternator.ready().await, alternator.refresh().await] {
        let error = result.unwrap_err();
        assert!(
            matches!(error, RefreshError::NoResponse { .. }),
            "{error:?}"
        );
        assert!(error.source().is_some());
        let text = error.to_string();
        assert!(
            cluster.urls().iter().all(|node| text.contains(node)),
            "{text}"
        );
        assert!(text.contains("refused"), "{text}");
    }
    cluster.node(2).start().unwrap();
    alternator.ready().await.unwrap();
    assert_eq!(alternator.nodes().len(), 3);
}

#[tokio::test]
async fn requests_failures_and_requests_in_flight_are_counted_per_node() {
    let cluster = test_cluster!(|cluster| cluster.nodes(1));
    let (alternator, client) = ready_client(&cluster).await;
    let counts = || {
        let node = alternator.nodes().remove(0);
        (node.requests(), node.failures(), node.in_flight())
    };
    expect_pings(&client, 2).await;
    assert_eq!(counts(), (2, 0, 0));
    cluster.node(0).inject(Fault::Hang);
    let hanging = ping(&client);
    let mut hanging = std::pin::pin!(hanging);
    eventually("the request is in flight", async || {
        let _ = futures_util::poll!(&mut hanging);
        counts() == (3, 0, 1)
    })
    .await;
    cluster.node(0).recover();
    hanging.await.unwrap();
    assert_eq!(counts(), (3, 0, 0));

    cluster.node(0).inject(Fault::ServerError { share: 1.0 });
    let one_attempt = config::Builder::new().retry_config(RetryConfig::disabled());
    let failing = client
        .list_tables()
        .customize()
        .config_override(one_attempt);
    failing.send().await.unwrap_err();
    assert_eq!(counts(), (4, 1, 0));
}

#[tokio::test]
async fn membership_and_health_changes_are_logged_once() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    assert_eq!(log.infos("nodes of the cluster changed").len(), 1);
    let new_node = cluster.add_node(NodeConfig::new()).unwrap();
    eventually("the new node is discovered", async || {
        alternator.nodes().len() == 4
    })
    .await;
    for _ in 0..3 {
        alternator.refresh().await.unwrap();
    }
    let changes = log.infos("nodes of the cluster changed");
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert!(changes[1].contains(&new_node.url()), "{changes:?}");

    new_node.stop();
    expect_pings(&client, 20).await;
    let downs = log.warnings("event=\"node_ejected\"");
    assert_eq!(downs.len(), 1, "{downs:?}");
    assert!(downs[0].contains(&new_node.url()), "{downs:?}");
    new_node.start().unwrap();
    eventually("the new node is up", async || {
        expect_pings(&client, 1).await;
        alternator
            .nodes()
            .iter()
            .all(|node| node.state() == NodeState::Up)
    })
    .await;
    assert_eq!(log.infos("node back").len(), 1);
}

#[tokio::test]
async fn seeds_in_several_datacenters_without_a_scope_are_warned_of_once() {
    let log = Log::capture();
    let cluster = test_cluster!(crate::scopes::two_datacenters);
    let spanning = || quick_refresh(&cluster).seeds([cluster.node(3).url()]);
    let chosen = spanning()
        .scope(alternator_lb_sdk::Scope::cluster())
        .build()
        .unwrap();
    chosen.refresh().await.unwrap();
    assert_eq!(log.warnings("datacenters").len(), 0);
    let alternator = spanning().build().unwrap();
    let _client = client(&alternator);
    for _ in 0..3 {
        alternator.refresh().await.unwrap();
    }
    assert_eq!(log.warnings("different datacenters").len(), 1);
}

#[test]
fn debug_output_of_a_configuration_does_not_grow_with_the_nodes() {
    let length = |nodes: u8| {
        let seeds = (1..=nodes).map(|node| format!("http://192.0.2.{node}:8000"));
        let alternator = Alternator::builder().seeds(seeds).build().unwrap();
        let plain = format!("{:?}", sdk_config().build()).len();
        let config = sdk_config().alternator(&alternator).build();
        format!("{config:?}").len() - plain
    };
    let (few, many) = (length(3), length(103));
    assert!(few < 4_000, "{few}");
    // The seeds are named in each of the two components, as `http://192.0.2.103:8000`.
    assert!(many - few < 100 * 4 * 100, "{few} {many}");
}
