//! The server's own tables, by Query and Scan.

use std::collections::{BTreeMap, BTreeSet};

use alternator_test_cluster::{
    InternalTables, Node, NodeConfig, PartitionKey, TestCluster, Tokens,
};
use serde_json::{Value, json};

use crate::http::{fail, run};
use crate::operations::create;
use crate::tokens::{cluster, urls};

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

#[test]
fn tables_and_views_have_the_ids_of_their_tablets() {
    let cluster = cluster(Tokens::tablets(2));
    let node = cluster.node(0);
    run(&node, "CreateTable", &with_indexes());
    let id = table_id(&node, "ttt");
    let tables = ask_for(
        &node,
        "system_schema.tables",
        "keyspace_name = :a AND table_name = :b",
        &["alternator_ttt", "ttt"],
    );
    let expected = json!({
        "keyspace_name": {"S": "alternator_ttt"},
        "table_name": {"S": "ttt"},
        "comment": {"S": ""},
        "gc_grace_seconds": {"S": "864000"},
        "id": {"S": id},
    });
    assert_eq!(tables, [expected]);
    let views = ask_for(
        &node,
        "system_schema.views",
        "keyspace_name = :a",
        &["alternator_ttt"],
    );
    let names: Vec<&str> = views.iter().map(|view| text(view, "view_name")).collect();
    assert_eq!(names, ["ttt!:lll", "ttt:ggg"]);
    let local_id = text(&views[0], "id");
    let expected = json!({
        "keyspace_name": {"S": "alternator_ttt"},
        "view_name": {"S": "ttt:ggg"},
        "base_table_id": {"S": id},
        "base_table_name": {"S": "ttt"},
        "comment": {"S": ""},
        "gc_grace_seconds": {"S": "864000"},
        "id": {"S": text(&views[1], "id")},
        // As the server has it, which strict clients refuse.
        "include_all_columns": {"BOOL": "true"},
    });
    assert_eq!(views[1], expected);
    let shared = ask_for(&node, "system.tablets", "table_id = :a", &[local_id]);
    let expected = json!({
        "table_id": {"S": local_id},
        "keyspace_name": {"S": "alternator_ttt"},
        "table_name": {"S": "ttt!:lll"},
        "base_table": {"S": id},
    });
    assert_eq!(shared, [expected]);
    let ranged = ask_for(
        &node,
        "system.tablets",
        "table_id = :a AND last_token >= :b",
        &[local_id, "0"],
    );
    assert!(ranged.is_empty(), "a range has no static rows");
    assert_eq!(
        ask_for(
            &node,
            "system.tablets",
            "table_id = :a",
            &[text(&views[1], "id")]
        )
        .len(),
        2
    );
    run(&node, "DeleteTable", &json!({"TableName": "ttt"}));
    assert!(scan(&node, "system.tablets").is_empty());
    assert!(scan(&node, "system_schema.views").is_empty());
}

#[test]
fn an_index_comes_and_goes_with_its_table() {
    let cluster = cluster(Tokens::tablets(2));
    create(&cluster, "ttt");
    let node = cluster.node(0);
    let names = || -> Vec<String> {
        let views = scan(&node, "system_schema.views");
        let names = views.iter().map(|view| text(view, "view_name").to_owned());
        names.collect()
    };
    let update = |change: Value| {
        let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
        let request = json!({
            "TableName": "ttt", "AttributeDefinitions": [attribute("k"), attribute("g")],
            "GlobalSecondaryIndexUpdates": [change],
        });
        run(&node, "UpdateTable", &request);
    };
    assert!(names().is_empty());
    let before = cluster.tablets("ttt")[0].replicas.clone();
    update(json!({"Create": {
        "IndexName": "ggg", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }}));
    assert_eq!(names(), ["ttt:ggg"]);
    assert_eq!(cluster.tablets("ttt:ggg").len(), 2);
    update(json!({"Delete": {"IndexName": "ggg"}}));
    assert!(names().is_empty());
    assert_eq!(urls(&cluster.tablets("ttt")[0].replicas), urls(&before));
}

#[test]
fn tablets_are_rendered_as_the_server_does() {
    let cluster = TestCluster::builder()
        .nodes(1)
        .tokens(Tokens::tablets(2))
        .start()
        .unwrap();
    let node = cluster.node(0);
    create(&cluster, "ttt");
    let id = table_id(&node, "ttt");
    let host = scan(&node, "system.local")[0]["host_id"]["S"]
        .as_str()
        .unwrap()
        .to_owned();
    let tablet = |last_token: &str, shard: usize| {
        json!({
            "table_id": {"S": id},
            "last_token": {"S": last_token},
            "keyspace_name": {"S": "alternator_ttt"},
            "table_name": {"S": "ttt"},
            "tablet_count": {"S": "2"},
            "replicas": {"S": format!("{host}:{shard}")},
        })
    };
    let both = [tablet("-1", 0), tablet("9223372036854775807", 1)];
    assert_eq!(
        ask_for(&node, "system.tablets", "table_id = :a", &[&id]),
        both
    );
    let ring = ask_for(
        &node,
        "system.token_ring",
        "keyspace_name = :a",
        &["alternator_ttt"],
    );
    let range = |start: &str, end: &str| {
        json!({
            "keyspace_name": {"S": "alternator_ttt"},
            "table_name": {"S": "ttt"},
            "start_token": {"S": start},
            "endpoint": {"S": "127.0.0.1"},
            "end_token": {"S": end},
            "dc": {"S": "dc1"},
            "rack": {"S": "r1"},
        })
    };
    let expected = [
        range("-1", "9223372036854775807"),
        range("-9223372036854775808", "-1"),
    ];
    assert_eq!(ring, expected, "starts are in the order of text");
}

#[test]
fn a_replica_is_found_in_the_tablets() {
    let cluster = cluster(Tokens::tablets(8));
    create(&cluster, "ttt");
    let node = cluster.node(2);
    let id = table_id(&node, "ttt");
    let hosts = addresses(&node, "host_id");
    assert_eq!(hosts.len(), 6);
    for number in 0..30 {
        let key = PartitionKey::from(number.to_string());
        let token = key.token().to_string();
        let mut request = query(
            "system.tablets",
            "table_id = :a AND last_token >= :b",
            &[&id, &token],
        );
        request["Limit"] = json!(1);
        let answer = run(&node, "Query", &request);
        let found: BTreeSet<String> = text(&answer["Items"][0], "replicas")
            .split(", ")
            .map(|replica| hosts[replica.split_once(':').unwrap().0].clone())
            .collect();
        assert_eq!(found, ips(&cluster.replicas("ttt", key)));
    }
}

fn ips(nodes: &[Node]) -> BTreeSet<String> {
    nodes
        .iter()
        .map(|node| node.address().ip().to_string())
        .collect()
}

#[test]
fn a_replica_is_found_in_the_ring() {
    let builder = TestCluster::builder().tokens(Tokens::vnodes().per_node(4));
    let nodes = (1..=6).map(|number| {
        let rack = format!("r{}", number % 3);
        NodeConfig::new()
            .rack(rack)
            .internal_address([10, 0, 0, number])
    });
    let cluster = nodes
        .fold(builder, alternator_test_cluster::Builder::node)
        .start()
        .unwrap();
    create(&cluster, "ttt");
    let node = cluster.node(5);
    let peers = addresses(&node, "peer");
    let rows = ask_for(
        &node,
        "system.token_ring",
        "keyspace_name = :a AND table_name = :b",
        &["alternator_ttt", "<ALL>"],
    );
    assert_eq!(rows.len(), 6 * 4 * 3);
    let starts: Vec<&str> = rows.iter().map(|row| text(row, "start_token")).collect();
    assert!(starts.is_sorted());
    let mut ring: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for row in &rows {
        let end = text(row, "end_token").parse().unwrap();
        let address = peers[text(row, "endpoint")].clone();
        ring.entry(end).or_default().insert(address);
    }
    for number in 0..200 {
        let key = PartitionKey::from(number.to_string());
        let after = ring.range(key.token()..).next();
        let (_, found) = after.or_else(|| ring.iter().next()).unwrap();
        assert_eq!(found, &ips(&cluster.replicas("ttt", key)));
    }
}

#[test]
fn pages_continue_where_the_last_one_ended() {
    let cluster = cluster(Tokens::vnodes().per_node(2));
    let node = cluster.node(0);
    for name in ["aaa", "bbb", "ccc"] {
        create(&cluster, name);
    }
    for table in [
        "system.token_ring",
        "system_schema.tables",
        "system.peers",
        "system.config",
    ] {
        let all = scan(&node, table);
        let name = format!("{PREFIX}{table}");
        let mut request = json!({"TableName": name, "Limit": 7});
        let mut paged = Vec::new();
        loop {
            let answer = run(&node, "Scan", &request);
            let items = answer["Items"].as_array().unwrap();
            assert_eq!(answer["Count"], items.len());
            paged.extend(items.iter().cloned());
            match answer.get("LastEvaluatedKey") {
                Some(key) => request["ExclusiveStartKey"] = key.clone(),
                None => break,
            }
            assert_eq!(items.len(), 7);
        }
        assert_eq!(paged, all, "{table}");
    }
}

#[test]
fn queries_run_backward_too() {
    let cluster = cluster(Tokens::tablets(8));
    create(&cluster, "ttt");
    let node = cluster.node(0);
    let id = table_id(&node, "ttt");
    let mut request = query("system.tablets", "table_id = :a", &[&id]);
    request["ScanIndexForward"] = json!(false);
    request["Limit"] = json!(5);
    let first = run(&node, "Query", &request);
    assert_eq!(text(&first["Items"][0], "last_token"), i64::MAX.to_string());
    assert_eq!(
        first["LastEvaluatedKey"],
        json!({"table_id": {"S": id}, "last_token": first["Items"][4]["last_token"]})
    );
    request["ExclusiveStartKey"] = first["LastEvaluatedKey"].clone();
    let second = run(&node, "Query", &request);
    assert_eq!(second["Count"], 3);
    assert!(second.get("LastEvaluatedKey").is_none());
}

#[test]
fn large_tables_come_in_pages_of_a_megabyte() {
    let cluster = TestCluster::builder()
        .nodes(1)
        .tokens(Tokens::tablets(1 << 14))
        .start()
        .unwrap();
    create(&cluster, "ttt");
    let answer = run(
        &cluster.node(0),
        "Scan",
        &json!({"TableName": format!("{PREFIX}system.tablets")}),
    );
    assert!(answer["Count"].as_u64().unwrap() < 1 << 14);
    assert!(answer.get("LastEvaluatedKey").is_some());
}

#[test]
fn a_projection_leaves_columns_out() {
    let cluster = cluster(Tokens::tablets(1));
    create(&cluster, "ttt");
    let node = cluster.node(0);
    let mut request = query(
        "system_schema.tables",
        "keyspace_name = :a",
        &["alternator_ttt"],
    );
    request["ProjectionExpression"] = json!("#i, table_name, missing");
    request["ExpressionAttributeNames"] = json!({"#i": "id"});
    let answer = run(&node, "Query", &request);
    let expected = json!({"id": {"S": table_id(&node, "ttt")}, "table_name": {"S": "ttt"}});
    assert_eq!(answer["Items"], json!([expected]));
    let old = json!({"TableName": format!("{PREFIX}system.local"), "AttributesToGet": ["rack"]});
    assert_eq!(
        run(&node, "Scan", &old)["Items"],
        json!([{"rack": {"S": "r1"}}])
    );
    let count = json!({"TableName": format!("{PREFIX}system.peers"), "Select": "COUNT"});
    assert_eq!(
        run(&node, "Scan", &count),
        json!({"Count": 5, "ScannedCount": 5})
    );
}

#[test]
fn key_conditions_have_the_rules_of_the_server() {
    let cluster = cluster(Tokens::tablets(4));
    create(&cluster, "ttt");
    let node = cluster.node(0);
    let id = table_id(&node, "ttt");
    let count = |condition: &str, values: &[&str]| {
        ask_for(&node, "system.tablets", condition, values).len()
    };
    for (condition, values, rows) in [
        ("table_id = :a AND last_token > :b", &[&id, "-1"][..], 2),
        ("table_id = :a AND last_token >= :b", &[&id, "-1"], 3),
        ("table_id = :a AND last_token < :b", &[&id, "-1"], 1),
        ("table_id = :a AND last_token <= :b", &[&id, "-1"], 2),
        ("table_id = :a AND last_token = :b", &[&id, "-1"], 1),
        (
            "table_id = :a AND last_token BETWEEN :b AND :c",
            &[&id, "-1", "9223372036854775807"],
            3,
        ),
        (":a = table_id", &[&id], 4),
    ] {
        assert_eq!(count(condition, values), rows, "{condition}");
    }
    let ring = "keyspace_name = :a AND begins_with(table_name, :b)";
    assert_eq!(
        ask_for(&node, "system.token_ring", ring, &["alternator_ttt", "tt"]).len(),
        12
    );
    for (table, condition, values, reason) in [
        (
            "system.tablets",
            "last_token > :a",
            &["0"][..],
            "requires a condition on partition key table_id",
        ),
        (
            "system.tablets",
            "table_id > :a",
            &[&id],
            "only '=' condition is supported on partition key table_id",
        ),
        (
            "system.tablets",
            "table_id = :a AND replicas = :b",
            &[&id, "x"],
            "non-key attribute replicas",
        ),
        (
            "system.token_ring",
            "keyspace_name = :a AND start_token > :b",
            &["x", "0"],
            "non-key attribute start_token",
        ),
        (
            "system.tablets",
            "table_id = :a AND table_id = :b",
            &[&id, &id],
            "only one condition for each key",
        ),
        (
            "system.tablets",
            "table_id = :a AND begins_with(last_token, :b)",
            &[&id, "1"],
            "begins_with() not supported",
        ),
        (
            "system.tablets",
            "table_id = :a",
            &["no uuid"],
            "no legal key column table_id",
        ),
        (
            "system.tablets",
            "table_id = :a",
            &[&id, "spurious"],
            "has spurious ':b', not used in Query",
        ),
    ] {
        let refusal = fail(&node, "Query", &query(table, condition, values));
        assert_eq!(refusal.error(), "ValidationException", "{condition}");
        assert!(
            refusal.message().contains(reason),
            "{condition}: {}",
            refusal.message()
        );
    }
    let mut number = query(
        "system.tablets",
        "table_id = :a AND last_token = :b",
        &[&id],
    );
    number["ExpressionAttributeValues"][":b"] = json!({"N": "0"});
    assert!(
        fail(&node, "Query", &number)
            .message()
            .contains("expected type S for key column last_token, got type N")
    );
    let filtered =
        json!({"TableName": format!("{PREFIX}system.peers"), "FilterExpression": "rack = :r"});
    assert_eq!(
        fail(&node, "Scan", &filtered).error(),
        "ValidationException"
    );
}

#[test]
fn they_are_only_read_by_query_and_scan() {
    let cluster = cluster(Tokens::vnodes());
    let node = cluster.node(0);
    let name = format!("{PREFIX}system.local");
    let key = json!({"key": {"S": "local"}});
    for (operation, body) in [
        ("GetItem", json!({"TableName": name, "Key": key})),
        ("DescribeTable", json!({"TableName": name})),
        (
            "BatchGetItem",
            json!({"RequestItems": {name.as_str(): {"Keys": [key]}}}),
        ),
        ("PutItem", json!({"TableName": name, "Item": key})),
        (
            "Scan",
            json!({"TableName": format!("{PREFIX}system.paxos")}),
        ),
        (
            "Scan",
            json!({"TableName": format!("{PREFIX}alternator_ttt.ttt")}),
        ),
    ] {
        let refusal = fail(&node, operation, &body);
        assert_eq!(refusal.error(), "ResourceNotFoundException", "{operation}");
        assert!(refusal.message().contains(PREFIX));
    }
    let counters = node.counters();
    assert_eq!((counters.on_replica, counters.off_replica), (0, 0));
}

#[test]
fn they_may_be_refused_or_unknown() {
    let cluster = |access| {
        let builder = TestCluster::builder().nodes(1).tokens(Tokens::vnodes());
        builder.internal_tables(access).start().unwrap()
    };
    let scan = json!({"TableName": format!("{PREFIX}system.tablets")});
    let refused = fail(&cluster(InternalTables::Refused).node(0), "Scan", &scan);
    assert_eq!(
        (refused.status, refused.error().as_str()),
        (400, "AccessDeniedException")
    );
    assert_eq!(
        refused.message(),
        "SELECT access on table system.tablets is denied to role <anonymous>, client address 127.0.0.1"
    );
    let unknown = fail(&cluster(InternalTables::Unknown).node(0), "Scan", &scan);
    assert_eq!(unknown.error(), "ResourceNotFoundException");
    let without_tokens = TestCluster::builder()
        .nodes(1)
        .internal_tables(InternalTables::Readable);
    let without_tokens = without_tokens.start().unwrap();
    create(&without_tokens, "ttt");
    let node = without_tokens.node(0);
    assert!(
        run(&node, "Scan", &scan)["Items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let local = json!({"TableName": format!("{PREFIX}system.local")});
    assert!(
        run(&node, "Scan", &local)["Items"][0]
            .get("tokens")
            .is_none()
    );
    assert!(urls(&without_tokens.replicas("ttt", "a")).is_empty());
}
