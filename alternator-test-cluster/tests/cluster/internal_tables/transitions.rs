//! Tablets in transition, and nodes that see changes late.

use alternator_test_cluster::TabletStage;

use super::*;
use crate::recordings::{MIGRATING_TABLETS, REPAIRING_TABLETS, assert_recorded_row};

/// Starts a cluster with a table of two tablets. Returns a replica of the first one and a node of its rack that is none.
fn two_tablets() -> (TestCluster, Node, Node) {
    let cluster = three_rack_cluster(Tokens::tablets(2));
    create_table(&cluster, "ttt");
    let replicas = cluster.tablets("ttt")[0].replicas.clone();
    let from = replicas[0].clone();
    let is_other = |node: &Node| node.rack() == from.rack() && node.url() != from.url();
    let to = cluster.nodes().into_iter().find(is_other).unwrap();
    (cluster, from, to)
}

/// Returns the row of the first tablet, as a node shows it.
fn first_row(node: &Node) -> Value {
    let id = table_id(node, "ttt");
    query_rows(node, "system.tablets", "table_id = :a", &[&id]).remove(0)
}

#[test]
fn migration_passes_through_the_recorded_stages() {
    let (cluster, from, to) = two_tablets();
    let before = first_row(&from)["replicas"].clone();
    let mut migration = cluster.migrate_tablet("ttt", 0, &from, &to);
    let mut stages = Vec::new();
    loop {
        let row = first_row(&from);
        stages.push(string_column(&row, "stage").to_owned());
        assert_recorded_row(&row, MIGRATING_TABLETS, stages.len() - 1);
        assert_eq!(row["replicas"], before, "the replicas change at the end");
        assert_ne!(row["new_replicas"], before);
        let tablet = &cluster.tablets("ttt")[0];
        assert_eq!(
            tablet.stage.map(TabletStage::name),
            stages.last().map(String::as_str)
        );
        if migration.advance().is_none() {
            break;
        }
    }
    let expected = [
        "allow_write_both_read_old",
        "write_both_read_old",
        "streaming",
        "write_both_read_new",
        "use_new",
        "cleanup",
        "end_migration",
    ];
    assert_eq!(stages, expected);
    let row = first_row(&from);
    assert!(row.get("stage").is_none() && row.get("new_replicas").is_none());
    assert_ne!(row["replicas"], before);
    assert!(urls(&cluster.tablets("ttt")[0].replicas).contains(&to.url()));
}

#[test]
fn new_replicas_are_read_from_the_fourth_stage_on() {
    let (cluster, from, to) = two_tablets();
    let keys = (0..).map(|number| format!("key {number}"));
    let is_first = |key: &String| PartitionKey::from(key.as_str()).token() < 0;
    let key = keys.into_iter().find(is_first).unwrap();
    let reads = |node: &Node| urls(&cluster.replicas("ttt", key.as_str())).contains(&node.url());
    let mut migration = cluster.migrate_tablet("ttt", 0, &from, &to);
    assert!(reads(&from) && !reads(&to));
    while migration.advance() != Some(TabletStage::WriteBothReadNew) {
        assert!(reads(&from) && !reads(&to));
    }
    assert!(!reads(&from) && reads(&to));
    migration.finish();
    assert!(!reads(&from) && reads(&to));
}

#[test]
fn repair_changes_no_replicas() {
    let (cluster, node, _) = two_tablets();
    let before = first_row(&node)["replicas"].clone();
    let mut repair = cluster.repair_tablet("ttt", 0);
    for index in 0..2 {
        let row = first_row(&node);
        assert_recorded_row(&row, REPAIRING_TABLETS, index);
        assert_eq!(row["new_replicas"], before);
        repair.advance();
    }
    assert!(first_row(&node).get("stage").is_none());
}

#[test]
#[should_panic(expected = "tablet 0 of ttt cannot be repaired")]
fn tablet_has_one_transition_at_a_time() {
    let (cluster, from, to) = two_tablets();
    let _migration = cluster.migrate_tablet("ttt", 0, &from, &to);
    let _repair = cluster.repair_tablet("ttt", 0);
}

#[test]
fn frozen_internal_tables_show_changes_late() {
    let (cluster, from, to) = two_tablets();
    from.freeze_internal_tables();
    let (before, peers) = (first_row(&from), scan_rows(&from, "system.peers").len());
    cluster.move_tablet("ttt", 0, &from, &to);
    cluster.add_node(NodeConfig::new()).unwrap();
    assert_eq!(first_row(&from), before);
    assert_eq!(scan_rows(&from, "system.peers").len(), peers);
    assert_ne!(first_row(&to), before);
    assert_eq!(scan_rows(&to, "system.peers").len(), peers + 1);
    from.unfreeze_internal_tables();
    assert_eq!(first_row(&from), first_row(&to));
}
