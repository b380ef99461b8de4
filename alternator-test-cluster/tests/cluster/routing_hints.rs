//! The header with which a node that is no replica names those that are.

use alternator_test_cluster::{Node, NodeConfig, PartitionKey, TestCluster, Tokens};
use serde_json::{Value, json};

use crate::http::{Answer, Request, ask, fail, run};
use crate::operations::create;
use crate::tokens::both_kinds;

const HEADER: &str = "x-scylla-alternator-routing-v1";

fn cluster(tokens: Tokens) -> TestCluster {
    let cluster = TestCluster::builder()
        .nodes(4)
        .node(NodeConfig::new().datacenter("dc2"))
        .replication_factor(2)
        .tokens(tokens)
        .routing_hints()
        .start()
        .unwrap();
    create(&cluster, "ttt");
    cluster
}

fn call(node: &Node, operation: &str, body: &Value) -> Answer {
    ask(node, &Request::operation(operation, body.to_string()))
}

fn get(node: &Node, key: &str) -> Answer {
    call(
        node,
        "GetItem",
        &json!({"TableName": "ttt", "Key": {"k": {"S": key}}}),
    )
}

/// Takes a header apart: where the range starts and ends, and the addresses.
fn parse(header: &str) -> (i64, i64, Vec<String>) {
    let mut parts = header.split(',');
    let mut token = || parts.next().unwrap().parse().unwrap();
    let (start, end) = (token(), token());
    (start, end, parts.map(str::to_owned).collect())
}

/// The addresses of the replicas in the first datacenter.
fn local(cluster: &TestCluster, key: &str) -> Vec<String> {
    let replicas = cluster.replicas("ttt", key).into_iter();
    let local = replicas.filter(|node| node.datacenter() == "dc1");
    local.map(|node| node.address().ip().to_string()).collect()
}

#[test]
fn a_node_that_is_no_replica_names_the_tablet() {
    let cluster = cluster(Tokens::tablets(4));
    let (on, off) = both_kinds(&cluster, "a");
    assert_eq!(get(&on, "a").header(HEADER), None);
    let tablets = cluster.tablets("ttt");
    let token = PartitionKey::from("a").token();
    let tablet = tablets
        .iter()
        .find(|tablet| token <= tablet.last_token)
        .unwrap();
    let expected = format!(
        "{},{},{}",
        tablet.after,
        tablet.last_token,
        local(&cluster, "a").join(",")
    );
    assert_eq!(get(&off, "a").header(HEADER), Some(expected.as_str()));
}

#[test]
fn a_node_that_is_no_replica_names_the_range_of_the_ring() {
    let cluster = cluster(Tokens::vnodes());
    let node = cluster.node(0);
    let (mut wrapped, mut inside) = (0, 0);
    for number in 0..400 {
        let key = number.to_string();
        let answer = get(&node, &key);
        let local = local(&cluster, &key);
        let Some(header) = answer.header(HEADER) else {
            assert!(local.contains(&node.address().ip().to_string()));
            continue;
        };
        let (start, end, addresses) = parse(header);
        assert_eq!(addresses, local);
        let token = PartitionKey::from(key).token();
        if start < token && token <= end {
            inside += 1;
        } else {
            // The ring wraps around, which the server does not tell from the first range.
            assert_eq!(start, i64::MIN);
            wrapped += 1;
        }
    }
    assert!(inside > 100, "{inside}");
    assert!(wrapped > 0, "no key was after the last token");
}

#[test]
fn only_successful_operations_on_one_key_carry_it() {
    let cluster = cluster(Tokens::vnodes());
    let (_, node) = both_kinds(&cluster, "a");
    let key = json!({"k": {"S": "a"}});
    let update = json!({
        "TableName": "ttt", "Key": key, "UpdateExpression": "SET v = :v",
        "ExpressionAttributeValues": {":v": {"N": "1"}},
    });
    let query = json!({
        "TableName": "ttt", "KeyConditionExpression": "k = :k",
        "ExpressionAttributeValues": {":k": {"S": "a"}},
    });
    for (operation, body, carries) in [
        ("PutItem", json!({"TableName": "ttt", "Item": key}), true),
        ("GetItem", json!({"TableName": "ttt", "Key": key}), true),
        ("UpdateItem", update, true),
        ("Query", query, true),
        ("DeleteItem", json!({"TableName": "ttt", "Key": key}), true),
        ("Scan", json!({"TableName": "ttt"}), false),
        (
            "BatchGetItem",
            json!({"RequestItems": {"ttt": {"Keys": [key]}}}),
            false,
        ),
        ("ListTables", json!({}), false),
    ] {
        let answer = call(&node, operation, &body);
        assert_eq!(answer.status, 200, "{operation}");
        assert_eq!(answer.header(HEADER).is_some(), carries, "{operation}");
    }
    let failing = json!({"TableName": "ttt", "Item": key, "ConditionExpression": "attribute_exists(nothing)"});
    assert_eq!(fail(&node, "PutItem", &failing).header(HEADER), None);
}

#[test]
fn queries_of_an_index_do_not_carry_it() {
    let cluster = cluster(Tokens::vnodes());
    let index = json!({
        "TableName": "ttt",
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}, {"AttributeName": "g", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [{"Create": {
            "IndexName": "iii", "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        }}],
    });
    run(&cluster.node(0), "UpdateTable", &index);
    let query = json!({
        "TableName": "ttt", "IndexName": "iii", "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": {"S": "a"}},
    });
    let mut off = 0;
    for node in cluster.nodes() {
        assert_eq!(call(&node, "Query", &query).header(HEADER), None);
        off += node.counters().off_replica;
    }
    assert_eq!(
        off, 2,
        "the index is a table with two replicas in one datacenter and one in the other"
    );
}

#[test]
fn nobody_gets_it_unasked() {
    let cluster = crate::tokens::cluster(Tokens::vnodes());
    create(&cluster, "ttt");
    let (_, off) = both_kinds(&cluster, "a");
    assert_eq!(get(&off, "a").header(HEADER), None);
}
