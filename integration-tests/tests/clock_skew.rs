//! Signatures where clocks disagree: each attempt is dated by the clock of its node.

use crate::support::{
    expect_pings, ping, quick_refresh, quick_retries, signing_config, test_cluster,
};
use alternator_lb_sdk::{AlternatorExt as _, AuthMode, OperationExt as _, OperationOptions};
use alternator_test_cluster::{Builder, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use futures_util::future::join_all;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

const ROLE: &str = "alternator";
const SECRET: &str = "secret hash";

fn enforcing(cluster: Builder) -> Builder {
    cluster.nodes(3).authorization(ROLE, SECRET)
}

/// The ways of signing, each with the headers that go with it.
const SIGNERS: [(bool, bool); 3] = [(true, true), (false, true), (false, false)];

async fn client(cluster: &TestCluster, signer: (bool, bool), config: config::Builder) -> Client {
    let (fast_signing, minimal_headers) = signer;
    let alternator = quick_refresh(cluster)
        .auth(AuthMode::Required)
        .fast_signing(fast_signing)
        .minimal_headers(minimal_headers)
        .build()
        .unwrap();
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    client
}

fn retrying() -> config::Builder {
    signing_config(ROLE, SECRET).retry_config(quick_retries())
}

fn requests(cluster: &TestCluster) -> Vec<u64> {
    let nodes = cluster.nodes().into_iter();
    nodes.map(|node| node.counters().requests).collect()
}

/// Sends operations, all of which succeed. Returns the number of attempts that failed.
async fn failed_attempts(cluster: &TestCluster, client: &Client, operations: u64) -> u64 {
    cluster.reset_counters();
    expect_pings(client, operations as usize).await;
    requests(cluster).iter().sum::<u64>() - operations
}

/// A clock that is this many seconds behind.
#[derive(Clone, Debug, Default)]
pub(crate) struct LaggingClock(pub(crate) Arc<AtomicU64>);

impl aws_smithy_async::time::TimeSource for LaggingClock {
    fn now(&self) -> SystemTime {
        #[expect(
            clippy::disallowed_methods,
            reason = "signatures are dated by the wall clock"
        )]
        let now = SystemTime::now();
        now - Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

#[tokio::test]
async fn node_whose_clock_is_wrong_costs_one_attempt_and_no_operation() {
    for signer in SIGNERS {
        let cluster = test_cluster!(enforcing);
        let client = client(&cluster, signer, retrying()).await;
        assert_eq!(failed_attempts(&cluster, &client, 6).await, 0);
        let wrong = cluster.node(1);
        wrong.set_clock_ahead(Duration::from_secs(3600));
        assert_eq!(
            failed_attempts(&cluster, &client, 30).await,
            1,
            "{signer:?}"
        );
        let evenly = requests(&cluster);
        assert!(
            evenly.iter().all(|count| (10..=11).contains(count)),
            "{evenly:?}"
        );
        wrong.set_clock_behind(Duration::from_secs(1200));
        assert_eq!(
            failed_attempts(&cluster, &client, 30).await,
            1,
            "{signer:?}"
        );
        wrong.set_clock_ahead(Duration::ZERO);
        assert_eq!(
            failed_attempts(&cluster, &client, 30).await,
            1,
            "{signer:?}"
        );
        assert_eq!(
            failed_attempts(&cluster, &client, 30).await,
            0,
            "{signer:?}"
        );
    }
}

#[tokio::test]
async fn wrong_clock_of_a_node_does_not_reach_concurrent_operations_on_others() {
    for signer in SIGNERS {
        let cluster = test_cluster!(enforcing);
        cluster.node(2).set_clock_behind(Duration::from_secs(1200));
        let client = client(&cluster, signer, retrying()).await;
        let operations = join_all((0..120).map(|_| ping(&client))).await;
        assert!(operations.iter().all(Result::is_ok), "{operations:?}");
        assert_eq!(
            failed_attempts(&cluster, &client, 30).await,
            0,
            "{signer:?}"
        );
    }
}

#[tokio::test]
async fn wrong_clock_of_this_process_is_noticed_by_two_nodes() {
    for signer in SIGNERS {
        let cluster = test_cluster!(enforcing);
        let clock = LaggingClock::default();
        clock.0.store(3600, Ordering::Relaxed);
        let client = client(&cluster, signer, retrying().time_source(clock.clone())).await;
        assert_eq!(
            failed_attempts(&cluster, &client, 30).await,
            2,
            "{signer:?}"
        );
        // Each node is known to be right only once it has refused a corrected date.
        clock.0.store(0, Ordering::Relaxed);
        assert_eq!(
            failed_attempts(&cluster, &client, 30).await,
            3,
            "{signer:?}"
        );
        assert_eq!(
            failed_attempts(&cluster, &client, 30).await,
            0,
            "{signer:?}"
        );
    }
}

#[tokio::test]
async fn wrong_clock_costs_one_retry_of_an_operation() {
    for signer in SIGNERS {
        let cluster = test_cluster!(enforcing);
        let clock = LaggingClock::default();
        clock.0.store(3600, Ordering::Relaxed);
        let retries = quick_retries().with_max_attempts(2);
        let config = signing_config(ROLE, SECRET).retry_config(retries);
        let client = client(&cluster, signer, config.time_source(clock)).await;
        expect_pings(&client, 9).await;
    }
}

#[tokio::test]
async fn application_that_disables_the_correction_gets_the_servers_error() {
    for signer in SIGNERS {
        let cluster = test_cluster!(enforcing);
        cluster.node(1).set_clock_ahead(Duration::from_secs(3600));
        let config = retrying().disable_clock_skew_correction(true);
        let client = client(&cluster, signer, config).await;
        let mut refused = 0;
        for _ in 0..9 {
            if let Err(error) = ping(&client).await {
                assert_eq!(error.code(), Some("InvalidSignatureException"), "{error:?}");
                refused += 1;
            }
        }
        assert_eq!(refused, 3, "{signer:?}");
    }
}

#[tokio::test]
async fn operations_choose_the_signer_under_clock_skew() {
    let cluster = test_cluster!(enforcing);
    let clock = LaggingClock::default();
    clock.0.store(3600, Ordering::Relaxed);
    let client = client(&cluster, (false, true), retrying().time_source(clock)).await;
    for fast_signing in [true, false, true, false] {
        let options = OperationOptions::new().fast_signing(fast_signing);
        let operation = client.list_tables().customize().alternator_options(options);
        operation.send().await.unwrap();
    }
}
