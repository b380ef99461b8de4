//! The placement of partitions as shown by internal tables.

use super::*;

#[test]
fn schema_rows_have_ids_of_their_tablets() {
    let cluster = three_rack_cluster(Tokens::tablets(2));
    let node = cluster.node(0);
    run(&node, "CreateTable", &indexed_table_definition());
    let id = table_id(&node, "ttt");
    let tables = query_rows(
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
    assert_eq!(tables.len(), 1);
    assert_has_columns(&tables[0], &expected);
    let views = query_rows(
        &node,
        "system_schema.views",
        "keyspace_name = :a",
        &["alternator_ttt"],
    );
    let names: Vec<&str> = views
        .iter()
        .map(|view| string_column(view, "view_name"))
        .collect();
    assert_eq!(names, ["ttt!:lll", "ttt:ggg"]);
    let local_id = string_column(&views[0], "id");
    let expected = json!({
        "keyspace_name": {"S": "alternator_ttt"},
        "view_name": {"S": "ttt:ggg"},
        "base_table_id": {"S": id},
        "base_table_name": {"S": "ttt"},
        "comment": {"S": ""},
        "gc_grace_seconds": {"S": "864000"},
        "id": {"S": string_column(&views[1], "id")},
        // The server's own representation, which strict clients reject.
        "include_all_columns": {"BOOL": "true"},
    });
    assert_has_columns(&views[1], &expected);
    let shared = query_rows(&node, "system.tablets", "table_id = :a", &[local_id]);
    let expected = json!({
        "table_id": {"S": local_id},
        "keyspace_name": {"S": "alternator_ttt"},
        "table_name": {"S": "ttt!:lll"},
        "base_table": {"S": id},
    });
    assert_eq!(shared, [expected]);
    let ranged = query_rows(
        &node,
        "system.tablets",
        "table_id = :a AND last_token >= :b",
        &[local_id, "0"],
    );
    assert!(ranged.is_empty(), "a range has no static rows");
    assert_eq!(
        query_rows(
            &node,
            "system.tablets",
            "table_id = :a",
            &[string_column(&views[1], "id")]
        )
        .len(),
        2
    );
    run(&node, "DeleteTable", &json!({"TableName": "ttt"}));
    assert!(scan_rows(&node, "system.tablets").is_empty());
    assert!(scan_rows(&node, "system_schema.views").is_empty());
}

#[test]
fn index_rows_follow_table_updates() {
    let cluster = three_rack_cluster(Tokens::tablets(2));
    create_table(&cluster, "ttt");
    let node = cluster.node(0);
    let names = || -> Vec<String> {
        let views = scan_rows(&node, "system_schema.views");
        let names = views
            .iter()
            .map(|view| string_column(view, "view_name").to_owned());
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
fn tablet_rows_have_server_format() {
    let cluster = TestCluster::builder()
        .nodes(1)
        .tokens(Tokens::tablets(2))
        .start()
        .unwrap();
    let node = cluster.node(0);
    create_table(&cluster, "ttt");
    let id = table_id(&node, "ttt");
    let host = scan_rows(&node, "system.local")[0]["host_id"]["S"]
        .as_str()
        .unwrap()
        .to_owned();
    let tablet = |last_token: &str, shard: usize| {
        json!({
            "table_id": {"S": id},
            "last_token": {"S": last_token},
            "keyspace_name": {"S": "alternator_ttt"},
            "resize_seq_number": {"S": "0"},
            "resize_type": {"S": "none"},
            "sstables_repaired_at": {"S": "0"},
            "table_name": {"S": "ttt"},
            "tablet_count": {"S": "2"},
            "replicas": {"S": format!("{host}:{shard}")},
        })
    };
    let both = [tablet("-1", 0), tablet("9223372036854775807", 1)];
    assert_eq!(
        query_rows(&node, "system.tablets", "table_id = :a", &[&id]),
        both
    );
    let ring = query_rows(
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
    assert_eq!(ring, expected, "start tokens are sorted as text");
}

#[test]
fn tablet_rows_match_replicas() {
    let cluster = three_rack_cluster(Tokens::tablets(8));
    create_table(&cluster, "ttt");
    let node = cluster.node(2);
    let id = table_id(&node, "ttt");
    let hosts = addresses_by_column(&node, "host_id");
    assert_eq!(hosts.len(), 6);
    for number in 0..30 {
        let key = PartitionKey::from(number.to_string());
        let token = key.token().to_string();
        let mut request = query_request(
            "system.tablets",
            "table_id = :a AND last_token >= :b",
            &[&id, &token],
        );
        request["Limit"] = json!(1);
        let response = run(&node, "Query", &request);
        let found: BTreeSet<String> = string_column(&response["Items"][0], "replicas")
            .split(", ")
            .map(|replica| hosts[replica.split_once(':').unwrap().0].clone())
            .collect();
        assert_eq!(found, ip_addresses(&cluster.replicas("ttt", key)));
    }
}

fn ip_addresses(nodes: &[Node]) -> BTreeSet<String> {
    nodes
        .iter()
        .map(|node| node.address().ip().to_string())
        .collect()
}

#[test]
fn token_ring_rows_match_replicas() {
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
    create_table(&cluster, "ttt");
    let node = cluster.node(5);
    let peers = addresses_by_column(&node, "peer");
    let rows = query_rows(
        &node,
        "system.token_ring",
        "keyspace_name = :a AND table_name = :b",
        &["alternator_ttt", "<ALL>"],
    );
    assert_eq!(rows.len(), 6 * 4 * 3);
    let starts: Vec<&str> = rows
        .iter()
        .map(|row| string_column(row, "start_token"))
        .collect();
    assert!(starts.is_sorted());
    let mut ring: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for row in &rows {
        let end = string_column(row, "end_token").parse().unwrap();
        let address = peers[string_column(row, "endpoint")].clone();
        ring.entry(end).or_default().insert(address);
    }
    for number in 0..200 {
        let key = PartitionKey::from(number.to_string());
        let after = ring.range(key.token()..).next();
        let (_, found) = after.or_else(|| ring.iter().next()).unwrap();
        assert_eq!(found, &ip_addresses(&cluster.replicas("ttt", key)));
    }
}
