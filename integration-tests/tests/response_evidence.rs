//! What responses say about their node: only a node that is ill, or that is no node of Alternator, is ejected.

use crate::support::{
    Load, Log, client, config, error_text, eventually, expect_pings, find_in_chain, ping,
    quick_refresh, quick_retries, ready_client, test_cluster,
};
use alternator_lb_sdk::{AlternatorExt as _, NodeState, NodeStatus, RouteError};
use alternator_test_cluster::{Fault, RawResponse, TestCluster, Version};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;

/// The recorded answer of a real server: a server error with this message.
fn server_error(message: &str) -> RawResponse {
    let kind = "com.amazonaws.dynamodb.v20120810#InternalServerError";
    RawResponse::new(
        500,
        format!(r#"{{"__type":"{kind}","message":"{message}"}}"#),
    )
}

const CONTENTION: &str = "Internal server error: exceptions::mutation_write_timeout_exception (Failed to accept \
     proposal(67e98726-eb40-11f1-a7ae-e85eecb8a5d7) for alternator_ttt.ttt: write timeout due to uncertainty. Replica \
     errors: )";

const QUORUM_LOST: &str = "Internal server error: exceptions::unavailable_exception (Cannot achieve consistency level \
     for cl LOCAL_QUORUM. Requires 2, alive 1)";

fn page(status: u16) -> RawResponse {
    let page = RawResponse::new(status, "<html><body>It works!</body></html>");
    page.content_type("text/html")
}

async fn client_with(
    cluster: &TestCluster,
    retries: RetryConfig,
) -> (alternator_lb_sdk::Alternator, Client) {
    let alternator = quick_refresh(cluster).build().unwrap();
    let config = config().retry_config(retries).alternator(&alternator);
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    (alternator, client)
}

#[tokio::test]
async fn web_server_at_a_nodes_address_is_ejected_and_no_operation_fails() {
    for status in [200, 301, 400, 403, 404, 407, 429] {
        let log = Log::capture();
        let cluster = test_cluster!();
        let (alternator, client) = ready_client(&cluster).await;
        let taken = cluster.node(1);
        taken.set_response(page(status));
        let state = || {
            let nodes = alternator.nodes();
            let node = nodes.iter().find(|node| node.url() == taken.url()).unwrap();
            (node.state(), node.failures())
        };
        for _ in 0..30 {
            ping(&client).await.unwrap();
        }
        assert_eq!(state(), (NodeState::Ejected, 5), "{status}");
        let [ejected] = &log.warnings("node ejected")[..] else {
            panic!("one warning is expected");
        };
        let (node, status) = (taken.url(), format!("status {status}"));
        assert!(
            ejected.contains(&node) && ejected.contains(&status),
            "{ejected}"
        );
        taken.restore_responses();
        eventually("the node is back", async || {
            ping(&client).await.unwrap();
            state().0 == NodeState::Up
        })
        .await;
    }
}

#[tokio::test]
async fn error_of_an_operation_names_the_node_that_is_no_alternator_and_its_status() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_with(&cluster, RetryConfig::disabled()).await;
    for status in [200, 404] {
        for node in cluster.nodes() {
            node.set_response(page(status));
        }
        let error = ping(&client).await.unwrap_err();
        let Some(RouteError::ForeignResponse {
            node,
            status: named,
            ..
        }) = find_in_chain(&error)
        else {
            panic!("{}", error_text(error));
        };
        assert_eq!(*named, status);
        assert!(cluster.urls().contains(node), "{node}");
        let text = error_text(&error);
        assert!(
            text.contains(node.as_str()) && text.contains(&status.to_string()),
            "{text}"
        );
    }
}

#[tokio::test]
async fn empty_page_is_no_empty_item() {
    let cluster = test_cluster!(|cluster| cluster.nodes(1));
    let (_alternator, client) = client_with(&cluster, RetryConfig::disabled()).await;
    cluster
        .node(0)
        .set_response(RawResponse::new(200, "").content_type("text/plain"));
    let put = client.delete_item().table_name("t");
    let put = put.key(
        "pk",
        aws_sdk_dynamodb::types::AttributeValue::S("a".to_owned()),
    );
    let error = put.send().await.unwrap_err();
    assert!(
        find_in_chain::<RouteError>(&error).is_some(),
        "{}",
        error_text(error)
    );
}

#[tokio::test]
async fn errors_of_replicas_count_against_no_node() {
    for message in [QUORUM_LOST, CONTENTION] {
        let cluster = test_cluster!();
        let (alternator, client) = client_with(&cluster, RetryConfig::disabled()).await;
        for node in cluster.nodes() {
            node.set_response(server_error(message));
        }
        for _ in 0..60 {
            let error = ping(&client).await.unwrap_err();
            assert!(error_text(error).contains(message));
        }
        let nodes = alternator.nodes();
        let is_fine = |node: &NodeStatus| node.state() == NodeState::Up && node.failures() == 0;
        assert!(nodes.iter().all(is_fine), "{nodes:?}");
        for node in cluster.nodes() {
            node.restore_responses();
        }
        expect_pings(&client, 3).await;
    }
}

#[tokio::test]
async fn retry_after_contention_stays_on_its_coordinator() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_with(&cluster, quick_retries()).await;
    for _ in 0..9 {
        for node in cluster.nodes() {
            // Every other request, from the first on.
            node.set_response(server_error(CONTENTION).share(0.5));
        }
        cluster.reset_counters();
        ping(&client).await.unwrap();
        let nodes = cluster.nodes();
        let mut requests: Vec<_> = nodes.iter().map(|node| node.counters().requests).collect();
        requests.sort_unstable();
        assert_eq!(requests, [0, 0, 2]);
    }
}

#[tokio::test]
async fn retry_after_an_error_of_replicas_goes_on_and_succeeds() {
    let cluster = test_cluster!();
    let (alternator, client) = client_with(&cluster, quick_retries()).await;
    cluster.node(1).set_response(server_error(QUORUM_LOST));
    expect_pings(&client, 30).await;
    assert!(cluster.node(1).counters().requests >= 10);
    let nodes = alternator.nodes();
    assert!(nodes.iter().all(|node| node.failures() == 0), "{nodes:?}");
}

#[tokio::test]
async fn connections_with_an_unread_body_count_against_no_node() {
    let cluster = test_cluster!(|cluster| cluster.nodes(3).version(Version::V2026_2));
    let alternator = quick_refresh(&cluster).build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    let load = Load::of_pings(&client, 8);
    load.wait_for_requests(100).await;
    let shedding = cluster.node(1);
    shedding.inject(Fault::Throttle { share: 0.5 });
    let requests = shedding.counters().requests;
    eventually("the node has shed load", async || {
        shedding.counters().requests >= requests + 40
    })
    .await;
    shedding.recover();
    load.wait_for_requests(100).await;
    assert_eq!(load.stop().await, Vec::<String>::new());
    let nodes = alternator.nodes();
    let is_fine = |node: &NodeStatus| node.state() == NodeState::Up && node.failures() == 0;
    assert!(nodes.iter().all(is_fine), "{nodes:?}");
}
