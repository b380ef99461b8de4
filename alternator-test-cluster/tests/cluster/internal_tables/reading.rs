//! How they are read, and how not.

use super::*;

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
