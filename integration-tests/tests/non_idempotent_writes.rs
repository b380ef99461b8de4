//! Writes that the server may have executed are not retried with retries disabled.

use crate::support::{
    NoCaptureClient, Table, config, direct_client, http_client, n, quick_refresh, s, test_cluster,
};
use alternator_lb_sdk::AlternatorExt as _;
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_smithy_runtime_api::shared::IntoShared as _;

async fn expect_cut_increment_is_sent_once(cluster: &TestCluster, http_client: SharedHttpClient) {
    let table = Table::create(&direct_client(cluster.url())).await;
    let alternator = quick_refresh(cluster).build().unwrap();
    let config = config()
        .http_client(http_client)
        .retry_config(RetryConfig::disabled());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    for node in cluster.nodes() {
        node.inject(Fault::CutAfter { bytes: 0 });
    }
    let increment = client
        .update_item()
        .table_name(&table.name)
        .key("pk", s("counter"))
        .key("sk", s("-"))
        .update_expression("ADD hits :one")
        .expression_attribute_values(":one", n(1));
    increment
        .send()
        .await
        .expect_err("the response was cut off");

    for node in cluster.nodes() {
        node.recover();
    }
    let sent: u64 = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().operation("UpdateItem"))
        .sum();
    assert_eq!(sent, 1);
    let get = client
        .get_item()
        .table_name(&table.name)
        .consistent_read(true);
    let get = get.key("pk", s("counter")).key("sk", s("-"));
    let counter = get.send().await.unwrap().item.unwrap();
    assert_eq!(counter["hits"], n(1), "the increment was executed once");
}

#[tokio::test]
async fn cut_increment_is_sent_once_with_the_sdks_http_client() {
    expect_cut_increment_is_sent_once(&test_cluster!(), http_client()).await;
}

#[tokio::test]
async fn cut_increment_is_sent_once_without_connection_capture() {
    expect_cut_increment_is_sent_once(&test_cluster!(), NoCaptureClient::new().into_shared()).await;
}
