//! Routes of PrivateLink to nodes with HTTPS.

use super::certificates::Authority;
use crate::support::{eventually, expect_pings, ready_client_of, test_cluster};
use alternator_lb_sdk::{Alternator, ClientRoutes, NodeState};
use alternator_test_cluster::{InternalTables, NodeConfig};
use std::time::Duration;

const CONNECTION: &str = "6f5bb7d0-0a7c-4f0c-9a3e-0d4f6d3c3d52";

#[tokio::test]
async fn nodes_are_reached_at_the_https_ports_of_their_routes() {
    let authority = Authority::new();
    let identity = authority.named(&["127.0.0.1"]);
    let node = |number: u8| {
        let node = NodeConfig::new().address("127.0.0.1").own_port();
        node.listed_address([127, 1, 0, number])
    };
    let cluster = test_cluster!(|cluster| cluster
        .tls(identity.certificate.as_str(), identity.key.as_str())
        .internal_tables(InternalTables::Readable)
        .node(node(1))
        .node(node(2))
        .node(node(3)));
    let nodes = cluster.nodes();
    for node in &nodes {
        node.add_client_route(CONNECTION, "127.0.0.1", node.address().port());
    }
    let builder = Alternator::builder()
        .seeds([cluster.node(0).url()])
        .ca_certificate_pem(authority.pem())
        .address_translator(ClientRoutes::new([CONNECTION]))
        .refresh_interval(Duration::from_millis(50));
    let (alternator, client) = ready_client_of(builder).await;
    eventually("the nodes are used", async || {
        let known = alternator.nodes();
        known.len() == 3 && known.iter().all(|node| node.state() == NodeState::Up)
    })
    .await;
    cluster.reset_counters();
    expect_pings(&client, 30).await;
    for node in &nodes {
        assert!(node.url().starts_with("https://"));
        assert_eq!(node.counters().operation("ListTables"), 10);
    }
}
