//! Tests of `/localnodes`: its filters, its format and its overrides.

use alternator_test_cluster::{NodeConfig, TestCluster, Version};

use crate::http::{Request, localnodes, send};

/// Starts a cluster with two datacenters, the first with two racks.
fn two_datacenter_cluster(version: Version) -> TestCluster {
    TestCluster::builder()
        .nodes(1)
        .node(NodeConfig::new().rack("r2"))
        .node(NodeConfig::new().datacenter("dc 2"))
        .version(version)
        .start()
        .unwrap()
}

#[test]
fn localnodes_filters_by_datacenter_and_rack() {
    let cluster = two_datacenter_cluster(Version::V2026_1);
    let (one, three) = (cluster.node(0), cluster.node(2));
    assert_eq!(localnodes(&one, ""), ["127.0.0.1", "127.0.0.2"]);
    assert_eq!(localnodes(&one, "/"), ["127.0.0.1", "127.0.0.2"]);
    assert_eq!(localnodes(&one, "?dc="), ["127.0.0.1", "127.0.0.2"]);
    assert_eq!(localnodes(&three, ""), ["127.0.0.3"]);
    assert_eq!(localnodes(&one, "?rack=r2"), ["127.0.0.2"]);
    assert_eq!(localnodes(&one, "?dc=dc+2"), ["127.0.0.3"]);
    assert_eq!(localnodes(&one, "?dc=dc%202&rack=r1"), ["127.0.0.3"]);
    assert!(localnodes(&one, "?dc=unknown").is_empty());
    assert!(localnodes(&one, "?rack=unknown").is_empty());
    assert!(localnodes(&three, "?rack=r2").is_empty());
}

#[test]
fn old_versions_ignore_localnodes_filters() {
    let cluster = two_datacenter_cluster(Version::V6_2);
    for query in ["", "?dc=dc+2", "?rack=unknown", "?dc=unknown&rack=r2"] {
        assert_eq!(
            localnodes(&cluster.node(0), query),
            ["127.0.0.1", "127.0.0.2"],
            "{query}"
        );
    }
}

#[test]
fn version_2025_1_filters_localnodes_by_rack() {
    let cluster = two_datacenter_cluster(Version::V2025_1);
    assert_eq!(localnodes(&cluster.node(0), "?rack=r2"), ["127.0.0.2"]);
}

#[test]
fn localnodes_response_has_server_format() {
    let cluster = two_datacenter_cluster(Version::V2026_1);
    let response = send(
        &cluster.node(2),
        &Request::get("/localnodes").header("Accept-Encoding", "gzip"),
    );
    assert_eq!(response.status, 200);
    assert_eq!(response.text(), r#"["127.0.0.3"]"#);
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.header("content-encoding"), None);
    assert!(response.header("date").is_some());
}

#[test]
fn long_localnodes_response_is_not_compressed() {
    let cluster = two_datacenter_cluster(Version::V2026_1);
    cluster
        .node(0)
        .set_localnodes_entries(vec!["127.0.0.1"; 1000]);
    let response = send(
        &cluster.node(0),
        &Request::get("/localnodes").header("Accept-Encoding", "gzip"),
    );
    assert!(response.body.len() > 4096);
    assert_eq!(response.header("content-encoding"), None);
}

#[test]
fn stopped_node_stays_listed_until_unlisted() {
    let cluster = TestCluster::builder().nodes(2).start().unwrap();
    let (one, two) = (cluster.node(0), cluster.node(1));
    two.stop();
    assert_eq!(localnodes(&one, ""), ["127.0.0.1", "127.0.0.2"]);
    two.set_listed(false);
    assert_eq!(localnodes(&one, ""), ["127.0.0.1"]);
    two.start().unwrap();
    assert_eq!(localnodes(&one, ""), ["127.0.0.1"]);
    assert_eq!(
        localnodes(&two, ""),
        ["127.0.0.1", "127.0.0.2"],
        "a node always lists itself"
    );
    two.set_listed(true);
    assert_eq!(localnodes(&one, ""), ["127.0.0.1", "127.0.0.2"]);
}

#[test]
fn partitioned_node_lists_only_itself() {
    let cluster = TestCluster::builder().nodes(3).start().unwrap();
    let two = cluster.node(1);
    two.partition();
    assert_eq!(localnodes(&two, ""), ["127.0.0.2"]);
    assert!(localnodes(&two, "?rack=unknown").is_empty());
    assert_eq!(localnodes(&cluster.node(0), "").len(), 3);
    two.restore_listing();
    assert_eq!(localnodes(&two, "").len(), 3);
}

#[test]
fn listed_entries_may_be_invalid_or_repeated() {
    let cluster = TestCluster::builder().nodes(2).start().unwrap();
    let one = cluster.node(0);
    one.set_localnodes_entries(["127.0.0.9", "127.0.0.9", "not-an-address"]);
    assert_eq!(
        localnodes(&one, "?dc=unknown"),
        ["127.0.0.9", "127.0.0.9", "not-an-address"]
    );
    one.set_localnodes_entries(Vec::<String>::new());
    assert!(localnodes(&one, "").is_empty());
    one.restore_listing();
    assert_eq!(localnodes(&one, "").len(), 2);
}

#[test]
fn raw_localnodes_response_is_returned_unchanged() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let one = cluster.node(0);
    one.set_localnodes_response(503, "<html>");
    let response = send(&one, &Request::get("/localnodes"));
    assert_eq!((response.status, response.text()), (503, "<html>"));
    one.set_localnodes_response(7, "");
    assert_eq!(send(&one, &Request::get("/localnodes")).status, 500);
    one.restore_listing();
    assert_eq!(localnodes(&one, ""), ["127.0.0.1"]);
}

#[test]
fn nodes_list_addresses_in_different_orders() {
    let cluster = TestCluster::builder().nodes(8).start().unwrap();
    let order = |index| send(&cluster.node(index), &Request::get("/localnodes")).body;
    assert!((1..8).any(|index| order(index) != order(0)));
}
