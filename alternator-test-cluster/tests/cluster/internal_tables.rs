//! The server's own tables, by Query and Scan.

use std::collections::{BTreeMap, BTreeSet};

use alternator_test_cluster::{
    InternalTables, Node, NodeConfig, PartitionKey, TestCluster, Tokens,
};
use serde_json::{Value, json};

use crate::http::{fail, run};
use crate::operations::create;
use crate::tokens::{cluster, urls};

mod placement;
mod reading;

const PREFIX: &str = ".scylla.alternator.";

fn scan(node: &Node, table: &str) -> Vec<Value> {
    let answer = run(
        node,
        "Scan",
        &json!({"TableName": format!("{PREFIX}{table}")}),
    );
    answer["Items"].as_array().unwrap().clone()
}

/// A Query with `a`, `b` and `c` for the values, which are strings.
fn query(table: &str, condition: &str, values: &[&str]) -> Value {
    let values: BTreeMap<String, Value> = [":a", ":b", ":c"]
        .into_iter()
        .zip(values)
        .map(|(name, value)| (name.to_owned(), json!({"S": value})))
        .collect();
    json!({
        "TableName": format!("{PREFIX}{table}"),
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values,
    })
}

fn ask_for(node: &Node, table: &str, condition: &str, values: &[&str]) -> Vec<Value> {
    let answer = run(node, "Query", &query(table, condition, values));
    answer["Items"].as_array().unwrap().clone()
}

fn text<'a>(item: &'a Value, column: &str) -> &'a str {
    item[column]["S"]
        .as_str()
        .unwrap_or_else(|| panic!("{column} of {item}"))
}

fn table_id(node: &Node, table: &str) -> String {
    let description = run(node, "DescribeTable", &json!({"TableName": table}));
    description["Table"]["TableId"].as_str().unwrap().to_owned()
}

fn with_indexes() -> Value {
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

/// The addresses of nodes by what a column of `system.local` and `system.peers` says of them.
fn addresses(node: &Node, column: &str) -> BTreeMap<String, String> {
    let local = ask_for(node, "system.local", "key = :a", &["local"]);
    let by = |item: &Value, column: &str| {
        (
            text(item, column).to_owned(),
            text(item, "rpc_address").to_owned(),
        )
    };
    let mut addresses = BTreeMap::from([by(
        &local[0],
        if column == "peer" {
            "broadcast_address"
        } else {
            column
        },
    )]);
    addresses.extend(
        scan(node, "system.peers")
            .iter()
            .map(|item| by(item, column)),
    );
    addresses
}

#[test]
fn local_and_peers_name_all_nodes() {
    let cluster = TestCluster::builder()
        .node(NodeConfig::new().rack("r1"))
        .node(NodeConfig::new().rack("r2").internal_address([10, 0, 0, 2]))
        .tokens(Tokens::vnodes().per_node(2))
        .start()
        .unwrap();
    let (first, second) = (cluster.node(0), cluster.node(1));
    let local = scan(&second, "system.local");
    let peers = scan(&first, "system.peers");
    assert_eq!((local.len(), peers.len()), (1, 1));
    let host_id = text(&local[0], "host_id");
    assert_eq!(host_id.len(), 36);
    let tokens = text(&local[0], "tokens");
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
    assert_eq!(peers[0], expected);
    assert_eq!(text(&local[0], "key"), "local");
    assert_eq!(text(&local[0], "broadcast_address"), "10.0.0.2");
    assert_eq!(
        ask_for(&first, "system.peers", "peer = :a", &["10.0.0.2"]),
        peers
    );
    assert!(ask_for(&first, "system.peers", "peer = :a", &["10.0.0.3"]).is_empty());
    cluster.remove_node(&second);
    assert!(scan(&first, "system.peers").is_empty());
}

#[test]
fn settings_are_json_text() {
    let cluster = cluster(Tokens::tablets(4));
    let value = |name: &str| {
        let rows = ask_for(&cluster.node(0), "system.config", "name = :a", &[name]);
        text(&rows[0], "value").to_owned()
    };
    assert_eq!(value("alternator_write_isolation"), "\"only_rmw_uses_lwt\"");
    assert_eq!(value("alternator_enforce_authorization"), "false");
    assert_eq!(value("tablets_mode_for_new_keyspaces"), "\"enabled\"");
    assert_eq!(value("alternator_port"), cluster.port().to_string());
}
