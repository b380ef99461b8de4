//! What they say of where partitions lie.

use super::*;

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
