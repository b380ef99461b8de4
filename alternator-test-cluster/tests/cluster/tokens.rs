//! Tests of token ownership, and of the counters of requests on replicas and off replicas.

use std::collections::BTreeSet;

use alternator_test_cluster::{Node, NodeConfig, PartitionKey, TestCluster, Tokens};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::http::run;
use crate::operations::create_table;

/// Starts a cluster of six nodes in three racks.
pub(crate) fn three_rack_cluster(tokens: Tokens) -> TestCluster {
    let racks = ["r1", "r2", "r3"].into_iter().cycle().take(6);
    let nodes = racks.map(|rack| NodeConfig::new().rack(rack));
    let builder = TestCluster::builder().tokens(tokens);
    nodes
        .fold(builder, alternator_test_cluster::Builder::node)
        .start()
        .unwrap()
}

/// Returns the URLs of nodes.
pub(crate) fn urls(nodes: &[Node]) -> BTreeSet<String> {
    nodes.iter().map(Node::url).collect()
}

fn get_item(node: &Node, key: &str) {
    run(
        node,
        "GetItem",
        &json!({"TableName": "ttt", "Key": {"k": {"S": key}}}),
    );
}

/// Returns a node that holds a key, and a node that does not.
pub(crate) fn replica_and_non_replica(cluster: &TestCluster, key: &str) -> (Node, Node) {
    let replicas = cluster.replicas("ttt", key);
    let held = urls(&replicas);
    let other = cluster
        .nodes()
        .into_iter()
        .find(|node| !held.contains(&node.url()));
    (replicas[0].clone(), other.unwrap())
}

#[test]
fn each_key_has_three_replicas_in_three_racks() {
    for tokens in [Tokens::vnodes(), Tokens::tablets(16)] {
        let cluster = three_rack_cluster(tokens);
        create_table(&cluster, "ttt");
        let mut primaries = BTreeSet::new();
        for number in 0..100 {
            let replicas = cluster.replicas("ttt", format!("key {number}"));
            let racks: BTreeSet<&str> = replicas.iter().map(Node::rack).collect();
            assert_eq!((replicas.len(), racks.len()), (3, 3));
            primaries.insert(replicas[0].url());
        }
        assert!(primaries.len() >= 2, "{primaries:?}");
    }
}

#[test]
fn replica_counters_stay_zero_without_tokens() {
    let cluster = TestCluster::builder().start().unwrap();
    create_table(&cluster, "ttt");
    assert!(cluster.replicas("ttt", "a").is_empty());
    get_item(&cluster.node(0), "a");
    let counters = cluster.node(0).counters();
    assert_eq!((counters.on_replica, counters.off_replica), (0, 0));
}

#[test]
fn requests_are_counted_by_replica_status() {
    for tokens in [Tokens::vnodes(), Tokens::tablets(8)] {
        let cluster = three_rack_cluster(tokens);
        create_table(&cluster, "ttt");
        let (on, off) = replica_and_non_replica(&cluster, "a");
        let key = json!({"k": {"S": "a"}});
        for node in [&on, &off] {
            run(node, "PutItem", &json!({"TableName": "ttt", "Item": key}));
            run(node, "GetItem", &json!({"TableName": "ttt", "Key": key}));
            let update = json!({
                "TableName": "ttt", "Key": key, "UpdateExpression": "SET v = :v",
                "ExpressionAttributeValues": {":v": {"N": "1"}},
            });
            run(node, "UpdateItem", &update);
            run(node, "DeleteItem", &json!({"TableName": "ttt", "Key": key}));
            for query in [
                json!({"KeyConditionExpression": "#k = :k", "ExpressionAttributeNames": {"#k": "k"},
                       "ExpressionAttributeValues": {":k": {"S": "a"}}}),
                json!({"KeyConditions": {"k": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}}}),
            ] {
                let mut query = query;
                query["TableName"] = json!("ttt");
                run(node, "Query", &query);
            }
            // Operations without a single key are not counted.
            run(node, "Scan", &json!({"TableName": "ttt"}));
            run(node, "DescribeTable", &json!({"TableName": "ttt"}));
        }
        let counted = |node: &Node| {
            let counters = node.counters();
            (counters.on_replica, counters.off_replica)
        };
        assert_eq!(counted(&on), (6, 0));
        assert_eq!(counted(&off), (0, 6));
        cluster.reset_counters();
        assert_eq!(counted(&on), (0, 0));
    }
}

#[test]
fn batch_keys_are_counted_by_replica_status() {
    let cluster = three_rack_cluster(Tokens::vnodes());
    create_table(&cluster, "ttt");
    let node = cluster.node(0);
    let held = |key: &str| urls(&cluster.replicas("ttt", key)).contains(&node.url());
    let keys: Vec<String> = (0..20).map(|number| format!("key {number}")).collect();
    let on = keys.iter().filter(|key| held(key)).count() as u64;
    let puts: Vec<Value> = keys
        .iter()
        .map(|key| json!({"PutRequest": {"Item": {"k": {"S": key}}}}))
        .collect();
    run(
        &node,
        "BatchWriteItem",
        &json!({"RequestItems": {"ttt": puts}}),
    );
    let gets: Vec<Value> = keys.iter().map(|key| json!({"k": {"S": key}})).collect();
    run(
        &node,
        "BatchGetItem",
        &json!({"RequestItems": {"ttt": {"Keys": gets}}}),
    );
    let delete = json!([{"DeleteRequest": {"Key": {"k": {"S": keys[0]}}}}]);
    run(
        &node,
        "BatchWriteItem",
        &json!({"RequestItems": {"ttt": delete}}),
    );
    let counters = node.counters();
    assert_eq!((counters.on_replica, counters.off_replica), (0, 0));
    let first = u64::from(held(&keys[0]));
    assert_eq!(counters.batch_keys_on_replica, 2 * on + first);
    assert_eq!(counters.batch_keys_off_replica, 2 * (20 - on) + 1 - first);
}

#[test]
fn fixed_responses_are_counted_by_replica_status() {
    let cluster = TestCluster::builder()
        .nodes(3)
        .replication_factor(1)
        .tokens(Tokens::vnodes())
        .fixed_response("GetItem", "{}")
        .fixed_response("Nonsense", "{}")
        .start()
        .unwrap();
    create_table(&cluster, "ttt");
    let (on, off) = replica_and_non_replica(&cluster, "a");
    get_item(&on, "a");
    get_item(&off, "a");
    run(&on, "Nonsense", &json!({}));
    assert_eq!(on.counters().on_replica, 1);
    assert_eq!(off.counters().off_replica, 1);
}

#[test]
fn index_queries_are_counted_by_index_replicas() {
    let cluster = three_rack_cluster(Tokens::tablets(8));
    let table = json!({
        "TableName": "ttt",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [
            {"AttributeName": "k", "AttributeType": "S"}, {"AttributeName": "g", "AttributeType": "N"},
        ],
        "GlobalSecondaryIndexes": [{
            "IndexName": "iii", "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        }],
    });
    run(&cluster.node(0), "CreateTable", &table);
    let key = PartitionKey::number("7").unwrap();
    let held = urls(&cluster.replicas("ttt:iii", key));
    assert_eq!(held.len(), 3);
    for node in cluster.nodes() {
        let query = json!({
            "TableName": "ttt", "IndexName": "iii", "KeyConditionExpression": "g = :g",
            "ExpressionAttributeValues": {":g": {"N": "7"}},
        });
        run(&node, "Query", &query);
        let on = u64::from(held.contains(&node.url()));
        let counters = node.counters();
        assert_eq!((counters.on_replica, counters.off_replica), (on, 1 - on));
    }
}

#[test]
fn ring_changes_when_node_joins_or_leaves() {
    let cluster = three_rack_cluster(Tokens::vnodes());
    create_table(&cluster, "ttt");
    let keys: Vec<String> = (0..300).map(|number| number.to_string()).collect();
    let held_by = |node: &Node| {
        let holds =
            |key: &&String| urls(&cluster.replicas("ttt", key.as_str())).contains(&node.url());
        keys.iter().filter(holds).count()
    };
    let joined = cluster.add_node(NodeConfig::new().rack("r1")).unwrap();
    assert!(held_by(&joined) > 0);
    cluster.remove_node(&joined);
    assert_eq!(held_by(&joined), 0);
    joined.stop();
    let stopped = cluster.node(0);
    stopped.stop();
    assert!(
        held_by(&stopped) > 0,
        "a node that is down is still a replica"
    );
}

#[test]
fn moved_tablet_changes_replicas() {
    let cluster = three_rack_cluster(Tokens::tablets(4));
    create_table(&cluster, "ttt");
    let tablets = cluster.tablets("ttt");
    assert_eq!(tablets.len(), 4);
    assert_eq!(
        (tablets[0].after, tablets[3].last_token),
        (i64::MIN, i64::MAX)
    );
    let key = PartitionKey::from("a");
    let index = tablets
        .iter()
        .position(|tablet| key.token() <= tablet.last_token)
        .unwrap();
    let before = &tablets[index].replicas;
    assert_eq!(urls(before), urls(&cluster.replicas("ttt", "a")));
    let (from, to) = replica_and_non_replica(&cluster, "a");
    cluster.move_tablet("ttt", index, &from, &to);
    let after = urls(&cluster.replicas("ttt", "a"));
    assert!(after.contains(&to.url()) && !after.contains(&from.url()));
    get_item(&to, "a");
    get_item(&from, "a");
    assert_eq!(
        (to.counters().on_replica, from.counters().off_replica),
        (1, 1)
    );
}

#[test]
#[should_panic(expected = "tablet 0 of ttt cannot move")]
fn moving_tablet_to_current_replica_panics() {
    let cluster = three_rack_cluster(Tokens::tablets(1));
    create_table(&cluster, "ttt");
    let replicas = cluster.replicas("ttt", "a");
    cluster.move_tablet("ttt", 0, &replicas[0], &replicas[1]);
}

#[test]
fn tablets_of_removed_node_move_to_remaining_nodes() {
    let cluster = three_rack_cluster(Tokens::tablets(16));
    create_table(&cluster, "ttt");
    let removed = cluster.node(0);
    cluster.remove_node(&removed);
    for tablet in cluster.tablets("ttt") {
        let racks: BTreeSet<&str> = tablet.replicas.iter().map(Node::rack).collect();
        assert_eq!((tablet.replicas.len(), racks.len()), (3, 3));
        assert!(!urls(&tablet.replicas).contains(&removed.url()));
    }
}

#[test]
fn replication_factor_follows_setting_and_cluster_size() {
    for (nodes, requested, replicas) in
        [(2, None, 1), (3, None, 3), (2, Some(2), 2), (2, Some(5), 2)]
    {
        let mut builder = TestCluster::builder()
            .nodes(nodes)
            .tokens(Tokens::tablets(2));
        if let Some(requested) = requested {
            builder = builder.replication_factor(requested);
        }
        let cluster = builder.start().unwrap();
        create_table(&cluster, "ttt");
        assert_eq!(
            cluster.replicas("ttt", "a").len(),
            replicas,
            "{nodes} {requested:?}"
        );
    }
}

#[test]
fn table_tag_selects_tablets_or_vnodes() {
    for (tokens, tag, tablets) in [
        (Tokens::tablets(4), "none", 0),
        (Tokens::tablets(4), "2", 2),
        (Tokens::vnodes(), "0", 8),
    ] {
        let cluster = three_rack_cluster(tokens);
        let mut table = crate::operations::table_definition("ttt");
        table["Tags"] = json!([{"Key": "system:initial_tablets", "Value": tag}]);
        run(&cluster.node(0), "CreateTable", &table);
        assert_eq!(cluster.tablets("ttt").len(), tablets);
        assert_eq!(cluster.replicas("ttt", "a").len(), 3);
    }
}

/// Tokens that a real server gave to keys, by the type of the key.
const RECORDED_TOKENS: &str =
    include_str!("../../../alternator-lb-core/src/routing/token/tokens-real.json");

#[test]
fn tokens_are_those_of_a_real_server() {
    let tokens: Value = serde_json::from_str(RECORDED_TOKENS).unwrap();
    let mut count = 0;
    for (kind, keys) in tokens.as_object().unwrap() {
        for (key, token) in keys.as_object().unwrap() {
            let key = match kind.as_str() {
                "S" => PartitionKey::string(key),
                "N" => PartitionKey::number(key.as_str()).unwrap(),
                _ => PartitionKey::binary(BASE64.decode(key).unwrap()),
            };
            assert_eq!(key.token().to_string(), token.as_str().unwrap(), "{key}");
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}
