use alternator_test_cluster::{Node, TestCluster};
use serde_json::json;

use crate::http::{Answer, Client, Request, ask};
use crate::operations::cluster;

#[test]
fn a_health_check_echoes_the_host() {
    let (_cluster, node) = cluster();
    let answer = ask(&node, &Request::get("/"));
    assert_eq!(answer.text(), format!("healthy: {}", node.address()));
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    let answer = ask(&node, &Request::get("/").header("Host", "elsewhere"));
    assert_eq!(answer.text(), "healthy: elsewhere");
}

#[test]
fn other_paths_and_methods_are_not_found() {
    let (_cluster, node) = cluster();
    for (method, path) in [
        ("GET", "/abc"),
        ("GET", "/localnodes/x"),
        ("POST", "/localnodes"),
        ("PUT", "/localnodes"),
        ("DELETE", "/"),
        ("POST", "/abc"),
        ("OPTIONS", "/localnodes"),
    ] {
        let answer = ask(&node, &Request::of(method, path));
        assert_eq!(answer.status, 404, "{method} {path}");
        assert_eq!(answer.text(), r#"{"message": "Not found", "code": 404}"#);
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    assert_eq!(node.counters().other_requests, 7);
}

#[test]
fn a_connection_serves_many_requests() {
    let (_cluster, node) = cluster();
    let mut client = Client::connect(&node);
    for _ in 0..10 {
        client.ask(&Request::get("/")).unwrap();
        client.ask(&Request::operation("ListTables", "{}")).unwrap();
        client.ask(&Request::operation("Nonsense", "{}")).unwrap();
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
fn a_client_may_ask_for_the_end_of_the_connection() {
    let (_cluster, node) = cluster();
    let mut client = Client::connect(&node);
    let answer = client
        .ask(&Request::get("/").header("Connection", "close"))
        .unwrap();
    assert_eq!(answer.status, 200);
    let (rest, end) = client.drain();
    assert!(rest.is_empty() && end.is_ok());
}

#[test]
fn requests_sent_in_one_go_are_answered_in_order() {
    let (_cluster, node) = cluster();
    let mut client = Client::connect(&node);
    client
        .send(&Request::operation("ListTables", "{}"))
        .unwrap();
    client.send(&Request::get("/")).unwrap();
    assert!(client.receive().unwrap().text().starts_with('{'));
    assert!(client.receive().unwrap().text().starts_with("healthy"));
}

#[test]
fn what_is_no_http_is_refused_and_the_connection_ends() {
    let (_cluster, node) = cluster();
    let mut client = Client::connect(&node);
    client.write(b"nonsense\r\n\r\n").unwrap();
    assert_eq!(client.receive().unwrap().status, 400);
    assert!(client.drain().0.is_empty());
}

#[test]
fn answers_carry_no_marks_of_aws_or_of_the_engine() {
    let (_cluster, node) = cluster();
    for request in [
        Request::get("/"),
        Request::get("/localnodes"),
        Request::operation("ListTables", "{}"),
    ] {
        let answer = ask(&node, &request);
        assert!(answer.header("date").is_some());
        for header in [
            "server",
            "x-amzn-requestid",
            "x-amz-crc32",
            "x-dynoxide-version",
            "access-control-allow-origin",
        ] {
            assert_eq!(answer.header(header), None, "{header}");
        }
    }
}

fn expect_continue(node: &Node) -> Answer {
    let mut client = Client::connect(node);
    let head = "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: x.ListTables\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    client.write(head.as_bytes()).unwrap();
    assert!(client.read_head().starts_with("HTTP/1.1 100"));
    client.write(b"{}").unwrap();
    client.receive().unwrap()
}

#[test]
fn clients_may_wait_to_be_told_to_go_on() {
    let (_cluster, node) = cluster();
    assert_eq!(expect_continue(&node).status, 200);
}

#[test]
fn browsers_are_let_in() {
    let (_cluster, node) = cluster();
    let plain = ask(&node, &Request::of("OPTIONS", "/"));
    assert_eq!((plain.status, plain.body.len()), (200, 0));
    assert_eq!(plain.header("access-control-allow-origin"), None);
    let from = |request: Request| ask(&node, &request.header("Origin", "http://example.com"));
    for request in [
        Request::get("/"),
        Request::get("/abc"),
        Request::operation("Nonsense", "{}"),
    ] {
        let answer = from(request);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert!(answer.header("access-control-expose-headers").is_some());
        assert_eq!(answer.header("access-control-max-age"), None);
    }
    let preflight = Request::of("OPTIONS", "/")
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "x-amz-target");
    let answer = from(preflight);
    assert_eq!(answer.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some("x-amz-target")
    );
    assert!(answer.header("access-control-max-age").is_some());
}

#[test]
fn large_answers_come_in_chunks() {
    let answer_of = |length: usize| {
        let body = json!({"x": "a".repeat(length - 8)}).to_string();
        assert_eq!(body.len(), length);
        let cluster = TestCluster::builder()
            .nodes(1)
            .fixed_response("GetItem", &body)
            .start()
            .unwrap();
        let answer = ask(&cluster.node(0), &Request::operation("GetItem", "{}"));
        assert_eq!(answer.text(), body);
        answer
    };
    assert_eq!(answer_of(100_000).header("content-length"), Some("100000"));
    let large = answer_of(1_000_000);
    assert_eq!(large.header("transfer-encoding"), Some("chunked"));
    assert_eq!(large.header("content-length"), None);
}

#[test]
fn what_came_is_counted_by_kind() {
    let (cluster, node) = cluster();
    let list = || Request::operation("ListTables", "{}");
    ask(&node, &list().header("X-Mark", "first"));
    ask(
        &node,
        &list().header("X-Mark", "second").header("x-mark", "third"),
    );
    ask(&node, &Request::operation("Nonsense", "{ }"));
    ask(
        &node,
        &Request::get("/localnodes?dc=dc1&rack=r1").header("User-Agent", "probe"),
    );
    ask(&node, &Request::get("/"));
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
    ask(
        &node,
        &list().header("X-Mark", "second").header("x-mark", "third"),
    );
    let marks = node
        .counters()
        .last_headers
        .into_iter()
        .filter(|(name, _)| name == "x-mark");
    assert_eq!(
        marks.map(|(_, value)| value).collect::<Vec<_>>(),
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
