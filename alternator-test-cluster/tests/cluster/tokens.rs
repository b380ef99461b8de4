//! Replicas, and what is counted of them.

use std::collections::BTreeSet;

use alternator_test_cluster::{Node, NodeConfig, PartitionKey, TestCluster, Tokens};
use serde_json::{Value, json};

use crate::http::run;
use crate::operations::create;

/// Six nodes in three racks.
pub(crate) fn cluster(tokens: Tokens) -> TestCluster {
    let racks = ["r1", "r2", "r3"].into_iter().cycle().take(6);
    let nodes = racks.map(|rack| NodeConfig::new().rack(rack));
    let builder = TestCluster::builder().tokens(tokens);
    nodes
        .fold(builder, alternator_test_cluster::Builder::node)
        .start()
        .unwrap()
}

pub(crate) fn urls(nodes: &[Node]) -> BTreeSet<String> {
    nodes.iter().map(Node::url).collect()
}

fn get(node: &Node, key: &str) {
    run(
        node,
        "GetItem",
        &json!({"TableName": "ttt", "Key": {"k": {"S": key}}}),
    );
}

/// A node that holds a key, and one that does not.
pub(crate) fn both_kinds(cluster: &TestCluster, key: &str) -> (Node, Node) {
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
        let cluster = cluster(tokens);
        create(&cluster, "ttt");
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
fn without_tokens_nothing_is_counted() {
    let cluster = TestCluster::builder().start().unwrap();
    create(&cluster, "ttt");
    assert!(cluster.replicas("ttt", "a").is_empty());
    get(&cluster.node(0), "a");
    let counters = cluster.node(0).counters();
    assert_eq!((counters.on_replica, counters.off_replica), (0, 0));
}

#[test]
fn requests_count_by_whether_the_node_is_a_replica() {
    for tokens in [Tokens::vnodes(), Tokens::tablets(8)] {
        let cluster = cluster(tokens);
        create(&cluster, "ttt");
        let (on, off) = both_kinds(&cluster, "a");
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
            // These are for no single key.
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
fn batches_count_by_their_keys() {
    let cluster = cluster(Tokens::vnodes());
    create(&cluster, "ttt");
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
fn fixed_answers_are_counted_as_others() {
    let cluster = TestCluster::builder()
        .nodes(3)
        .replication_factor(1)
        .tokens(Tokens::vnodes())
        .fixed_response("GetItem", "{}")
        .fixed_response("Nonsense", "{}")
        .start()
        .unwrap();
    create(&cluster, "ttt");
    let (on, off) = both_kinds(&cluster, "a");
    get(&on, "a");
    get(&off, "a");
    run(&on, "Nonsense", &json!({}));
    assert_eq!(on.counters().on_replica, 1);
    assert_eq!(off.counters().off_replica, 1);
}

#[test]
fn queries_of_an_index_count_by_the_replicas_of_the_index() {
    let cluster = cluster(Tokens::tablets(8));
    let table = json!({
        "TableName": "ttt",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}, {"AttributeName": "g", "AttributeType": "N"}],
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
fn a_node_that_joins_or_leaves_changes_the_ring() {
    let cluster = cluster(Tokens::vnodes());
    create(&cluster, "ttt");
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
fn tablets_move_where_they_are_told() {
    let cluster = cluster(Tokens::tablets(4));
    create(&cluster, "ttt");
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
    let (from, to) = both_kinds(&cluster, "a");
    cluster.move_tablet("ttt", index, &from, &to);
    let after = urls(&cluster.replicas("ttt", "a"));
    assert!(after.contains(&to.url()) && !after.contains(&from.url()));
    get(&to, "a");
    get(&from, "a");
    assert_eq!(
        (to.counters().on_replica, from.counters().off_replica),
        (1, 1)
    );
}

#[test]
#[should_panic(expected = "tablet 0 of ttt cannot move")]
fn a_tablet_does_not_move_to_where_it_is() {
    let cluster = cluster(Tokens::tablets(1));
    create(&cluster, "ttt");
    let replicas = cluster.replicas("ttt", "a");
    cluster.move_tablet("ttt", 0, &replicas[0], &replicas[1]);
}

#[test]
fn tablets_of_a_node_that_leaves_are_held_by_others() {
    let cluster = cluster(Tokens::tablets(16));
    create(&cluster, "ttt");
    let gone = cluster.node(0);
    cluster.remove_node(&gone);
    for tablet in cluster.tablets("ttt") {
        let racks: BTreeSet<&str> = tablet.replicas.iter().map(Node::rack).collect();
        assert_eq!((tablet.replicas.len(), racks.len()), (3, 3));
        assert!(!urls(&tablet.replicas).contains(&gone.url()));
    }
}

#[test]
fn small_clusters_have_one_replica_and_others_as_many_as_asked() {
    for (nodes, asked, replicas) in [(2, None, 1), (3, None, 3), (2, Some(2), 2), (2, Some(5), 2)] {
        let mut builder = TestCluster::builder()
            .nodes(nodes)
            .tokens(Tokens::tablets(2));
        if let Some(asked) = asked {
            builder = builder.replication_factor(asked);
        }
        let cluster = builder.start().unwrap();
        create(&cluster, "ttt");
        assert_eq!(
            cluster.replicas("ttt", "a").len(),
            replicas,
            "{nodes} {asked:?}"
        );
    }
}

#[test]
fn a_table_may_choose_tablets_or_vnodes_with_its_tag() {
    for (tokens, tag, tablets) in [
        (Tokens::tablets(4), "none", 0),
        (Tokens::tablets(4), "2", 2),
        (Tokens::vnodes(), "0", 8),
    ] {
        let cluster = cluster(tokens);
        let mut table = crate::operations::table("ttt");
        table["Tags"] = json!([{"Key": "system:initial_tablets", "Value": tag}]);
        run(&cluster.node(0), "CreateTable", &table);
        assert_eq!(cluster.tablets("ttt").len(), tablets);
        assert_eq!(cluster.replicas("ttt", "a").len(), 3);
    }
}
