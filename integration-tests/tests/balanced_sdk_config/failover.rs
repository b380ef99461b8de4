//! Nodes that are down, ill or silent cost a client of an `SdkConfig` no operation.

use super::{balanced_by, balanced_client, last_header, requests, sdk_config};
use crate::support::{
    BarrierClient, error_text, eventually, expect_pings, find_in_chain, ping, quick_retries,
    test_cluster,
};
use alternator_lb_sdk::attempts::AttemptResult;
use alternator_lb_sdk::{Alternator, AttemptHistory, Builder, NodeState, NodeStatus, RouteError};
use alternator_test_cluster::{Fault, RawResponse, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::time::timeout;

/// A builder with the default refresh interval of seconds, so that no refresh finds a dead node before the requests do.
fn rare_refresh(cluster: &TestCluster) -> Builder {
    Alternator::builder().seeds([cluster.node(0).url()])
}

/// An HTTP client that keeps no connection, so that no request is sent on one that its node has just cut.
fn unpooled_http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .pool_max_idle_per_host(0)
        .build_https()
}

#[tokio::test]
async fn dead_node_fails_no_request_with_retries_disabled() {
    let cluster = test_cluster!();
    let barrier = BarrierClient::new();
    let config = sdk_config()
        .retry_config(RetryConfig::disabled())
        .http_client(barrier.clone());
    let (alternator, client) = balanced_client(&cluster, config).await;
    cluster.node(1).stop();
    // All have selected their node before the first is refused.
    let operations = join_all((0..300).map(|_| ping(&client)));
    let (results, ()) = tokio::join!(operations, barrier.release_after(300));
    for result in results {
        result.unwrap();
    }
    let failures: u64 = alternator.nodes().iter().map(NodeStatus::failures).sum();
    assert_eq!(failures, 100);
    assert_eq!(alternator.stats().retries_spared(), 100);
    assert_eq!(requests(&cluster).iter().sum::<u64>(), 300);
}

#[tokio::test]
async fn refused_request_goes_on_within_one_attempt_of_the_sdk() {
    let cluster = test_cluster!();
    // So that the nodes see the number of the attempt.
    let builder = rare_refresh(&cluster).minimal_headers(false);
    let (alternator, config) =
        balanced_by(builder, sdk_config().http_client(unpooled_http_client())).await;
    let client = Client::new(&config);
    cluster.node(1).stop();
    for _ in 0..3 {
        ping(&client).await.unwrap();
        for node in [cluster.node(0), cluster.node(2)] {
            let attempt = last_header(&node, "amz-sdk-request");
            let is_first = |attempt: &String| attempt.contains("attempt=1;");
            assert!(attempt.as_ref().is_none_or(is_first), "{attempt:?}");
        }
    }
    assert_eq!(alternator.stats().retries_spared(), 1);
    assert_eq!(alternator.stats().failovers(), 1);
}

#[tokio::test]
async fn signature_is_valid_on_the_node_that_a_refused_request_goes_on_to() {
    let cluster = test_cluster!(|cluster| cluster.nodes(3).authorization("role", "secret"));
    let credentials = super::provider("role", "secret");
    let config = sdk_config()
        .retry_config(RetryConfig::disabled())
        .credentials_provider(credentials)
        .http_client(unpooled_http_client());
    let (alternator, config) = balanced_by(rare_refresh(&cluster), config).await;
    let client = Client::new(&config);
    // The signed host is that of a node that is down.
    cluster.node(0).stop();
    expect_pings(&client, 6).await;
    assert_eq!(alternator.stats().retries_spared(), 1);
    let served = requests(&cluster);
    assert!(
        served[0] == 0 && served[1] > 0 && served[2] > 0,
        "{served:?}"
    );
}

#[tokio::test]
async fn server_error_is_retried_by_the_sdk_on_another_node() {
    let cluster = test_cluster!(|cluster| cluster.nodes(2));
    let config = sdk_config().retry_config(quick_retries().with_max_attempts(2));
    let (alternator, client) = balanced_client(&cluster, config).await;
    cluster.node(1).inject(Fault::ServerError { share: 1.0 });
    // Concurrent ones have moved the round robin on before the retry.
    for result in join_all((0..40).map(|_| ping(&client))).await {
        result.unwrap();
    }
    eventually("the node is ejected for its errors", async || {
        ping(&client).await.unwrap();
        let nodes = alternator.nodes();
        nodes.iter().any(|node| node.state() != NodeState::Up)
    })
    .await;
}

#[tokio::test]
async fn cut_connection_is_retried_by_the_sdk_on_another_node() {
    let cluster = test_cluster!(|cluster| cluster.nodes(2));
    let config = sdk_config().retry_config(quick_retries().with_max_attempts(2));
    let (alternator, client) = balanced_client(&cluster, config).await;
    cluster.node(1).inject(Fault::CutAfter { bytes: 10 });
    for result in join_all((0..10).map(|_| ping(&client))).await {
        result.unwrap();
    }
    let failures: u64 = alternator.nodes().iter().map(NodeStatus::failures).sum();
    assert!(failures > 0);
}

#[tokio::test]
async fn request_is_rescued_from_a_node_that_hangs() {
    let cluster = test_cluster!();
    let config = sdk_config().retry_config(quick_retries());
    let (_alternator, client) = balanced_client(&cluster, config).await;
    expect_pings(&client, 30).await;
    cluster.node(1).inject(Fault::Hang);
    let operations = join_all((0..9).map(|_| ping(&client)));
    let results = timeout(Duration::from_secs(10), operations).await.unwrap();
    for result in results {
        result.unwrap();
    }
}

#[tokio::test]
async fn attempt_that_times_out_is_retried_on_another_node() {
    let cluster = test_cluster!(|cluster| cluster.nodes(2));
    let timeouts = aws_types::sdk_config::TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_millis(300))
        .build();
    let config = sdk_config()
        .retry_config(quick_retries().with_max_attempts(2))
        .timeout_config(timeouts);
    let (_alternator, client) = balanced_client(&cluster, config).await;
    let slow = Fault::SlowOperations(Duration::from_secs(3600));
    cluster.node(1).inject(slow);
    for result in join_all((0..8).map(|_| ping(&client))).await {
        result.unwrap();
    }
    assert!(cluster.node(1).counters().requests > 0);
}

#[tokio::test]
async fn error_of_a_cluster_that_is_down_names_its_nodes() {
    let cluster = test_cluster!();
    let config = sdk_config()
        .retry_config(RetryConfig::disabled())
        .http_client(unpooled_http_client());
    let (_alternator, client) = balanced_client(&cluster, config).await;
    for node in cluster.nodes() {
        node.stop();
    }
    let error = ping(&client).await.unwrap_err();
    let history = AttemptHistory::of(&error).unwrap();
    assert_eq!(history.operation(), "ListTables");
    assert_eq!(history.attempts().len(), 3);
    for attempt in history.attempts() {
        assert_eq!(attempt.result(), AttemptResult::ConnectionFailed);
    }
    let Some(RouteError::Unreachable { tried, .. }) = find_in_chain(&error) else {
        panic!("{}", error_text(error));
    };
    for url in cluster.urls() {
        assert!(tried.contains(&url), "{tried:?} lacks {url}");
    }
}

#[tokio::test]
async fn history_of_an_error_has_the_attempts_of_all_retries() {
    let cluster = test_cluster!(|cluster| cluster.nodes(2));
    let config = sdk_config().retry_config(quick_retries().with_max_attempts(2));
    let (_alternator, client) = balanced_client(&cluster, config).await;
    for node in cluster.nodes() {
        node.inject(Fault::CutAfter { bytes: 0 });
    }
    let error = ping(&client).await.unwrap_err();
    let history = AttemptHistory::of(&error).unwrap();
    let nodes: Vec<_> = history
        .attempts()
        .iter()
        .map(|attempt| attempt.node())
        .collect();
    assert_eq!(nodes.len(), 2, "{history}");
    assert_ne!(nodes[0], nodes[1], "{history}");
}

#[tokio::test]
async fn response_of_another_program_is_an_error_that_names_the_node() {
    let cluster = test_cluster!();
    let config = sdk_config().retry_config(RetryConfig::disabled());
    let (_alternator, client) = balanced_client(&cluster, config).await;
    for status in [200, 404] {
        for node in cluster.nodes() {
            let page = RawResponse::new(status, "<html><body>hello</body></html>");
            node.set_response(page.content_type("text/html"));
        }
        let error = ping(&client).await.unwrap_err();
        let Some(RouteError::ForeignResponse {
            node,
            status: found,
            ..
        }) = find_in_chain(&error)
        else {
            panic!("{}", error_text(error));
        };
        assert!(cluster.urls().contains(node) && *found == status);
    }
}
