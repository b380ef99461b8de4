//! Properties of the rows of the server's tables.

#![expect(
    clippy::panic,
    reason = "a property that does not hold is reported by a panic"
)]

use super::row::{parsed, text, uuid};
use super::{
    Addresses, IndexIds, LocalDatacenters, Placement, Replication, Replications, RowReader,
    ServerQuery, ServerTable,
};
use alternator_lb_core::routing::{Token, TokenMap};
use serde_json::Value;
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

/// Checks what all readers make of the rows of a page, and which page follows.
pub(crate) fn check_page(response: &Value) {
    check_next_page(response);
    let rows = response.get("Items").and_then(Value::as_array);
    let rows = rows.map(Vec::as_slice).unwrap_or_default();
    let mut addresses = Addresses::default();
    rows.iter().for_each(|row| addresses.read(row));
    for (_, known) in addresses.nodes() {
        assert_eq!(known.address.to_canonical(), known.address);
        assert!(!known.address.is_unspecified());
    }
    check_map(rows, &addresses, Placement::read_tablet);
    check_map(rows, &addresses, Placement::read_vnode);
    check_local_map(rows, &addresses);
    check_indexes(rows);
    check_replication(rows);
}

/// Checks that the next page begins after the last key, which the server takes back as strings only, and that a page
/// that leads to itself is the last.
fn check_next_page(response: &Value) {
    let query = ServerQuery::new(ServerTable::Tablets, &[("table_id", "1")], &["replicas"]);
    let Some(next) = query.after(response) else {
        return;
    };
    let last = response.get("LastEvaluatedKey").and_then(Value::as_object);
    let start = next
        .input
        .get("ExclusiveStartKey")
        .and_then(Value::as_object);
    let (Some(last), Some(start)) = (last, start) else {
        panic!("{response} has no next page");
    };
    assert!(last.keys().eq(start.keys()));
    let is_number = |value: &Value| {
        value
            .get("N")
            .is_some_and(|it| it.is_number() || it.is_string())
    };
    assert!(!start.values().any(is_number));
    assert_eq!(next.after(response), None);
}

/// Checks the map of the rows: it is the same in any order of the rows, names known nodes only, and has no range that
/// no row has.
fn check_map(rows: &[Value], addresses: &Addresses, read: fn(&mut Placement, &Value)) {
    let map = map_of(rows.iter(), addresses, LocalDatacenters::default(), read);
    let reversed = rows.iter().rev();
    let reversed = map_of(reversed, addresses, LocalDatacenters::default(), read);
    assert_eq!(map, reversed);
    assert!(map.range_count() <= 2 * rows.len() + 1);
    for token in tokens(rows) {
        let replicas = map.replicas(token);
        assert!(
            replicas.is_sorted_by(|one, next| one < next),
            "{replicas:?}"
        );
        let is_known =
            |replica: &IpAddr| addresses.nodes().any(|(_, node)| node.address == *replica);
        assert!(replicas.iter().all(is_known));
    }
}

/// Checks that the map of one datacenter has some of the replicas of all, and no other.
fn check_local_map(rows: &[Value], addresses: &Addresses) {
    let mut listed = addresses.nodes().map(|(_, known)| known.address);
    let listed: HashSet<IpAddr> = listed.next().into_iter().collect();
    let local = LocalDatacenters::new(addresses, &listed);
    let read = Placement::read_tablet;
    let of_local = map_of(rows.iter(), addresses, local, read);
    let of_all = map_of(rows.iter(), addresses, LocalDatacenters::default(), read);
    for token in tokens(rows) {
        let mut replicas = of_local.replicas(token).iter();
        assert!(replicas.all(|replica| of_all.replicas(token).contains(replica)));
    }
}

fn map_of<'a>(
    rows: impl Iterator<Item = &'a Value>,
    addresses: &Addresses,
    local: LocalDatacenters,
    read: fn(&mut Placement, &Value),
) -> TokenMap {
    let mut placement = Placement::new(Arc::new(local));
    rows.for_each(|row| read(&mut placement, row));
    let summary = placement.summary(addresses);
    assert!(summary.moving <= summary.ranges && summary.ranges <= placement.len());
    let Some(map) = placement.map(addresses) else {
        panic!("a page has fewer ranges than the largest map");
    };
    map
}

/// Returns the tokens at and beside the ends of ranges.
fn tokens(rows: &[Value]) -> impl Iterator<Item = Token> {
    let columns = ["last_token", "start_token", "end_token"];
    let ends = rows.iter().flat_map(move |row| {
        columns
            .into_iter()
            .filter_map(move |column| parsed::<i64>(row, column))
    });
    let ends = ends.chain([0, i64::MIN, i64::MAX]);
    let beside = |end: i64| [end.saturating_sub(1), end, end.saturating_add(1)];
    ends.flat_map(beside).map(Token::new)
}

/// Checks that the id of each view is found by the names of its table and index.
fn check_indexes(rows: &[Value]) {
    let mut ids = IndexIds::default();
    rows.iter().for_each(|row| ids.read(row));
    for row in rows {
        let Some((table, index)) = text(row, "view_name").and_then(|view| view.split_once(':'))
        else {
            continue;
        };
        let id = text(row, "id").filter(|id| uuid(id).is_some());
        let found = ids.find(table.strip_suffix('!').unwrap_or(table), index);
        assert!(id.is_none() || found.is_some(), "{table} {index}");
        assert!(found.is_none_or(|id| uuid(id).is_some()));
    }
}

/// Checks that each keyspace has a replication, and that a factor that is read can be written and read again.
fn check_replication(rows: &[Value]) {
    let mut replications = Replications::default();
    rows.iter().for_each(|row| replications.read(row));
    for row in rows {
        let keyspace = text(row, "keyspace_name");
        if let (Some(keyspace), Some(replication)) = (keyspace, text(row, "replication")) {
            assert!(replications.find(keyspace).is_some());
            let entries = replication.split(['{', '}', '(', ')', ',']);
            let datacenters = entries.filter_map(|entry| Some(entry.rsplit_once(':')?.0.trim()));
            datacenters.for_each(|datacenter| check_factor(replication, datacenter));
        }
    }
}

fn check_factor(replication: &str, datacenter: &str) {
    // Names do not begin or end with these.
    let is_plain = datacenter == datacenter.trim_matches(['\'', '"', ' ']) && datacenter != "class";
    let factor = Replication::new(replication).factor(datacenter);
    let Some(factor) = factor.filter(|_| is_plain) else {
        return;
    };
    for written in [
        format!("({{class : NetworkTopologyStrategy}}, {{{datacenter} : {factor}}})"),
        format!("{{'class': 'NetworkTopologyStrategy', '{datacenter}': '{factor}'}}"),
    ] {
        let read = Replication::new(&written).factor(datacenter);
        assert_eq!(read, Some(factor), "{written}");
    }
}
