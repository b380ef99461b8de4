use alternator_test_cluster::{Node, TestCluster};
use serde_json::{Value, json};

use crate::http::{Answer, Request, ask, fail, run};
use crate::operations::{cluster, create, table};

const TAG: &str = "system:write_isolation";

/// A cluster with a table, and the table's ARN.
fn tagged() -> (TestCluster, Node, Value) {
    let (cluster, node) = cluster();
    let created = create(&cluster, "ttt");
    let arn = created["TableDescription"]["TableArn"].clone();
    (cluster, node, arn)
}

fn tag(node: &Node, arn: &Value, key: &str, value: &str) -> Answer {
    let body = json!({"ResourceArn": arn, "Tags": [{"Key": key, "Value": value}]});
    ask(node, &Request::operation("TagResource", body.to_string()))
}

fn untag(node: &Node, arn: &Value, key: &str) -> Answer {
    let body = json!({"ResourceArn": arn, "TagKeys": [key]});
    ask(node, &Request::operation("UntagResource", body.to_string()))
}

fn tags(node: &Node, arn: &Value) -> Value {
    run(node, "ListTagsOfResource", &json!({"ResourceArn": arn}))["Tags"].clone()
}

fn conditional_put() -> Value {
    json!({
        "TableName": "ttt", "Item": {"k": {"S": "a"}}, "ConditionExpression": "attribute_exists(nothing)",
    })
}

#[test]
fn tagging_answers_an_empty_body() {
    let (_cluster, node, arn) = tagged();
    let answer = tag(&node, &arn, "owner", "me");
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(tags(&node, &arn), json!([{"Key": "owner", "Value": "me"}]));
    let answer = untag(&node, &arn, "owner");
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(tags(&node, &arn), json!([]));
}

#[test]
fn tags_of_a_table_that_is_not_there_are_not_found() {
    let (_cluster, node, arn) = tagged();
    let arn = arn.as_str().unwrap().replace("ttt", "uuu");
    let answer = fail(&node, "ListTagsOfResource", &json!({"ResourceArn": arn}));
    assert_eq!(answer.error(), "ResourceNotFoundException");
}

#[test]
fn the_write_isolation_must_be_one_of_eleven() {
    let (_cluster, node, arn) = tagged();
    for value in [
        "a",
        "always_use_lwt",
        "only_rmw_uses_lwt",
        "unsafe_rmw",
        "forbid",
    ] {
        assert_eq!(tag(&node, &arn, TAG, value).status, 200, "{value}");
        assert_eq!(tags(&node, &arn)[0]["Value"], value);
    }
    let answer = tag(&node, &arn, TAG, "nonsense");
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (400, "ValidationException")
    );
    let mut create = table("uuu");
    create["Tags"] = json!([{"Key": TAG, "Value": "nonsense"}]);
    assert_eq!(
        fail(&node, "CreateTable", &create).error(),
        "ValidationException"
    );
    create["Tags"] = json!([{"Key": TAG, "Value": "always"}, {"Key": "system:initial_tablets", "Value": "none"}]);
    let created = run(&node, "CreateTable", &create);
    assert_eq!(
        tags(&node, &created["TableDescription"]["TableArn"])
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn forbidden_writes_are_refused_before_their_condition_is_looked_at() {
    let (_cluster, node, arn) = tagged();
    assert_eq!(
        fail(&node, "PutItem", &conditional_put()).error(),
        "ConditionalCheckFailedException"
    );
    tag(&node, &arn, TAG, "forbid_rmw");
    let answer = fail(&node, "PutItem", &conditional_put());
    assert_eq!(answer.error(), "ValidationException");
    assert!(answer.message().contains("write isolation policy"));
    let add = json!({
        "TableName": "ttt", "Key": {"k": {"S": "a"}}, "UpdateExpression": "ADD v :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    });
    assert!(
        fail(&node, "UpdateItem", &add)
            .message()
            .contains("write isolation policy")
    );
    let delete = json!({"TableName": "ttt", "Key": {"k": {"S": "a"}}, "ReturnValues": "ALL_OLD"});
    assert!(
        fail(&node, "DeleteItem", &delete)
            .message()
            .contains("write isolation policy")
    );
    run(
        &node,
        "PutItem",
        &json!({"TableName": "ttt", "Item": {"k": {"S": "a"}}}),
    );
    untag(&node, &arn, TAG);
    assert_eq!(
        fail(&node, "PutItem", &conditional_put()).error(),
        "ConditionalCheckFailedException"
    );
}

#[test]
fn a_table_may_be_created_with_its_isolation() {
    let (_cluster, node) = cluster();
    let mut create = table("ttt");
    create["Tags"] = json!([{"Key": TAG, "Value": "f"}]);
    run(&node, "CreateTable", &create);
    assert_eq!(
        fail(&node, "PutItem", &conditional_put()).error(),
        "ValidationException"
    );
    run(&node, "DeleteTable", &json!({"TableName": "ttt"}));
    run(&node, "CreateTable", &table("ttt"));
    assert_eq!(
        fail(&node, "PutItem", &conditional_put()).error(),
        "ConditionalCheckFailedException"
    );
}
