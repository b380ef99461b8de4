//! Paging, projection and key conditions of internal tables, and the errors of unsupported access.

use super::*;

#[test]
fn page_starts_after_last_evaluated_key() {
    let cluster = three_rack_cluster(Tokens::vnodes().per_node(2));
    let node = cluster.node(0);
    for name in ["aaa", "bbb", "ccc"] {
        create_table(&cluster, name);
    }
    for table in [
        "system.token_ring",
        "system_schema.tables",
        "system.peers",
        "system.config",
    ] {
        let all = scan_rows(&node, table);
        let name = format!("{TABLE_PREFIX}{table}");
        let mut request = json!({"TableName": name, "Limit": 7});
        let mut paged = Vec::new();
        loop {
            let response = run(&node, "Scan", &request);
            let items = response["Items"].as_array().unwrap();
            assert_eq!(response["Count"], items.len());
            paged.extend(items.iter().cloned());
            match response.get("LastEvaluatedKey") {
                Some(key) => request["ExclusiveStartKey"] = key.clone(),
                None => break,
            }
            assert_eq!(items.len(), 7);
        }
        assert_eq!(paged, all, "{table}");
    }
}

#[test]
fn query_supports_reverse_order() {
    let cluster = three_rack_cluster(Tokens::tablets(8));
    create_table(&cluster, "ttt");
    let node = cluster.node(0);
    let id = table_id(&node, "ttt");
    let mut request = query_request("system.tablets", "table_id = :a", &[&id]);
    request["ScanIndexForward"] = json!(false);
    request["Limit"] = json!(5);
    let first = run(&node, "Query", &request);
    assert_eq!(
        string_column(&first["Items"][0], "last_token"),
        i64::MAX.to_string()
    );
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
fn scan_pages_are_limited_to_one_megabyte() {
    let cluster = TestCluster::builder()
        .nodes(1)
        .tokens(Tokens::tablets(1 << 14))
        .start()
        .unwrap();
    create_table(&cluster, "ttt");
    let response = run(
        &cluster.node(0),
        "Scan",
        &json!({"TableName": format!("{TABLE_PREFIX}system.tablets")}),
    );
    assert!(response["Count"].as_u64().unwrap() < 1 << 14);
    assert!(response.get("LastEvaluatedKey").is_some());
}

#[test]
fn projection_selects_columns() {
    let cluster = three_rack_cluster(Tokens::tablets(1));
    create_table(&cluster, "ttt");
    let node = cluster.node(0);
    let mut request = query_request(
        "system_schema.tables",
        "keyspace_name = :a",
        &["alternator_ttt"],
    );
    request["ProjectionExpression"] = json!("#i, table_name, missing");
    request["ExpressionAttributeNames"] = json!({"#i": "id"});
    let response = run(&node, "Query", &request);
    let expected = json!({"id": {"S": table_id(&node, "ttt")}, "table_name": {"S": "ttt"}});
    assert_eq!(response["Items"], json!([expected]));
    let old =
        json!({"TableName": format!("{TABLE_PREFIX}system.local"), "AttributesToGet": ["rack"]});
    assert_eq!(
        run(&node, "Scan", &old)["Items"],
        json!([{"rack": {"S": "r1"}}])
    );
    let count = json!({"TableName": format!("{TABLE_PREFIX}system.peers"), "Select": "COUNT"});
    assert_eq!(
        run(&node, "Scan", &count),
        json!({"Count": 5, "ScannedCount": 5})
    );
}

#[test]
fn key_conditions_follow_server_rules() {
    let cluster = three_rack_cluster(Tokens::tablets(4));
    create_table(&cluster, "ttt");
    let node = cluster.node(0);
    let id = table_id(&node, "ttt");
    let count = |condition: &str, values: &[&str]| {
        query_rows(&node, "system.tablets", condition, values).len()
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
        query_rows(&node, "system.token_ring", ring, &["alternator_ttt", "tt"]).len(),
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
        let error_response = expect_error(&node, "Query", &query_request(table, condition, values));
        assert_eq!(error_response.error(), "ValidationException", "{condition}");
        assert!(
            error_response.message().contains(reason),
            "{condition}: {}",
            error_response.message()
        );
    }
    let mut number = query_request(
        "system.tablets",
        "table_id = :a AND last_token = :b",
        &[&id],
    );
    number["ExpressionAttributeValues"][":b"] = json!({"N": "0"});
    assert!(
        expect_error(&node, "Query", &number)
            .message()
            .contains("expected type S for key column last_token, got type N")
    );
    let filtered = json!({"TableName": format!("{TABLE_PREFIX}system.peers"), "FilterExpression": "rack = :r"});
    assert_eq!(
        expect_error(&node, "Scan", &filtered).error(),
        "ValidationException"
    );
}

#[test]
fn internal_tables_support_only_query_and_scan() {
    let cluster = three_rack_cluster(Tokens::vnodes());
    let node = cluster.node(0);
    let name = format!("{TABLE_PREFIX}system.local");
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
            json!({"TableName": format!("{TABLE_PREFIX}system.paxos")}),
        ),
        (
            "Scan",
            json!({"TableName": format!("{TABLE_PREFIX}alternator_ttt.ttt")}),
        ),
    ] {
        let error_response = expect_error(&node, operation, &body);
        assert_eq!(
            error_response.error(),
            "ResourceNotFoundException",
            "{operation}"
        );
        assert!(error_response.message().contains(TABLE_PREFIX));
    }
    let counters = node.counters();
    assert_eq!((counters.on_replica, counters.off_replica), (0, 0));
}

#[test]
fn internal_tables_can_be_denied_or_unknown() {
    let cluster = |access| {
        let builder = TestCluster::builder().nodes(1).tokens(Tokens::vnodes());
        builder.internal_tables(access).start().unwrap()
    };
    let scan = json!({"TableName": format!("{TABLE_PREFIX}system.tablets")});
    let denied = expect_error(&cluster(InternalTables::Refused).node(0), "Scan", &scan);
    assert_eq!(
        (denied.status, denied.error().as_str()),
        (400, "AccessDeniedException")
    );
    assert_eq!(
        denied.message(),
        "SELECT access on table system.tablets is denied to role <anonymous>, client address 127.0.0.1"
    );
    let unknown = expect_error(&cluster(InternalTables::Unknown).node(0), "Scan", &scan);
    assert_eq!(unknown.error(), "ResourceNotFoundException");
    let without_tokens = TestCluster::builder()
        .nodes(1)
        .internal_tables(InternalTables::Readable);
    let without_tokens = without_tokens.start().unwrap();
    create_table(&without_tokens, "ttt");
    let node = without_tokens.node(0);
    assert!(
        run(&node, "Scan", &scan)["Items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let local = json!({"TableName": format!("{TABLE_PREFIX}system.local")});
    assert!(
        run(&node, "Scan", &local)["Items"][0]
            .get("tokens")
            .is_none()
    );
    assert!(urls(&without_tokens.replicas("ttt", "a")).is_empty());
}
