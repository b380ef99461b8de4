//! Hedged reads of clients that are made from an `SdkConfig` alone.

use super::*;
use crate::balanced_sdk_config::{balanced_by, provider, sdk_config};

/// A client of a balanced `SdkConfig`.
async fn paid_client(
    cluster: &TestCluster,
    builder: Builder,
    config: aws_types::sdk_config::Builder,
) -> Paid {
    let (alternator, config) = balanced_by(hedging(builder), config).await;
    let client = Client::new(&config);
    let table = Table::create(&client).await;
    pay_for(&client, &table, 20).await;
    Paid::of(cluster, alternator, client, table)
}

#[tokio::test]
async fn slow_read_is_served_by_another_node() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let paid = paid_client(&cluster, quick_refresh(&cluster), sdk_config()).await;
    paid.expect_slow_read_to_be_outrun(&cluster).await;
    assert!(log.warnings("reads are not hedged").is_empty());
}

#[tokio::test]
async fn second_request_has_a_valid_signature() {
    let cluster = test_cluster!(|cluster| cluster.nodes(3).authorization("role", "secret"));
    let builder = quick_refresh(&cluster).minimal_headers(true);
    let config = sdk_config().credentials_provider(provider("role", "secret"));
    let paid = paid_client(&cluster, builder, config).await;
    let alternator = paid.alternator.clone();
    paid.expect_slow_read_to_be_outrun(&cluster).await;
    let stats = alternator.stats();
    assert_eq!(stats.failures(), 0, "{stats:?}");
}

#[tokio::test]
async fn writes_are_never_sent_twice() {
    let cluster = test_cluster!();
    let paid = paid_client(&cluster, quick_refresh(&cluster), sdk_config()).await;
    paid.expect_writes_once(&cluster).await;
}

#[tokio::test]
async fn broken_first_request_is_waited_out_by_the_second() {
    let cluster = test_cluster!(|cluster| cluster.nodes(2));
    let config = sdk_config().retry_config(RetryConfig::disabled());
    let paid = paid_client(&cluster, quick_refresh(&cluster), config).await;
    paid.expect_second_request_to_be_waited_for(&cluster).await;
}

#[tokio::test]
async fn recent_percentile_is_that_of_the_responses() {
    let cluster = test_cluster!();
    let builder = quick_refresh(&cluster).hedged_reads(Hedge::after_p95());
    let (alternator, config) = balanced_by(builder, sdk_config()).await;
    let client = Client::new(&config);
    let table = Table::create(&client).await;
    expect_recent_percentile_to_decide(&cluster, &alternator, &client, &table).await;
}

#[tokio::test]
async fn dropped_read_leaves_nothing_in_flight() {
    let cluster = test_cluster!();
    let paid = paid_client(&cluster, quick_refresh(&cluster), sdk_config()).await;
    paid.expect_dropped_read_to_leave_nothing(&cluster).await;
}

#[tokio::test]
async fn client_with_the_plugin_on_top_hedges_once() {
    let cluster = test_cluster!();
    let alternator = hedging(quick_refresh(&cluster)).build().unwrap();
    let config = alternator.sdk_config(&sdk_config().build());
    let builder = aws_sdk_dynamodb::config::Builder::from(&config);
    let client = Client::from_conf(builder.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    let table = Table::create(&client).await;
    pay_for(&client, &table, 20).await;
    cluster.reset_counters();
    let before = alternator.stats().hedges();
    slow_down(&cluster, DELAY * 3);
    get(&client, &table.name).await.unwrap();
    assert_eq!(alternator.stats().hedges(), before + 1);
    assert_eq!(requests(&cluster, "GetItem"), 2);
}
