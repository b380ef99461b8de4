//! Tests of the server's internal tables, read by Query and Scan.

use std::collections::{BTreeMap, BTreeSet};

use alternator_test_cluster::{
    InternalTables, Node, NodeConfig, PartitionKey, TestCluster, Tokens,
};
use serde_json::{Value, json};

use crate::http::{expect_error, run};
use crate::operations::create_table;
use crate::tokens::{three_rack_cluster, urls};

mod access;
mod clients;
mod placement;
mod queries;
mod recorded_rows;
mod transitions;

const TABLE_PREFIX: &str = ".scylla.alternator.";

/// Returns all rows of an internal table, read by Scan.
fn scan_rows(node: &Node, table: &str) -> Vec<Value> {
    let response = run(
        node,
        "Scan",
        &json!({"TableName": format!("{TABLE_PREFIX}{table}")}),
    );
    response["Items"].as_array().unwrap().clone()
}

/// Returns the body of a Query whose string values are bound to `:a`, `:b` and `:c`.
fn query_request(table: &str, condition: &str, values: &[&str]) -> Value {
    let values: BTreeMap<String, Value> = [":a", ":b", ":c"]
        .into_iter()
        .zip(values)
        .map(|(name, value)| (name.to_owned(), json!({"S": value})))
        .collect();
    json!({
        "TableName": format!("{TABLE_PREFIX}{table}"),
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values,
    })
}

/// Returns the rows of an internal table that match a key condition.
fn query_rows(node: &Node, table: &str, condition: &str, values: &[&str]) -> Vec<Value> {
    let response = run(node, "Query", &query_request(table, condition, values));
    response["Items"].as_array().unwrap().clone()
}

/// Returns the value of a string column.
fn string_column<'a>(item: &'a Value, column: &str) -> &'a str {
    item[column]["S"]
        .as_str()
        .unwrap_or_else(|| panic!("{column} of {item}"))
}

/// Expects that a row has these columns, beside others.
fn assert_has_columns(row: &Value, expected: &Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&row[name], value, "{name} of {row}");
    }
}

fn table_id(node: &Node, table: &str) -> String {
    let description = run(node, "DescribeTable", &json!({"TableName": table}));
    description["Table"]["TableId"].as_str().unwrap().to_owned()
}

/// Returns the definition of a table with a global and a local secondary index.
fn indexed_table_definition() -> Value {
    let index = |name: &str, hash: &str, range: &str| {
        let mut keys = vec![json!({"AttributeName": hash, "KeyType": "HASH"})];
        if !range.is_empty() {
            keys.push(json!({"AttributeName": range, "KeyType": "RANGE"}));
        }
        json!({"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}})
    };
    let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    json!({
        "TableName": "ttt",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [
            {"AttributeName": "k", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [attribute("k"), attribute("s"), attribute("g"), attribute("l")],
        "GlobalSecondaryIndexes": [index("ggg", "g", "")],
        "LocalSecondaryIndexes": [index("lll", "k", "l")],
    })
}

/// Returns the addresses of the nodes, keyed by their value in a column of `system.local` and `system.peers`.
fn addresses_by_column(node: &Node, column: &str) -> BTreeMap<String, String> {
    let local = query_rows(node, "system.local", "key = :a", &["local"]);
    let entry = |item: &Value, column: &str| {
        (
            string_column(item, column).to_owned(),
            string_column(item, "rpc_address").to_owned(),
        )
    };
    let mut addresses = BTreeMap::from([entry(
        &local[0],
        if column == "peer" {
            "broadcast_address"
        } else {
            column
        },
    )]);
    addresses.extend(
        scan_rows(node, "system.peers")
            .iter()
            .map(|item| entry(item, column)),
    );
    addresses
}

#[test]
fn local_and_peers_list_all_nodes() {
    let cluster = TestCluster::builder()
        .node(NodeConfig::new().rack("r1"))
        .node(NodeConfig::new().rack("r2").internal_address([10, 0, 0, 2]))
        .tokens(Tokens::vnodes().per_node(2))
        .start()
        .unwrap();
    let (first, second) = (cluster.node(0), cluster.node(1));
    let local = scan_rows(&second, "system.local");
    let peers = scan_rows(&first, "system.peers");
    assert_eq!((local.len(), peers.len()), (1, 1));
    let host_id = string_column(&local[0], "host_id");
    assert_eq!(host_id.len(), 36);
    let tokens = string_column(&local[0], "tokens");
    let numbers: Vec<i64> = tokens
        .split("; ")
        .map(|token| token.parse().unwrap())
        .collect();
    assert_eq!(numbers.len(), 2);
    let expected = json!({
        "peer": {"S": "10.0.0.2"},
        "data_center": {"S": "dc1"},
        "host_id": {"S": host_id},
        "rack": {"S": "r2"},
        "release_version": {"S": "3.0.8"},
        "rpc_address": {"S": "127.0.0.2"},
        "tokens": {"S": tokens},
    });
    assert_has_columns(&peers[0], &expected);
    assert_eq!(string_column(&local[0], "key"), "local");
    assert_eq!(string_column(&local[0], "broadcast_address"), "10.0.0.2");
    assert_eq!(
        query_rows(&first, "system.peers", "peer = :a", &["10.0.0.2"]),
        peers
    );
    assert!(query_rows(&first, "system.peers", "peer = :a", &["10.0.0.3"]).is_empty());
    cluster.remove_node(&second);
    assert!(scan_rows(&first, "system.peers").is_empty());
}

#[test]
fn config_values_are_json() {
    let cluster = three_rack_cluster(Tokens::tablets(4));
    let value = |name: &str| {
        let rows = query_rows(&cluster.node(0), "system.config", "name = :a", &[name]);
        string_column(&rows[0], "value").to_owned()
    };
    assert_eq!(value("alternator_write_isolation"), "\"only_rmw_uses_lwt\"");
    assert_eq!(value("alternator_enforce_authorization"), "false");
    assert_eq!(value("tablets_mode_for_new_keyspaces"), "\"?unknown\"");
    assert_eq!(value("alternator_port"), cluster.port().to_string());
}
