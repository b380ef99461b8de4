//! Compressed requests to servers that support them.

use crate::support::{
    Exchange, ExchangeRecorder, Table, config, error_text, expect_pings, ping, quick_refresh,
    quick_retries, s, signing_config, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, RequestCompression};
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use flate2::read::{GzDecoder, ZlibDecoder};
use futures_util::future::join_all;
use std::io::Read;
use tokio::runtime::Handle;

/// A client that compresses requests, and the recorder of its exchanges.
pub(crate) async fn compressing_client(
    cluster: &TestCluster,
    compression: RequestCompression,
    config: config::Builder,
) -> (Alternator, Client, ExchangeRecorder) {
    let recorder = ExchangeRecorder::new();
    let alternator = quick_refresh(cluster).request_compression(compression);
    let alternator = alternator.build().unwrap();
    let config = config.http_client(recorder.clone()).alternator(&alternator);
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    (alternator, client, recorder)
}

/// A text that compresses well, but not to almost nothing.
pub(crate) fn note(number: usize) -> String {
    (0..100)
        .map(|line| format!("line {line} of note {number}: {}; ", line * number % 97))
        .collect()
}

pub(crate) async fn put(client: &Client, table: &Table, number: usize) {
    let put = client
        .put_item()
        .table_name(&table.name)
        .item("pk", s("notes"))
        .item("sk", s(format!("{number:05}")))
        .item("note", s(note(number)));
    put.send()
        .await
        .unwrap_or_else(|error| panic!("{}", error_text(error)));
}

async fn expect_notes(client: &Client, table: &Table, numbers: impl IntoIterator<Item = usize>) {
    for number in numbers {
        let get = client
            .get_item()
            .table_name(&table.name)
            .key("pk", s("notes"))
            .key("sk", s(format!("{number:05}")));
        let item = get
            .consistent_read(true)
            .send()
            .await
            .unwrap()
            .item
            .unwrap();
        assert_eq!(item["note"], s(note(number)));
    }
}

fn decompressed(exchange: &Exchange) -> String {
    let mut plain = String::new();
    match exchange.content_encoding() {
        Some("gzip") => GzDecoder::new(&*exchange.body).read_to_string(&mut plain),
        Some("deflate") => ZlibDecoder::new(&*exchange.body).read_to_string(&mut plain),
        other => panic!("{other:?}"),
    }
    .unwrap();
    plain
}

#[tokio::test]
async fn large_request_body_is_compressed_and_stored_unchanged() {
    for (compression, name) in [
        (RequestCompression::gzip(), "gzip"),
        (RequestCompression::deflate(), "deflate"),
    ] {
        let cluster = test_cluster!();
        let (_alternator, client, recorder) =
            compressing_client(&cluster, compression, config()).await;
        let table = Table::create(&client).await;
        recorder.take();
        cluster.reset_counters();
        put(&client, &table, 1).await;
        let sent = recorder.take_one();
        assert_eq!(sent.content_encoding(), Some(name));
        let length = sent.body.len().to_string();
        assert_eq!(sent.request.get("content-length"), Some(&*length));
        let received: u64 = cluster
            .nodes()
            .iter()
            .map(|node| node.counters().request_bytes)
            .sum();
        assert_eq!(received, sent.body.len() as u64);
        let plain = decompressed(&sent);
        assert!(plain.contains(&note(1)) && plain.len() > 2 * sent.body.len());
        expect_notes(&client, &table, [1]).await;
    }
}

#[tokio::test]
async fn small_or_exempt_requests_are_not_compressed() {
    let cluster = test_cluster!();
    let (_alternator, client, recorder) =
        compressing_client(&cluster, RequestCompression::gzip(), config()).await;
    let table = Table::create(&client).await;
    recorder.take();
    expect_pings(&client, 1).await;
    assert_eq!(recorder.take_one().content_encoding(), None);

    let high = RequestCompression::gzip().threshold(100_000);
    let (_alternator, client, recorder) = compressing_client(&cluster, high, config()).await;
    put(&client, &table, 1).await;
    assert_eq!(recorder.take_one().content_encoding(), None);

    let recorder = ExchangeRecorder::new();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let plain = config()
        .http_client(recorder.clone())
        .alternator(&alternator);
    put(&Client::from_conf(plain.build()), &table, 2).await;
    let sent = recorder.take_one();
    assert_eq!(
        sent.content_encoding(),
        None,
        "the feature alone changes nothing"
    );
    assert_eq!(sent.accept_encoding(), None);
}

#[tokio::test]
async fn signature_covers_the_compressed_body() {
    let cluster =
        test_cluster!(|cluster| cluster.nodes(3).authorization("alternator", "salted hash"));
    for compression in [RequestCompression::gzip(), RequestCompression::deflate()] {
        let signing_config =
            signing_config("alternator", "salted hash").retry_config(quick_retries());
        let (_alternator, client, recorder) =
            compressing_client(&cluster, compression, signing_config).await;
        let table = Table::create(&client).await;
        recorder.take();
        put(&client, &table, 1).await;
        let sent = recorder.take_one();
        assert!(sent.content_encoding().is_some());
        assert!(sent.request.get("authorization").is_some());
        // Retries on another node are signed again.
        cluster.node(0).inject(Fault::ServerError { share: 1.0 });
        cluster.node(1).stop();
        for number in 2..8 {
            put(&client, &table, number).await;
        }
        cluster.node(0).recover();
        cluster.node(1).start().unwrap();
        expect_notes(&client, &table, 1..8).await;
    }
}

#[tokio::test]
async fn retries_resend_the_same_compressed_body() {
    let cluster = test_cluster!();
    let config = config().retry_config(quick_retries());
    let (_alternator, client, recorder) =
        compressing_client(&cluster, RequestCompression::gzip(), config).await;
    let table = Table::create(&client).await;
    for (fault, node) in [
        (Fault::ServerError { share: 1.0 }, 0),
        (Fault::CutAfter { bytes: 0 }, 1),
        (Fault::Throttle { share: 1.0 }, 2),
    ] {
        cluster.node(node).inject(fault);
        let mut attempts = 0;
        for number in 0..3 {
            recorder.take();
            put(&client, &table, number).await;
            let sent = recorder.take();
            attempts += sent.len();
            for attempt in &sent {
                assert_eq!(attempt.content_encoding(), Some("gzip"));
                assert_eq!(attempt.body, sent[0].body);
            }
        }
        assert!(attempts > 3, "{fault:?}: some requests were retried");
        cluster.node(node).recover();
    }
    expect_notes(&client, &table, 0..3).await;
}

#[tokio::test]
async fn large_compressed_batch_is_written_completely() {
    let cluster = test_cluster!();
    let (_alternator, client, recorder) =
        compressing_client(&cluster, RequestCompression::deflate(), config()).await;
    let table = Table::create(&client).await;
    recorder.take();
    let writes = (0..25).map(|number| {
        let put = PutRequest::builder()
            .item("pk", s("notes"))
            .item("sk", s(format!("{number:05}")))
            .item("note", s(note(number)))
            .build();
        WriteRequest::builder().put_request(put.unwrap()).build()
    });
    let batch = client.batch_write_item();
    let batch = batch.request_items(&table.name, writes.collect());
    let unprocessed = batch.send().await.unwrap().unprocessed_items;
    assert!(unprocessed.is_none_or(|items| items.is_empty()));
    let sent = recorder.take_one();
    let plain = decompressed(&sent);
    assert!(plain.len() > 30_000 && plain.len() > 4 * sent.body.len());
    expect_notes(&client, &table, [0, 12, 24]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_compressed_writes_all_succeed() {
    let cluster = test_cluster!();
    let (_alternator, client, recorder) =
        compressing_client(&cluster, RequestCompression::gzip(), config()).await;
    let table = Table::create(&client).await;
    recorder.take();
    let writes = (0..100).map(|number| {
        let (client, table) = (client.clone(), table.clone());
        Handle::current().spawn(async move { put(&client, &table, number).await })
    });
    for write in join_all(writes).await {
        write.unwrap();
    }
    assert!(
        recorder
            .take()
            .iter()
            .all(|sent| sent.content_encoding() == Some("gzip"))
    );
    expect_notes(&client, &table, 0..100).await;
}

#[tokio::test]
async fn interceptor_alone_compresses_requests() {
    let cluster = test_cluster!();
    let recorder = ExchangeRecorder::new();
    let alternator = quick_refresh(&cluster).request_compression(RequestCompression::gzip());
    let alternator = alternator.build().unwrap();
    let config = config()
        .endpoint_resolver(alternator.endpoint_resolver())
        .interceptor(alternator.interceptor())
        .allow_no_auth()
        .http_client(recorder.clone());
    let client = Client::from_conf(config.build());
    let table = Table::create(&client).await;
    recorder.take();
    put(&client, &table, 1).await;
    assert_eq!(recorder.take_one().content_encoding(), Some("gzip"));
    ping(&client).await.unwrap();
}
