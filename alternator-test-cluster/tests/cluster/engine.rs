//! Tests of the data operations, which behave as in DynamoDB.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::http::{Request, expect_error, run, send};
use crate::operations::{create_table, single_node_cluster, table_definition};

/// Returns the body of a PutItem request.
fn put_request(key: &str, value: u32) -> Value {
    json!({"TableName": "ttt", "Item": {"k": {"S": key}, "v": {"N": value.to_string()}}})
}

/// Returns the body of a request for one key.
fn key_request(key: &str) -> Value {
    json!({"TableName": "ttt", "Key": {"k": {"S": key}}})
}

#[test]
fn items_are_written_read_and_deleted() {
    let (cluster, node) = single_node_cluster();
    create_table(&cluster, "ttt");
    run(&node, "PutItem", &put_request("a", 1));
    assert_eq!(
        run(&node, "GetItem", &key_request("a"))["Item"]["v"]["N"],
        "1"
    );
    run(&node, "DeleteItem", &key_request("a"));
    assert_eq!(run(&node, "GetItem", &key_request("a")), json!({}));
}

/// Returns the definition of a table with a global secondary index.
fn indexed_table_definition() -> Value {
    let mut indexed = table_definition("indexed");
    indexed["AttributeDefinitions"] = json!([
        {"AttributeName": "k", "AttributeType": "S"}, {"AttributeName": "g", "AttributeType": "S"},
    ]);
    indexed["GlobalSecondaryIndexes"] = json!([{
        "IndexName": "by_g",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }]);
    indexed
}

#[test]
fn index_query_finds_items_by_index_key() {
    let (_cluster, node) = single_node_cluster();
    run(&node, "CreateTable", &indexed_table_definition());
    for (k, g) in [("a", "even"), ("b", "odd"), ("c", "even")] {
        let item = json!({"k": {"S": k}, "g": {"S": g}});
        run(
            &node,
            "PutItem",
            &json!({"TableName": "indexed", "Item": item}),
        );
    }
    run(
        &node,
        "PutItem",
        &json!({"TableName": "indexed", "Item": {"k": {"S": "d"}}}),
    );
    let query = |group: &str| {
        json!({
            "TableName": "indexed", "IndexName": "by_g",
            "KeyConditionExpression": "g = :g", "ExpressionAttributeValues": {":g": {"S": group}},
        })
    };
    let found = run(&node, "Query", &query("even"));
    let items = found["Items"].as_array().unwrap();
    let keys: BTreeSet<_> = items
        .iter()
        .map(|item| item["k"]["S"].as_str().unwrap())
        .collect();
    assert_eq!(keys, BTreeSet::from(["a", "c"]));
    assert_eq!(
        run(&node, "Query", &query("odd"))["Items"][0]["k"]["S"],
        "b"
    );
    assert_eq!(run(&node, "Query", &query("neither"))["Count"], 0);
}

#[test]
fn tables_are_active_immediately() {
    let (cluster, node) = single_node_cluster();
    let indexed = indexed_table_definition();
    let created = run(&node, "CreateTable", &indexed);
    assert_eq!(created["TableDescription"]["TableStatus"], "ACTIVE");
    assert_eq!(
        created["TableDescription"]["GlobalSecondaryIndexes"][0]["IndexStatus"],
        "ACTIVE"
    );
    let described = run(&node, "DescribeTable", &json!({"TableName": "indexed"}));
    assert_eq!(described["Table"]["TableStatus"], "ACTIVE");
    assert_eq!(
        expect_error(&node, "CreateTable", &indexed).error(),
        "ResourceInUseException"
    );
    run(&node, "DeleteTable", &json!({"TableName": "indexed"}));
    create_table(&cluster, "indexed");
}

#[test]
fn failed_condition_returns_item_on_request() {
    let (cluster, node) = single_node_cluster();
    create_table(&cluster, "ttt");
    run(&node, "PutItem", &put_request("a", 1));
    let mut conditional = put_request("a", 2);
    conditional["ConditionExpression"] = json!("attribute_not_exists(k)");
    let response = expect_error(&node, "PutItem", &conditional);
    assert_eq!(response.error(), "ConditionalCheckFailedException");
    assert!(response.json().get("Item").is_none());
    conditional["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
    assert_eq!(
        expect_error(&node, "PutItem", &conditional).json()["Item"]["v"]["N"],
        "1"
    );
}

#[test]
fn batches_scans_queries_and_updates_are_supported() {
    let (cluster, node) = single_node_cluster();
    create_table(&cluster, "ttt");
    let puts: Vec<_> = (0..20)
        .map(|n| json!({"PutRequest": {"Item": put_request(&n.to_string(), n)["Item"]}}))
        .collect();
    let written = run(
        &node,
        "BatchWriteItem",
        &json!({"RequestItems": {"ttt": puts}}),
    );
    assert_eq!(written["UnprocessedItems"], json!({}));
    let read = json!({"RequestItems": {"ttt": {"Keys": [key_request("3")["Key"], key_request("7")["Key"]]}}});
    assert_eq!(
        run(&node, "BatchGetItem", &read)["Responses"]["ttt"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        run(&node, "Scan", &json!({"TableName": "ttt"}))["Count"],
        20
    );
    let query = json!({
        "TableName": "ttt", "KeyConditionExpression": "k = :k", "ExpressionAttributeValues": {":k": {"S": "5"}},
    });
    assert_eq!(run(&node, "Query", &query)["Items"][0]["v"]["N"], "5");
    let mut update = key_request("5");
    update["UpdateExpression"] = json!("ADD v :one");
    update["ExpressionAttributeValues"] = json!({":one": {"N": "1"}});
    update["ReturnValues"] = json!("UPDATED_NEW");
    assert_eq!(
        run(&node, "UpdateItem", &update)["Attributes"]["v"]["N"],
        "6"
    );
}

#[test]
fn streams_and_time_to_live_are_supported() {
    let (_cluster, node) = single_node_cluster();
    let mut streamed = table_definition("ttt");
    streamed["StreamSpecification"] = json!({"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"});
    run(&node, "CreateTable", &streamed);
    run(&node, "PutItem", &put_request("a", 1));
    let streams = run(&node, "ListStreams", &json!({"TableName": "ttt"}));
    let arn = &streams["Streams"][0]["StreamArn"];
    let stream = run(&node, "DescribeStream", &json!({"StreamArn": arn}));
    let shard = &stream["StreamDescription"]["Shards"][0]["ShardId"];
    let start = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = run(&node, "GetShardIterator", &start);
    let records = run(
        &node,
        "GetRecords",
        &json!({"ShardIterator": iterator["ShardIterator"]}),
    );
    assert_eq!(records["Records"][0]["dynamodb"]["NewImage"]["k"]["S"], "a");
    let expiry = json!({"TableName": "ttt", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "e"}});
    run(&node, "UpdateTimeToLive", &expiry);
    let described = run(&node, "DescribeTimeToLive", &json!({"TableName": "ttt"}));
    assert_eq!(described["TimeToLiveDescription"]["AttributeName"], "e");
}

#[test]
fn malformed_operation_bodies_are_rejected() {
    let (cluster, node) = single_node_cluster();
    create_table(&cluster, "ttt");
    for (operation, body) in [
        ("GetItem", json!({})),
        ("GetItem", json!({"TableName": "ttt"})),
        ("GetItem", json!({"TableName": 7, "Key": {"k": {"S": "a"}}})),
        (
            "PutItem",
            json!({"TableName": "ttt", "Item": {"k": {"X": "a"}}}),
        ),
        ("PutItem", json!({"TableName": "ttt", "Item": {"k": "a"}})),
        ("PutItem", json!({"TableName": "ttt", "Item": []})),
    ] {
        let response = expect_error(&node, operation, &body);
        assert_eq!(response.status, 400, "{operation} {body}");
        assert!(
            ["ValidationException", "SerializationException"].contains(&response.error().as_str())
        );
        assert!(
            !response.message().contains("VALIDATION"),
            "{}",
            response.message()
        );
    }
}

#[test]
fn deeply_nested_requests_are_rejected() {
    let (cluster, node) = single_node_cluster();
    create_table(&cluster, "ttt");
    let nested = |levels: usize| {
        let value = format!(
            "{}{{\"S\":\"a\"}}{}",
            "{\"L\":[".repeat(levels),
            "]}".repeat(levels)
        );
        format!(r#"{{"TableName":"ttt","Item":{{"k":{{"S":"a"}},"v":{value}}}}}"#)
    };
    assert_eq!(
        send(&node, &Request::operation("PutItem", nested(30))).status,
        200
    );
    for levels in [40, 1000, 100_000] {
        let response = send(&node, &Request::operation("PutItem", nested(levels)));
        assert_eq!(
            (response.status, response.error().as_str()),
            (400, "ValidationException")
        );
    }
    for unit in ["(", "NOT ", "a.", "a[0]", "size(", "a+", "-"] {
        for length in [4000, 4096, 1_000_000] {
            let text = unit.repeat(length / unit.len());
            let values = json!({":a": {"S": "a"}});
            let mut write = key_request("a");
            write["ExpressionAttributeValues"] = values.clone();
            write["UpdateExpression"] = json!(format!("SET v = {text}"));
            let mut conditional = put_request("a", 1);
            conditional["ConditionExpression"] = json!(text);
            let scan = json!({"TableName": "ttt", "FilterExpression": text});
            let query = json!({
                "TableName": "ttt", "KeyConditionExpression": text, "ExpressionAttributeValues": values,
            });
            let mut get = key_request("a");
            get["ProjectionExpression"] = json!(text);
            for (operation, body) in [
                ("PutItem", conditional),
                ("UpdateItem", write),
                ("Scan", scan),
                ("Query", query),
                ("GetItem", get),
            ] {
                let response = expect_error(&node, operation, &body);
                assert_eq!(response.status, 400, "{operation} {unit} {length}");
            }
        }
    }
    let balanced = format!(
        "{}attribute_exists(k){}",
        "(".repeat(2000),
        ")".repeat(2000)
    );
    let mut conditional = put_request("a", 1);
    conditional["ConditionExpression"] = json!(balanced);
    let response = send(
        &node,
        &Request::operation("PutItem", conditional.to_string()),
    );
    assert!([200, 400].contains(&response.status), "{}", response.text());
    run(&node, "GetItem", &key_request("a"));
}
