//! Tests of compressed requests and responses.

use std::io::{Read, Write};

use alternator_test_cluster::{Node, TestCluster, Version};
use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::json;

use crate::http::{Request, Response, send};
use crate::operations::single_node_cluster;

pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// Sends a ListTables request whose body has this content encoding.
fn send_encoded(node: &Node, encoding: &str, body: Vec<u8>) -> Response {
    send(
        node,
        &Request::operation("ListTables", body).header("Content-Encoding", encoding),
    )
}

#[test]
fn compressed_requests_are_accepted() {
    let (_cluster, node) = single_node_cluster();
    assert_eq!(send_encoded(&node, "gzip", gzip(b"{}")).status, 200);
    assert_eq!(send_encoded(&node, "deflate", deflate(b"{}")).status, 200);
    let members = [gzip(b"{\"Lim"), gzip(b"it\": 1"), gzip(b"}")].concat();
    assert_eq!(send_encoded(&node, "gzip", members).status, 200);
    let chunked = Request::operation("ListTables", gzip(b"{}"))
        .header("Content-Encoding", "gzip")
        .chunked();
    assert_eq!(send(&node, &chunked).status, 200);
}

#[test]
fn malformed_compressed_requests_return_server_errors() {
    let (_cluster, node) = single_node_cluster();
    let whole = gzip(br#"{"Limit": 100}"#);
    let bad = [
        (
            "gzip",
            whole[..whole.len() - 4].to_vec(),
            "Truncated gzip in request body",
        ),
        ("gzip", b"{}".to_vec(), "Truncated gzip"),
        (
            "gzip",
            b"not compressed in any known form".to_vec(),
            "Error during gzip decompression of request body",
        ),
        (
            "deflate",
            b"not compressed in any known form".to_vec(),
            "Error during deflate decompression",
        ),
        ("gzip", Vec::new(), "gzip"),
        ("deflate", Vec::new(), "deflate"),
        ("deflate", gzip(b"{}"), "deflate"),
        ("GZIP", whole.clone(), "Unsupported Content-Encoding"),
        ("zstd", whole.clone(), "Unsupported Content-Encoding"),
        ("gzip, gzip", whole, "Unsupported Content-Encoding"),
    ];
    for (encoding, body, message) in bad {
        let response = send_encoded(&node, encoding, body);
        assert_eq!(
            (response.status, response.error().as_str()),
            (500, "InternalServerError")
        );
        assert!(
            response.message().contains(message),
            "{encoding}: {}",
            response.message()
        );
    }
}

#[test]
fn decompressed_body_over_limit_is_rejected() {
    let (_cluster, node) = single_node_cluster();
    let mut body = b"{}".to_vec();
    body.resize(16 << 20, b' ');
    assert_eq!(send_encoded(&node, "gzip", gzip(&body)).status, 200);
    body.push(b' ');
    for (encoding, body) in [("gzip", gzip(&body)), ("deflate", deflate(&body))] {
        let response = send_encoded(&node, encoding, body);
        assert_eq!(
            (response.status, response.error().as_str()),
            (413, "PayloadTooLarge")
        );
    }
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert_eq!(send_encoded(&node, "gzip", bomb.repeat(4)).status, 413);
}

#[test]
fn old_versions_parse_compressed_requests_as_json() {
    for version in [Version::V6_2, Version::V2025_1] {
        let cluster = TestCluster::builder()
            .nodes(1)
            .version(version)
            .start()
            .unwrap();
        let response = send_encoded(&cluster.node(0), "gzip", gzip(b"{}"));
        assert_eq!(
            (response.status, response.error().as_str()),
            (400, "ValidationException")
        );
        assert!(response.message().starts_with("Parsing JSON failed"));
        assert_eq!(
            send_encoded(&cluster.node(0), "gzip", b"{}".to_vec()).status,
            200
        );
    }
}

/// Returns the response, with a body of `length` bytes, to a request whose `Accept-Encoding` is `accepted`.
fn response_accepting(version: Version, accepted: &str, length: usize) -> Response {
    let body = json!({"x": "a".repeat(length - 8)}).to_string();
    let cluster = TestCluster::builder()
        .nodes(1)
        .version(version)
        .fixed_response("GetItem", &body)
        .start()
        .unwrap();
    let request = Request::operation("GetItem", "{}").header("Accept-Encoding", accepted);
    let response = send(&cluster.node(0), &request);
    let mut plain = Vec::new();
    match response.header("content-encoding") {
        Some("gzip") => GzDecoder::new(&response.body[..])
            .read_to_end(&mut plain)
            .unwrap(),
        Some("deflate") => ZlibDecoder::new(&response.body[..])
            .read_to_end(&mut plain)
            .unwrap(),
        Some(other) => panic!("{other}"),
        None => response.body.as_slice().read_to_end(&mut plain).unwrap(),
    };
    assert_eq!(String::from_utf8(plain).unwrap(), body);
    response
}

#[test]
fn responses_from_4096_bytes_are_compressed() {
    let latest = Version::V2026_1;
    assert_eq!(
        response_accepting(latest, "gzip", 4095).header("content-encoding"),
        None
    );
    assert_eq!(
        response_accepting(latest, "gzip", 4096).header("content-encoding"),
        Some("gzip")
    );
    assert_eq!(
        response_accepting(latest, "deflate", 4096).header("content-encoding"),
        Some("deflate")
    );
    assert_eq!(
        response_accepting(latest, "gzip", 10_000_000).header("content-encoding"),
        Some("gzip")
    );
}

#[test]
fn accept_encoding_selects_response_compression() {
    let latest = Version::V2026_1;
    for (accepted, encoding) in [
        ("identity", None),
        ("br", None),
        ("gzip;q=0", None),
        ("deflate, gzip", Some("deflate")),
        ("deflate;q=0.4, GZIP;q=0.5", Some("gzip")),
        ("*", Some("gzip")),
    ] {
        assert_eq!(
            response_accepting(latest, accepted, 5000).header("content-encoding"),
            encoding,
            "{accepted}"
        );
    }
}

#[test]
fn old_versions_do_not_compress_responses() {
    for version in [Version::V6_2, Version::V2025_1] {
        assert_eq!(
            response_accepting(version, "gzip", 5000).header("content-encoding"),
            None
        );
    }
}

#[test]
fn error_responses_are_not_compressed() {
    let (_cluster, node) = single_node_cluster();
    let long = "N".repeat(5000);
    let response = send(
        &node,
        &Request::operation(&long, "{}").header("Accept-Encoding", "gzip"),
    );
    assert_eq!(response.status, 400);
    assert!(response.body.len() > 4096);
    assert_eq!(response.header("content-encoding"), None);
}
