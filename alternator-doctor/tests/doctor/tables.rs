//! The tables of the application.

use crate::support::{ROLE, SECRET, check, check_signed, create_table};
use alternator_test_cluster::{NodeConfig, TestCluster, Tokens, WriteIsolation};

fn cluster(nodes: usize) -> TestCluster {
    let cluster = TestCluster::builder().nodes(nodes);
    cluster.tokens(Tokens::tablets(4)).start().unwrap()
}

#[test]
fn tables_that_exist_pass() {
    let cluster = cluster(4);
    create_table(&cluster, "orders", None);
    let run = check(&cluster, &["--tables", "orders"]);
    run.expect("tables", "passed", "1 table");
    run.expect("replication", "passed", "dc1");
    run.expect(
        "write-isolation",
        "passed",
        "KeyAffinity::conditional_writes()",
    );
    run.expect("token-maps", "passed", "`orders`: 4 tablets");
    assert_eq!(run.status, 0);
}

#[test]
fn missing_table_fails() {
    let cluster = cluster(1);
    create_table(&cluster, "orders", None);
    let run = check(&cluster, &["--tables", "Orders"]);
    let advice = run.expect("tables", "failed", "`Orders`");
    assert!(advice.contains("case-sensitive"), "{advice}");
    run.expect("token-maps", "skipped", "no table can be described");
    assert_eq!(run.status, 1);
}

#[test]
fn cluster_without_tables_is_not_checked_for_them() {
    let run = check(&cluster(1), &[]);
    for name in ["tables", "replication", "write-isolation", "token-maps"] {
        run.expect(name, "skipped", "no tables");
    }
}

#[test]
fn table_without_replicas_in_a_datacenter_fails() {
    let cluster = TestCluster::builder()
        .nodes(3)
        .node(NodeConfig::new().datacenter("dc2"))
        .tokens(Tokens::tablets(4))
        .replication_factor_in("dc2", 0)
        .start()
        .unwrap();
    create_table(&cluster, "orders", None);
    check(&cluster, &[]).expect("replication", "passed", "dc1");
    let run = check(&cluster, &["--scope", "dc1,dc2"]);
    let advice = run.expect("replication", "failed", "`orders` in `dc2`");
    assert!(
        advice.contains("ALTER KEYSPACE \"alternator_orders\""),
        "{advice}"
    );
}

#[test]
fn single_replica_is_a_warning() {
    let cluster = TestCluster::builder().nodes(3).replication_factor(1);
    let cluster = cluster.tokens(Tokens::tablets(4)).start().unwrap();
    create_table(&cluster, "orders", None);
    check(&cluster, &[]).expect("replication", "warning", "`orders` in `dc1`");
}

#[test]
fn replication_is_not_checked_without_permission() {
    let cluster = TestCluster::builder().nodes(1).authorization(ROLE, SECRET);
    let cluster = cluster.tokens(Tokens::tablets(4)).start().unwrap();
    create_table(&cluster, "orders", None);
    cluster.set_grants(ROLE, ["system.local"]);
    let run = check_signed(&cluster, &[]);
    let advice = run.expect("replication", "skipped", "AccessDeniedException");
    assert_eq!(advice, "GRANT SELECT ON system_schema.keyspaces TO app;");
}

#[test]
fn isolation_decides_which_affinity_fits() {
    for (default, tag, text) in [
        (
            WriteIsolation::OnlyRmwUsesLwt,
            None,
            "KeyAffinity::conditional_writes()",
        ),
        (
            WriteIsolation::OnlyRmwUsesLwt,
            Some("always"),
            "KeyAffinity::from_table()",
        ),
        (
            WriteIsolation::AlwaysUseLwt,
            None,
            "KeyAffinity::from_table()",
        ),
        (WriteIsolation::ForbidRmw, None, "no key affinity"),
        (WriteIsolation::AlwaysUseLwt, Some("f"), "no key affinity"),
    ] {
        let cluster = TestCluster::builder().nodes(1).write_isolation(default);
        let cluster = cluster.tokens(Tokens::tablets(4)).start().unwrap();
        create_table(&cluster, "orders", tag);
        check(&cluster, &[]).expect("write-isolation", "passed", text);
    }
}

#[test]
fn unsafe_isolation_is_a_warning() {
    let cluster = cluster(1);
    create_table(&cluster, "counters", Some("unsafe_rmw"));
    create_table(&cluster, "orders", None);
    let findings = check(&cluster, &[]).findings("write-isolation");
    assert_eq!(findings.len(), 2, "{findings:#?}");
    assert_eq!(findings[0].status, "warning");
    assert!(
        findings[0].text.contains("`counters`: unsafe_rmw"),
        "{findings:#?}"
    );
    assert!(
        findings[1].text.contains("`orders`: only_rmw_uses_lwt"),
        "{findings:#?}"
    );
}

#[test]
fn isolation_is_not_checked_if_neither_tag_nor_setting_is_known() {
    let cluster = TestCluster::builder().nodes(1).authorization(ROLE, SECRET);
    let cluster = cluster.tokens(Tokens::tablets(4)).start().unwrap();
    create_table(&cluster, "orders", None);
    cluster.set_grants(ROLE, ["system.local"]);
    let run = check_signed(&cluster, &[]);
    let advice = run.expect("write-isolation", "skipped", "orders");
    assert_eq!(advice, "GRANT SELECT ON system.config TO app;");
}

#[test]
fn table_without_a_map_is_found_with_the_reason() {
    let cluster = TestCluster::builder().nodes(4).authorization(ROLE, SECRET);
    let cluster = cluster.tokens(Tokens::tablets(4)).start().unwrap();
    create_table(&cluster, "orders", None);
    cluster.set_grants(ROLE, ["system.local", "system.peers"]);
    let run = check_signed(&cluster, &[]);
    run.expect(
        "token-maps",
        "warning",
        "GRANT SELECT ON system.tablets TO app;",
    );
    cluster.set_grants(ROLE, ["system.local", "system.tablets"]);
    let run = check_signed(&cluster, &[]);
    run.expect("token-maps", "warning", "system.peers cannot be read");
}

#[test]
fn map_is_found_with_vnodes_and_is_not_needed_if_every_node_holds_everything() {
    for (nodes, text) in [
        (4, "`orders`: vnodes"),
        (3, "every node holds every partition"),
    ] {
        let cluster = TestCluster::builder().nodes(nodes);
        let cluster = cluster.tokens(Tokens::vnodes()).start().unwrap();
        create_table(&cluster, "orders", None);
        check(&cluster, &[]).expect("token-maps", "passed", text);
    }
}
