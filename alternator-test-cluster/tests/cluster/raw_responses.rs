//! Tests of responses that are not the node's own, of wrong clocks, lost connections and unread bodies.

use std::time::{Duration, SystemTime};

use alternator_test_cluster::{Fault, RawResponse, TestCluster, Version};

use crate::http::{Client, Request, send};

fn list_tables() -> Request {
    Request::operation("ListTables", "{}")
}

#[test]
fn set_response_replaces_operations_until_it_is_restored() {
    let cluster = TestCluster::builder().start().unwrap();
    let node = cluster.node(0);
    let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"x"}"#;
    node.set_response(RawResponse::new(500, body));
    let response = send(&node, &list_tables());
    assert_eq!((response.status, response.text()), (500, body));
    assert_eq!(send(&node, &Request::get("/localnodes")).status, 200);
    let create = r#"{"TableName":"t","KeySchema":[{"AttributeName":"k","KeyType":"HASH"}],
        "AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST"}"#;
    assert_eq!(
        send(&node, &Request::operation("CreateTable", create)).status,
        500
    );
    assert_eq!(send(&cluster.node(1), &list_tables()).status, 200);
    node.restore_responses();
    let response = send(&node, &list_tables());
    assert_eq!(
        response.text(),
        r#"{"TableNames":[]}"#,
        "nothing was executed"
    );
}

#[test]
fn response_to_all_requests_is_that_of_another_program() {
    let cluster = TestCluster::builder().start().unwrap();
    let node = cluster.node(0);
    let page = RawResponse::new(200, "<html></html>").content_type("text/html");
    node.set_response(page.header("server", "nginx").to_all_requests());
    for request in [
        list_tables(),
        Request::get("/"),
        Request::get("/localnodes"),
    ] {
        let response = send(&node, &request);
        assert_eq!((response.status, response.text()), (200, "<html></html>"));
        assert_eq!(response.header("content-type"), Some("text/html"));
        assert_eq!(response.header("server"), Some("nginx"));
    }
}

#[test]
fn set_response_can_replace_a_share_of_the_operations() {
    let cluster = TestCluster::builder().start().unwrap();
    let node = cluster.node(0);
    node.set_response(RawResponse::new(500, "{}").share(0.25));
    let statuses: Vec<_> = (0..8).map(|_| send(&node, &list_tables()).status).collect();
    assert_eq!(statuses, [500, 200, 200, 200, 500, 200, 200, 200]);
}

#[test]
fn wrong_clock_dates_responses() {
    let cluster = TestCluster::builder().start().unwrap();
    let node = cluster.node(0);
    let hour = Duration::from_secs(3600);
    let date =
        || httpdate::parse_http_date(send(&node, &list_tables()).header("date").unwrap()).unwrap();
    let close = |date: SystemTime, to: SystemTime| {
        let distance = date.duration_since(to).or_else(|_| to.duration_since(date));
        distance.unwrap() < Duration::from_secs(60)
    };
    let now = SystemTime::now();
    node.set_clock_ahead(hour);
    assert!(close(date(), now + hour));
    node.set_clock_behind(hour);
    assert!(close(date(), now - hour));
    node.set_clock_ahead(Duration::ZERO);
    assert!(close(date(), now));
}

#[test]
fn lost_connections_get_no_response_and_new_ones_do() {
    let cluster = TestCluster::builder().start().unwrap();
    let node = cluster.node(0);
    let (mut idle, mut pending) = (Client::connect(&node), Client::connect(&node));
    idle.exchange(&list_tables()).unwrap();
    pending.exchange(&list_tables()).unwrap();
    node.inject(Fault::Hang);
    pending.send(&list_tables()).unwrap();
    node.lose_connections();
    node.recover();
    idle.send(&list_tables()).unwrap();
    assert_eq!(send(&node, &list_tables()).status, 200);
    assert!(idle.is_silent() && pending.is_silent());
}

#[test]
fn request_after_an_unread_body_fails_in_2026_2() {
    for (version, expected) in [(Version::V2026_1, [200, 200]), (Version::V2026_2, [400, 0])] {
        let cluster = TestCluster::builder().version(version).start().unwrap();
        let node = cluster.node(0);
        let after_shed = |client: &mut Client| {
            node.inject(Fault::Throttle { share: 1.0 });
            let shed = client.exchange(&list_tables()).unwrap();
            assert!(
                shed.text().contains("#RequestLimitExceeded"),
                "{}",
                shed.text()
            );
            node.recover();
            client
                .exchange(&list_tables())
                .map_or(0, |response| response.status)
        };
        let statuses = [0, 1].map(|_| after_shed(&mut Client::connect(&node)));
        assert_eq!(statuses, expected, "{version:?}");
    }
}
