//! The server's own tables.

use crate::support::{ROLE, SECRET, check, check_signed};
use alternator_lb_sdk::permissions::ServerTable;
use alternator_test_cluster::{InternalTables, TestCluster, Tokens};

#[test]
fn missing_grants_are_printed() {
    let cluster = TestCluster::builder().nodes(3).authorization(ROLE, SECRET);
    let cluster = cluster.tokens(Tokens::tablets(4)).start().unwrap();
    check_signed(&cluster, &[]).expect("server-tables", "passed", "7 tables");
    let is_granted =
        |table: &&ServerTable| !matches!(table, ServerTable::Tablets | ServerTable::Config);
    let granted = ServerTable::all().iter().filter(is_granted);
    cluster.set_grants(ROLE, granted.map(|table| table.name()));
    let run = check_signed(&cluster, &[]);
    let advice = run.expect("server-tables", "warning", "2 tables");
    assert_eq!(
        advice,
        "GRANT SELECT ON system.tablets TO app;\nGRANT SELECT ON system.config TO app;"
    );
    assert_eq!(run.status, 0);
}

#[test]
fn server_without_the_tables_is_a_warning() {
    let cluster = TestCluster::builder().internal_tables(InternalTables::Unknown);
    let run = check(&cluster.start().unwrap(), &[]);
    let advice = run.expect("server-tables", "warning", "system.tablets");
    assert!(advice.contains("4.6"), "{advice}");
}
