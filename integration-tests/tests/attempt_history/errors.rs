//! The attempts in the errors of operations, and that the SDK classifies the errors as without them.

use super::{ERRORS, client_of, client_with, expect_each_node_once, inject, nodes, results, steps};
use crate::support::{
    Table, config, error_text, eventually, find_in_chain, ping, quick_refresh, quick_retries, s,
    test_cluster,
};
use alternator_lb_sdk::attempts::{AttemptResult, NextStep};
use alternator_lb_sdk::explain::Reason;
use alternator_lb_sdk::observe::Outcome;
use alternator_lb_sdk::{Alternator, AlternatorExt as _, AttemptHistory, RouteError};
use alternator_test_cluster::{Fault, RawResponse};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Builder, Intercept};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_dynamodb::operation::list_tables::ListTablesError;
use std::io::ErrorKind;
use std::time::Duration;

/// Makes an operation that fails, and returns its error with its attempts.
pub(super) async fn failed_ping(client: &Client) -> (SdkError<ListTablesError>, AttemptHistory) {
    let error = ping(client).await.unwrap_err();
    let history = AttemptHistory::of(&error).cloned();
    let history = history.unwrap_or_else(|| panic!("no attempts in {}", error_text(&error)));
    (error, history)
}

fn timeouts(client: TimeoutConfig) -> Builder {
    config().timeout_config(client)
}

#[tokio::test]
async fn unreachable_nodes_are_each_in_the_attempts_and_in_the_text() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    for node in cluster.nodes() {
        node.stop();
    }
    let refused = (AttemptResult::ConnectionFailed, Some(Outcome::NotConnected));
    eventually("all connections from before are gone", async || {
        let (_error, history) = failed_ping(&client).await;
        results(&history).iter().all(|it| *it == refused)
    })
    .await;
    let (error, history) = failed_ping(&client).await;
    assert!(matches!(&error, SdkError::DispatchFailure(failure) if failure.is_io()));
    let first = &history.attempts()[0];
    assert_eq!(first.io_error(), Some(ErrorKind::ConnectionRefused));
    assert_eq!(first.next_step(), NextStep::UntriedNode, "{history}");
    assert!(first.is_free());
    let last = steps(&history).pop();
    assert_eq!(last, Some(NextStep::RetriesUsedUp), "{history}");
    let text = error_text(&error);
    for node in cluster.urls() {
        let refused = format!("{node}: connection refused");
        assert!(text.contains(&refused), "{text}");
    }

    let route_error = find_in_chain::<RouteError>(&error).expect("a route error");
    assert!(matches!(route_error, RouteError::Unreachable { .. }));
    let found = AttemptHistory::find(route_error).expect("attempts of the route error");
    assert_eq!(nodes(found), nodes(&history));
}

#[tokio::test]
async fn cut_connections_are_in_the_attempts_beside_the_sdks_own_error() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    inject(&cluster, Fault::CutAfter { bytes: 0 });
    let (error, history) = failed_ping(&client).await;
    expect_each_node_once(&history, &cluster);
    let lost = (
        AttemptResult::ConnectionFailed,
        Some(Outcome::ConnectionLost),
    );
    assert_eq!(results(&history), [lost; 3]);
    let text = error_text(&error);
    assert!(text.contains("attempt 3 of 3 at "), "{text}");
    assert!(
        nodes(&history).iter().all(|node| text.contains(node)),
        "{text}"
    );
}

#[tokio::test]
async fn operation_timeout_names_the_node_that_hangs() {
    let cluster = test_cluster!();
    let limit = Duration::from_millis(200);
    let config = timeouts(TimeoutConfig::builder().operation_timeout(limit).build());
    let (_alternator, client) = client_with(&cluster, config).await;
    inject(&cluster, Fault::Hang);
    let (error, history) = failed_ping(&client).await;
    assert!(matches!(error, SdkError::TimeoutError(_)));
    let last = history.attempts().last().unwrap();
    assert_eq!(last.result(), AttemptResult::TimedOut, "{history}");
    assert_eq!(last.next_step(), NextStep::OperationTimedOut);
    let text = error_text(&error);
    assert!(
        text.contains(&format!("{}: timed out after ", last.node())),
        "{text}"
    );
    assert!(
        text.contains("operation timeout (all attempts"),
        "the SDK's own text: {text}"
    );
}

#[tokio::test]
async fn operation_timeout_between_attempts_names_the_last_one() {
    let cluster = test_cluster!(|cluster| cluster.nodes(1));
    let limit = Duration::from_millis(200);
    let alternator = quick_refresh(&cluster).build().unwrap();
    let hour = Duration::from_secs(3600);
    let retries = RetryConfig::standard().with_initial_backoff(hour);
    let config = timeouts(TimeoutConfig::builder().operation_timeout(limit).build());
    let config = config.retry_config(retries.with_max_backoff(hour));
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    inject(&cluster, ERRORS);
    let (error, history) = failed_ping(&client).await;
    assert!(matches!(error, SdkError::TimeoutError(_)));
    let failed = (AttemptResult::ErrorResponse, Some(Outcome::ServerError));
    assert_eq!(results(&history), [failed]);
    assert_eq!(steps(&history), [NextStep::OperationTimedOut]);
    let text = error_text(&error);
    let expected = format!(
        "the attempt at {}: 500 InternalServerError after ",
        cluster.url()
    );
    assert!(text.contains(&expected), "{text}");
}

#[tokio::test]
async fn attempt_timeouts_name_all_nodes_that_hang() {
    let cluster = test_cluster!();
    let limit = Duration::from_millis(100);
    let config = timeouts(
        TimeoutConfig::builder()
            .operation_attempt_timeout(limit)
            .build(),
    );
    let (_alternator, client) = client_with(&cluster, config).await;
    inject(&cluster, Fault::Hang);
    let (error, history) = failed_ping(&client).await;
    assert!(matches!(error, SdkError::TimeoutError(_)));
    assert_eq!(history.attempts().len(), 3, "{history}");
    let timed_out = (AttemptResult::TimedOut, Some(Outcome::TimedOut));
    assert_eq!(results(&history), [timed_out; 3], "{history}");
    assert_eq!(steps(&history).pop(), Some(NextStep::RetriesUsedUp));
    assert!(
        history
            .attempts()
            .iter()
            .all(|it| it.elapsed() >= Some(limit))
    );
    assert!(history.elapsed() >= 3 * limit);
    let text = error_text(&error);
    assert!(text.contains("attempt 3 of 3 at "), "{text}");
    assert!(
        nodes(&history).iter().all(|node| text.contains(node)),
        "{text}"
    );
}

#[tokio::test]
async fn read_timeout_stays_a_timeout_of_the_connector() {
    let cluster = test_cluster!();
    let limit = Duration::from_millis(100);
    let config = timeouts(TimeoutConfig::builder().read_timeout(limit).build());
    let (_alternator, client) = client_with(&cluster, config).await;
    inject(&cluster, Fault::Hang);
    let (error, history) = failed_ping(&client).await;
    assert!(
        matches!(&error, SdkError::DispatchFailure(failure) if failure.is_timeout()),
        "{}",
        error_text(&error)
    );
    assert_eq!(history.attempts()[2].result(), AttemptResult::TimedOut);
}

#[tokio::test]
async fn server_errors_are_in_the_attempts_of_a_service_error() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    inject(&cluster, ERRORS);
    let (error, history) = failed_ping(&client).await;
    assert_eq!(error.code(), Some("InternalServerError"));
    assert!(error.as_service_error().unwrap().is_internal_server_error());
    expect_each_node_once(&history, &cluster);
    let failed = (AttemptResult::ErrorResponse, Some(Outcome::ServerError));
    assert_eq!(results(&history), [failed; 3]);
    for attempt in history.attempts() {
        assert_eq!(attempt.status(), Some(500));
        assert_eq!(attempt.error_code(), Some("InternalServerError"));
        assert!(!attempt.is_free());
    }
    use NextStep::{RetriesUsedUp, UntriedNode};
    assert_eq!(steps(&history), [UntriedNode, UntriedNode, RetriesUsedUp]);
    assert_eq!(history.operation(), "ListTables");
    assert!(AttemptHistory::find(&error).is_none(), "as documented");
}

#[tokio::test]
async fn throttling_is_in_the_attempts_as_overload() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    inject(&cluster, Fault::Throttle { share: 1.0 });
    let (error, history) = failed_ping(&client).await;
    assert_eq!(error.code(), Some("RequestLimitExceeded"));
    let shed = (AttemptResult::ErrorResponse, Some(Outcome::Overloaded));
    assert_eq!(results(&history), [shed; 3]);
    assert_eq!(history.attempts()[0].status(), Some(400));
}

#[tokio::test]
async fn error_that_is_not_retried_has_one_attempt_without_keys_and_items() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    let table = Table::create(&client).await;
    let put = client.put_item().table_name(&table.name);
    let put = put.item("pk", s("secret key")).item("sk", s("secret item"));
    let error = put
        .condition_expression("attribute_exists(pk)")
        .send()
        .await;
    let error = error.unwrap_err();
    let history = AttemptHistory::of(&error).expect("attempts");
    let [attempt] = history.attempts() else {
        panic!("{history}");
    };
    assert_eq!(
        attempt.error_code(),
        Some("ConditionalCheckFailedException")
    );
    assert_eq!(attempt.outcome(), Some(Outcome::Responded));
    assert_eq!(attempt.next_step(), NextStep::NotRetryable);
    assert_eq!(history.operation(), "PutItem");
    for text in [history.to_string(), format!("{history:?}")] {
        assert!(
            !text.contains("secret") && !text.contains(&table.name),
            "{text}"
        );
    }
}

#[tokio::test]
async fn empty_quota_is_told_from_retries_that_are_used_up() {
    let cluster = test_cluster!();
    let partition = RetryPartition::custom("empty").token_bucket(TokenBucket::new(0));
    let config = config().retry_partition(partition.build());
    let (_alternator, client) = client_with(&cluster, config).await;
    inject(&cluster, ERRORS);
    let (_error, history) = failed_ping(&client).await;
    assert_eq!(steps(&history), [NextStep::QuotaEmpty]);
}

#[tokio::test]
async fn pinned_operation_has_attempts_on_its_node_alone() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    inject(&cluster, ERRORS);
    let pin = cluster.node(1).url();
    let own = Builder::new().endpoint_url(&pin);
    let operation = client.list_tables().customize().config_override(own);
    let error = operation.send().await.unwrap_err();
    let history = AttemptHistory::of(&error).expect("attempts");
    assert_eq!(nodes(history), [&pin; 3]);
    let mut attempts = history.attempts().iter();
    assert!(attempts.all(|it| it.reason() == Reason::Pinned));
    use NextStep::{RetriesUsedUp, SameNode};
    assert_eq!(steps(history), [SameNode, SameNode, RetriesUsedUp]);
}

#[tokio::test]
async fn operation_without_a_node_has_no_attempts() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    let own = Builder::new().endpoint_url("http://127.0.0.1:9");
    let operation = client.list_tables().customize().config_override(own);
    let error = operation.send().await.unwrap_err();
    assert!(find_in_chain::<RouteError>(&error).is_some());
    assert!(AttemptHistory::of(&error).is_none());
}

#[tokio::test]
async fn foreign_response_keeps_its_route_error_and_its_raw_response() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    let page = RawResponse::new(200, "<html>It works!</html>").content_type("text/html");
    for node in cluster.nodes() {
        node.set_response(page.clone());
    }
    let (error, history) = failed_ping(&client).await;
    assert!(matches!(error, SdkError::ResponseError(_)));
    assert_eq!(
        error.raw_response().map(|it| it.status().as_u16()),
        Some(200)
    );
    let route_error = find_in_chain::<RouteError>(&error).expect("a route error");
    assert!(matches!(route_error, RouteError::ForeignResponse { .. }));
    let foreign = (AttemptResult::ErrorResponse, Some(Outcome::Foreign));
    assert_eq!(results(&history), [foreign; 3]);
}

/// Fails each attempt before it is signed.
#[derive(Debug)]
struct FailingInterceptor;

impl Intercept for FailingInterceptor {
    fn name(&self) -> &'static str {
        "failing"
    }

    fn read_before_signing(
        &self,
        _: &aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef<'_>,
        _: &aws_sdk_dynamodb::config::RuntimeComponents,
        _: &mut aws_sdk_dynamodb::config::ConfigBag,
    ) -> Result<(), aws_sdk_dynamodb::error::BoxError> {
        Err("not today".into())
    }
}

#[tokio::test]
async fn attempt_that_is_never_sent_is_an_error_of_this_process() {
    let cluster = test_cluster!();
    let config = config().interceptor(FailingInterceptor);
    let (_alternator, client) = client_with(&cluster, config).await;
    let (error, history) = failed_ping(&client).await;
    assert!(matches!(&error, SdkError::DispatchFailure(failure) if failure.is_other()));
    assert!(error_text(&error).contains("not today"));
    let local = (AttemptResult::LocalError, Some(Outcome::Neutral));
    assert_eq!(results(&history), [local]);
    assert_eq!(steps(&history), [NextStep::NotRetryable]);
}

#[tokio::test]
async fn attempts_are_found_through_errors_that_contain_the_sdks() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    inject(&cluster, Fault::CutAfter { bytes: 0 });
    let error = ping(&client).await.unwrap_err();
    let error = aws_sdk_dynamodb::Error::from(error);
    assert_eq!(
        AttemptHistory::find(&error).map(|it| it.attempts().len()),
        Some(3)
    );
    let error = std::io::Error::other(error);
    assert_eq!(
        AttemptHistory::find(&error).map(|it| it.attempts().len()),
        Some(3)
    );
}

#[tokio::test]
async fn separate_components_explain_errors_too() {
    let cluster = test_cluster!();
    let alternator: Alternator = quick_refresh(&cluster).build().unwrap();
    let config = config()
        .allow_no_auth()
        .retry_config(quick_retries().with_max_attempts(3))
        .endpoint_resolver(alternator.endpoint_resolver())
        .interceptor(alternator.interceptor());
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    inject(&cluster, ERRORS);
    let (error, history) = failed_ping(&client).await;
    assert!(matches!(error, SdkError::ServiceError(_)));
    expect_each_node_once(&history, &cluster);
}

#[tokio::test]
async fn retries_that_are_disabled_are_told() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    inject(&cluster, ERRORS);
    let own = Builder::new().retry_config(RetryConfig::disabled());
    let operation = client.list_tables().customize().config_override(own);
    let error = operation.send().await.unwrap_err();
    let history = AttemptHistory::of(&error).expect("attempts");
    assert_eq!(steps(history), [NextStep::RetriesUsedUp]);
}
