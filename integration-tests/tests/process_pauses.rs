//! Processes that stand still, or whose clock is not that of the nodes: no node is blamed for that.

use crate::support::{expect_pings, ping, ready_client, test_cluster};
use alternator_lb_sdk::{Alternator, NodeState};
use alternator_test_cluster::{Fault, TestCluster};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::yield_now;
use tokio::time::pause;

/// The operations that each node gets.
fn requests(cluster: &TestCluster) -> Vec<u64> {
    let nodes = cluster.nodes();
    nodes.iter().map(|node| node.counters().requests).collect()
}

fn expect_all_up(alternator: &Alternator) {
    for node in alternator.nodes() {
        let counts = (node.state(), node.failures());
        assert_eq!(counts, (NodeState::Up, 0), "{}", node.url());
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "blocks the runtime, as a careless application does"
)]
fn block_runtime() {
    std::thread::sleep(Duration::from_millis(300));
}

#[tokio::test]
async fn blocked_runtime_causes_no_ejection_and_no_retry() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    expect_pings(&client, 30).await;
    cluster.reset_counters();
    for node in cluster.nodes() {
        node.inject(Fault::SlowOperations(Duration::from_secs(3)));
    }
    let waiting: Vec<_> = (0..6)
        .map(|_| {
            let client = client.clone();
            Handle::current().spawn(async move { ping(&client).await.map(drop) })
        })
        .collect();
    while !waiting.iter().all(|request| request.is_finished()) {
        block_runtime();
        for _ in 0..20 {
            yield_now().await;
        }
    }
    for request in waiting {
        request.await.unwrap().unwrap();
    }
    expect_all_up(&alternator);
    assert_eq!(requests(&cluster), [2, 2, 2]);
}

#[tokio::test]
async fn paused_clock_causes_no_ejection_and_no_retry() {
    let cluster = test_cluster!();
    let (alternator, client) = ready_client(&cluster).await;
    expect_pings(&client, 3).await;
    cluster.reset_counters();
    pause();
    for node in cluster.nodes() {
        node.inject(Fault::SlowOperations(Duration::from_millis(5)));
    }
    expect_pings(&client, 150).await;
    expect_all_up(&alternator);
    assert_eq!(requests(&cluster), [50, 50, 50]);
}
