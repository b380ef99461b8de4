use std::thread;
use std::time::{Duration, Instant};

use alternator_test_cluster::{Fault, Node, TestCluster};
use serde_json::json;

use crate::http::{Answer, Client, Request, ask};

fn node() -> (TestCluster, Node) {
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

/// Waits until the node has read so many requests of any kind.
fn wait_for(node: &Node, requests: u64) {
    loop {
        let counters = node.counters();
        if counters.requests + counters.discoveries + counters.health_checks >= requests {
            return;
        }
        thread::yield_now();
    }
}

fn statuses(node: &Node, count: usize) -> Vec<u16> {
    let mut client = Client::connect(node);
    (0..count)
        .map(|_| client.ask(&get_item()).unwrap().status)
        .collect()
}

#[test]
fn a_hanging_node_accepts_and_reads_but_answers_only_on_recovery() {
    let (cluster, node) = node();
    let requests = [get_item(), Request::get("/localnodes"), Request::get("/")];
    let early = Client::connect(&node);
    node.inject(Fault::Hang);
    let mut clients = vec![Client::connect(&node), Client::connect(&node)];
    clients.push(early);
    for (client, request) in clients.iter_mut().zip(&requests) {
        client.send(request).unwrap();
    }
    wait_for(&node, 3);
    assert_eq!(
        ask(&cluster.node(1), &get_item()).status,
        200,
        "the other node is well"
    );
    assert!(clients.iter_mut().all(Client::is_silent));
    node.recover();
    for client in &mut clients {
        assert_eq!(client.receive().unwrap().status, 200);
    }
}

#[test]
fn what_hung_is_executed_even_if_nobody_waits() {
    let cluster = TestCluster::builder().nodes(2).start().unwrap();
    let node = cluster.node(0);
    crate::operations::create(&cluster, "ttt");
    node.inject(Fault::Hang);
    let mut client = Client::connect(&node);
    let put = json!({"TableName": "ttt", "Item": {"k": {"S": "late"}}});
    client
        .send(&Request::operation("PutItem", put.to_string()))
        .unwrap();
    wait_for(&node, 2);
    drop(client);
    node.recover();
    let get = Request::operation(
        "GetItem",
        json!({"TableName": "ttt", "Key": {"k": {"S": "late"}}}).to_string(),
    );
    while ask(&cluster.node(1), &get).json().get("Item").is_none() {
        thread::yield_now();
    }
}

#[test]
fn a_fault_may_take_the_place_of_another() {
    let (_cluster, node) = node();
    node.inject(Fault::Hang);
    let mut client = Client::connect(&node);
    client.send(&get_item()).unwrap();
    wait_for(&node, 1);
    node.inject(Fault::ServerError { share: 1.0 });
    assert_eq!(node.fault(), Some(Fault::ServerError { share: 1.0 }));
    assert_eq!(client.receive().unwrap().status, 500);
    node.recover();
    assert_eq!(node.fault(), None);
    assert_eq!(client.ask(&get_item()).unwrap().status, 200);
}

#[test]
fn a_delayed_answer_comes_later() {
    let (_cluster, node) = node();
    let delay = Duration::from_millis(30);
    node.inject(Fault::Delay(delay));
    for request in [get_item(), Request::get("/localnodes"), Request::get("/")] {
        let start = Instant::now();
        assert_eq!(ask(&node, &request).status, 200);
        assert!(start.elapsed() >= delay);
    }
}

#[test]
fn recovery_ends_a_delay_at_once() {
    let hour = Duration::from_secs(3600);
    for fault in [Fault::Delay(hour), Fault::SlowOperations(hour)] {
        let (_cluster, node) = node();
        node.inject(fault);
        let mut client = Client::connect(&node);
        client.send(&get_item()).unwrap();
        wait_for(&node, 1);
        node.recover();
        assert_eq!(client.receive().unwrap().status, 200);
    }
}

#[test]
fn slow_operations_delay_nothing_else() {
    let (_cluster, node) = node();
    let mut client = Client::connect(&node);
    node.inject(Fault::SlowOperations(Duration::from_secs(3600)));
    client.send(&get_item()).unwrap();
    wait_for(&node, 1);
    for request in [Request::get("/localnodes"), Request::get("/")] {
        assert_eq!(ask(&node, &request).status, 200);
    }
    node.inject(Fault::SlowOperations(Duration::from_millis(30)));
    let start = Instant::now();
    assert_eq!(client.receive().unwrap().status, 200);
    assert!(start.elapsed() >= Duration::from_millis(30));
}

fn injected(node: &Node) -> Answer {
    let answer = ask(node, &get_item());
    assert_eq!(
        answer.header("content-type"),
        Some("application/x-amz-json-1.0")
    );
    answer
}

#[test]
fn server_errors_and_throttling_have_the_form_of_the_server() {
    let (_cluster, node) = node();
    node.inject(Fault::ServerError { share: 1.0 });
    let answer = injected(&node);
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (500, "InternalServerError")
    );
    node.inject(Fault::Throttle { share: 1.0 });
    let answer = injected(&node);
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (400, "RequestLimitExceeded")
    );
    assert!(answer.message().contains("too many in-flight requests"));
    assert_eq!(ask(&node, &Request::get("/")).status, 200);
    assert_eq!(ask(&node, &Request::get("/localnodes")).status, 200);
    node.recover();
    assert_eq!(ask(&node, &get_item()).status, 200);
}

#[test]
fn a_share_of_the_requests_fails() {
    let (_cluster, node) = node();
    node.inject(Fault::ServerError { share: 0.5 });
    assert_eq!(statuses(&node, 4), [500, 200, 500, 200]);
    node.inject(Fault::Throttle { share: 0.25 });
    assert_eq!(statuses(&node, 5), [400, 200, 200, 200, 400]);
    node.inject(Fault::ServerError { share: 0.0 });
    assert_eq!(statuses(&node, 3), [200; 3]);
}

#[test]
fn a_failed_operation_is_not_executed() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    node.inject(Fault::ServerError { share: 1.0 });
    let create = crate::operations::table("ttt").to_string();
    assert_eq!(
        ask(&node, &Request::operation("CreateTable", create)).status,
        500
    );
    node.recover();
    let tables = crate::http::run(&node, "ListTables", &json!({}));
    assert_eq!(tables["TableNames"], json!([]));
}

#[test]
fn connections_are_cut_after_so_many_bytes() {
    let (_cluster, node) = node();
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
    assert_eq!(ask(&node, &get_item()).status, 200);
}

#[test]
fn each_answer_has_its_own_allowance() {
    let (_cluster, node) = node();
    node.inject(Fault::CutAfter { bytes: 1000 });
    let mut client = Client::connect(&node);
    for _ in 0..20 {
        assert_eq!(
            client.ask(&Request::get("/")).unwrap().status,
            200,
            "shorter than that"
        );
    }
    client.send(&get_item()).unwrap();
    assert_eq!(client.drain().0.len(), 1000);
}

#[test]
fn a_stalled_answer_shows_its_head_only() {
    let (_cluster, node) = node();
    node.inject(Fault::StallAfterHeaders);
    let mut client = Client::connect(&node);
    client.send(&get_item()).unwrap();
    let head = client.read_head();
    assert!(head.starts_with("HTTP/1.1 200 OK"));
    assert!(head.contains("Content-Length: 1"));
    assert_eq!(ask_head(&node, "/localnodes"), "HTTP/1.1 200 OK");
    assert!(client.is_silent());
    node.recover();
    let mut body = vec![0; 1000];
    client.read_exact(&mut body);
    assert_eq!(ask(&node, &get_item()).status, 200);
}

fn ask_head(node: &Node, path: &str) -> String {
    let mut client = Client::connect(node);
    client.send(&Request::get(path)).unwrap();
    let head = client.read_head();
    assert!(client.is_silent());
    head.lines().next().unwrap().to_owned()
}

#[cfg(target_os = "linux")]
#[test]
fn a_black_hole_establishes_no_connection_and_answers_nothing() {
    let (_cluster, node) = node();
    let mut old = Client::connect(&node);
    old.ask(&Request::get("/")).unwrap();
    let before = node.counters().connections;
    node.inject(Fault::BlackHole);
    for _ in 0..3 {
        let wait = Duration::from_millis(50);
        let error = std::net::TcpStream::connect_timeout(&node.address(), wait).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    }
    old.send(&Request::get("/")).unwrap();
    wait_for(&node, 2);
    assert!(old.is_silent());
    node.recover();
    assert_eq!(old.receive().unwrap().status, 200);
    assert_eq!(ask(&node, &Request::get("/")).status, 200);
    assert_eq!(
        node.counters().connections,
        before + 1,
        "what filled the queue is not counted"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_black_hole_stays_one_through_stop_and_start() {
    let (_cluster, node) = node();
    node.inject(Fault::BlackHole);
    node.stop();
    assert!(Client::try_connect(&node).is_err(), "refused");
    node.start().unwrap();
    let wait = Duration::from_millis(50);
    let error = std::net::TcpStream::connect_timeout(&node.address(), wait).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    node.stop();
    node.recover();
    node.start().unwrap();
    assert_eq!(ask(&node, &Request::get("/")).status, 200);
}
