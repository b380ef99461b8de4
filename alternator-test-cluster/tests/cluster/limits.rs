//! Tests of the size limits of bodies and headers.

use alternator_test_cluster::{TestCluster, Version};

use crate::http::{Client, Request, Response, send};

/// The largest body that a node accepts.
const LIMIT: usize = 16 << 20;

/// Returns an empty JSON object, padded with spaces to this length.
fn padded_body(length: usize) -> Vec<u8> {
    let mut body = b"{}".to_vec();
    body.resize(length, b' ');
    body
}

/// Sends a body of this size to a new node, and returns the response.
fn send_body_of_size(version: Version, length: usize, chunked: bool) -> Response {
    let cluster = TestCluster::builder()
        .nodes(1)
        .version(version)
        .start()
        .unwrap();
    let node = cluster.node(0);
    let mut request = Request::operation("ListTables", padded_body(length));
    request.chunked = chunked;
    let mut client = Client::connect(&node);
    // The node may respond and close the connection before it has read the whole body.
    let _ = client.send(&request);
    let response = client.receive().unwrap();
    assert_eq!(send(&node, &Request::get("/")).status, 200);
    response
}

#[test]
fn bodies_up_to_limit_are_accepted() {
    for chunked in [false, true] {
        assert_eq!(
            send_body_of_size(Version::V2026_1, LIMIT, chunked).status,
            200
        );
    }
}

#[test]
fn chunked_body_over_limit_is_rejected() {
    let response = send_body_of_size(Version::V2026_1, LIMIT + 1, true);
    assert_eq!(
        (response.status, response.error().as_str()),
        (413, "PayloadTooLarge")
    );
}

#[test]
fn body_with_excessive_content_length_is_not_read() {
    for (version, json) in [(Version::V2026_1, true), (Version::V2025_1, false)] {
        let cluster = TestCluster::builder()
            .nodes(1)
            .version(version)
            .start()
            .unwrap();
        let mut client = Client::connect(&cluster.node(0));
        let head = format!(
            "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: x.ListTables\r\nContent-Length: {}\r\n\r\n",
            LIMIT + 1
        );
        client.write(head.as_bytes()).unwrap();
        let response = client.receive().unwrap();
        assert_eq!(response.status, 413);
        assert_eq!(
            response.header("content-type") == Some("application/x-amz-json-1.0"),
            json
        );
        if json {
            assert_eq!(response.error(), "PayloadTooLarge");
        }
        assert_eq!(response.header("connection"), Some("close"));
        assert!(client.drain().0.is_empty());
        assert_eq!(cluster.node(0).counters().operation("ListTables"), 1);
    }
}

#[test]
fn chunks_are_joined_into_one_body() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    let mut client = Client::connect(&node);
    let head = "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: x.ListTables\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.write(head.as_bytes()).unwrap();
    for chunk in ["{", "\"Limit\"", ":", "1", "}"] {
        client
            .write(format!("{:x}\r\n{chunk}\r\n", chunk.len()).as_bytes())
            .unwrap();
    }
    client.write(b"0\r\n\r\n").unwrap();
    assert_eq!(client.receive().unwrap().text(), r#"{"TableNames":[]}"#);
    assert_eq!(client.exchange(&Request::get("/")).unwrap().status, 200);
    assert_eq!(node.counters().request_bytes, 11);
}

#[test]
fn long_headers_are_accepted() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let request = Request::get("/").header("X-Long", &"a".repeat(1 << 20));
    assert_eq!(send(&cluster.node(0), &request).status, 200);
}
