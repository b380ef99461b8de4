//! Clients that outlive the runtime they were built on.

use crate::support::{
    client, config, eventually, eventually_within, expect_pings, http_client, ping, quick_refresh,
    test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, RefreshError};
use alternator_test_cluster::{NodeConfig, TestCluster};
use aws_sdk_dynamodb::Client;
use futures_util::FutureExt as _;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A client that was built and used on this runtime.
fn client_on(runtime: &Runtime, cluster: &TestCluster) -> (Alternator, Client) {
    runtime.block_on(async {
        let alternator = quick_refresh(cluster).build().unwrap();
        let client = client(&alternator);
        alternator.ready().await.unwrap();
        expect_pings(&client, 3).await;
        (alternator, client)
    })
}

#[test]
fn plugin_and_client_can_be_built_outside_a_runtime() {
    let cluster = test_cluster!();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let client = client(&alternator);
    assert_eq!(alternator.nodes().len(), 1);
    runtime().block_on(async {
        expect_pings(&client, 1).await;
        eventually("the first request has started discovery", async || {
            alternator.nodes().len() == 3
        })
        .await;
    });
}

#[test]
fn discovery_resumes_on_the_next_runtime_after_a_drop() {
    let cluster = test_cluster!();
    let first = runtime();
    let (alternator, client) = client_on(&first, &cluster);
    drop(first);
    for nodes in 4..6 {
        // A new runtime each time, as in tests.
        cluster.add_node(NodeConfig::new()).unwrap();
        runtime().block_on(eventually("the new node is found", async || {
            ping(&client).await.unwrap();
            alternator.nodes().len() == nodes
        }));
    }
}

#[test]
fn runtime_per_request_refreshes_the_list_no_more_often() {
    let cluster = test_cluster!();
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    // Connections do not outlive their runtime.
    let request = || {
        runtime().block_on(async {
            let config = config().http_client(http_client()).alternator(&alternator);
            ping(&Client::from_conf(config.build())).await.unwrap();
        });
    };
    runtime().block_on(alternator.ready()).unwrap();
    let discoveries = || -> u64 {
        let nodes = cluster.nodes();
        nodes.iter().map(|node| node.counters().discoveries).sum()
    };
    let before = discoveries();
    (0..20).for_each(|_| request());
    assert!(discoveries() <= before + 1, "{}", discoveries() - before);
}

#[test]
fn discovery_resumes_on_another_runtime_if_the_first_is_not_driven() {
    let cluster = test_cluster!();
    let undriven = runtime();
    let (alternator, _client) = client_on(&undriven, &cluster);
    cluster.add_node(NodeConfig::new()).unwrap();
    runtime().block_on(async {
        // Separate connections, because those of the first client belong to the undriven runtime.
        let config = config().http_client(http_client()).alternator(&alternator);
        let client = Client::from_conf(config.build());
        // The background task counts as dead only after a grace period of seconds.
        eventually_within(
            Duration::from_secs(40),
            "the new node is found",
            async || {
                ping(&client).await.unwrap();
                alternator.nodes().len() == 4
            },
        )
        .await;
    });
    drop(undriven);
}

#[test]
fn shutdown_does_not_wait_forever_for_a_runtime_that_is_not_driven() {
    let cluster = test_cluster!();
    let undriven = runtime();
    let (alternator, _client) = client_on(&undriven, &cluster);
    runtime().block_on(async {
        // Repeated calls wait as well, also after a cancelled one.
        for _ in 0..2 {
            let result = timeout(Duration::ZERO, alternator.shutdown()).await;
            assert!(result.is_err(), "the background task cannot have ended yet");
        }
        timeout(Duration::from_secs(60), alternator.shutdown())
            .await
            .expect("shutdown ends");
    });
    drop(undriven);
}

#[test]
fn refresh_outside_a_runtime_is_an_error() {
    let cluster = test_cluster!();
    let alternator = quick_refresh(&cluster).build().unwrap();
    for result in [
        alternator.refresh().now_or_never(),
        alternator.ready().now_or_never(),
    ] {
        let error = result.expect("an immediate result").unwrap_err();
        assert!(matches!(error, RefreshError::NoRuntime), "{error:?}");
    }
    runtime().block_on(alternator.ready()).unwrap();
}
