//! Nodes that come back at another port.

use super::*;
use crate::support::{config, ping, quick_retries, test_cluster};
use alternator_lb_sdk::AlternatorExt as _;

/// A client of the cluster with this translator, which retries without long pauses.
async fn retrying_client(
    cluster: &TestCluster,
    translator: &ScriptedTranslator,
) -> (Alternator, Client) {
    let alternator = builder(cluster).address_translator(translator.clone());
    let alternator = alternator.build().unwrap();
    alternator.ready().await.unwrap();
    let config = config().retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    (alternator, client)
}

#[tokio::test]
async fn node_that_restarts_at_another_port_is_found_there_and_no_operation_fails() {
    let cluster = test_cluster!(|cluster| containers(cluster, 3));
    let translator = ScriptedTranslator::of(&cluster.nodes());
    let (alternator, client) = retrying_client(&cluster, &translator).await;
    let restarted = cluster.node(1);
    let former = restarted.url();
    restarted.restart_at_another_port().unwrap();
    translator.translates(&restarted);
    assert_ne!(restarted.url(), former);
    eventually("the node is found", async || {
        ping(&client).await.unwrap();
        translated(&alternator) == expected(&cluster.nodes())
    })
    .await;
    wait_until_used(&alternator, &cluster.nodes()).await;
    expect_even(&cluster, &client, &cluster.nodes()).await;
}

#[tokio::test]
async fn single_node_that_restarts_at_another_port_is_found_there() {
    let cluster = test_cluster!(|cluster| containers(cluster, 1));
    let translator = ScriptedTranslator::of(&cluster.nodes());
    let (alternator, client) = retrying_client(&cluster, &translator).await;
    cluster.node(0).restart_at_another_port().unwrap();
    translator.translates(&cluster.node(0));
    eventually("requests succeed again", async || {
        ping(&client).await.is_ok()
    })
    .await;
    wait_until_used(&alternator, &cluster.nodes()).await;
}

#[tokio::test]
async fn nodes_that_all_restart_at_other_ports_are_found_although_no_seed_responds() {
    let cluster = test_cluster!(|cluster| containers(cluster, 3));
    let translator = ScriptedTranslator::of(&cluster.nodes());
    let (alternator, client) = retrying_client(&cluster, &translator).await;
    for node in cluster.nodes() {
        node.restart_at_another_port().unwrap();
    }
    let _ = ping(&client).await;
    for node in cluster.nodes() {
        translator.translates(&node);
    }
    eventually("requests succeed again", async || {
        ping(&client).await.is_ok()
    })
    .await;
    wait_until_used(&alternator, &cluster.nodes()).await;
    expect_even(&cluster, &client, &cluster.nodes()).await;
}

#[tokio::test]
async fn node_that_returns_at_another_port_after_it_had_left_the_list_is_found_there() {
    let cluster = test_cluster!(|cluster| containers(cluster, 3));
    let translator = ScriptedTranslator::of(&cluster.nodes());
    let (alternator, client) = retrying_client(&cluster, &translator).await;
    let restarted = cluster.node(2);
    restarted.stop();
    restarted.set_listed(false);
    eventually("the node is no longer listed", async || {
        ping(&client).await.unwrap();
        translated(&alternator) == expected(&cluster.nodes()[..2])
    })
    .await;
    restarted.restart_at_another_port().unwrap();
    translator.translates(&restarted);
    restarted.set_listed(true);
    wait_until_used(&alternator, &cluster.nodes()).await;
    expect_even(&cluster, &client, &cluster.nodes()).await;
}
