//! Tests of injected faults and of the recovery from them.

use std::thread;
use std::time::{Duration, Instant};

use alternator_test_cluster::{Fault, Node, TestCluster};
use serde_json::json;

use crate::http::{Client, Request, Response, send};

/// Starts a cluster of two nodes with a fixed response to GetItem, and returns its first node.
fn two_node_cluster() -> (TestCluster, Node) {
    let cluster = TestCluster::builder()
        .nodes(2)
        .fixed_response(
            "GetItem",
            json!({"Item": {"k": {"S": "a".repeat(1000)}}}).to_string(),
        )
        .start()
        .unwrap();
    let node = cluster.node(0);
    (cluster, node)
}

fn get_item() -> Request {
    Request::operation("GetItem", "{}")
}

/// Waits until the node has read at least this number of requests of any kind.
fn wait_for_requests(node: &Node, requests: u64) {
    loop {
        let counters = node.counters();
        if counters.requests + counters.discoveries + counters.health_checks >= requests {
            return;
        }
        thread::yield_now();
    }
}

/// Sends GetItem requests over one connection, and returns the status of each response.
fn get_item_statuses(node: &Node, count: usize) -> Vec<u16> {
    let mut client = Client::connect(node);
    (0..count)
        .map(|_| client.exchange(&get_item()).unwrap().status)
        .collect()
}

#[test]
fn hanging_node_reads_requests_but_responds_only_after_recovery() {
    let (cluster, node) = two_node_cluster();
    let requests = [get_item(), Request::get("/localnodes"), Request::get("/")];
    let early = Client::connect(&node);
    node.inject(Fault::Hang);
    let mut clients = vec![Client::connect(&node), Client::connect(&node)];
    clients.push(early);
    for (client, request) in clients.iter_mut().zip(&requests) {
        client.send(request).unwrap();
    }
    wait_for_requests(&node, 3);
    assert_eq!(
        send(&cluster.node(1), &get_item()).status,
        200,
        "the other node is not affected"
    );
    assert!(clients.iter_mut().all(Client::is_silent));
    node.recover();
    for client in &mut clients {
        assert_eq!(client.receive().unwrap().status, 200);
    }
}

#[test]
fn hung_request_executes_after_client_disconnects() {
    let cluster = TestCluster::builder().nodes(2).start().unwrap();
    let node = cluster.node(0);
    crate::operations::create_table(&cluster, "ttt");
    node.inject(Fault::Hang);
    let mut client = Client::connect(&node);
    let put = json!({"TableName": "ttt", "Item": {"k": {"S": "late"}}});
    client
        .send(&Request::operation("PutItem", put.to_string()))
        .unwrap();
    wait_for_requests(&node, 2);
    drop(client);
    node.recover();
    let get = Request::operation(
        "GetItem",
        json!({"TableName": "ttt", "Key": {"k": {"S": "late"}}}).to_string(),
    );
    while send(&cluster.node(1), &get).json().get("Item").is_none() {
        thread::yield_now();
    }
}

#[test]
fn injected_fault_replaces_previous_fault() {
    let (_cluster, node) = two_node_cluster();
    node.inject(Fault::Hang);
    let mut client = Client::connect(&node);
    client.send(&get_item()).unwrap();
    wait_for_requests(&node, 1);
    node.inject(Fault::ServerError { share: 1.0 });
    assert_eq!(node.fault(), Some(Fault::ServerError { share: 1.0 }));
    assert_eq!(client.receive().unwrap().status, 500);
    node.recover();
    assert_eq!(node.fault(), None);
    assert_eq!(client.exchange(&get_item()).unwrap().status, 200);
}

#[test]
fn delay_fault_delays_responses() {
    let (_cluster, node) = two_node_cluster();
    let delay = Duration::from_millis(30);
    node.inject(Fault::Delay(delay));
    for request in [get_item(), Request::get("/localnodes"), Request::get("/")] {
        let start = Instant::now();
        assert_eq!(send(&node, &request).status, 200);
        assert!(start.elapsed() >= delay);
    }
}

#[test]
fn recovery_ends_delay_immediately() {
    let hour = Duration::from_secs(3600);
    for fault in [Fault::Delay(hour), Fault::SlowOperations(hour)] {
        let (_cluster, node) = two_node_cluster();
        node.inject(fault);
        let mut client = Client::connect(&node);
        client.send(&get_item()).unwrap();
        wait_for_requests(&node, 1);
        node.recover();
        assert_eq!(client.receive().unwrap().status, 200);
    }
}

#[test]
fn slow_operations_do_not_delay_other_requests() {
    let (_cluster, node) = two_node_cluster();
    let mut client = Client::connect(&node);
    node.inject(Fault::SlowOperations(Duration::from_secs(3600)));
    client.send(&get_item()).unwrap();
    wait_for_requests(&node, 1);
    for request in [Request::get("/localnodes"), Request::get("/")] {
        assert_eq!(send(&node, &request).status, 200);
    }
    node.inject(Fault::SlowOperations(Duration::from_millis(30)));
    let start = Instant::now();
    assert_eq!(client.receive().unwrap().status, 200);
    assert!(start.elapsed() >= Duration::from_millis(30));
}

/// Sends a GetItem request, and returns the response after a check of its content type.
fn get_item_response(node: &Node) -> Response {
    let response = send(node, &get_item());
    assert_eq!(
        response.header("content-type"),
        Some("application/x-amz-json-1.0")
    );
    response
}

#[test]
fn injected_errors_have_server_format() {
    let (_cluster, node) = two_node_cluster();
    node.inject(Fault::ServerError { share: 1.0 });
    let response = get_item_response(&node);
    assert_eq!(
        (response.status, response.error().as_str()),
        (500, "InternalServerError")
    );
    node.inject(Fault::Throttle { share: 1.0 });
    let response = get_item_response(&node);
    assert_eq!(
        (response.status, response.error().as_str()),
        (400, "RequestLimitExceeded")
    );
    assert!(response.message().contains("too many in-flight requests"));
    assert_eq!(send(&node, &Request::get("/")).status, 200);
    assert_eq!(send(&node, &Request::get("/localnodes")).status, 200);
    node.recover();
    assert_eq!(send(&node, &get_item()).status, 200);
}

#[test]
fn error_share_determines_failed_requests() {
    let (_cluster, node) = two_node_cluster();
    node.inject(Fault::ServerError { share: 0.5 });
    assert_eq!(get_item_statuses(&node, 4), [500, 200, 500, 200]);
    node.inject(Fault::Throttle { share: 0.25 });
    assert_eq!(get_item_statuses(&node, 5), [400, 200, 200, 200, 400]);
    node.inject(Fault::ServerError { share: 0.0 });
    assert_eq!(get_item_statuses(&node, 3), [200; 3]);
}

#[test]
fn failed_operation_is_not_executed() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    node.inject(Fault::ServerError { share: 1.0 });
    let create = crate::operations::table_definition("ttt").to_string();
    assert_eq!(
        send(&node, &Request::operation("CreateTable", create)).status,
        500
    );
    node.recover();
    let tables = crate::http::run(&node, "ListTables", &json!({}));
    assert_eq!(tables["TableNames"], json!([]));
}

#[test]
fn connection_is_closed_after_configured_bytes() {
    let (_cluster, node) = two_node_cluster();
    for bytes in [0, 1, 20, 300] {
        node.inject(Fault::CutAfter { bytes });
        let mut client = Client::connect(&node);
        client.send(&get_item()).unwrap();
        let (received, end) = client.drain();
        assert_eq!(received.len(), bytes);
        assert!(end.is_ok(), "{end:?}");
        assert!(b"HTTP/1.1 200 OK\r\n".starts_with(&received[..bytes.min(17)]));
    }
    node.recover();
    assert_eq!(send(&node, &get_item()).status, 200);
}

#[test]
fn cut_after_limit_applies_to_each_response() {
    let (_cluster, node) = two_node_cluster();
    node.inject(Fault::CutAfter { bytes: 1000 });
    let mut client = Client::connect(&node);
    for _ in 0..20 {
        assert_eq!(
            client.exchange(&Request::get("/")).unwrap().status,
            200,
            "the response is shorter than the limit"
        );
    }
    client.send(&get_item()).unwrap();
    assert_eq!(client.drain().0.len(), 1000);
}

#[test]
fn stalled_response_sends_only_headers() {
    let (_cluster, node) = two_node_cluster();
    node.inject(Fault::StallAfterHeaders);
    let mut client = Client::connect(&node);
    client.send(&get_item()).unwrap();
    let head = client.read_head();
    assert!(head.starts_with("HTTP/1.1 200 OK"));
    assert!(head.contains("Content-Length: 1"));
    assert_eq!(get_status_line(&node, "/localnodes"), "HTTP/1.1 200 OK");
    assert!(client.is_silent());
    node.recover();
    let mut body = vec![0; 1000];
    client.read_exact(&mut body);
    assert_eq!(send(&node, &get_item()).status, 200);
}

/// Returns the status line of a response, and asserts that no body follows.
fn get_status_line(node: &Node, path: &str) -> String {
    let mut client = Client::connect(node);
    client.send(&Request::get(path)).unwrap();
    let head = client.read_head();
    assert!(client.is_silent());
    head.lines().next().unwrap().to_owned()
}

#[cfg(target_os = "linux")]
#[test]
fn black_hole_accepts_no_connections_and_sends_no_responses() {
    let (_cluster, node) = two_node_cluster();
    let mut old = Client::connect(&node);
    old.exchange(&Request::get("/")).unwrap();
    let before = node.counters().connections;
    node.inject(Fault::BlackHole);
    for _ in 0..3 {
        let wait = Duration::from_millis(50);
        let error = std::net::TcpStream::connect_timeout(&node.address(), wait).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    }
    old.send(&Request::get("/")).unwrap();
    wait_for_requests(&node, 2);
    assert!(old.is_silent());
    node.recover();
    assert_eq!(old.receive().unwrap().status, 200);
    assert_eq!(send(&node, &Request::get("/")).status, 200);
    assert_eq!(
        node.counters().connections,
        before + 1,
        "connections that only fill the accept queue are not counted"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn black_hole_persists_across_restart() {
    let (_cluster, node) = two_node_cluster();
    node.inject(Fault::BlackHole);
    node.stop();
    assert!(
        Client::try_connect(&node).is_err(),
        "the connection is refused"
    );
    node.start().unwrap();
    let wait = Duration::from_millis(50);
    let error = std::net::TcpStream::connect_timeout(&node.address(), wait).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    node.stop();
    node.recover();
    node.start().unwrap();
    assert_eq!(send(&node, &Request::get("/")).status, 200);
}
