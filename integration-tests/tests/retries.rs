//! Retries: failures other than unsent requests are retried as configured, on another node.

use crate::support::{
    BarrierClient, Log, NoCaptureClient, RecordingClient, config, eventually, expect_pings,
    find_in_chain, http_client, ping, quick_refresh, quick_retries, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, NodeState, RouteError};
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedHttpClient};
use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep, TokioSleep};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::shared::IntoShared as _;
use futures_util::future::join_all;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

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

/// Sends operations that fail until the retry quota is used up, each of three attempts as long as it lasts. Returns the
/// number of attempts beyond the first.
async fn drain_quota(client: &Client, recorder: &RecordingClient) -> usize {
    let mut retries = 0;
    loop {
        ping(client).await.unwrap_err();
        let attempts = recorder.operations().len();
        recorder.clear();
        if attempts == 1 {
            return retries;
        }
        retries += attempts - 1;
    }
}

#[tokio::test]
async fn retry_quota_is_the_sdks_and_of_one_cluster_alone() {
    let failing = test_cluster!();
    inject(&failing, ERRORS);
    let recorder = RecordingClient::new();
    let sdk = config()
        .retry_config(quick_retries())
        .http_client(recorder.clone())
        .endpoint_url(failing.node(0).url())
        .allow_no_auth();
    let by_the_sdk = drain_quota(&Client::from_conf(sdk.build()), &recorder).await;

    let (_alternator, client, recorder) = recording_client(&failing, quick_retries()).await;
    assert_eq!(drain_quota(&client, &recorder).await, by_the_sdk);

    // In the same region, the quota of which would be used up.
    let region = client.config().region().unwrap().clone();
    let other = test_cluster!();
    other.node(1).inject(ERRORS);
    let alternator = quick_refresh(&other).build().unwrap();
    let config = config().region(region).retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    expect_pings(&client, 9).await;
}

#[tokio::test]
async fn retry_partition_of_the_application_is_kept() {
    let cluster = test_cluster!();
    inject(&cluster, ERRORS);
    let bucket = TokenBucket::builder().capacity(50).retry_cost(10).build();
    let partition = RetryPartition::custom("own").token_bucket(bucket).build();
    let recorder = RecordingClient::new();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let config = config()
        .retry_config(quick_retries())
        .retry_partition(partition)
        .http_client(recorder.clone());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    assert_eq!(drain_quota(&client, &recorder).await, 5);
}

#[tokio::test]
async fn reinstallation_replaces_the_retry_quota() {
    let failing = test_cluster!();
    inject(&failing, ERRORS);
    let (_alternator, client, recorder) = recording_client(&failing, quick_retries()).await;
    drain_quota(&client, &recorder).await;
    let healthy = test_cluster!();
    healthy.node(1).inject(ERRORS);
    let alternator = quick_refresh(&healthy).build().unwrap();
    let config = client.config().to_builder().alternator(&alternator);
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    expect_pings(&client, 9).await;
}

/// A sleep that tells when a rate limiter makes an operation wait, which then lasts forever.
#[derive(Clone, Debug, Default)]
struct LimiterDetector(Arc<Mutex<HashSet<Duration>>>, Arc<AtomicBool>, Arc<Notify>);

/// The backoff of retries, shorter than any wait of a rate limiter.
const BACKOFF: Duration = Duration::from_micros(1);

impl LimiterDetector {
    /// Takes all further waits that no earlier operation had for those of a rate limiter, or of a retry.
    fn arm(&self) {
        self.1.store(true, Ordering::SeqCst);
    }
}

impl AsyncSleep for LimiterDetector {
    fn sleep(&self, duration: Duration) -> Sleep {
        let Self(usual, is_armed, limited) = self;
        let mut usual = usual.lock().unwrap();
        if !is_armed.load(Ordering::SeqCst) {
            usual.insert(duration);
        }
        if duration <= BACKOFF || usual.contains(&duration) {
            return TokioSleep::new().sleep(duration);
        }
        limited.notify_one();
        Sleep::new(std::future::pending())
    }
}

#[tokio::test]
async fn adaptive_retries_hold_back_where_most_nodes_throttle_and_not_for_one() {
    let cluster = test_cluster!();
    let detector = LimiterDetector::default();
    let retries = RetryConfig::adaptive().with_initial_backoff(BACKOFF);
    let alternator = quick_refresh(&cluster).build().unwrap();
    let config = config()
        .retry_config(retries.with_max_backoff(BACKOFF))
        .sleep_impl(detector.clone());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    expect_pings(&client, 30).await;
    detector.arm();

    let throttling = Fault::Throttle { share: 0.5 };
    cluster.node(1).inject(throttling);
    tokio::select! {
        () = expect_pings(&client, 300) => {}
        () = detector.2.notified() => panic!("held back for one node"),
    }
    assert!(cluster.node(1).counters().requests >= 3);

    inject(&cluster, throttling);
    let operations = async {
        loop {
            // Its result depends on chance.
            let _ = ping(&client).await;
        }
    };
    tokio::select! {
        () = operations => {}
        () = detector.2.notified() => {}
    }
}

/// A classifier that forbids retries after broken connections.
#[derive(Debug)]
struct NoConnectionRetries;

impl ClassifyRetry for NoConnectionRetries {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.output_or_error() {
            Some(Err(error)) if error.is_connector_error() => RetryAction::RetryForbidden,
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "no retries after broken connections"
    }
}

#[tokio::test]
async fn request_is_not_aborted_where_a_classifier_forbids_its_retry() {
    let cluster = test_cluster!();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let config = config().retry_classifier(NoConnectionRetries);
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    cluster.node(1).inject(Fault::Hang);
    let operations = join_all((0..3).map(|_| ping(&client)));
    let is_ejected = eventually("the node is ejected", async || {
        let nodes = alternator.nodes();
        nodes.iter().any(|node| node.state() != NodeState::Up)
    });
    let thaw = async {
        is_ejected.await;
        cluster.node(1).recover();
    };
    let (operations, ()) = tokio::join!(operations, thaw);
    for operation in operations {
        operation.unwrap();
    }
}

/// Part of the warning about a configuration without retries.
const NO_RETRIES: &str = "the SDK retries no operation";

#[tokio::test]
#[expect(deprecated, reason = "older behavior versions have other defaults")]
async fn default_of_older_behavior_versions_to_make_no_retries_is_warned_of_once() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let old =
        || aws_sdk_dynamodb::Config::builder().behavior_version(BehaviorVersion::v2023_11_09());
    let client = Client::from_conf(old().alternator(&alternator).build());
    expect_pings(&client, 3).await;
    assert_eq!(log.warnings(NO_RETRIES).len(), 1);
    let intended = old().retry_config(RetryConfig::disabled());
    let chosen = old().retry_config(RetryConfig::standard());
    for config in [config(), intended, chosen] {
        let client = Client::from_conf(config.alternator(&alternator).build());
        expect_pings(&client, 3).await;
    }
    assert_eq!(log.warnings(NO_RETRIES).len(), 1);
}
