//! Fallback to uncompressed requests on servers before 2026.1, which parse a compressed body as JSON and refuse it.

use crate::compressed_requests::{compressing_client, note, put};
use crate::support::{
    BarrierClient, ExchangeRecorder, Log, RawResponseServer, Table, config, eventually,
    expect_pings, quick_refresh, quick_retries, s, signing_config, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, RequestCompression};
use alternator_test_cluster::{Builder, Fault, NodeConfig, TestCluster, Version};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction, RetryConfig};
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::RetryClassifierPriority;
use futures_util::future::join_all;

const REFUSED: &str = "does not accept compressed requests";

fn old(cluster: Builder) -> Builder {
    cluster.nodes(3).version(Version::V2025_1)
}

/// Returns and clears the recorded attempts: whether each was compressed.
fn sent(recorder: &ExchangeRecorder) -> Vec<bool> {
    let sent = recorder.take();
    sent.iter()
        .map(|attempt| {
            let is_compressed = attempt.content_encoding().is_some();
            let length = attempt.body.len().to_string();
            assert_eq!(attempt.request.get("content-length"), Some(&*length));
            assert_eq!(attempt.body.starts_with(b"{"), !is_compressed);
            is_compressed
        })
        .collect()
}

async fn plain_client(cluster: &TestCluster) -> Client {
    let alternator = quick_refresh(cluster).build().unwrap();
    Client::from_conf(config().alternator(&alternator).build())
}

#[tokio::test]
async fn refused_request_is_resent_uncompressed_and_compression_is_turned_off() {
    for version in [Version::V6_2, Version::V2025_1] {
        for compression in [RequestCompression::gzip(), RequestCompression::deflate()] {
            let log = Log::capture();
            let cluster = test_cluster!(|cluster| old(cluster).version(version));
            let (_alternator, client, recorder) =
                compressing_client(&cluster, compression, config()).await;
            let table = Table::create(&client).await;
            recorder.take();
            put(&client, &table, 1).await;
            assert_eq!(sent(&recorder), [true, false]);
            for number in 2..10 {
                put(&client, &table, number).await;
            }
            assert_eq!(sent(&recorder), [false; 8]);
            assert_eq!(log.warnings(REFUSED).len(), 1);
            assert!(
                log.warnings(REFUSED)[0].contains("http://127.0.0."),
                "names a node"
            );
        }
    }
}

#[tokio::test]
async fn uncompressed_resend_is_signed_again() {
    let cluster = test_cluster!(|cluster| old(cluster).authorization("alternator", "salted hash"));
    let signing_config = signing_config("alternator", "salted hash");
    let (_alternator, client, recorder) =
        compressing_client(&cluster, RequestCompression::gzip(), signing_config).await;
    let table = Table::create(&client).await;
    recorder.take();
    put(&client, &table, 1).await;
    let attempts = recorder.take();
    let [compressed, plain] = attempts.as_slice() else {
        panic!("{attempts:?}");
    };
    let signatures = [compressed, plain].map(|sent| sent.request.get("authorization"));
    assert!(signatures[0].is_some() && signatures[0] != signatures[1]);
}

const REFUSAL: &[u8] = br#"{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"Parsing JSON failed: Invalid value. at 0"}"#;
const ERROR: &[u8] = b"{}";

/// Makes a write to a node with these responses. Returns whether it succeeded, and the number of attempts.
async fn write_outcome(responses: &[(u16, &'static [u8])], retries: RetryConfig) -> (bool, usize) {
    let node = RawResponseServer::responding_with(
        responses.iter().map(|(status, body)| (*status, "", *body)),
    );
    let alternator = Alternator::builder()
        .seeds([node.url()])
        .request_compression(RequestCompression::gzip())
        .build()
        .unwrap();
    let config = config().retry_config(retries).alternator(&alternator);
    let put = Client::from_conf(config.build())
        .put_item()
        .table_name("table");
    let put = put.item("note", s(note(1))).send().await;
    (put.is_ok(), node.operations())
}

#[tokio::test]
async fn uncompressed_resend_uses_none_of_the_applications_attempts() {
    let refused = (400, REFUSAL);
    let failed = (500, ERROR);
    let done = (200, ERROR);
    for (responses, attempts, expected) in [
        (&[refused, done][..], 1, (true, 2)),
        (&[refused, failed, done], 1, (false, 2)),
        (&[refused, failed, done], 2, (true, 3)),
        (&[refused, failed, failed, done], 2, (false, 3)),
        (&[failed, refused, done], 2, (true, 3)),
        (&[failed, refused, failed, done], 2, (false, 3)),
        (&[failed, refused, failed, done], 3, (true, 4)),
        // A refused uncompressed request is not resent.
        (&[refused, refused, done], 3, (false, 2)),
        (&[failed, refused, refused, done], 3, (false, 3)),
    ] {
        let retries = quick_retries().with_max_attempts(attempts);
        let case = format!("{responses:?} of {attempts}");
        assert_eq!(write_outcome(responses, retries).await, expected, "{case}");
    }
}

#[tokio::test]
async fn uncompressed_resend_happens_with_retries_disabled() {
    let cluster = test_cluster!(old);
    let disabled = config().retry_config(RetryConfig::disabled());
    let (_alternator, client, recorder) =
        compressing_client(&cluster, RequestCompression::gzip(), disabled).await;
    let table = Table::create(&client).await;
    recorder.take();
    put(&client, &table, 1).await;
    assert_eq!(sent(&recorder), [true, false]);
    // Other errors are still returned after one attempt.
    cluster.nodes().iter().for_each(|node| {
        node.inject(Fault::ServerError { share: 1.0 });
    });
    client.list_tables().send().await.unwrap_err();
    assert_eq!(sent(&recorder).len(), 1);
}

#[tokio::test]
async fn four_hundred_requests_refused_at_once_are_all_resent() {
    let cluster = test_cluster!(old);
    let table = Table::create(&plain_client(&cluster).await).await;
    let barrier = BarrierClient::new();
    let log = Log::capture();
    let alternator = quick_refresh(&cluster).request_compression(RequestCompression::gzip());
    let alternator = alternator.build().unwrap();
    // The SDK's own retry quota covers fifty.
    let config = config()
        .http_client(barrier.clone())
        .alternator(&alternator);
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    cluster.reset_counters();
    let writes = join_all((0..400).map(|number| put(&client, &table, number)));
    tokio::join!(writes, barrier.release_after(400));
    let requests: u64 = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().requests)
        .sum();
    assert_eq!(requests, 800);
    assert_eq!(log.warnings(REFUSED).len(), 1);
    let states = alternator.nodes();
    assert!(states.iter().all(|node| node.failures() == 0), "{states:?}");
}

#[tokio::test]
async fn compression_is_tried_again_after_a_membership_change() {
    let log = Log::capture();
    let cluster = test_cluster!(old);
    let (alternator, client, recorder) =
        compressing_client(&cluster, RequestCompression::gzip(), config()).await;
    let table = Table::create(&client).await;
    put(&client, &table, 1).await;
    recorder.take();
    for (nodes, warnings) in [(4, 2), (5, 3)] {
        cluster.add_node(NodeConfig::new()).unwrap();
        eventually("the node is known", async || {
            alternator.nodes().len() == nodes
        })
        .await;
        put(&client, &table, 2).await;
        put(&client, &table, 3).await;
        assert_eq!(sent(&recorder), [true, false, false]);
        assert_eq!(log.warnings(REFUSED).len(), warnings);
    }
    // A refresh without changes does not turn compression on again.
    alternator.refresh().await.unwrap();
    put(&client, &table, 4).await;
    assert_eq!(sent(&recorder), [false]);
    assert_eq!(log.infos("compressed again").len(), 2);
}

#[tokio::test]
async fn uncompressed_resend_of_a_pinned_operation_stays_on_its_node() {
    let cluster = test_cluster!(old);
    let (_alternator, client, recorder) =
        compressing_client(&cluster, RequestCompression::gzip(), config()).await;
    let table = Table::create(&client).await;
    recorder.take();
    cluster.reset_counters();
    let pinned = aws_sdk_dynamodb::config::Builder::new().endpoint_url(cluster.node(1).url());
    let put = client
        .put_item()
        .table_name(&table.name)
        .item("pk", s("a"))
        .item("sk", s("b"))
        .item("note", s(note(1)));
    let put = put.customize().config_override(pinned);
    put.send().await.unwrap();
    assert_eq!(sent(&recorder), [true, false]);
    assert_eq!(cluster.node(1).counters().requests, 2);
}

/// A classifier that forbids all retries of the SDK.
#[derive(Debug)]
struct ForbidRetries;

impl ClassifyRetry for ForbidRetries {
    fn classify_retry(&self, _: &InterceptorContext) -> RetryAction {
        RetryAction::RetryForbidden
    }

    fn name(&self) -> &'static str {
        "forbid retries"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

#[tokio::test]
async fn classifier_that_forbids_retries_gets_the_servers_error() {
    let cluster = test_cluster!(old);
    let table = Table::create(&plain_client(&cluster).await).await;
    let forbid_retries = config().retry_classifier(ForbidRetries);
    let (_alternator, client, recorder) =
        compressing_client(&cluster, RequestCompression::gzip(), forbid_retries).await;
    let put = client
        .put_item()
        .table_name(&table.name)
        .item("pk", s("a"))
        .item("sk", s("b"))
        .item("note", s(note(1)));
    let error = put.clone().send().await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationException"));
    assert!(error.message().unwrap().contains("Parsing JSON failed"));
    assert_eq!(sent(&recorder), [true]);
    // The following requests are uncompressed.
    put.send().await.unwrap();
    assert_eq!(sent(&recorder), [false]);
}

#[tokio::test]
async fn interceptor_alone_resends_refused_requests_uncompressed() {
    let cluster = test_cluster!(old);
    let alternator = quick_refresh(&cluster).request_compression(RequestCompression::gzip());
    let alternator = alternator.build().unwrap();
    let config = config()
        .endpoint_resolver(alternator.endpoint_resolver())
        .interceptor(alternator.interceptor())
        .allow_no_auth();
    let client = Client::from_conf(config.build());
    let table = Table::create(&client).await;
    put(&client, &table, 1).await;
    expect_pings(&client, 1).await;
}

#[tokio::test]
async fn unrelated_validation_error_keeps_compression_on() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let (_alternator, client, recorder) =
        compressing_client(&cluster, RequestCompression::gzip(), config()).await;
    let table = Table::create(&client).await;
    recorder.take();
    let invalid = client
        .put_item()
        .table_name(&table.name)
        .item("pk", s("Parsing JSON failed".repeat(200)));
    let error = invalid.send().await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationException"));
    assert_eq!(sent(&recorder), [true]);
    put(&client, &table, 1).await;
    assert_eq!(sent(&recorder), [true]);
    assert_eq!(log.warnings(REFUSED), Vec::<String>::new());
}
