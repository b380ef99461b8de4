//! Retries: failures other than unsent requests are retried as configured, on another node.

use crate::support::{
    BarrierClient, NoCaptureClient, RecordingClient, config, expect_pings, find_in_chain,
    http_client, ping, quick_refresh, quick_retries, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, RouteError};
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Region, SharedHttpClient};
use aws_smithy_runtime_api::shared::IntoShared as _;
use futures_util::future::join_all;
use std::time::Duration;

const ERRORS: Fault = Fault::ServerError { share: 1.0 };

async fn recording_client(
    cluster: &TestCluster,
    retries: RetryConfig,
) -> (Alternator, Client, RecordingClient) {
    let recorder = RecordingClient::new();
    let alternator = quick_refresh(cluster).build().unwrap();
    let config = config().retry_config(retries).http_client(recorder.clone());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    (alternator, client, recorder)
}

fn inject(cluster: &TestCluster, fault: Fault) {
    for node in cluster.nodes() {
        node.inject(fault);
    }
}

#[tokio::test]
async fn installation_keeps_retry_timeout_and_region_settings() {
    let alternator = Alternator::builder()
        .seeds(["http://192.0.2.1:8000"])
        .build()
        .unwrap();
    let chosen = || {
        config()
            .region(Region::new("here"))
            .retry_config(RetryConfig::adaptive().with_max_attempts(7))
            .timeout_config(
                TimeoutConfig::builder()
                    .read_timeout(Duration::from_secs(3))
                    .build(),
            )
    };
    for settings in [chosen(), config()] {
        let (without, with) = (
            settings.clone().build(),
            settings.alternator(&alternator).build(),
        );
        assert_eq!(with.retry_config(), without.retry_config());
        assert_eq!(with.timeout_config(), without.timeout_config());
        assert_eq!(with.region(), without.region());
    }
}

#[tokio::test]
async fn server_error_is_returned_after_one_attempt_with_retries_disabled() {
    let cluster = test_cluster!();
    let (_alternator, client, recorder) = recording_client(&cluster, RetryConfig::disabled()).await;
    inject(&cluster, ERRORS);
    ping(&client).await.unwrap_err();
    assert_eq!(recorder.operations().len(), 1);
}

#[tokio::test]
async fn attempts_are_limited_by_the_applications_retry_config() {
    let cluster = test_cluster!();
    for attempts in [2, 3, 5] {
        let retries = quick_retries().with_max_attempts(attempts);
        let (_alternator, client, recorder) = recording_client(&cluster, retries).await;
        inject(&cluster, ERRORS);
        let error = ping(&client).await.unwrap_err();
        assert_eq!(recorder.operations().len(), attempts as usize);
        assert!(
            find_in_chain::<RouteError>(&error).is_none(),
            "the server's error comes through"
        );
    }
}

#[tokio::test]
async fn server_error_is_retried_on_another_node() {
    let cluster = test_cluster!();
    let retries = quick_retries().with_max_attempts(2);
    let (_alternator, client, recorder) = recording_client(&cluster, retries).await;
    cluster.node(1).inject(ERRORS);
    expect_pings(&client, 30).await;
    let failed = cluster.node(1).counters().requests as usize;
    assert!(failed > 0);
    assert_eq!(recorder.operations().len(), 30 + failed);
}

#[tokio::test]
async fn retries_try_every_node_before_repeating_one() {
    let cluster = test_cluster!();
    let retries = quick_retries().with_max_attempts(7);
    let (_alternator, client, recorder) = recording_client(&cluster, retries).await;
    inject(&cluster, ERRORS);
    ping(&client).await.unwrap_err();
    let visited = recorder.operations();
    assert_eq!(visited.len(), 7);
    let mut first: Vec<_> = visited[..3].to_vec();
    first.sort();
    assert_eq!(first, cluster.urls());
    assert!(
        visited.windows(2).all(|two| two[0] != two[1]),
        "{visited:?}"
    );
}

#[tokio::test]
async fn connection_cut_after_sending_costs_an_attempt_with_any_http_client() {
    let clients: [SharedHttpClient; 2] = [http_client(), NoCaptureClient::new().into_shared()];
    for inner in clients {
        let cluster = test_cluster!();
        let recorder = RecordingClient::decorating(inner);
        let alternator = quick_refresh(&cluster).build().unwrap();
        let config = config()
            .retry_config(quick_retries().with_max_attempts(3))
            .http_client(recorder.clone());
        let client = Client::from_conf(config.alternator(&alternator).build());
        alternator.ready().await.unwrap();
        inject(&cluster, Fault::CutAfter { bytes: 0 });
        ping(&client).await.unwrap_err();
        assert_eq!(recorder.operations().len(), 3);
    }
}

#[tokio::test]
async fn four_hundred_requests_cut_at_once_are_all_retried() {
    let cluster = test_cluster!(|cluster| cluster.nodes(2));
    let barrier = BarrierClient::new();
    let alternator = quick_refresh(&cluster).build().unwrap();
    // The SDK's own retry quota covers fifty.
    let config = config()
        .retry_config(quick_retries())
        .http_client(barrier.clone());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    cluster.node(1).inject(Fault::CutAfter { bytes: 0 });
    let requests = join_all((0..800).map(|_| ping(&client)));
    let (results, ()) = tokio::join!(requests, barrier.release_after(800));
    for result in results {
        result.unwrap();
    }
    // All four hundred, unless the barrier took so long that a probe found the node unresponsive in the meantime.
    let cut = cluster.node(1).counters().requests;
    assert!((51..=400).contains(&cut), "{cut}");
}

#[tokio::test]
async fn attempt_timeout_is_retried_on_another_node() {
    let cluster = test_cluster!();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let attempt = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(300));
    let config = config()
        .retry_config(quick_retries())
        .timeout_config(attempt.build());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    cluster.node(1).inject(Fault::Hang);
    expect_pings(&client, 6).await;
    assert!(cluster.node(1).counters().requests > 0);
}
