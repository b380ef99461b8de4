//! The data behave as data of DynamoDB do.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::http::{Request, ask, fail, run};
use crate::operations::{cluster, create, table};

fn put(key: &str, value: u32) -> Value {
    json!({"TableName": "ttt", "Item": {"k": {"S": key}, "v": {"N": value.to_string()}}})
}

fn key(key: &str) -> Value {
    json!({"TableName": "ttt", "Key": {"k": {"S": key}}})
}

#[test]
fn items_are_written_read_and_deleted() {
    let (cluster, node) = cluster();
    create(&cluster, "ttt");
    run(&node, "PutItem", &put("a", 1));
    assert_eq!(run(&node, "GetItem", &key("a"))["Item"]["v"]["N"], "1");
    run(&node, "DeleteItem", &key("a"));
    assert_eq!(run(&node, "GetItem", &key("a")), json!({}));
}

/// A table with an index of another attribute.
fn indexed() -> Value {
    let mut indexed = table("indexed");
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
fn an_index_finds_items_by_its_own_key() {
    let (_cluster, node) = cluster();
    run(&node, "CreateTable", &indexed());
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
fn tables_are_active_at_once() {
    let (cluster, node) = cluster();
    let indexed = indexed();
    let created = run(&node, "CreateTable", &indexed);
    assert_eq!(created["TableDescription"]["TableStatus"], "ACTIVE");
    assert_eq!(
        created["TableDescription"]["GlobalSecondaryIndexes"][0]["IndexStatus"],
        "ACTIVE"
    );
    let described = run(&node, "DescribeTable", &json!({"TableName": "indexed"}));
    assert_eq!(described["Table"]["TableStatus"], "ACTIVE");
    assert_eq!(
        fail(&node, "CreateTable", &indexed).error(),
        "ResourceInUseException"
    );
    run(&node, "DeleteTable", &json!({"TableName": "indexed"}));
    create(&cluster, "indexed");
}

#[test]
fn a_failed_condition_shows_the_item_if_asked_to() {
    let (cluster, node) = cluster();
    create(&cluster, "ttt");
    run(&node, "PutItem", &put("a", 1));
    let mut conditional = put("a", 2);
    conditional["ConditionExpression"] = json!("attribute_not_exists(k)");
    let answer = fail(&node, "PutItem", &conditional);
    assert_eq!(answer.error(), "ConditionalCheckFailedException");
    assert!(answer.json().get("Item").is_none());
    conditional["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
    assert_eq!(
        fail(&node, "PutItem", &conditional).json()["Item"]["v"]["N"],
        "1"
    );
}

#[test]
fn indexes_batches_queries_and_updates_work() {
    let (cluster, node) = cluster();
    create(&cluster, "ttt");
    let puts: Vec<_> = (0..20)
        .map(|n| json!({"PutRequest": {"Item": put(&n.to_string(), n)["Item"]}}))
        .collect();
    let written = run(
        &node,
        "BatchWriteItem",
        &json!({"RequestItems": {"ttt": puts}}),
    );
    assert_eq!(written["UnprocessedItems"], json!({}));
    let read = json!({"RequestItems": {"ttt": {"Keys": [key("3")["Key"], key("7")["Key"]]}}});
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
    let mut update = key("5");
    update["UpdateExpression"] = json!("ADD v :one");
    update["ExpressionAttributeValues"] = json!({":one": {"N": "1"}});
    update["ReturnValues"] = json!("UPDATED_NEW");
    assert_eq!(
        run(&node, "UpdateItem", &update)["Attributes"]["v"]["N"],
        "6"
    );
}

#[test]
fn streams_and_time_to_live_work() {
    let (_cluster, node) = cluster();
    let mut streamed = table("ttt");
    streamed["StreamSpecification"] = json!({"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"});
    run(&node, "CreateTable", &streamed);
    run(&node, "PutItem", &put("a", 1));
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
fn requests_that_do_not_fit_their_operation_are_refused() {
    let (cluster, node) = cluster();
    create(&cluster, "ttt");
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
        let answer = fail(&node, operation, &body);
        assert_eq!(answer.status, 400, "{operation} {body}");
        assert!(
            ["ValidationException", "SerializationException"].contains(&answer.error().as_str())
        );
        assert!(
            !answer.message().contains("VALIDATION"),
            "{}",
            answer.message()
        );
    }
}

#[test]
fn depth_is_refused_and_the_process_lives() {
    let (cluster, node) = cluster();
    create(&cluster, "ttt");
    let nested = |levels: usize| {
        let value = format!(
            "{}{{\"S\":\"a\"}}{}",
            "{\"L\":[".repeat(levels),
            "]}".repeat(levels)
        );
        format!(r#"{{"TableName":"ttt","Item":{{"k":{{"S":"a"}},"v":{value}}}}}"#)
    };
    assert_eq!(
        ask(&node, &Request::operation("PutItem", nested(30))).status,
        200
    );
    for levels in [40, 1000, 100_000] {
        let answer = ask(&node, &Request::operation("PutItem", nested(levels)));
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (400, "ValidationException")
        );
    }
    for unit in ["(", "NOT ", "a.", "a[0]", "size(", "a+", "-"] {
        for length in [4000, 4096, 1_000_000] {
            let text = unit.repeat(length / unit.len());
            let values = json!({":a": {"S": "a"}});
            let mut write = key("a");
            write["ExpressionAttributeValues"] = values.clone();
            write["UpdateExpression"] = json!(format!("SET v = {text}"));
            let mut conditional = put("a", 1);
            conditional["ConditionExpression"] = json!(text);
            let scan = json!({"TableName": "ttt", "FilterExpression": text});
            let query = json!({
                "TableName": "ttt", "KeyConditionExpression": text, "ExpressionAttributeValues": values,
            });
            let mut get = key("a");
            get["ProjectionExpression"] = json!(text);
            for (operation, body) in [
                ("PutItem", conditional),
                ("UpdateItem", write),
                ("Scan", scan),
                ("Query", query),
                ("GetItem", get),
            ] {
                let answer = fail(&node, operation, &body);
                assert_eq!(answer.status, 400, "{operation} {unit} {length}");
            }
        }
    }
    let balanced = format!(
        "{}attribute_exists(k){}",
        "(".repeat(2000),
        ")".repeat(2000)
    );
    let mut conditional = put("a", 1);
    conditional["ConditionExpression"] = json!(balanced);
    ask(
        &node,
        &Request::operation("PutItem", conditional.to_string()),
    );
    run(&node, "GetItem", &key("a"));
}
