//! Tests of the operations that the node handles without the engine, and the fixtures with one table.

use alternator_test_cluster::{Node, TestCluster};
use serde_json::{Value, json};

use crate::http::{Request, expect_error, run, send};

/// Starts a cluster of one node.
pub(crate) fn single_node_cluster() -> (TestCluster, Node) {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    (cluster, node)
}

/// Returns the body of a CreateTable request for a table whose partition key is the string `k`.
pub(crate) fn table_definition(name: &str) -> Value {
    json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    })
}

/// Creates a table through the first node, and returns the response.
pub(crate) fn create_table(cluster: &TestCluster, name: &str) -> Value {
    run(&cluster.node(0), "CreateTable", &table_definition(name))
}

#[test]
fn unsupported_operations_are_unknown() {
    let (_cluster, node) = single_node_cluster();
    for name in [
        "TransactWriteItems",
        "TransactGetItems",
        "ExecuteStatement",
        "SearchVectors",
        "Nonsense",
        "getitem",
    ] {
        let response = expect_error(&node, name, &json!({}));
        assert_eq!(
            (response.status, response.error().as_str()),
            (400, "UnknownOperationException")
        );
        assert_eq!(response.message(), format!("Unsupported operation {name}"));
    }
    let without_target = send(&node, &Request::of("POST", "/"));
    assert_eq!(without_target.error(), "UnknownOperationException");
}

#[test]
fn target_prefix_before_dot_is_ignored() {
    let (_cluster, node) = single_node_cluster();
    for target in [
        "DynamoDB_20120810.ListTables",
        "x.ListTables",
        ".ListTables",
    ] {
        let mut request = Request::of("POST", "/").header("X-Amz-Target", target);
        request.body = b"{}".to_vec();
        assert_eq!(send(&node, &request).status, 200, "{target}");
    }
    assert_eq!(node.counters().operation("ListTables"), 3);
}

#[test]
fn operation_name_is_checked_before_body() {
    let (_cluster, node) = single_node_cluster();
    let response = send(&node, &Request::operation("Nonsense", "{"));
    assert_eq!(response.error(), "UnknownOperationException");
}

#[test]
fn invalid_utf8_and_invalid_json_return_different_errors() {
    let (_cluster, node) = single_node_cluster();
    for (body, error) in [
        (&b"\xff\xfe"[..], "SerializationException"),
        (b"{\"TableName\":\"\xff\"}", "SerializationException"),
        (b"", "ValidationException"),
        (b"{", "ValidationException"),
        (b"[]", "ValidationException"),
        (b"\"text\"", "ValidationException"),
        (b"{} {}", "ValidationException"),
    ] {
        let response = send(&node, &Request::operation("DescribeTable", body));
        assert_eq!(
            (response.status, response.error().as_str()),
            (400, error),
            "{body:?}"
        );
    }
}

#[test]
fn describe_endpoints_returns_host_header() {
    let (_cluster, node) = single_node_cluster();
    let request = Request::operation("DescribeEndpoints", "{}").header("Host", "example.com:1234");
    let expected =
        json!({"Endpoints": [{"Address": "example.com:1234", "CachePeriodInMinutes": 1440}]});
    assert_eq!(send(&node, &request).json(), expected);
}

#[test]
fn continuous_backups_are_disabled() {
    let (cluster, node) = single_node_cluster();
    create_table(&cluster, "t_1");
    let response = run(
        &node,
        "DescribeContinuousBackups",
        &json!({"TableName": "t_1"}),
    );
    let description = &response["ContinuousBackupsDescription"];
    assert_eq!(description["ContinuousBackupsStatus"], "DISABLED");
    assert_eq!(
        description["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
        "DISABLED"
    );
    let backups = |body: Value| expect_error(&node, "DescribeContinuousBackups", &body).error();
    assert_eq!(
        backups(json!({"TableName": "none"})),
        "TableNotFoundException"
    );
    assert_eq!(backups(json!({"TableName": "a/b"})), "ValidationException");
    assert_eq!(backups(json!({})), "ValidationException");
}

#[test]
fn unknown_internal_tables_are_not_found() {
    let (_cluster, node) = single_node_cluster();
    let name = ".scylla.alternator.unknown.table";
    for operation in ["Scan", "Query", "GetItem"] {
        let response = expect_error(&node, operation, &json!({"TableName": name, "Key": {}}));
        assert_eq!(response.error(), "ResourceNotFoundException");
        assert!(response.message().contains(".scylla.alternator."));
    }
    let batch = json!({"RequestItems": {name: {"Keys": []}}});
    assert_eq!(
        expect_error(&node, "BatchGetItem", &batch).error(),
        "ResourceNotFoundException"
    );
    let response = expect_error(&node, "CreateTable", &table_definition(name));
    assert_eq!(response.error(), "ValidationException");
    assert!(response.message().contains(name));
}

#[test]
fn item_may_contain_internal_table_name() {
    let (cluster, node) = single_node_cluster();
    create_table(&cluster, "ttt");
    let item = json!({"TableName": "ttt", "Item": {"k": {"S": ".scylla.alternator.x"}}});
    run(&node, "PutItem", &item);
}

#[test]
fn fixed_response_bypasses_engine() {
    let cluster = TestCluster::builder()
        .nodes(1)
        .fixed_response("GetItem", r#"{"Item":{}}"#)
        .fixed_response("Nonsense", "{}")
        .start()
        .unwrap();
    let node = cluster.node(0);
    assert_eq!(
        run(&node, "GetItem", &json!({"TableName": "none"})),
        json!({"Item": {}})
    );
    assert_eq!(run(&node, "Nonsense", &json!({})), json!({}));
    assert_eq!(node.counters().operation("GetItem"), 1);
    expect_error(&node, "PutItem", &json!({}));
}
