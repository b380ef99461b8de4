//! Permissions, costs and paging keys of internal tables.

use super::*;

#[test]
fn grants_are_per_role_and_table() {
    let cluster = three_rack_cluster(Tokens::tablets(2));
    let node = cluster.node(0);
    cluster.set_grants("reader", ["system.tablets", "system.local"]);
    // Signatures are not verified without authorization; the role is what the request claims.
    let status = |role: &str, table: &str| {
        let body = json!({"TableName": format!("{TABLE_PREFIX}{table}")});
        let credential = format!("{role}/20261128/us-east-1/dynamodb/aws4_request");
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0");
        let request = crate::http::Request::operation("Scan", body.to_string());
        crate::http::send(&node, &request.header("Authorization", &authorization))
    };
    assert_eq!(status("reader", "system.tablets").status, 200);
    let refused = status("reader", "system.token_ring");
    assert_eq!(refused.error(), "AccessDeniedException");
    assert!(
        refused
            .message()
            .contains("SELECT access on table system.token_ring is denied to role reader")
    );
    assert_eq!(status("other", "system.token_ring").status, 200);
    cluster.set_grants("reader", ["system.token_ring"]);
    assert_eq!(status("reader", "system.token_ring").status, 200);
    assert_eq!(
        status("reader", "system.tablets").error(),
        "AccessDeniedException"
    );
}

#[test]
fn reads_are_counted_by_table_and_node() {
    let cluster = three_rack_cluster(Tokens::tablets(4));
    create_table(&cluster, "ttt");
    let node = cluster.node(0);
    let id = table_id(&node, "ttt");
    cluster.reset_counters();
    let rows = query_rows(&node, "system.tablets", "table_id = :a", &[&id]);
    query_rows(&node, "system.tablets", "table_id = :a", &[&id]);
    scan_rows(&node, "system.local");
    let reads = node.counters().internal_reads;
    let tablets = reads["system.tablets"];
    assert_eq!((tablets.requests, tablets.rows), (2, 8));
    let bytes = rows.iter().map(|row| row.to_string().len()).sum::<usize>() as u64;
    assert!(
        (2 * bytes..2 * bytes + 200).contains(&tablets.bytes),
        "{tablets:?}"
    );
    assert_eq!(reads["system.local"].rows, 1);
    assert!(cluster.node(1).counters().internal_reads.is_empty());
}

#[test]
fn weight_of_a_paging_key_is_a_number_that_is_taken_back_as_a_string() {
    let cluster = TestCluster::builder()
        .tokens(Tokens::tablets(4))
        .paging_weights(true);
    let cluster = cluster.start().unwrap();
    create_table(&cluster, "ttt");
    let node = cluster.node(0);
    let id = table_id(&node, "ttt");
    let mut request = query_request("system.tablets", "table_id = :a", &[&id]);
    request["Limit"] = json!(3);
    let key = run(&node, "Query", &request)["LastEvaluatedKey"].clone();
    assert_eq!(key[":scylla:paging:weight"], json!({"N": 1}));
    request["ExclusiveStartKey"] = key;
    let refused = expect_error(&node, "Query", &request);
    assert_eq!(refused.error(), "ValidationException");
    request["ExclusiveStartKey"][":scylla:paging:weight"] = json!({"N": "1"});
    assert_eq!(run(&node, "Query", &request)["Count"], 1);
}

#[test]
fn start_key_without_its_clustering_column_is_refused() {
    let cluster = three_rack_cluster(Tokens::tablets(4));
    create_table(&cluster, "ttt");
    let node = cluster.node(0);
    let id = table_id(&node, "ttt");
    let mut request = query_request("system.tablets", "table_id = :a", &[&id]);
    request["ExclusiveStartKey"] = json!({"table_id": {"S": id}});
    let refused = expect_error(&node, "Query", &request);
    assert_eq!(refused.error(), "ValidationException");
    assert!(
        refused.message().contains("last_token"),
        "{}",
        refused.message()
    );
}

#[test]
fn keyspaces_show_the_replication_of_their_tables() {
    let cluster = TestCluster::builder()
        .nodes(3)
        .node(NodeConfig::new().datacenter("dc2"))
        .node(NodeConfig::new().datacenter("dc3"))
        .tokens(Tokens::vnodes())
        .replication_factor_in("dc2", 1)
        .replication_factor_in("dc3", 0);
    let cluster = cluster.start().unwrap();
    create_table(&cluster, "ttt");
    let rows = scan_rows(&cluster.node(0), "system_schema.keyspaces");
    let replication =
        "({class : org.apache.cassandra.locator.NetworkTopologyStrategy}, {dc1 : 3}, {dc2 : 1})";
    let expected = json!({
        "keyspace_name": {"S": "alternator_ttt"}, "durable_writes": {"BOOL": "true"}, "replication": {"S": replication},
    });
    assert_eq!(rows, [expected]);
}

#[test]
fn colocated_indexes_only_name_their_table() {
    let tokens = Tokens::tablets(2).colocate_indexes();
    let cluster = three_rack_cluster(tokens);
    let mut definition = crate::operations::table_definition("ttt");
    let attributes = definition["AttributeDefinitions"].as_array_mut().unwrap();
    attributes.push(json!({"AttributeName": "g", "AttributeType": "S"}));
    definition["GlobalSecondaryIndexes"] = json!([{
        "IndexName": "ggg", "Projection": {"ProjectionType": "ALL"},
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
    }]);
    let node = cluster.node(0);
    run(&node, "CreateTable", &definition);
    let rows = scan_rows(&node, "system.tablets");
    let index: Vec<_> = rows
        .iter()
        .filter(|row| row["table_name"]["S"] == "ttt:ggg")
        .collect();
    assert_eq!(index.len(), 1);
    assert_eq!(
        string_column(index[0], "base_table"),
        table_id(&node, "ttt")
    );
    assert!(index[0].get("last_token").is_none() && index[0].get("replicas").is_none());
    let replicas = |table| urls(&cluster.replicas(table, "a"));
    assert_eq!(replicas("ttt:ggg"), replicas("ttt"));
}

#[test]
fn forced_reads_before_writes_are_shown_and_make_transactions() {
    for (forced, expected) in [(false, 0), (true, 1)] {
        let builder = TestCluster::builder().tokens(Tokens::vnodes());
        let cluster = builder.force_read_before_write(forced).start().unwrap();
        create_table(&cluster, "ttt");
        let node = cluster.node(0);
        let name = "alternator_force_read_before_write";
        let rows = scan_rows(&node, "system.config");
        let row = rows.iter().find(|row| row["name"]["S"] == name).unwrap();
        assert_eq!(row["value"]["S"], forced.to_string());
        let delete = json!({"TableName": "ttt", "Key": {"k": {"S": "a"}}});
        run(&node, "DeleteItem", &delete);
        assert_eq!(cluster.lwt_partitions().len(), expected);
        run(
            &node,
            "PutItem",
            &json!({"TableName": "ttt", "Item": {"k": {"S": "b"}}}),
        );
        assert_eq!(
            cluster.lwt_partitions().len(),
            expected,
            "not those of whole items"
        );
    }
}
