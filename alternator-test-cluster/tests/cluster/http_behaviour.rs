//! Tests of the HTTP layer: health checks, connections, headers and counters.

use alternator_test_cluster::{Node, TestCluster};
use serde_json::json;

use crate::http::{Client, Request, Response, send};
use crate::operations::single_node_cluster;

#[test]
fn health_check_echoes_host_header() {
    let (_cluster, node) = single_node_cluster();
    let response = send(&node, &Request::get("/"));
    assert_eq!(response.text(), format!("healthy: {}", node.address()));
    assert_eq!(response.header("content-type"), Some("text/plain"));
    let response = send(&node, &Request::get("/").header("Host", "example.com"));
    assert_eq!(response.text(), "healthy: example.com");
}

#[test]
fn unknown_paths_and_methods_are_not_found() {
    let (_cluster, node) = single_node_cluster();
    for (method, path) in [
        ("GET", "/abc"),
        ("GET", "/localnodes/x"),
        ("POST", "/localnodes"),
        ("PUT", "/localnodes"),
        ("DELETE", "/"),
        ("POST", "/abc"),
        ("OPTIONS", "/localnodes"),
    ] {
        let response = send(&node, &Request::of(method, path));
        assert_eq!(response.status, 404, "{method} {path}");
        assert_eq!(response.text(), r#"{"message": "Not found", "code": 404}"#);
        assert_eq!(response.header("content-type"), Some("application/json"));
    }
    assert_eq!(node.counters().other_requests, 7);
}

#[test]
fn connection_serves_many_requests() {
    let (_cluster, node) = single_node_cluster();
    let mut client = Client::connect(&node);
    for _ in 0..10 {
        client.exchange(&Request::get("/")).unwrap();
        client
            .exchange(&Request::operation("ListTables", "{}"))
            .unwrap();
        client
            .exchange(&Request::operation("Nonsense", "{}"))
            .unwrap();
    }
    let counters = node.counters();
    assert_eq!((counters.connections, counters.open_connections), (1, 1));
    drop(client);
    while node.counters().open_connections > 0 {
        std::thread::yield_now();
    }
    assert_eq!(node.counters().connections, 1);
}

#[test]
fn connection_close_header_closes_connection() {
    let (_cluster, node) = single_node_cluster();
    let mut client = Client::connect(&node);
    let response = client
        .exchange(&Request::get("/").header("Connection", "close"))
        .unwrap();
    assert_eq!(response.status, 200);
    let (rest, end) = client.drain();
    assert!(rest.is_empty() && end.is_ok());
}

#[test]
fn pipelined_requests_are_served_in_order() {
    let (_cluster, node) = single_node_cluster();
    let mut client = Client::connect(&node);
    client
        .send(&Request::operation("ListTables", "{}"))
        .unwrap();
    client.send(&Request::get("/")).unwrap();
    assert!(client.receive().unwrap().text().starts_with('{'));
    assert!(client.receive().unwrap().text().starts_with("healthy"));
}

#[test]
fn invalid_http_is_rejected_and_connection_closed() {
    let (_cluster, node) = single_node_cluster();
    let mut client = Client::connect(&node);
    client.write(b"nonsense\r\n\r\n").unwrap();
    assert_eq!(client.receive().unwrap().status, 400);
    assert!(client.drain().0.is_empty());
}

#[test]
fn responses_have_no_aws_or_engine_headers() {
    let (_cluster, node) = single_node_cluster();
    for request in [
        Request::get("/"),
        Request::get("/localnodes"),
        Request::operation("ListTables", "{}"),
    ] {
        let response = send(&node, &request);
        assert!(response.header("date").is_some());
        for header in [
            "server",
            "x-amzn-requestid",
            "x-amz-crc32",
            "x-dynoxide-version",
            "access-control-allow-origin",
        ] {
            assert_eq!(response.header(header), None, "{header}");
        }
    }
}

/// Sends a request with `Expect: 100-continue`, and its body once the node has sent `100 Continue`.
fn send_with_expect_continue(node: &Node) -> Response {
    let mut client = Client::connect(node);
    let head = "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: x.ListTables\r\n\
                Content-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    client.write(head.as_bytes()).unwrap();
    assert!(client.read_head().starts_with("HTTP/1.1 100"));
    client.write(b"{}").unwrap();
    client.receive().unwrap()
}

#[test]
fn expect_continue_is_acknowledged() {
    let (_cluster, node) = single_node_cluster();
    assert_eq!(send_with_expect_continue(&node).status, 200);
}

#[test]
fn cors_headers_are_sent_for_origin() {
    let (_cluster, node) = single_node_cluster();
    let plain = send(&node, &Request::of("OPTIONS", "/"));
    assert_eq!((plain.status, plain.body.len()), (200, 0));
    assert_eq!(plain.header("access-control-allow-origin"), None);
    let from = |request: Request| send(&node, &request.header("Origin", "http://example.com"));
    for request in [
        Request::get("/"),
        Request::get("/abc"),
        Request::operation("Nonsense", "{}"),
    ] {
        let response = from(request);
        assert_eq!(response.header("access-control-allow-origin"), Some("*"));
        assert!(response.header("access-control-expose-headers").is_some());
        assert_eq!(response.header("access-control-max-age"), None);
    }
    let preflight = Request::of("OPTIONS", "/")
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "x-amz-target");
    let response = from(preflight);
    assert_eq!(
        response.header("access-control-allow-methods"),
        Some("POST")
    );
    assert_eq!(
        response.header("access-control-allow-headers"),
        Some("x-amz-target")
    );
    assert!(response.header("access-control-max-age").is_some());
}

#[test]
fn large_responses_are_chunked() {
    let response_of_length = |length: usize| {
        let body = json!({"x": "a".repeat(length - 8)}).to_string();
        assert_eq!(body.len(), length);
        let cluster = TestCluster::builder()
            .nodes(1)
            .fixed_response("GetItem", &body)
            .start()
            .unwrap();
        let response = send(&cluster.node(0), &Request::operation("GetItem", "{}"));
        assert_eq!(response.text(), body);
        response
    };
    assert_eq!(
        response_of_length(100_000).header("content-length"),
        Some("100000")
    );
    let large = response_of_length(1_000_000);
    assert_eq!(large.header("transfer-encoding"), Some("chunked"));
    assert_eq!(large.header("content-length"), None);
}

#[test]
fn requests_are_counted_by_kind() {
    let (cluster, node) = single_node_cluster();
    let list = || Request::operation("ListTables", "{}");
    send(&node, &list().header("X-Mark", "first"));
    send(
        &node,
        &list().header("X-Mark", "second").header("x-mark", "third"),
    );
    send(&node, &Request::operation("Nonsense", "{ }"));
    send(
        &node,
        &Request::get("/localnodes?dc=dc1&rack=r1").header("User-Agent", "probe"),
    );
    send(&node, &Request::get("/"));
    let counters = node.counters();
    assert_eq!((counters.requests, counters.request_bytes), (3, 7));
    assert_eq!(
        (
            counters.operation("ListTables"),
            counters.operation("Nonsense")
        ),
        (2, 1)
    );
    assert_eq!(
        (
            counters.discoveries,
            counters.health_checks,
            counters.other_requests
        ),
        (1, 1, 0)
    );
    assert_eq!(
        (counters.connections, counters.operation("GetItem")),
        (5, 0)
    );
    assert_eq!(
        counters.last_discovery_query.as_deref(),
        Some("dc=dc1&rack=r1")
    );
    assert!(
        counters
            .last_discovery_headers
            .contains(&("user-agent".to_owned(), "probe".to_owned()))
    );
    let target = (
        "x-amz-target".to_owned(),
        "DynamoDB_20120810.Nonsense".to_owned(),
    );
    assert!(
        counters.last_headers.contains(&target),
        "{:?}",
        counters.last_headers
    );
    send(
        &node,
        &list().header("X-Mark", "second").header("x-mark", "third"),
    );
    let values = node
        .counters()
        .last_headers
        .into_iter()
        .filter(|(name, _)| name == "x-mark");
    assert_eq!(
        values.map(|(_, value)| value).collect::<Vec<_>>(),
        ["second", "third"]
    );
    cluster.reset_counters();
    let counters = node.counters();
    assert_eq!(
        (
            counters.requests,
            counters.connections,
            counters.last_headers.len()
        ),
        (0, 0, 0)
    );
}
