//! Hedged reads of clients that are made from an `SdkConfig` alone.

use super::*;
use crate::balanced_sdk_config::{balanced_by, provider, sdk_config};

/// A client of a balanced `SdkConfig`, whose reads have paid for second requests.
async fn paid_client(
    cluster: &TestCluster,
    builder: Builder,
    config: aws_types::sdk_config::Builder,
) -> (Alternator, Client, Table) {
    let (alternator, config) = balanced_by(hedging(builder), config).await;
    let client = Client::new(&config);
    let table = Table::create(&client).await;
    pay_for(&client, &table, 20).await;
    cluster.reset_counters();
    (alternator, client, table)
}

#[tokio::test]
async fn slow_read_is_served_by_another_node() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let (alternator, client, table) =
        paid_client(&cluster, quick_refresh(&cluster), sdk_config()).await;
    let before = alternator.stats();
    cluster.node(1).inject(Fault::SlowOperations(HOUR));
    read_from_all(&client, &table).await;
    let stats = alternator.stats();
    assert!(stats.hedges_won() > before.hedges_won(), "{stats:?}");
    assert_eq!(in_flight(&alternator), 0);
    assert_eq!(stats.retries_spared(), before.retries_spared());
    assert_eq!(stats.failovers(), before.failovers());
    let counted = stats.requests() - before.requests();
    assert_eq!(counted, 3 + stats.hedges() - before.hedges());
    assert_eq!(requests(&cluster, "GetItem"), counted);
    assert!(log.warnings("reads are not hedged").is_empty());
}

#[tokio::test]
async fn second_request_has_a_valid_signature() {
    let cluster = test_cluster!(|cluster| cluster.nodes(3).authorization("role", "secret"));
    let builder = quick_refresh(&cluster).minimal_headers(true);
    let config = sdk_config().credentials_provider(provider("role", "secret"));
    let (alternator, client, table) = paid_client(&cluster, builder, config).await;
    let won = alternator.stats().hedges_won();
    cluster.node(1).inject(Fault::SlowOperations(HOUR));
    read_from_all(&client, &table).await;
    let stats = alternator.stats();
    assert!(stats.hedges_won() > won, "{stats:?}");
    assert_eq!(stats.failures(), 0, "{stats:?}");
}

#[tokio::test]
async fn writes_are_never_sent_twice() {
    let cluster = test_cluster!();
    let (alternator, client, table) =
        paid_client(&cluster, quick_refresh(&cluster), sdk_config()).await;
    let before = alternator.stats().hedges();
    slow_down(&cluster, DELAY * 3);
    for _ in 0..3 {
        let put = client.put_item().table_name(&table.name);
        let put = put.item("pk", s("a")).item("sk", s("b"));
        put.send().await.unwrap();
    }
    assert_eq!(alternator.stats().hedges(), before);
    assert_eq!(requests(&cluster, "PutItem"), 3);
}

#[tokio::test]
async fn broken_first_request_is_waited_out_by_the_second() {
    let cluster = test_cluster!(|cluster| cluster.nodes(2));
    let config = sdk_config().retry_config(RetryConfig::disabled());
    let (alternator, client, table) = paid_client(&cluster, quick_refresh(&cluster), config).await;
    let [first, second] = [cluster.node(0), cluster.node(1)];
    first.inject(Fault::SlowOperations(HOUR));
    second.inject(Fault::SlowOperations(DELAY * 2));
    let hedges = alternator.stats().hedges();
    let mut reads = JoinSet::new();
    reads.spawn(async move {
        for _ in 0..2 {
            get(&client, &table).await.unwrap();
        }
    });
    eventually("a second request is under way", async || {
        alternator.stats().hedges() > hedges
    })
    .await;
    first.stop();
    reads.join_next().await.unwrap().unwrap();
    assert_eq!(in_flight(&alternator), 0);
}

#[tokio::test]
async fn recent_percentile_is_that_of_the_responses() {
    let cluster = test_cluster!();
    let builder = quick_refresh(&cluster).hedged_reads(Hedge::after_p95());
    let (alternator, config) = balanced_by(builder, sdk_config()).await;
    let client = Client::new(&config);
    let table = Table::create(&client).await;
    // The percentile is computed once a second.
    eventually("the slow node is outrun", async || {
        cluster.node(1).recover();
        pay_for(&client, &table, 4).await;
        cluster.node(1).inject(Fault::SlowOperations(DELAY * 3));
        read_from_all(&client, &table).await;
        alternator.stats().hedges_won() > 0
    })
    .await;
}

#[tokio::test]
async fn dropped_read_leaves_nothing_in_flight() {
    let cluster = test_cluster!();
    let (alternator, client, table) =
        paid_client(&cluster, quick_refresh(&cluster), sdk_config()).await;
    slow_down(&cluster, HOUR);
    let hedges = alternator.stats().hedges();
    let mut reads = JoinSet::new();
    reads.spawn(async move { get(&client, &table).await });
    eventually("a second request is under way", async || {
        alternator.stats().hedges() > hedges && in_flight(&alternator) == 2
    })
    .await;
    reads.shutdown().await;
    assert_eq!(in_flight(&alternator), 0);
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
    get(&client, &table).await.unwrap();
    assert_eq!(alternator.stats().hedges(), before + 1);
    assert_eq!(requests(&cluster, "GetItem"), 2);
}
