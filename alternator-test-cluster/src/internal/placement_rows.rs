//! Replicas of tables: `system.tablets` and `system.token_ring`.

use super::cell::{Cell, list};
use super::row::Row;
use super::schema_rows::keyspace;
use crate::TabletStage;
use crate::catalog::Contents;
use crate::tokens::{Replication, TabletMap, TokenRange, deterministic_uuid};

/// A partition for each table that has tablets, and a row in it for each tablet. The partition of an index that shares
/// the tablets of its table only names that.
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
        if table.shares_tablets {
            let base = contents.table(&table.base).map(|base| Cell::Uuid(base.id));
            statics.extend(base.map(|id| ("base_table", id)));
            rows.push(Row {
                key: vec![Cell::Uuid(table.id)],
                columns: statics,
            });
            continue;
        }
        let count = map.tablets().len();
        statics.extend([
            ("resize_seq_number", Cell::text("0")),
            ("resize_type", Cell::text("none")),
            ("tablet_count", Cell::text(count.to_string())),
        ]);
        let tablets = (0..count).map(|index| Row {
            key: vec![Cell::Uuid(table.id), Cell::BigInt(map.range(index).end)],
            columns: {
                let mut columns = statics.clone();
                let replicas = replicas(contents, map.replicas(index), index);
                columns.push(("replicas", replicas));
                columns.extend(transition(contents, map, index));
                columns
            },
        });
        rows.extend(tablets);
    }
    rows
}

/// The columns that depend on the stage of a tablet.
fn transition(
    contents: &Contents,
    map: &TabletMap,
    index: usize,
) -> Vec<(&'static str, Cell<'static>)> {
    let Some(transition) = map.transition(index) else {
        return vec![("sstables_repaired_at", Cell::text("0"))];
    };
    let stage = transition.stage;
    let new_replicas = replicas(contents, &transition.new_replicas, index);
    let repaired_at = if stage == TabletStage::EndRepair {
        "1"
    } else {
        "0"
    };
    let mut columns = vec![
        ("new_replicas", new_replicas),
        ("sstables_repaired_at", Cell::text(repaired_at)),
        ("stage", Cell::text(stage.name())),
        ("transition", Cell::text(stage.transition())),
    ];
    let session = ("session", Cell::Uuid(deterministic_uuid("session")));
    let migration = (
        "migration_task_info",
        Cell::text(format!("migration:{TASK}")),
    );
    match stage {
        TabletStage::AllowWriteBothReadOld
        | TabletStage::WriteBothReadNew
        | TabletStage::UseNew
        | TabletStage::Cleanup
        | TabletStage::EndMigration => columns.push(migration),
        TabletStage::WriteBothReadOld | TabletStage::Streaming => {
            columns.extend([migration, session]);
        }
        TabletStage::Repair => columns.extend([
            ("repair_incremental_mode", Cell::text("incremental")),
            (
                "repair_task_info",
                Cell::text(format!("user_repair:{TASK}")),
            ),
            session,
        ]),
        TabletStage::EndRepair => {
            columns.push(("repair_time", Cell::text("1970-01-01T00:00:00.000Z")));
        }
    }
    columns
}

/// `uuid:shard, uuid:shard`.
fn replicas(contents: &Contents, numbers: &[usize], index: usize) -> Cell<'static> {
    let owners = numbers.iter();
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

/// The task of a transition: its id, its start, and what else the server shows, with colons escaped.
const TASK: &str = "a6257b50-eb3e-11f1-8734-27a2a7d02fba:2026-11-28T15\\:16\\:13.317Z:1:2026-11-28T15\\:16\\:13.317Z::";
/// The number of shards of a node. Only used to render a replica with its shard.
const SHARDS: usize = 2;
