//! What operations are answered, where that is not simply the engine's affair.

use alternator_test_cluster::{Node, TestCluster};
use serde_json::{Value, json};

use crate::http::{Request, ask, fail, run};

pub(crate) fn cluster() -> (TestCluster, Node) {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    (cluster, node)
}

pub(crate) fn table(name: &str) -> Value {
    json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    })
}

pub(crate) fn create(cluster: &TestCluster, name: &str) -> Value {
    run(&cluster.node(0), "CreateTable", &table(name))
}

#[test]
fn operations_that_the_server_lacks_are_unknown() {
    let (_cluster, node) = cluster();
    for name in [
        "TransactWriteItems",
        "TransactGetItems",
        "ExecuteStatement",
        "SearchVectors",
        "Nonsense",
        "getitem",
    ] {
        let answer = fail(&node, name, &json!({}));
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (400, "UnknownOperationException")
        );
        assert_eq!(answer.message(), format!("Unsupported operation {name}"));
    }
    let without_target = ask(&node, &Request::of("POST", "/"));
    assert_eq!(without_target.error(), "UnknownOperationException");
}

#[test]
fn only_what_follows_the_dot_of_the_target_counts() {
    let (_cluster, node) = cluster();
    for target in [
        "DynamoDB_20120810.ListTables",
        "x.ListTables",
        ".ListTables",
    ] {
        let mut request = Request::of("POST", "/").header("X-Amz-Target", target);
        request.body = b"{}".to_vec();
        assert_eq!(ask(&node, &request).status, 200, "{target}");
    }
    assert_eq!(node.counters().operation("ListTables"), 3);
}

#[test]
fn the_name_of_the_operation_is_looked_at_before_the_body() {
    let (_cluster, node) = cluster();
    let answer = ask(&node, &Request::operation("Nonsense", "{"));
    assert_eq!(answer.error(), "UnknownOperationException");
}

#[test]
fn bodies_that_are_no_request_are_told_apart() {
    let (_cluster, node) = cluster();
    for (body, error) in [
        (&b"\xff\xfe"[..], "SerializationException"),
        (b"{\"TableName\":\"\xff\"}", "SerializationException"),
        (b"", "ValidationException"),
        (b"{", "ValidationException"),
        (b"[]", "ValidationException"),
        (b"\"text\"", "ValidationException"),
        (b"{} {}", "ValidationException"),
    ] {
        let answer = ask(&node, &Request::operation("DescribeTable", body));
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (400, error),
            "{body:?}"
        );
    }
}

#[test]
fn endpoints_are_the_host_that_was_asked() {
    let (_cluster, node) = cluster();
    let request = Request::operation("DescribeEndpoints", "{}").header("Host", "example.com:1234");
    let expected =
        json!({"Endpoints": [{"Address": "example.com:1234", "CachePeriodInMinutes": 1440}]});
    assert_eq!(ask(&node, &request).json(), expected);
}

#[test]
fn continuous_backups_are_disabled() {
    let (cluster, node) = cluster();
    create(&cluster, "t_1");
    let answer = run(
        &node,
        "DescribeContinuousBackups",
        &json!({"TableName": "t_1"}),
    );
    let description = &answer["ContinuousBackupsDescription"];
    assert_eq!(description["ContinuousBackupsStatus"], "DISABLED");
    assert_eq!(
        description["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
        "DISABLED"
    );
    let backups = |body: Value| fail(&node, "DescribeContinuousBackups", &body).error();
    assert_eq!(
        backups(json!({"TableName": "none"})),
        "TableNotFoundException"
    );
    assert_eq!(backups(json!({"TableName": "a/b"})), "ValidationException");
    assert_eq!(backups(json!({})), "ValidationException");
}

#[test]
fn internal_tables_do_not_exist() {
    let (_cluster, node) = cluster();
    let name = ".scylla.alternator.nowhere.table";
    for operation in ["Scan", "Query", "GetItem"] {
        let answer = fail(&node, operation, &json!({"TableName": name, "Key": {}}));
        assert_eq!(answer.error(), "ResourceNotFoundException");
        assert!(answer.message().contains(".scylla.alternator."));
    }
    let batch = json!({"RequestItems": {name: {"Keys": []}}});
    assert_eq!(
        fail(&node, "BatchGetItem", &batch).error(),
        "ResourceNotFoundException"
    );
    let answer = fail(&node, "CreateTable", &table(name));
    assert_eq!(answer.error(), "ValidationException");
    assert!(answer.message().contains(name));
}

#[test]
fn a_table_may_hold_the_name_of_an_internal_one() {
    let (cluster, node) = cluster();
    create(&cluster, "ttt");
    let item = json!({"TableName": "ttt", "Item": {"k": {"S": ".scylla.alternator.x"}}});
    run(&node, "PutItem", &item);
}

#[test]
fn a_fixed_answer_needs_no_engine() {
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
    fail(&node, "PutItem", &json!({}));
}
