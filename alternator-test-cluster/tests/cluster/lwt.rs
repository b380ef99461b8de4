//! Tests of the count of lightweight transactions, by partition and coordinator.

use std::collections::BTreeMap;

use alternator_test_cluster::{Builder, PartitionKey, TestCluster, Tokens, WriteIsolation};
use serde_json::{Value, json};

use crate::http::{Request, expect_error, run, send};
use crate::operations::{create_table, table_definition};

/// Returns the builder of a cluster of three nodes with vnodes.
fn vnode_cluster_builder() -> Builder {
    TestCluster::builder().nodes(3).tokens(Tokens::vnodes())
}

/// Executes each kind of write, and one read, through the first node. Returns the names of the operations that were
/// counted as transactions.
fn writes_counted_as_transactions(cluster: &TestCluster) -> Vec<&'static str> {
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
        ("set from itself", "UpdateItem", update("SET v = v + :v")),
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
        let response = send(
            &cluster.node(0),
            &Request::operation(operation, body.to_string()),
        );
        let executed =
            response.status == 200 || response.error() == "ConditionalCheckFailedException";
        assert!(
            executed || response.message().contains("forbid_rmw"),
            "{name}: {}",
            response.text()
        );
        if !cluster.lwt_partitions().is_empty() {
            counted.push(name);
        }
    }
    counted
}

/// The names of the writes that read the item first.
const READ_MODIFY_WRITES: [&str; 8] = [
    "add",
    "set from itself",
    "if_not_exists",
    "old",
    "condition",
    "failed condition",
    "expected",
    "attribute add",
];

#[test]
fn cluster_write_isolation_selects_lightweight_transactions() {
    for (isolation, expected) in [
        (WriteIsolation::OnlyRmwUsesLwt, READ_MODIFY_WRITES.to_vec()),
        (WriteIsolation::UnsafeRmw, vec![]),
        (WriteIsolation::ForbidRmw, vec![]),
        (
            WriteIsolation::AlwaysUseLwt,
            [&["put", "set"][..], &READ_MODIFY_WRITES, &["delete"]].concat(),
        ),
    ] {
        let cluster = vnode_cluster_builder()
            .write_isolation(isolation)
            .start()
            .unwrap();
        create_table(&cluster, "ttt");
        assert_eq!(
            writes_counted_as_transactions(&cluster),
            expected,
            "{isolation:?}"
        );
    }
}

#[test]
fn table_tag_overrides_cluster_write_isolation() {
    for (tag, expected) in [
        ("a", 11),
        ("only_rmw_uses_lwt", 8),
        ("unsafe", 0),
        ("forbid", 0),
    ] {
        let cluster = vnode_cluster_builder()
            .write_isolation(WriteIsolation::UnsafeRmw)
            .start()
            .unwrap();
        let mut request = table_definition("ttt");
        request["Tags"] = json!([{"Key": "system:write_isolation", "Value": tag}]);
        run(&cluster.node(0), "CreateTable", &request);
        assert_eq!(
            writes_counted_as_transactions(&cluster).len(),
            expected,
            "{tag}"
        );
    }
}

#[test]
fn forbid_rmw_rejects_read_modify_writes() {
    let cluster = vnode_cluster_builder()
        .write_isolation(WriteIsolation::ForbidRmw)
        .start()
        .unwrap();
    create_table(&cluster, "ttt");
    let put = json!({"TableName": "ttt", "Item": {"k": {"S": "a"}}, "ReturnValues": "ALL_OLD"});
    let error_response = expect_error(&cluster.node(0), "PutItem", &put);
    assert!(error_response.message().contains("write isolation policy"));
}

#[test]
fn transactions_are_counted_by_partition_and_coordinator() {
    let cluster = vnode_cluster_builder().start().unwrap();
    create_table(&cluster, "ttt");
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
fn batch_uses_transactions_when_one_table_always_does() {
    let cluster = vnode_cluster_builder().start().unwrap();
    create_table(&cluster, "plain");
    let mut always_table = table_definition("always");
    always_table["Tags"] = json!([{"Key": "system:write_isolation", "Value": "always"}]);
    run(&cluster.node(0), "CreateTable", &always_table);
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
