//! The cluster: its name, the scope, racks, and compression.

use crate::support::{ROLE, SECRET, check, check_signed, create_table};
use alternator_test_cluster::{InternalTables, NodeConfig, TestCluster, Tokens, Version};

/// A cluster with nodes in these racks of `dc1`.
fn racks(racks: &[&str]) -> TestCluster {
    let mut cluster = TestCluster::builder().nodes(0).tokens(Tokens::tablets(4));
    for rack in racks {
        cluster = cluster.node(NodeConfig::new().rack(*rack));
    }
    cluster.start().unwrap()
}

#[test]
fn node_of_another_cluster_fails() {
    let cluster = racks(&["r1", "r1"]);
    let address = cluster.node(1).address().ip();
    cluster.remove_node(&cluster.node(1));
    let foreign = TestCluster::builder()
        .cluster_name("another cluster")
        .tokens(Tokens::tablets(4))
        .port(cluster.port())
        .node(NodeConfig::new().address(address))
        .start()
        .unwrap();
    let [own, other] = [&cluster, &foreign].map(|cluster| cluster.nodes()[0].address().ip());
    cluster
        .node(0)
        .set_localnodes_entries([own, other].map(|address| address.to_string()));
    let run = check(&cluster, &[]);
    run.expect("cluster-name", "failed", "`another cluster`");
    assert_eq!(run.status, 1);
}

#[test]
fn name_of_the_cluster_is_not_checked_without_permission() {
    let cluster = TestCluster::builder().nodes(1).authorization(ROLE, SECRET);
    let cluster = cluster.tokens(Tokens::vnodes()).start().unwrap();
    cluster.set_grants(ROLE, ["system.peers"]);
    let run = check_signed(&cluster, &[]);
    let advice = run.expect("cluster-name", "skipped", "AccessDeniedException");
    assert_eq!(advice, "GRANT SELECT ON system.local TO app;");
}

#[test]
fn scope_that_exists_passes() {
    let run = check(&racks(&["r1", "r2"]), &["--scope", "dc1/r2,dc1,cluster"]);
    let findings = run.findings("scope");
    assert_eq!(findings.len(), 2, "{findings:#?}");
    assert!(findings.iter().all(|finding| finding.status == "passed"));
    assert!(
        findings[0].text.contains("`dc1/r2` has 1 live node"),
        "{findings:#?}"
    );
    run.expect("node-list-filters", "passed", "2025.1");
    run.expect("discovery", "passed", "2 nodes");
}

#[test]
fn mistyped_rack_fails_and_those_that_exist_are_named() {
    let run = check(&racks(&["r1", "r2"]), &["--scope", "dc1/R1"]);
    run.expect("scope", "failed", "there are dc1/r1, dc1/r2");
    run.expect("discovery", "failed", "R1");
    assert_eq!(run.status, 1);
}

#[test]
fn scope_is_not_checked_on_a_server_that_ignores_it() {
    let cluster = TestCluster::builder()
        .version(Version::V6_2)
        .start()
        .unwrap();
    check(&cluster, &[]).expect("node-list-filters", "warning", "ignores");
    let scoped = check(&cluster, &["--scope", "dc1"]);
    scoped.expect("node-list-filters", "failed", "ignores");
    scoped.expect("scope", "skipped", "ignores");
    scoped.expect("discovery", "failed", "dc1");
    check(&cluster, &[]).expect("scope", "skipped", "no --scope");
}

#[test]
fn scope_of_another_datacenter_is_checked_there() {
    let cluster = TestCluster::builder()
        .nodes(1)
        .node(NodeConfig::new().datacenter("dc2"))
        .start()
        .unwrap();
    let run = check(&cluster, &["--scope", "dc2"]);
    run.expect("scope", "passed", "`dc2` has 1 live node");
    run.expect("nodes-reachable", "passed", "2 nodes");
}

#[test]
fn racks_of_unequal_size_are_found() {
    let run = check(&racks(&["r1", "r2", "r2", "r2"]), &[]);
    let advice = run.expect("rack-sizes", "warning", "3.0 times");
    assert!(advice.contains("Add nodes"), "{advice}");
    check(&racks(&["r1", "r2"]), &[]).expect("rack-sizes", "passed", "dc1: r1: 1, r2: 1");
}

#[test]
fn racks_are_not_checked_if_they_are_unknown() {
    let cluster = TestCluster::builder()
        .nodes(2)
        .internal_tables(InternalTables::Refused);
    let run = check(&cluster.start().unwrap(), &[]);
    let advice = run.expect("rack-sizes", "skipped", "unknown");
    assert!(advice.contains("GRANT SELECT ON system.peers"), "{advice}");
}

#[test]
fn compression_is_checked_both_ways() {
    for (version, status) in [(Version::V2026_1, "passed"), (Version::V2025_1, "warning")] {
        let cluster = TestCluster::builder().nodes(3).version(version);
        let cluster = cluster.tokens(Tokens::vnodes()).start().unwrap();
        create_table(&cluster, "orders", None);
        let run = check(&cluster, &[]);
        run.expect("request-compression", status, "3 nodes");
        run.expect("response-compression", status, "compressed");
        assert_eq!(run.status, 0);
    }
}

#[test]
fn compression_of_responses_is_not_checked_without_a_large_one() {
    let run = check(&racks(&["r1"]), &[]);
    run.expect("response-compression", "skipped", "4 KiB");
}

#[test]
fn versions_of_nodes_are_compared() {
    let start = |version, address| {
        let node = NodeConfig::new().address(address);
        let cluster = TestCluster::builder().nodes(0).node(node).version(version);
        cluster.tokens(Tokens::tablets(4))
    };
    let cluster = start(Version::V2026_1, "127.0.0.41").start().unwrap();
    check(&cluster, &[]).expect("server-version", "passed", "2026.1.0 on 1 node");
    let upgraded = start(Version::V2026_2, "127.0.0.42").port(cluster.port());
    let upgraded = upgraded.start().unwrap();
    let broken = check(&upgraded, &[]);
    broken.expect(
        "server-version",
        "warning",
        "2026.2.0 breaks the connections",
    );
    cluster
        .node(0)
        .set_localnodes_entries(["127.0.0.41", "127.0.0.42"]);
    let findings = check(&cluster, &[]).findings("server-version");
    assert!(
        findings[0].text.contains("different versions"),
        "{findings:#?}"
    );
    assert!(
        findings[0]
            .text
            .contains(&format!("2026.1.0: {}", cluster.url())),
        "{findings:#?}"
    );
}

#[test]
fn version_is_not_checked_if_the_server_does_not_tell() {
    let cluster = TestCluster::builder().nodes(1).start().unwrap();
    let advice = check(&cluster, &[]).expect("server-version", "skipped", "no node tells");
    assert!(advice.contains("system.versions"), "{advice}");
}
