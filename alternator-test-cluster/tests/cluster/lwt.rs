//! Which writes are counted as lightweight transactions, and for whom.

use std::collections::BTreeMap;

use alternator_test_cluster::{Builder, PartitionKey, TestCluster, Tokens, WriteIsolation};
use serde_json::{Value, json};

use crate::http::{Request, ask, fail, run};
use crate::operations::{create, table};

fn builder() -> Builder {
    TestCluster::builder().nodes(3).tokens(Tokens::vnodes())
}

/// Writes in all sorts of ways through the first node. Returns which were transactions.
fn transactions(cluster: &TestCluster) -> Vec<&'static str> {
    let key = json!({"k": {"S": "a"}});
    let update = |expression: &str| {
        json!({
            "Key": key, "UpdateExpression": expression, "ExpressionAttributeValues": {":v": {"N": "1"}},
        })
    };
    let writes: [(&str, &str, Value); 12] = [
        ("put", "PutItem", json!({"Item": key})),
        ("set", "UpdateItem", update("SET v = :v")),
        ("add", "UpdateItem", update("ADD v :v")),
        ("set of itself", "UpdateItem", update("SET v = v + :v")),
        (
            "if_not_exists",
            "UpdateItem",
            update("SET v = if_not_exists(v, :v)"),
        ),
        (
            "old",
            "PutItem",
            json!({"Item": key, "ReturnValues": "ALL_OLD"}),
        ),
        (
            "condition",
            "PutItem",
            json!({"Item": key, "ConditionExpression": "attribute_exists(k)"}),
        ),
        (
            "failed condition",
            "PutItem",
            json!({"Item": key, "ConditionExpression": "attribute_exists(x)"}),
        ),
        (
            "expected",
            "DeleteItem",
            json!({"Key": key, "Expected": {"x": {"Exists": false}}}),
        ),
        (
            "attribute add",
            "UpdateItem",
            json!({"Key": key, "AttributeUpdates": {"v": {"Action": "ADD", "Value": {"N": "1"}}}}),
        ),
        ("delete", "DeleteItem", json!({"Key": key})),
        ("get", "GetItem", json!({"Key": key})),
    ];
    let mut counted = Vec::new();
    for (name, operation, mut body) in writes {
        cluster.reset_counters();
        body["TableName"] = json!("ttt");
        let answer = ask(
            &cluster.node(0),
            &Request::operation(operation, body.to_string()),
        );
        let passed = answer.status == 200 || answer.error() == "ConditionalCheckFailedException";
        assert!(
            passed || answer.message().contains("forbid_rmw"),
            "{name}: {}",
            answer.text()
        );
        if !cluster.lwt_partitions().is_empty() {
            counted.push(name);
        }
    }
    counted
}

const READING: [&str; 8] = [
    "add",
    "set of itself",
    "if_not_exists",
    "old",
    "condition",
    "failed condition",
    "expected",
    "attribute add",
];

#[test]
fn the_isolation_of_the_cluster_decides_what_is_a_transaction() {
    for (isolation, expected) in [
        (WriteIsolation::OnlyRmwUsesLwt, READING.to_vec()),
        (WriteIsolation::UnsafeRmw, vec![]),
        (WriteIsolation::ForbidRmw, vec![]),
        (
            WriteIsolation::AlwaysUseLwt,
            [&["put", "set"][..], &READING, &["delete"]].concat(),
        ),
    ] {
        let cluster = builder().write_isolation(isolation).start().unwrap();
        create(&cluster, "ttt");
        assert_eq!(transactions(&cluster), expected, "{isolation:?}");
    }
}

#[test]
fn the_tag_of_a_table_decides_before_the_cluster() {
    for (tag, expected) in [
        ("a", 11),
        ("only_rmw_uses_lwt", 8),
        ("unsafe", 0),
        ("forbid", 0),
    ] {
        let cluster = builder()
            .write_isolation(WriteIsolation::UnsafeRmw)
            .start()
            .unwrap();
        let mut request = table("ttt");
        request["Tags"] = json!([{"Key": "system:write_isolation", "Value": tag}]);
        run(&cluster.node(0), "CreateTable", &request);
        assert_eq!(transactions(&cluster).len(), expected, "{tag}");
    }
}

#[test]
fn a_cluster_may_forbid_writes_that_read() {
    let cluster = builder()
        .write_isolation(WriteIsolation::ForbidRmw)
        .start()
        .unwrap();
    create(&cluster, "ttt");
    let put = json!({"TableName": "ttt", "Item": {"k": {"S": "a"}}, "ReturnValues": "ALL_OLD"});
    let refusal = fail(&cluster.node(0), "PutItem", &put);
    assert!(refusal.message().contains("write isolation policy"));
}

#[test]
fn transactions_count_by_partition_and_coordinator() {
    let cluster = builder().start().unwrap();
    create(&cluster, "ttt");
    for (node, key) in [(0, "a"), (0, "a"), (1, "a"), (2, "b")] {
        let put = json!({"TableName": "ttt", "Item": {"k": {"S": key}}, "ReturnValues": "ALL_OLD"});
        run(&cluster.node(node), "PutItem", &put);
    }
    let partitions = cluster.lwt_partitions();
    assert_eq!(partitions.len(), 2);
    assert_eq!(
        (partitions[0].table.as_str(), &partitions[0].key),
        ("ttt", &PartitionKey::from("a"))
    );
    let url = |index| cluster.node(index).url();
    assert_eq!(
        partitions[0].operations,
        BTreeMap::from([(url(0), 2), (url(1), 1)])
    );
    assert_eq!(partitions[1].operations, BTreeMap::from([(url(2), 1)]));
    cluster.reset_counters();
    assert!(cluster.lwt_partitions().is_empty());
}

#[test]
fn one_table_that_always_uses_transactions_makes_the_whole_batch_use_them() {
    let cluster = builder().start().unwrap();
    create(&cluster, "plain");
    let mut always = table("always");
    always["Tags"] = json!([{"Key": "system:write_isolation", "Value": "always"}]);
    run(&cluster.node(0), "CreateTable", &always);
    let put = |key: &str| json!({"PutRequest": {"Item": {"k": {"S": key}}}});
    let node = cluster.node(0);
    let batch = json!({"RequestItems": {"plain": [put("a"), put("b")]}});
    run(&node, "BatchWriteItem", &batch);
    assert!(cluster.lwt_partitions().is_empty());
    let batch = json!({"RequestItems": {"plain": [put("a"), put("b")], "always": [put("a")]}});
    run(&node, "BatchWriteItem", &batch);
    let partitions = cluster.lwt_partitions();
    let counted: Vec<_> = partitions
        .iter()
        .map(|partition| {
            (
                partition.table.as_str(),
                partition.key.value(),
                partition.operations[&node.url()],
            )
        })
        .collect();
    assert_eq!(
        counted,
        [("always", "a", 1), ("plain", "a", 1), ("plain", "b", 1)]
    );
}
