use alternator_test_cluster::{TestCluster, Version};

use crate::http::{Answer, Client, Request, ask};

const LIMIT: usize = 16 << 20;

fn padded(length: usize) -> Vec<u8> {
    let mut body = b"{}".to_vec();
    body.resize(length, b' ');
    body
}

fn of_size(version: Version, length: usize, chunked: bool) -> Answer {
    let cluster = TestCluster::builder()
        .nodes(1)
        .version(version)
        .start()
        .unwrap();
    let node = cluster.node(0);
    let mut request = Request::operation("ListTables", padded(length));
    request.chunked = chunked;
    let mut client = Client::connect(&node);
    // The node may answer and close before it has read everything.
    let _ = client.send(&request);
    let answer = client.receive().unwrap();
    assert_eq!(ask(&node, &Request::get("/")).status, 200);
    answer
}

#[test]
fn bodies_up_to_the_limit_are_taken() {
    for chunked in [false, true] {
        assert_eq!(of_size(Version::V2026_1, LIMIT, chunked).status, 200);
    }
}

#[test]
fn chunked_bodies_over_the_limit_are_too_large() {
    let answer = of_size(Version::V2026_1, LIMIT + 1, true);
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (413, "PayloadTooLarge")
    );
}

#[test]
fn bodies_that_announce_too_much_are_not_read() {
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
        let answer = client.receive().unwrap();
        assert_eq!(answer.status, 413);
        assert_eq!(
            answer.header("content-type") == Some("application/x-amz-json-1.0"),
            json
        );
        if json {
            assert_eq!(answer.error(), "PayloadTooLarge");
        }
        assert_eq!(answer.header("connection"), Some("close"));
        assert!(client.drain().0.is_empty());
        assert_eq!(cluster.node(0).counters().operation("ListTables"), 1);
    }
}

#[test]
fn many_chunks_are_one_body() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    let mut client = Client::connect(&node);
    client.write(b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: x.ListTables\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
    for chunk in ["{", "\"Limit\"", ":", "1", "}"] {
        client
            .write(format!("{:x}\r\n{chunk}\r\n", chunk.len()).as_bytes())
            .unwrap();
    }
    client.write(b"0\r\n\r\n").unwrap();
    assert_eq!(client.receive().unwrap().text(), r#"{"TableNames":[]}"#);
    assert_eq!(client.ask(&Request::get("/")).unwrap().status, 200);
    assert_eq!(node.counters().request_bytes, 11);
}

#[test]
fn long_headers_are_taken() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let request = Request::get("/").header("X-Long", &"a".repeat(1 << 20));
    assert_eq!(ask(&cluster.node(0), &request).status, 200);
}
