//! Tests of table tags, and of the write isolation that they set.

use alternator_test_cluster::{Node, TestCluster};
use serde_json::{Value, json};

use crate::http::{Request, Response, expect_error, run, send};
use crate::operations::{create_table, single_node_cluster, table_definition};

const WRITE_ISOLATION_TAG: &str = "system:write_isolation";

/// Starts a cluster with one table. Returns its node and the table's ARN.
fn cluster_with_table() -> (TestCluster, Node, Value) {
    let (cluster, node) = single_node_cluster();
    let created = create_table(&cluster, "ttt");
    let arn = created["TableDescription"]["TableArn"].clone();
    (cluster, node, arn)
}

fn tag_table(node: &Node, arn: &Value, key: &str, value: &str) -> Response {
    let body = json!({"ResourceArn": arn, "Tags": [{"Key": key, "Value": value}]});
    send(node, &Request::operation("TagResource", body.to_string()))
}

fn untag_table(node: &Node, arn: &Value, key: &str) -> Response {
    let body = json!({"ResourceArn": arn, "TagKeys": [key]});
    send(node, &Request::operation("UntagResource", body.to_string()))
}

fn list_tags(node: &Node, arn: &Value) -> Value {
    run(node, "ListTagsOfResource", &json!({"ResourceArn": arn}))["Tags"].clone()
}

fn conditional_put() -> Value {
    json!({
        "TableName": "ttt", "Item": {"k": {"S": "a"}}, "ConditionExpression": "attribute_exists(nothing)",
    })
}

#[test]
fn tagging_returns_empty_body() {
    let (_cluster, node, arn) = cluster_with_table();
    let response = tag_table(&node, &arn, "owner", "me");
    assert_eq!((response.status, response.body.len()), (200, 0));
    assert_eq!(
        list_tags(&node, &arn),
        json!([{"Key": "owner", "Value": "me"}])
    );
    let response = untag_table(&node, &arn, "owner");
    assert_eq!((response.status, response.body.len()), (200, 0));
    assert_eq!(list_tags(&node, &arn), json!([]));
}

#[test]
fn tags_of_missing_table_are_not_found() {
    let (_cluster, node, arn) = cluster_with_table();
    let arn = arn.as_str().unwrap().replace("ttt", "uuu");
    let response = expect_error(&node, "ListTagsOfResource", &json!({"ResourceArn": arn}));
    assert_eq!(response.error(), "ResourceNotFoundException");
}

#[test]
fn write_isolation_tag_is_validated() {
    let (_cluster, node, arn) = cluster_with_table();
    for value in [
        "a",
        "always_use_lwt",
        "only_rmw_uses_lwt",
        "unsafe_rmw",
        "forbid",
    ] {
        assert_eq!(
            tag_table(&node, &arn, WRITE_ISOLATION_TAG, value).status,
            200,
            "{value}"
        );
        assert_eq!(list_tags(&node, &arn)[0]["Value"], value);
    }
    let response = tag_table(&node, &arn, WRITE_ISOLATION_TAG, "nonsense");
    assert_eq!(
        (response.status, response.error().as_str()),
        (400, "ValidationException")
    );
    let mut create = table_definition("uuu");
    create["Tags"] = json!([{"Key": WRITE_ISOLATION_TAG, "Value": "nonsense"}]);
    assert_eq!(
        expect_error(&node, "CreateTable", &create).error(),
        "ValidationException"
    );
    create["Tags"] = json!([
        {"Key": WRITE_ISOLATION_TAG, "Value": "always"},
        {"Key": "system:initial_tablets", "Value": "none"},
    ]);
    let created = run(&node, "CreateTable", &create);
    assert_eq!(
        list_tags(&node, &created["TableDescription"]["TableArn"])
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn forbidden_writes_are_rejected_before_condition_check() {
    let (_cluster, node, arn) = cluster_with_table();
    assert_eq!(
        expect_error(&node, "PutItem", &conditional_put()).error(),
        "ConditionalCheckFailedException"
    );
    tag_table(&node, &arn, WRITE_ISOLATION_TAG, "forbid_rmw");
    let response = expect_error(&node, "PutItem", &conditional_put());
    assert_eq!(response.error(), "ValidationException");
    assert!(response.message().contains("write isolation policy"));
    let add = json!({
        "TableName": "ttt", "Key": {"k": {"S": "a"}}, "UpdateExpression": "ADD v :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    });
    assert!(
        expect_error(&node, "UpdateItem", &add)
            .message()
            .contains("write isolation policy")
    );
    let delete = json!({"TableName": "ttt", "Key": {"k": {"S": "a"}}, "ReturnValues": "ALL_OLD"});
    assert!(
        expect_error(&node, "DeleteItem", &delete)
            .message()
            .contains("write isolation policy")
    );
    run(
        &node,
        "PutItem",
        &json!({"TableName": "ttt", "Item": {"k": {"S": "a"}}}),
    );
    untag_table(&node, &arn, WRITE_ISOLATION_TAG);
    assert_eq!(
        expect_error(&node, "PutItem", &conditional_put()).error(),
        "ConditionalCheckFailedException"
    );
}

#[test]
fn create_table_applies_write_isolation_tag() {
    let (_cluster, node) = single_node_cluster();
    let mut create = table_definition("ttt");
    create["Tags"] = json!([{"Key": WRITE_ISOLATION_TAG, "Value": "f"}]);
    run(&node, "CreateTable", &create);
    assert_eq!(
        expect_error(&node, "PutItem", &conditional_put()).error(),
        "ValidationException"
    );
    run(&node, "DeleteTable", &json!({"TableName": "ttt"}));
    run(&node, "CreateTable", &table_definition("ttt"));
    assert_eq!(
        expect_error(&node, "PutItem", &conditional_put()).error(),
        "ConditionalCheckFailedException"
    );
}
