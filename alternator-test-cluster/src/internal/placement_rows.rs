//! Replicas of tables: `system.tablets` and `system.token_ring`.

use super::cell::{Cell, list};
use super::row::Row;
use super::schema_rows::keyspace;
use crate::catalog::{Contents, TableKind};
use crate::tokens::{Replication, TabletMap, TokenRange};

/// A partition for each table that has tablets, and a row in it for each tablet. A local index shares the tablets of
/// its table: its partition only names that.
pub(super) fn tablets(contents: &Contents) -> Vec<Row<'static>> {
    let mut rows = Vec::new();
    for (name, table) in contents.tables() {
        let Some(map) = contents.tablets(name) else {
            continue;
        };
        let mut statics = vec![
            ("keyspace_name", Cell::text(keyspace(&table.base))),
            ("table_name", Cell::text(name)),
        ];
        if table.kind == TableKind::LocalIndex {
            let base = contents.table(&table.base).map(|base| Cell::Uuid(base.id));
            statics.extend(base.map(|id| ("base_table", id)));
            rows.push(Row {
                key: vec![Cell::Uuid(table.id)],
                columns: statics,
            });
            continue;
        }
        let count = map.tablets().len();
        statics.push(("tablet_count", Cell::text(count.to_string())));
        let tablets = (0..count).map(|index| Row {
            key: vec![Cell::Uuid(table.id), Cell::BigInt(map.range(index).end)],
            columns: {
                let mut columns = statics.clone();
                columns.push(("replicas", replicas(contents, map, index)));
                columns
            },
        });
        rows.extend(tablets);
    }
    rows
}

/// `uuid:shard, uuid:shard`.
fn replicas(contents: &Contents, map: &TabletMap, index: usize) -> Cell<'static> {
    let owners = map.replicas(index).iter();
    let owners = owners.filter_map(|number| contents.owner(*number));
    list(owners.map(|owner| format!("{}:{}", owner.host_id, index % SHARDS)))
}

/// A partition for each keyspace, with a row for each range of tokens and replica: one ring for all tables of vnodes,
/// or one for each table that has tablets.
pub(super) fn token_ring(contents: &mut Contents) -> Vec<Row<'static>> {
    let tables: Vec<(String, String, Replication)> = contents
        .tables()
        .map(|(name, table)| {
            (
                name.to_owned(),
                table.base.clone(),
                table.replication.clone(),
            )
        })
        .collect();
    let mut rows = Vec::new();
    for (name, base, replication) in tables {
        let keyspace = keyspace(&base);
        if let Some(map) = contents.tablets(&name) {
            for index in 0..map.tablets().len() {
                let range = map.range(index);
                rows.extend(range_rows(
                    contents,
                    [&keyspace, &name],
                    range,
                    map.replicas(index),
                ));
            }
        } else if name == base {
            let ring = contents.ring(&replication);
            for (range, replicas) in ring.ranges() {
                rows.extend(range_rows(contents, [&keyspace, "<ALL>"], range, replicas));
            }
        }
    }
    rows
}

fn range_rows(
    contents: &Contents,
    [keyspace, table]: [&str; 2],
    range: TokenRange,
    replicas: &[usize],
) -> Vec<Row<'static>> {
    let owners = replicas.iter().filter_map(|number| contents.owner(*number));
    let rows = owners.map(|owner| Row {
        key: vec![
            Cell::text(keyspace),
            Cell::text(table),
            Cell::text(range.start.to_string()),
            Cell::Inet(owner.internal),
        ],
        columns: vec![
            ("end_token", Cell::text(range.end.to_string())),
            ("dc", Cell::text(&owner.datacenter)),
            ("rack", Cell::text(&owner.rack)),
        ],
    });
    rows.collect()
}

/// The number of shards of a node. Only used to render a replica with its shard.
const SHARDS: usize = 2;
