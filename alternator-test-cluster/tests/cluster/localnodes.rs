use alternator_test_cluster::{NodeConfig, TestCluster, Version};

use crate::http::{Request, ask, localnodes};

/// Two datacenters, the first with two racks.
fn cluster(version: Version) -> TestCluster {
    TestCluster::builder()
        .nodes(1)
        .node(NodeConfig::new().rack("r2"))
        .node(NodeConfig::new().datacenter("dc 2"))
        .version(version)
        .start()
        .unwrap()
}

#[test]
fn a_node_lists_its_datacenter_and_what_it_is_asked_for() {
    let cluster = cluster(Version::V2026_1);
    let (one, three) = (cluster.node(0), cluster.node(2));
    assert_eq!(localnodes(&one, ""), ["127.0.0.1", "127.0.0.2"]);
    assert_eq!(localnodes(&one, "/"), ["127.0.0.1", "127.0.0.2"]);
    assert_eq!(localnodes(&one, "?dc="), ["127.0.0.1", "127.0.0.2"]);
    assert_eq!(localnodes(&three, ""), ["127.0.0.3"]);
    assert_eq!(localnodes(&one, "?rack=r2"), ["127.0.0.2"]);
    assert_eq!(localnodes(&one, "?dc=dc+2"), ["127.0.0.3"]);
    assert_eq!(localnodes(&one, "?dc=dc%202&rack=r1"), ["127.0.0.3"]);
    assert!(localnodes(&one, "?dc=nowhere").is_empty());
    assert!(localnodes(&one, "?rack=nowhere").is_empty());
    assert!(localnodes(&three, "?rack=r2").is_empty());
}

#[test]
fn an_old_node_ignores_what_it_is_asked_for() {
    let cluster = cluster(Version::V6_2);
    for query in ["", "?dc=dc+2", "?rack=nowhere", "?dc=nowhere&rack=r2"] {
        assert_eq!(
            localnodes(&cluster.node(0), query),
            ["127.0.0.1", "127.0.0.2"],
            "{query}"
        );
    }
}

#[test]
fn the_first_version_that_filters_does_not_compress() {
    let cluster = cluster(Version::V2025_1);
    assert_eq!(localnodes(&cluster.node(0), "?rack=r2"), ["127.0.0.2"]);
}

#[test]
fn the_answer_has_the_form_of_the_server() {
    let cluster = cluster(Version::V2026_1);
    let answer = ask(
        &cluster.node(2),
        &Request::get("/localnodes").header("Accept-Encoding", "gzip"),
    );
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text(), r#"["127.0.0.3"]"#);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("content-encoding"), None);
    assert!(answer.header("date").is_some());
}

#[test]
fn a_long_list_is_not_compressed_either() {
    let cluster = cluster(Version::V2026_1);
    cluster
        .node(0)
        .set_localnodes_entries(vec!["127.0.0.1"; 1000]);
    let answer = ask(
        &cluster.node(0),
        &Request::get("/localnodes").header("Accept-Encoding", "gzip"),
    );
    assert!(answer.body.len() > 4096);
    assert_eq!(answer.header("content-encoding"), None);
}

#[test]
fn a_stopped_node_stays_listed_until_it_is_not() {
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
fn a_partitioned_node_lists_itself_only() {
    let cluster = TestCluster::builder().nodes(3).start().unwrap();
    let two = cluster.node(1);
    two.partition();
    assert_eq!(localnodes(&two, ""), ["127.0.0.2"]);
    assert!(localnodes(&two, "?rack=nowhere").is_empty());
    assert_eq!(localnodes(&cluster.node(0), "").len(), 3);
    two.restore_listing();
    assert_eq!(localnodes(&two, "").len(), 3);
}

#[test]
fn entries_may_be_anything_and_come_twice() {
    let cluster = TestCluster::builder().nodes(2).start().unwrap();
    let one = cluster.node(0);
    one.set_localnodes_entries(["127.0.0.9", "127.0.0.9", "not-an-address"]);
    assert_eq!(
        localnodes(&one, "?dc=nowhere"),
        ["127.0.0.9", "127.0.0.9", "not-an-address"]
    );
    one.set_localnodes_entries(Vec::<String>::new());
    assert!(localnodes(&one, "").is_empty());
    one.restore_listing();
    assert_eq!(localnodes(&one, "").len(), 2);
}

#[test]
fn a_raw_answer_is_given_as_it_is() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let one = cluster.node(0);
    one.set_localnodes_response(503, "<html>");
    let answer = ask(&one, &Request::get("/localnodes"));
    assert_eq!((answer.status, answer.text()), (503, "<html>"));
    one.set_localnodes_response(7, "");
    assert_eq!(ask(&one, &Request::get("/localnodes")).status, 500);
    one.restore_listing();
    assert_eq!(localnodes(&one, ""), ["127.0.0.1"]);
}

#[test]
fn nodes_order_their_lists_differently() {
    let cluster = TestCluster::builder().nodes(8).start().unwrap();
    let order = |index| ask(&cluster.node(index), &Request::get("/localnodes")).body;
    assert!((1..8).any(|index| order(index) != order(0)));
}
