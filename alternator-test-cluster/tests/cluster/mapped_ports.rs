//! Nodes that listen elsewhere than they are listed: mapped ports and PrivateLink.

use alternator_test_cluster::{InternalTables, NodeConfig, TestCluster, Version};
use serde_json::{Value, json};

use crate::http::{expect_error, localnodes, run};

fn container(last: u8) -> NodeConfig {
    NodeConfig::new()
        .address("127.0.0.1")
        .own_port()
        .listed_address([172, 17, 0, last])
}

fn containers() -> TestCluster {
    TestCluster::builder()
        .node(container(2))
        .node(container(3))
        .internal_tables(InternalTables::Readable)
        .start()
        .unwrap()
}

fn scan(cluster: &TestCluster, table: &str) -> Vec<Value> {
    let request = json!({"TableName": format!(".scylla.alternator.system.{table}")});
    let response = run(&cluster.node(0), "Scan", &request);
    response["Items"].as_array().unwrap().clone()
}

#[test]
fn nodes_share_an_address_and_have_ports_of_their_own() {
    let cluster = containers();
    let addresses = cluster.nodes();
    let mut addresses: Vec<_> = addresses.iter().map(|node| node.address()).collect();
    addresses.push(cluster.add_node(container(4)).unwrap().address());
    assert!(
        addresses
            .iter()
            .all(|address| address.ip().to_string() == "127.0.0.1")
    );
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), 3);
}

#[test]
fn listed_address_is_that_of_localnodes_and_of_the_internal_tables() {
    let cluster = containers();
    for node in cluster.nodes() {
        assert_eq!(localnodes(&node, ""), ["172.17.0.2", "172.17.0.3"]);
    }
    assert_eq!(cluster.node(1).listed_address().to_string(), "172.17.0.3");
    assert_eq!(scan(&cluster, "local")[0]["rpc_address"]["S"], "172.17.0.2");
    assert_eq!(scan(&cluster, "peers")[0]["rpc_address"]["S"], "172.17.0.3");
    let partitioned = cluster.node(1);
    partitioned.partition();
    assert_eq!(localnodes(&partitioned, ""), ["172.17.0.3"]);
}

#[test]
fn restarted_node_is_at_another_port_and_listed_as_before() {
    let cluster = containers();
    let node = cluster.node(1);
    let former = node.address();
    node.restart_at_another_port().unwrap();
    assert_ne!(node.address(), former);
    assert!(std::net::TcpStream::connect(former).is_err());
    assert_eq!(localnodes(&node, ""), ["172.17.0.2", "172.17.0.3"]);
    node.stop();
    node.start().unwrap();
    assert_ne!(node.address(), former);
    assert_eq!(localnodes(&node, "").len(), 2);
}

#[test]
fn client_routes_have_the_host_ids_of_the_nodes() {
    let cluster = containers();
    assert!(scan(&cluster, "client_routes").is_empty());
    cluster.node(0).add_client_route("a", "vpce.example", 9_001);
    cluster.node(0).add_client_route("b", "10.0.0.1", 9_002);
    cluster.node(1).add_client_route("a", "vpce.example", 9_003);
    let request = json!({
        "TableName": ".scylla.alternator.system.client_routes",
        "KeyConditionExpression": "connection_id = :id",
        "ExpressionAttributeValues": {":id": {"S": "a"}},
    });
    let response = run(&cluster.node(0), "Query", &request);
    let mut rows = response["Items"].as_array().unwrap().clone();
    rows.sort_by_key(|row| row["alternator_port"]["S"].as_str().unwrap().to_owned());
    let host_ids = [&scan(&cluster, "local")[0], &scan(&cluster, "peers")[0]];
    let expected = host_ids.map(|row| row["host_id"].clone());
    let expected = expected.into_iter().zip(["9001", "9003"]);
    let expected = expected.map(|(host_id, port)| {
        json!({
            "connection_id": {"S": "a"},
            "host_id": host_id,
            "address": {"S": "vpce.example"},
            "alternator_port": {"S": port},
        })
    });
    assert_eq!(rows, expected.collect::<Vec<_>>());
    cluster.node(0).clear_client_routes();
    assert_eq!(scan(&cluster, "client_routes").len(), 1);
}

#[test]
fn old_versions_have_no_client_routes() {
    let cluster = TestCluster::builder()
        .version(Version::V2025_1)
        .internal_tables(InternalTables::Readable)
        .start()
        .unwrap();
    let request = json!({"TableName": ".scylla.alternator.system.client_routes"});
    let response = expect_error(&cluster.node(0), "Scan", &request);
    let text = response.text();
    assert!(text.contains("ResourceNotFoundException"), "{text}");
}
