//! Requests of a plain `Client::new(&config)` are balanced as those of a client with the plugin.

use super::{balanced, balanced_by, balanced_client, last_header, requests, sdk_config};
use crate::support::{Table, eventually, expect_pings, ping, quick_refresh, s, test_cluster};
use alternator_lb_sdk::{Alternator, NodeStatus, ResponseCompression};
use alternator_test_cluster::Fault;
use aws_sdk_dynamodb::Client;
use std::time::Duration;
use tokio::task::JoinSet;

#[tokio::test]
async fn load_is_even_and_the_host_constant() {
    let cluster = test_cluster!();
    let (alternator, client) = balanced_client(&cluster, sdk_config()).await;
    expect_pings(&client, 30).await;
    assert_eq!(requests(&cluster), [10, 10, 10]);
    let host = cluster.node(0).address().to_string();
    for node in cluster.nodes() {
        assert_eq!(last_header(&node, "host").as_ref(), Some(&host));
    }
    let nodes = alternator.nodes();
    assert_eq!(nodes.iter().map(NodeStatus::requests).sum::<u64>(), 30);
    assert!(nodes.iter().all(|node| node.latency().is_some()));
}

#[tokio::test]
async fn clients_with_and_without_the_plugin_share_the_nodes() {
    let cluster = test_cluster!();
    let (alternator, config) = balanced(&cluster, sdk_config()).await;
    let (ours, theirs) = (crate::support::client(&alternator), Client::new(&config));
    for _ in 0..15 {
        ping(&ours).await.unwrap();
        ping(&theirs).await.unwrap();
    }
    assert_eq!(requests(&cluster), [10, 10, 10]);
}

#[tokio::test]
async fn first_request_starts_discovery() {
    let cluster = test_cluster!();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let sdk_config = sdk_config().build();
    // Outside of a runtime nothing can be started.
    let config = std::thread::scope(|scope| {
        let thread = scope.spawn(|| alternator.sdk_config(&sdk_config));
        thread.join().unwrap()
    });
    assert_eq!(alternator.nodes().len(), 1);
    expect_pings(&Client::new(&config), 1).await;
    eventually("discovery runs", async || alternator.nodes().len() == 3).await;
}

#[tokio::test]
async fn items_are_written_and_read() {
    let cluster = test_cluster!();
    let (_alternator, client) = balanced_client(&cluster, sdk_config()).await;
    let table = Table::create(&client).await;
    for number in 0..9 {
        let pk = s(number.to_string());
        let put = client.put_item().table_name(&table.name);
        let put = put.item("pk", pk.clone()).item("sk", s("-"));
        put.send().await.unwrap();
        let get = client.get_item().table_name(&table.name);
        let found = get.key("pk", pk.clone()).key("sk", s("-")).send().await;
        assert_eq!(found.unwrap().item.unwrap()["pk"], pk);
    }
    table.delete(&client).await;
}

#[tokio::test]
async fn streams_client_is_balanced() {
    let cluster = test_cluster!();
    let (_alternator, config) = balanced(&cluster, sdk_config()).await;
    let streams = aws_sdk_dynamodbstreams::Client::new(&config);
    for _ in 0..9 {
        streams.list_streams().send().await.unwrap();
    }
    assert_eq!(requests(&cluster), [3, 3, 3]);
}

#[tokio::test]
async fn dropped_request_leaves_nothing_in_flight() {
    let cluster = test_cluster!();
    let (alternator, client) = balanced_client(&cluster, sdk_config()).await;
    let in_flight = |alternator: &Alternator| {
        let nodes = alternator.nodes();
        nodes.iter().map(NodeStatus::in_flight).sum::<u32>()
    };
    for node in cluster.nodes() {
        node.inject(Fault::SlowOperations(Duration::from_secs(3600)));
    }
    let mut operations = JoinSet::new();
    for _ in 0..12 {
        let client = client.clone();
        operations.spawn(async move { ping(&client).await.map(drop) });
    }
    eventually("all are in flight", async || in_flight(&alternator) == 12).await;
    operations.shutdown().await;
    assert_eq!(in_flight(&alternator), 0);
}

#[tokio::test]
async fn nothing_is_in_flight_after_responses_and_errors() {
    let cluster = test_cluster!();
    let (alternator, client) = balanced_client(&cluster, sdk_config()).await;
    expect_pings(&client, 3).await;
    let missing = client.describe_table().table_name("missing").send().await;
    assert!(
        missing
            .unwrap_err()
            .into_service_error()
            .is_resource_not_found_exception()
    );
    assert!(alternator.nodes().iter().all(|node| node.in_flight() == 0));
    assert!(alternator.nodes().iter().all(|node| node.failures() == 0));
}

#[tokio::test]
async fn headers_for_aws_are_left_out_unless_they_are_signed() {
    let cluster = test_cluster!();
    let (alternator, client) = balanced_client(&cluster, sdk_config()).await;
    expect_pings(&client, 3).await;
    for node in cluster.nodes() {
        for name in [
            "amz-sdk-invocation-id",
            "amz-sdk-request",
            "x-amz-user-agent",
        ] {
            assert_eq!(last_header(&node, name), None, "{name}");
        }
        let user_agent = last_header(&node, "user-agent").unwrap();
        assert!(user_agent.starts_with("alternator-lb-sdk/"), "{user_agent}");
    }
    assert!(alternator.stats().bytes_saved_by_minimal_headers() > 0);
}

#[tokio::test]
async fn compressed_responses_are_negotiated_and_decoded() {
    let cluster = test_cluster!();
    let builder = quick_refresh(&cluster).response_compression(ResponseCompression::gzip());
    let (alternator, config) = balanced_by(builder, sdk_config()).await;
    let client = Client::new(&config);
    let table = Table::create(&client).await;
    let text = "x".repeat(20_000);
    let put = client.put_item().table_name(&table.name);
    let put = put
        .item("pk", s("-"))
        .item("sk", s("-"))
        .item("text", s(&text));
    put.send().await.unwrap();
    let get = client.get_item().table_name(&table.name);
    let found = get.key("pk", s("-")).key("sk", s("-")).send().await;
    assert_eq!(found.unwrap().item.unwrap()["text"], s(text));
    assert!(alternator.stats().bytes_saved_by_compression() > 10_000);
}
