//! Rows of a real ScyllaDB 2026.3.0-rc2.

use super::*;
use crate::metadata::server_tables::row::uuid as parse_uuid;
use std::collections::BTreeSet;

fn recorded(name: &str) -> Value {
    let recording: Value = serde_json::from_str(include_str!("real-rows.json")).unwrap();
    recording[name].clone()
}

fn rows(name: &str) -> Vec<Value> {
    recorded(name).as_array().unwrap().clone()
}

fn recorded_addresses() -> Addresses {
    let mut addresses = Addresses::default();
    for name in ["system.local", "system.peers"] {
        rows(name).iter().for_each(|row| addresses.read(row));
    }
    addresses
}

fn column<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name]["S"].as_str().unwrap()
}

fn placement(rows: &[Value]) -> Placement {
    let mut tablets = Placement::default();
    rows.iter().for_each(|row| tablets.read_tablet(row));
    tablets
}

/// The host that only this column names, of the replicas before and after a move.
fn host_in(row: &Value, name: &str, other: &str) -> NodeName {
    let hosts = |name| column(row, name).split(", ").collect::<BTreeSet<_>>();
    let host = hosts(name)
        .difference(&hosts(other))
        .next()
        .unwrap()
        .to_owned();
    let id = host.split(':').next().unwrap();
    NodeName::Host(parse_uuid(id).unwrap())
}

#[test]
fn tablet_is_moving_in_each_stage_of_a_migration() {
    let rows = rows("tablets in migration, one row for each stage");
    assert_eq!(rows.len(), 7);
    for row in rows {
        let stage = column(&row, "stage");
        let moving = placement(std::slice::from_ref(&row));
        assert_eq!(moving.summary(&Addresses::default()).moving, 1, "{stage}");
        let reads_new = ["write_both_read_new", "use_new", "cleanup", "end_migration"];
        let (read, unread) = match reads_new.contains(&stage) {
            true => ("new_replicas", "replicas"),
            false => ("replicas", "new_replicas"),
        };
        let names = moving.node_names();
        assert!(names.contains(&host_in(&row, read, unread)), "{stage}");
        assert!(!names.contains(&host_in(&row, unread, read)), "{stage}");
    }
}

#[test]
fn tablet_in_repair_is_not_moving() {
    for row in rows("tablets in repair") {
        let stage = column(&row, "stage").to_owned();
        let repaired = placement(&[row]);
        let summary = repaired.summary(&recorded_addresses());
        assert_eq!(
            (summary.moving, summary.is_incomplete),
            (0, false),
            "{stage}"
        );
        assert_eq!(repaired.node_names().len(), 3, "{stage}");
    }
}

#[test]
fn id_of_a_table_is_that_of_its_tablets() {
    let description = recorded("DescribeTable fix_tablets");
    let schema = crate::metadata::TableSchema::parse(&description).unwrap();
    let id = schema.id.unwrap();
    let of_table = |row: &Value| column(row, "table_id") == &*id;
    let tablets: Vec<Value> = rows("system.tablets")
        .into_iter()
        .filter(of_table)
        .collect();
    let tablets = placement(&tablets);
    let summary = tablets.summary(&recorded_addresses());
    assert_eq!((summary.ranges, summary.is_incomplete), (4, false));
    let map = tablets.map(&recorded_addresses()).unwrap();
    assert_eq!(map.fewest_replicas(), 3);
}

#[test]
fn indexes_have_ids() {
    let mut ids = IndexIds::default();
    rows("system_schema.views")
        .iter()
        .for_each(|row| ids.read(row));
    for (index, id) in [
        ("lsi", "97d69c02-eb3e-11f1-8734-27a2a7d02fba"),
        ("gsi", "97d69c03-eb3e-11f1-8734-27a2a7d02fba"),
    ] {
        assert_eq!(ids.find("fix_tablets", index), Some(id));
    }
}

#[test]
fn nodes_have_addresses_and_a_datacenter() {
    let addresses = recorded_addresses();
    let listed: HashSet<IpAddr> = (1..=6).map(|node| [127, 0, 0, node].into()).collect();
    assert!(addresses.have_all(&listed));
    let local = LocalDatacenters::new(&addresses, &listed);
    assert!(local.gain_from_map(&Replication::new("({dc1 : 3})")));
    assert!(!local.gain_from_map(&Replication::new("({dc1 : 6})")));
}

#[test]
fn ring_rows_of_tables_with_tablets_are_skipped() {
    let mut ring = Placement::default();
    let rows = rows("system.token_ring");
    rows.iter().for_each(|row| ring.read_vnode(row));
    assert!(!rows.is_empty() && ring.is_empty());
}
