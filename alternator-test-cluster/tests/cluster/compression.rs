use std::io::{Read, Write};

use alternator_test_cluster::{Node, TestCluster, Version};
use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::json;

use crate::http::{Answer, Request, ask};
use crate::operations::cluster;

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

fn send(node: &Node, encoding: &str, body: Vec<u8>) -> Answer {
    ask(
        node,
        &Request::operation("ListTables", body).header("Content-Encoding", encoding),
    )
}

#[test]
fn compressed_requests_are_taken() {
    let (_cluster, node) = cluster();
    assert_eq!(send(&node, "gzip", gzip(b"{}")).status, 200);
    assert_eq!(send(&node, "deflate", deflate(b"{}")).status, 200);
    let members = [gzip(b"{\"Lim"), gzip(b"it\": 1"), gzip(b"}")].concat();
    assert_eq!(send(&node, "gzip", members).status, 200);
    let chunked = Request::operation("ListTables", gzip(b"{}"))
        .header("Content-Encoding", "gzip")
        .chunked();
    assert_eq!(ask(&node, &chunked).status, 200);
}

#[test]
fn bad_compressed_requests_are_server_errors() {
    let (_cluster, node) = cluster();
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
            b"not compressed at all, by nobody".to_vec(),
            "Error during gzip decompression of request body",
        ),
        (
            "deflate",
            b"not compressed at all, by nobody".to_vec(),
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
        let answer = send(&node, encoding, body);
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (500, "InternalServerError")
        );
        assert!(
            answer.message().contains(message),
            "{encoding}: {}",
            answer.message()
        );
    }
}

#[test]
fn bodies_over_the_limit_when_decompressed_are_too_large() {
    let (_cluster, node) = cluster();
    let mut body = b"{}".to_vec();
    body.resize(16 << 20, b' ');
    assert_eq!(send(&node, "gzip", gzip(&body)).status, 200);
    body.push(b' ');
    for (encoding, body) in [("gzip", gzip(&body)), ("deflate", deflate(&body))] {
        let answer = send(&node, encoding, body);
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (413, "PayloadTooLarge")
        );
    }
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert_eq!(send(&node, "gzip", bomb.repeat(4)).status, 413);
}

#[test]
fn old_versions_take_compressed_requests_for_json() {
    for version in [Version::V6_2, Version::V2025_1] {
        let cluster = TestCluster::builder()
            .nodes(1)
            .version(version)
            .start()
            .unwrap();
        let answer = send(&cluster.node(0), "gzip", gzip(b"{}"));
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (400, "ValidationException")
        );
        assert!(answer.message().starts_with("Parsing JSON failed"));
        assert_eq!(send(&cluster.node(0), "gzip", b"{}".to_vec()).status, 200);
    }
}

/// The answer to a request that accepts these encodings, with a body of this length.
fn answered(version: Version, accepted: &str, length: usize) -> Answer {
    let body = json!({"x": "a".repeat(length - 8)}).to_string();
    let cluster = TestCluster::builder()
        .nodes(1)
        .version(version)
        .fixed_response("GetItem", &body)
        .start()
        .unwrap();
    let request = Request::operation("GetItem", "{}").header("Accept-Encoding", accepted);
    let answer = ask(&cluster.node(0), &request);
    let mut plain = Vec::new();
    match answer.header("content-encoding") {
        Some("gzip") => GzDecoder::new(&answer.body[..])
            .read_to_end(&mut plain)
            .unwrap(),
        Some("deflate") => ZlibDecoder::new(&answer.body[..])
            .read_to_end(&mut plain)
            .unwrap(),
        Some(other) => panic!("{other}"),
        None => answer.body.as_slice().read_to_end(&mut plain).unwrap(),
    };
    assert_eq!(String::from_utf8(plain).unwrap(), body);
    answer
}

#[test]
fn answers_are_compressed_from_4096_bytes_on() {
    let now = Version::V2026_1;
    assert_eq!(answered(now, "gzip", 4095).header("content-encoding"), None);
    assert_eq!(
        answered(now, "gzip", 4096).header("content-encoding"),
        Some("gzip")
    );
    assert_eq!(
        answered(now, "deflate", 4096).header("content-encoding"),
        Some("deflate")
    );
    assert_eq!(
        answered(now, "gzip", 10_000_000).header("content-encoding"),
        Some("gzip")
    );
}

#[test]
fn answers_are_compressed_as_asked_for() {
    let now = Version::V2026_1;
    for (accepted, encoding) in [
        ("identity", None),
        ("br", None),
        ("gzip;q=0", None),
        ("deflate, gzip", Some("deflate")),
        ("deflate;q=0.4, GZIP;q=0.5", Some("gzip")),
        ("*", Some("gzip")),
    ] {
        assert_eq!(
            answered(now, accepted, 5000).header("content-encoding"),
            encoding,
            "{accepted}"
        );
    }
}

#[test]
fn old_versions_do_not_compress_answers() {
    for version in [Version::V6_2, Version::V2025_1] {
        assert_eq!(
            answered(version, "gzip", 5000).header("content-encoding"),
            None
        );
    }
}

#[test]
fn errors_are_not_compressed() {
    let (_cluster, node) = cluster();
    let long = "N".repeat(5000);
    let answer = ask(
        &node,
        &Request::operation(&long, "{}").header("Accept-Encoding", "gzip"),
    );
    assert_eq!(answer.status, 400);
    assert!(answer.body.len() > 4096);
    assert_eq!(answer.header("content-encoding"), None);
}
