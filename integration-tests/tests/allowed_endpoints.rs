//! Requests go to seeds and nodes only, never to AWS or another endpoint.

use crate::support::{RecordingClient, config, expect_pings, ping, quick_retries, test_cluster};
use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Region;

/// A client without an endpoint override, with an AWS region and three attempts.
fn recording_client(alternator: &Alternator) -> (Client, RecordingClient) {
    let recorder = RecordingClient::new();
    let config = config()
        .region(Region::new("eu-central-1"))
        .retry_config(quick_retries().with_max_attempts(3))
        .http_client(recorder.clone())
        .alternator(alternator);
    (Client::from_conf(config.build()), recorder)
}

fn expect_only_cluster_nodes(cluster: &TestCluster, recorder: &RecordingClient) {
    let visited = [recorder.operations(), recorder.discoveries()].concat();
    assert!(!visited.is_empty());
    for node in visited {
        assert!(
            cluster.urls().contains(&node),
            "{node} is not in the cluster"
        );
    }
}

#[tokio::test]
async fn single_dead_node_gets_all_attempts_and_no_other_endpoint_is_contacted() {
    let cluster = test_cluster!(|cluster| cluster.nodes(1));
    cluster.node(0).stop();
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    let (client, recorder) = recording_client(&alternator);
    ping(&client).await.unwrap_err();
    assert_eq!(recorder.operations().len(), 3);
    alternator.refresh().await.unwrap_err();
    expect_only_cluster_nodes(&cluster, &recorder);
}

#[tokio::test]
async fn no_foreign_endpoint_is_contacted_when_all_nodes_die() {
    let cluster = test_cluster!();
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    let (client, recorder) = recording_client(&alternator);
    alternator.ready().await.unwrap();
    expect_pings(&client, 3).await;
    for node in cluster.nodes() {
        node.stop();
        let _ = ping(&client).await;
    }
    let _ = alternator.refresh().await;
    expect_only_cluster_nodes(&cluster, &recorder);
}

#[tokio::test]
async fn no_foreign_endpoint_is_contacted_when_the_node_list_is_empty() {
    let cluster = test_cluster!();
    for node in cluster.nodes() {
        node.set_localnodes_response(200, "[]");
    }
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    let (client, recorder) = recording_client(&alternator);
    alternator.ready().await.unwrap_err();
    expect_pings(&client, 3).await;
    expect_only_cluster_nodes(&cluster, &recorder);
}
