//! Tests of operations on partitions whose replicas are dead.

use std::time::Duration;

use alternator_test_cluster::{Builder, Fault, Node, NodeConfig, TestCluster, Tokens};
use serde_json::{Value, json};

use crate::http::{Request, Response, run, send};
use crate::operations::create_table;
use crate::recordings::assert_recorded_error;

/// Returns the builder of two nodes in each of three racks.
fn six_nodes(tokens: Tokens) -> Builder {
    let racks = ["r1", "r2", "r3"].into_iter().cycle().take(6);
    let nodes = racks.map(|rack| NodeConfig::new().rack(rack));
    let cluster = TestCluster::builder().tokens(tokens);
    nodes.fold(cluster, Builder::node)
}

fn start(builder: Builder) -> TestCluster {
    let cluster = builder.start().unwrap();
    create_table(&cluster, "ttt");
    cluster
}

/// The operations on one key that need a quorum, and the one that needs a single replica.
fn operation(name: &str) -> (&'static str, Value) {
    let key = json!({"k": {"S": "a"}});
    match name {
        "write" => ("PutItem", json!({"TableName": "ttt", "Item": key})),
        "conditional write" => (
            "PutItem",
            json!({"TableName": "ttt", "Item": key, "ConditionExpression": "attribute_exists(k)"}),
        ),
        "consistent read" => (
            "GetItem",
            json!({"TableName": "ttt", "Key": key, "ConsistentRead": true}),
        ),
        _ => ("GetItem", json!({"TableName": "ttt", "Key": key})),
    }
}

fn execute(node: &Node, name: &str) -> Response {
    let (operation, body) = operation(name);
    send(node, &Request::operation(operation, body.to_string()))
}

/// Returns a node that is no replica of the key `a`.
fn other_node(cluster: &TestCluster) -> Node {
    let replicas = cluster.replicas("ttt", "a");
    let is_replica = |node: &Node| replicas.iter().any(|replica| replica.url() == node.url());
    let mut nodes = cluster.nodes().into_iter();
    nodes.find(|node| !is_replica(node)).unwrap()
}

#[test]
fn one_dead_replica_of_three_fails_no_operation() {
    for tokens in [Tokens::vnodes(), Tokens::tablets(8)] {
        let cluster = start(six_nodes(tokens));
        cluster.replicas("ttt", "a")[0].stop();
        let node = other_node(&cluster);
        for name in ["write", "conditional write", "consistent read", "read"] {
            assert_eq!(execute(&node, name).status, 200, "{name}");
        }
    }
}

#[test]
fn lost_quorum_fails_quorum_operations_at_once_after_it_was_noticed() {
    for tokens in [Tokens::vnodes(), Tokens::tablets(8)] {
        let cluster = start(six_nodes(tokens));
        for replica in &cluster.replicas("ttt", "a")[..2] {
            replica.stop();
            replica.set_listed(false);
        }
        let node = other_node(&cluster);
        for name in ["consistent read", "conditional write"] {
            assert_recorded_error(&execute(&node, name), &format!("quorum lost, {name}"));
        }
        let write = execute(&node, "write");
        assert_eq!(
            (write.status, write.message().as_str()),
            (
                500,
                "Internal server error: exceptions::unavailable_exception (Cannot achieve consistency level for cl \
                 LOCAL_QUORUM. Requires 2, alive 1)"
            )
        );
        assert_eq!(execute(&node, "read").status, 200, "one replica suffices");
        cluster.replicas("ttt", "a")[0].start().unwrap();
        assert_eq!(execute(&node, "write").status, 200);
    }
}

#[test]
fn lost_quorum_fails_operations_after_the_timeout_until_it_is_noticed() {
    let builder = six_nodes(Tokens::vnodes());
    let cluster = start(builder.timeout(Duration::from_millis(10)));
    let replicas = cluster.replicas("ttt", "a");
    replicas[0].stop();
    replicas[1].inject(Fault::Hang);
    let node = other_node(&cluster);
    assert_recorded_error(
        &execute(&node, "write"),
        "quorum lost, not yet noticed, write",
    );
    for (name, exception, level) in [
        ("consistent read", "read_timeout_exception", "LOCAL_QUORUM"),
        (
            "conditional write",
            "mutation_write_timeout_exception",
            "LOCAL_SERIAL",
        ),
    ] {
        let response = execute(&node, name);
        assert_eq!(
            response.message(),
            format!(
                "Internal server error: exceptions::{exception} (Operation timed out for alternator_ttt.ttt - received \
                 only 1 responses from 2 CL={level}.)"
            )
        );
    }
    let read = execute(&node, "read");
    assert_eq!(
        read.json()["Item"]["k"]["S"],
        "a",
        "the live replica has the write that timed out"
    );
}

#[test]
fn failure_detection_ends_the_timeouts() {
    let builder = six_nodes(Tokens::vnodes()).failure_detection(Duration::ZERO);
    // A timeout of an hour would show.
    let cluster = start(builder.timeout(Duration::from_secs(3600)));
    for replica in &cluster.replicas("ttt", "a")[..2] {
        replica.stop();
    }
    let response = execute(&other_node(&cluster), "conditional write");
    assert_recorded_error(&response, "quorum lost, conditional write");
}

#[test]
fn scan_and_query_fail_where_no_replica_is_alive() {
    let cluster = start(six_nodes(Tokens::tablets(8)).failure_detection(Duration::ZERO));
    let node = other_node(&cluster);
    for replica in cluster.replicas("ttt", "a") {
        replica.stop();
    }
    let query = json!({
        "TableName": "ttt", "KeyConditionExpression": "k = :k", "ExpressionAttributeValues": {":k": {"S": "a"}},
    });
    for (operation, body) in [("Scan", json!({"TableName": "ttt"})), ("Query", query)] {
        let response = send(&node, &Request::operation(operation, body.to_string()));
        assert!(
            response
                .message()
                .contains("cl LOCAL_ONE. Requires 1, alive 0"),
            "{operation}: {}",
            response.text()
        );
    }
}

#[test]
fn batch_returns_keys_of_dead_replicas_as_unprocessed() {
    let cluster = start(six_nodes(Tokens::tablets(64)).failure_detection(Duration::ZERO));
    let keys: Vec<String> = (0..60).map(|number| number.to_string()).collect();
    let node = cluster.node(0);
    for key in &keys {
        run(
            &node,
            "PutItem",
            &json!({"TableName": "ttt", "Item": {"k": {"S": key}}}),
        );
    }
    cluster.node(1).stop();
    cluster.node(2).stop();
    let loses_quorum = |key: &&String| {
        let replicas = cluster.replicas("ttt", key.as_str());
        replicas.iter().filter(|node| !node.is_running()).count() == 2
    };
    let lost = keys.iter().filter(loses_quorum).count();
    assert!((1..60).contains(&lost), "{lost}");
    let requested: Vec<_> = keys.iter().map(|key| json!({"k": {"S": key}})).collect();
    let batch = json!({"RequestItems": {"ttt": {"Keys": requested, "ConsistentRead": true}}});
    let response = run(&node, "BatchGetItem", &batch);
    let unprocessed = &response["UnprocessedKeys"]["ttt"];
    assert_eq!(unprocessed["Keys"].as_array().unwrap().len(), lost);
    assert_eq!(unprocessed["ConsistentRead"], true);
    assert_eq!(
        response["Responses"]["ttt"].as_array().unwrap().len(),
        60 - lost
    );
}

#[test]
fn partitioned_node_reaches_no_other_replica() {
    let cluster = start(six_nodes(Tokens::vnodes()));
    let replica = &cluster.replicas("ttt", "a")[0];
    replica.partition();
    assert_eq!(execute(replica, "read").status, 200, "from itself");
    assert_recorded_error(
        &execute(replica, "consistent read"),
        "quorum lost, consistent read",
    );
    assert_eq!(execute(&other_node(&cluster), "write").status, 200);
    replica.restore_listing();
    assert_eq!(execute(replica, "consistent read").status, 200);
}

#[test]
fn datacenter_without_replicas_answers_with_the_recorded_errors() {
    let builder = six_nodes(Tokens::vnodes()).node(NodeConfig::new().datacenter("dc2"));
    let without_replicas = start(builder.replication_factor_in("dc2", 0));
    let joined = start(six_nodes(Tokens::vnodes()));
    joined
        .add_node(NodeConfig::new().datacenter("dc2"))
        .unwrap();
    for cluster in [without_replicas, joined] {
        let node = cluster.node(6);
        for (name, cause) in [
            ("read", "read"),
            ("consistent read", "quorum read"),
            ("write", "write"),
            ("conditional write", "conditional write"),
        ] {
            let cause = format!("node of a datacenter without replicas, {cause}");
            assert_recorded_error(&execute(&node, name), &cause);
        }
        assert_eq!(execute(&cluster.node(0), "write").status, 200);
        assert_eq!(cluster.replicas("ttt", "a").len(), 3);
    }
}

#[test]
fn disabled_quorum_checks_serve_everything() {
    let cluster = start(six_nodes(Tokens::vnodes()).quorum_checks(false));
    let node = other_node(&cluster);
    for replica in cluster.replicas("ttt", "a") {
        replica.stop();
    }
    assert_eq!(
        execute(&node, "conditional write").status,
        400,
        "the condition fails"
    );
    assert_eq!(execute(&node, "write").status, 200);
}
