//! Compressed responses.

use crate::compressed_requests::{note, put};
use crate::support::{
    Backend, ExchangeRecorder, Log, RawResponseServer, Table, client, config, expect_pings,
    find_in_chain, ping, quick_refresh, quick_retries, s, signing_config, test_cluster, this_test,
};
use alternator_lb_sdk::{
    Alternator, AlternatorExt as _, AuthMode, Builder, DecodeError, NodeState, RequestCompression,
    ResponseCompression,
};
use alternator_test_cluster::{Fault, TestCluster, Version};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::list_tables::ListTablesError;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use futures_util::future::join_all;
use std::collections::HashMap;
use std::io::Write as _;

async fn response_compressing_client(
    cluster: &TestCluster,
    compression: ResponseCompression,
    config: config::Builder,
) -> (Alternator, Client, ExchangeRecorder) {
    let recorder = ExchangeRecorder::new();
    let alternator = quick_refresh(cluster)
        .response_compression(compression)
        .build()
        .unwrap();
    let config = config.http_client(recorder.clone()).alternator(&alternator);
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    (alternator, client, recorder)
}

/// Creates a table with this many notes.
async fn notes(cluster: &TestCluster, count: usize) -> Table {
    let alternator = quick_refresh(cluster).build().unwrap();
    let client = client(&alternator);
    let table = Table::create(&client).await;
    for number in 0..count {
        put(&client, &table, number).await;
    }
    table
}

async fn expect_all(client: &Client, table: &Table, count: usize) {
    let query = client
        .query()
        .table_name(&table.name)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", s("notes"))
        .consistent_read(true);
    let items = query.send().await.unwrap().items.unwrap();
    assert_eq!(items.len(), count);
    for (number, item) in items.iter().enumerate() {
        assert_eq!(item["note"], s(note(number)));
    }
}

#[tokio::test]
async fn large_response_is_compressed_and_decoded_unchanged() {
    let cluster = test_cluster!();
    let table = notes(&cluster, 150).await;
    for (compression, name) in [
        (ResponseCompression::gzip(), "gzip"),
        (ResponseCompression::deflate(), "deflate"),
    ] {
        let (_alternator, client, recorder) =
            response_compressing_client(&cluster, compression, config()).await;
        expect_all(&client, &table, 150).await;
        let exchange = recorder.take_one();
        assert_eq!(exchange.accept_encoding(), Some(name));
        assert_eq!(exchange.response_encoding(), Some(name));
        // The server does not compress small responses.
        expect_pings(&client, 1).await;
        let exchange = recorder.take_one();
        assert_eq!(exchange.accept_encoding(), Some(name));
        assert_eq!(exchange.response_encoding(), None);
    }
}

#[tokio::test]
async fn concurrent_batches_work_with_compressed_requests_and_responses() {
    let cluster = test_cluster!();
    let table = notes(&cluster, 100).await;
    let alternator = quick_refresh(&cluster)
        .request_compression(RequestCompression::gzip())
        .response_compression(ResponseCompression::gzip())
        .build()
        .unwrap();
    let client = client(&alternator);
    let keys = (0..100).map(|number| {
        HashMap::from([
            ("pk".to_owned(), s("notes")),
            ("sk".to_owned(), s(format!("{number:05}"))),
        ])
    });
    let keys = KeysAndAttributes::builder().set_keys(Some(keys.collect()));
    let batch = client
        .batch_get_item()
        .request_items(&table.name, keys.build().unwrap());
    let responses = join_all((0..20).map(|_| batch.clone().send())).await;
    for response in responses {
        let items = response.unwrap().responses.unwrap().remove(&table.name);
        assert_eq!(items.unwrap().len(), 100);
    }
}

async fn expect_round_trip(backend: &Backend, builder: Builder) {
    let alternator = builder.build().unwrap();
    let client = Client::from_conf(backend.config().alternator(&alternator).build());
    let table = Table::create(&client).await;
    for number in 0..20 {
        put(&client, &table, number).await;
    }
    expect_all(&client, &table, 20).await;
    table.delete(&client).await;
}

/// Runs on a real cluster of any version as well.
#[tokio::test]
async fn compressed_writes_and_reads_round_trip_on_any_cluster() {
    let backend = Backend::start();
    for (request, response) in [
        (RequestCompression::gzip(), ResponseCompression::deflate()),
        (RequestCompression::deflate(), ResponseCompression::gzip()),
    ] {
        let builder = backend.builder().request_compression(request.level(9));
        expect_round_trip(&backend, builder.response_compression(response)).await;
    }
}

#[tokio::test]
async fn compressed_writes_and_reads_round_trip_with_authorization() {
    let Some(backend) = Backend::start_enforcing(this_test!()) else {
        return;
    };
    let builder = backend
        .builder()
        .request_compression(RequestCompression::gzip())
        .response_compression(ResponseCompression::gzip())
        .auth(AuthMode::Required);
    expect_round_trip(&backend, builder).await;
}

#[tokio::test]
async fn accept_encoding_header_is_not_signed() {
    let cluster =
        test_cluster!(|cluster| cluster.nodes(2).authorization("alternator", "salted hash"));
    let signing_config = signing_config("alternator", "salted hash");
    let (_alternator, client, recorder) =
        response_compressing_client(&cluster, ResponseCompression::gzip(), signing_config).await;
    expect_pings(&client, 2).await;
    for exchange in recorder.take() {
        assert_eq!(exchange.accept_encoding(), Some("gzip"));
        let signed = exchange.request.get("authorization").unwrap();
        assert!(!signed.contains("accept-encoding"), "{signed}");
    }
}

#[tokio::test]
async fn old_servers_send_uncompressed_responses() {
    let cluster = test_cluster!(|cluster| cluster.nodes(2).version(Version::V2025_1));
    let table = notes(&cluster, 20).await;
    let (_alternator, client, recorder) =
        response_compressing_client(&cluster, ResponseCompression::gzip(), config()).await;
    expect_all(&client, &table, 20).await;
    assert_eq!(recorder.take_one().response_encoding(), None);
}

#[tokio::test]
async fn compression_is_not_requested_without_the_decoding_http_client() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let table = notes(&cluster, 20).await;
    let recorder = ExchangeRecorder::new();
    let alternator = quick_refresh(&cluster).response_compression(ResponseCompression::gzip());
    let alternator = alternator.build().unwrap();
    let replaced = config()
        .alternator(&alternator)
        .http_client(recorder.clone());
    let parts = config()
        .endpoint_resolver(alternator.endpoint_resolver())
        .interceptor(alternator.interceptor())
        .allow_no_auth()
        .http_client(recorder.clone());
    for config in [replaced, parts] {
        expect_all(&Client::from_conf(config.build()), &table, 20).await;
        let exchange = recorder.take_one();
        assert_eq!(exchange.accept_encoding(), None);
        assert_eq!(exchange.response_encoding(), None);
    }
    // An operation with its own HTTP client.
    let own = config::Builder::new().http_client(recorder.clone());
    let client = client(&alternator);
    expect_pings(&client, 1).await;
    let operation = client.list_tables().customize().config_override(own);
    operation.send().await.unwrap();
    assert_eq!(recorder.take_one().accept_encoding(), None);
    // One of the first configuration, and one of the last.
    assert_eq!(log.warnings("decorator of the HTTP client").len(), 2);
}

#[tokio::test]
async fn truncated_compressed_response_is_retried_on_another_node() {
    let cluster = test_cluster!();
    let table = notes(&cluster, 50).await;
    let config = config().retry_config(quick_retries());
    let (_alternator, client, recorder) =
        response_compressing_client(&cluster, ResponseCompression::gzip(), config).await;
    cluster.node(1).inject(Fault::CutAfter { bytes: 1_000 });
    for _ in 0..3 {
        expect_all(&client, &table, 50).await;
    }
    assert!(
        recorder.take().len() > 3,
        "at least one request was retried"
    );
}

/// Returns the error of an operation on this node.
async fn error_of(
    node: &RawResponseServer,
    compression: ResponseCompression,
) -> (Alternator, SdkError<ListTablesError>) {
    let alternator = Alternator::builder()
        .seeds([node.url()])
        .response_compression(compression)
        .build()
        .unwrap();
    let config = config()
        .retry_config(quick_retries())
        .alternator(&alternator);
    let error = ping(&Client::from_conf(config.build())).await.unwrap_err();
    assert!(matches!(error, SdkError::ResponseError(_)), "{error:?}");
    (alternator, error)
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn headers(encoding: &str, length: usize) -> String {
    format!("content-encoding: {encoding}\r\ncontent-length: {length}")
}

const TABLES: &[u8] = br#"{"TableNames":["one","two"]}"#;

#[tokio::test]
async fn gzip_and_deflate_are_decoded_whichever_was_requested() {
    for (encoding, body) in [("gzip", gzip(TABLES)), ("deflate", zlib(TABLES))] {
        let headers = headers(encoding, body.len()) + "\r\nx-amz-crc32: 1";
        let node = RawResponseServer::responding_with([(200, &*headers, body)]);
        let alternator = Alternator::builder()
            .seeds([node.url()])
            .response_compression(ResponseCompression::gzip());
        let tables = ping(&client(&alternator.build().unwrap())).await.unwrap();
        assert_eq!(tables.table_names(), ["one", "two"]);
    }
}

#[tokio::test]
async fn decompression_bomb_is_an_error_without_retry_or_node_failure() {
    let bomb = vec![b' '; 8 << 20];
    for (encoding, body) in [("gzip", gzip(&bomb)), ("deflate", zlib(&bomb))] {
        assert!(body.len() < 100_000);
        let node =
            RawResponseServer::responding_with([(200, &*headers(encoding, body.len()), body)]);
        let compression = ResponseCompression::gzip().limit(1 << 20);
        let (alternator, error) = error_of(&node, compression).await;
        let decode = find_in_chain::<DecodeError>(&error).unwrap();
        let is_limit = matches!(decode, DecodeError::TooLarge { limit, .. } if *limit == 1 << 20);
        assert!(is_limit, "{decode}");
        assert_eq!(node.operations(), 1);
        let [status] = alternator.nodes().try_into().unwrap();
        assert_eq!((status.state(), status.failures()), (NodeState::Up, 0));
    }
}

#[tokio::test]
async fn undecodable_response_is_retried_and_then_an_error() {
    let whole = gzip(TABLES);
    let half = whole[..whole.len() / 2].to_vec();
    let mut damaged = whole.clone();
    damaged[whole.len() - 6] ^= 1;
    let raw_deflate = zlib(TABLES)[2..].to_vec();
    for (encoding, body, expected) in [
        ("gzip", half, "is incomplete"),
        ("gzip", damaged, "does not have its content-encoding"),
        (
            "gzip",
            TABLES.to_vec(),
            "does not have its content-encoding",
        ),
        ("gzip", zlib(TABLES), "does not have its content-encoding"),
        ("deflate", raw_deflate, "does not have its content-encoding"),
        (
            "deflate",
            whole.clone(),
            "does not have its content-encoding",
        ),
        ("br", TABLES.to_vec(), "`br`, which was not accepted"),
        ("gzip, gzip", gzip(&whole), "`gzip, gzip`"),
        ("gzip", Vec::new(), "is incomplete"),
    ] {
        let node =
            RawResponseServer::responding_with([(200, &*headers(encoding, body.len()), body)]);
        let (_alternator, error) = error_of(&node, ResponseCompression::gzip()).await;
        let decode = find_in_chain::<DecodeError>(&error).unwrap().to_string();
        assert!(decode.contains(expected), "{decode}");
        assert_eq!(node.operations(), 3, "{decode}");
    }
}

#[tokio::test]
async fn unrequested_compressed_response_is_left_to_the_sdk() {
    let body = gzip(TABLES);
    let node = RawResponseServer::responding_with([(200, &*headers("gzip", body.len()), body)]);
    let alternator = Alternator::builder().seeds([node.url()]).build().unwrap();
    let error = ping(&client(&alternator)).await.unwrap_err();
    assert!(find_in_chain::<DecodeError>(&error).is_none());
}
