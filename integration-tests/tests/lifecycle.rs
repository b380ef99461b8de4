//! Start and end of the background task.

use crate::support::{
    RefreshTicker, client, config, eventually, expect_pings, quick_refresh, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::TestCluster;
use std::time::Duration;

fn discoveries(cluster: &TestCluster) -> u64 {
    cluster
        .nodes()
        .iter()
        .map(|node| node.counters().discoveries)
        .sum()
}

async fn expect_refreshes(cluster: &TestCluster) {
    let before = discoveries(cluster);
    eventually("the list is refreshed several times", async || {
        discoveries(cluster) > before + 3
    })
    .await;
}

async fn expect_no_refreshes(cluster: &TestCluster) {
    let ticker = RefreshTicker::start();
    // Lets the requests in flight arrive.
    ticker.wait_for_ticks(3).await;
    let before = discoveries(cluster);
    ticker.wait_for_ticks(15).await;
    assert_eq!(discoveries(cluster), before);
}

#[tokio::test]
async fn background_task_ends_with_the_last_handle() {
    let cluster = test_cluster!();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let client = client(&alternator);
    expect_pings(&client, 3).await;
    expect_refreshes(&cluster).await;
    drop(alternator);
    drop(client);
    expect_no_refreshes(&cluster).await;
}

#[tokio::test]
async fn any_client_or_handle_keeps_the_background_task_running() {
    let cluster = test_cluster!();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let config = config().alternator(&alternator).build();
    let handle = alternator.clone();
    drop(alternator);
    drop(config);
    expect_refreshes(&cluster).await;
    let client = client(&handle);
    drop(handle);
    expect_refreshes(&cluster).await;
    drop(client);
    expect_no_refreshes(&cluster).await;
}

#[tokio::test]
async fn shutdown_ends_the_background_task_and_clients_keep_working() {
    let cluster = test_cluster!();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    expect_refreshes(&cluster).await;
    alternator.shutdown().await;
    expect_pings(&client, 9).await;
    expect_no_refreshes(&cluster).await;
    expect_pings(&client, 9).await;
    expect_no_refreshes(&cluster).await;
    assert!(
        cluster
            .nodes()
            .iter()
            .all(|node| node.counters().requests == 6)
    );
}

fn hourly_when_idle(cluster: &TestCluster) -> Alternator {
    let builder = quick_refresh(cluster).idle_refresh_interval(Duration::from_secs(3600));
    builder.build().unwrap()
}

#[tokio::test]
async fn idle_process_does_not_refresh_until_the_next_request() {
    let cluster = test_cluster!();
    let alternator = hourly_when_idle(&cluster);
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    let ticker = RefreshTicker::start();
    for _ in 0..3 {
        ticker.wait_for_ticks(5).await;
        expect_no_refreshes(&cluster).await;
        let before = discoveries(&cluster);
        expect_pings(&client, 1).await;
        eventually("the request has started a refresh", async || {
            discoveries(&cluster) > before
        })
        .await;
    }
}

#[tokio::test]
async fn process_with_requests_refreshes_at_the_active_interval() {
    let cluster = test_cluster!();
    let alternator = hourly_when_idle(&cluster);
    let client = client(&alternator);
    let end = discoveries(&cluster) + 10;
    eventually(
        "the list is refreshed while there are requests",
        async || {
            expect_pings(&client, 1).await;
            discoveries(&cluster) >= end
        },
    )
    .await;
}
