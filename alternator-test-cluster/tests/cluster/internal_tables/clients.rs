//! `system.clients`: the operations under way, with their connections and shards.

use super::*;
use crate::http::Client;
use crate::recordings::assert_recorded_row;
use alternator_test_cluster::Version;

/// The head of a request whose body has two bytes.
const HEAD: &str = "POST / HTTP/1.1\r\nHost: node\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\n\
                    User-Agent: busy\r\nAuthorization: AWS4-HMAC-SHA256 \
                    Credential=cassandra/20261129/us-east-1/dynamodb/aws4_request, SignedHeaders=host, \
                    Signature=00\r\nContent-Length: 2\r\n\r\n";

fn cluster(version: Version) -> TestCluster {
    TestCluster::builder()
        .nodes(0)
        .node(NodeConfig::new().shards(3))
        .version(version)
        .internal_tables(InternalTables::Readable)
        .start()
        .unwrap()
}

/// The rows of the client that sends [`HEAD`].
fn busy_rows(node: &Node) -> Vec<Value> {
    let mut rows = scan_rows(node, "system.clients");
    rows.retain(|row| string_column(row, "driver_name") == "busy");
    rows
}

#[test]
fn connections_are_listed_by_shard_while_an_operation_is_under_way() {
    let cluster = cluster(Version::V2026_1);
    let node = cluster.node(0);
    let mut connections: Vec<_> = (0..6).map(|_| Client::connect(&node)).collect();
    for connection in &mut connections {
        connection.write(HEAD.as_bytes()).unwrap();
    }
    // Counted when the head has arrived. The body has not.
    while node.counters().requests < 6 {
        std::thread::yield_now();
    }
    let rows = busy_rows(&node);
    assert_recorded_row(&rows[0], "system.clients", 0);
    let mut shards = BTreeMap::<_, usize>::new();
    for row in &rows {
        *shards.entry(string_column(row, "shard_id")).or_default() += 1;
    }
    assert_eq!(shards, [("0", 2), ("1", 2), ("2", 2)].into());
    let ports: BTreeSet<_> = rows.iter().map(|row| string_column(row, "port")).collect();
    assert_eq!(ports.len(), 6);

    for connection in &mut connections {
        connection.write(b"{}").unwrap();
        assert_eq!(connection.receive().unwrap().status, 200);
    }
    assert_eq!(busy_rows(&node), Vec::<Value>::new());
}

#[test]
fn older_servers_list_no_clients_of_alternator() {
    let cluster = cluster(Version::V2025_1);
    assert_eq!(scan_rows(&cluster.node(0), "system.clients").len(), 0);
}
