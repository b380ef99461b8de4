//! The schema: `system_schema.keyspaces`, `system_schema.tables` and `system_schema.views`.

use super::cell::{Cell, frozen_map};
use super::row::Row;
use crate::catalog::{Contents, TableKind};

/// Returns the keyspace of a table and its indexes.
pub(super) fn keyspace(table: &str) -> String {
    format!("alternator_{table}")
}

/// A row for each table, since each has a keyspace of its own.
pub(super) fn keyspaces(contents: &Contents) -> Vec<Row<'static>> {
    let tables = contents.tables();
    let tables = tables.filter(|(_, table)| table.kind == TableKind::Base);
    let rows = tables.map(|(name, table)| {
        let factors = table.replication.factors();
        let factors = factors.map(|(datacenter, factor)| (datacenter, factor.to_string()));
        let class = std::iter::once(("class", STRATEGY.to_owned()));
        Row {
            key: vec![Cell::text(keyspace(name))],
            columns: vec![
                ("durable_writes", Cell::Bool(true)),
                ("replication", frozen_map(class.chain(factors))),
            ],
        }
    });
    rows.collect()
}

pub(super) fn tables(contents: &Contents) -> Vec<Row<'static>> {
    let tables = contents.tables();
    let tables = tables.filter(|(_, table)| table.kind == TableKind::Base);
    let rows = tables.map(|(name, table)| {
        let mut columns = properties();
        columns.extend([
            ("flags", Cell::text("compound")),
            ("id", Cell::Uuid(table.id)),
        ]);
        Row {
            key: vec![Cell::text(keyspace(name)), Cell::text(name)],
            columns,
        }
    });
    rows.collect()
}

pub(super) fn views(contents: &Contents) -> Vec<Row<'static>> {
    let mut rows = Vec::new();
    for (name, table) in contents.tables() {
        let Some(base) = contents.table(&table.base) else {
            continue;
        };
        if table.kind == TableKind::Base {
            continue;
        }
        let mut columns = properties();
        columns.extend([
            ("base_table_id", Cell::Uuid(base.id)),
            ("base_table_name", Cell::text(&table.base)),
            ("id", Cell::Uuid(table.id)),
            ("include_all_columns", Cell::Bool(true)),
            ("where_clause", Cell::text("")),
        ]);
        rows.push(Row {
            key: vec![Cell::text(keyspace(&table.base)), Cell::text(name)],
            columns,
        });
    }
    rows
}

/// The properties of a table or view, as the server sets them for Alternator.
fn properties() -> Vec<(&'static str, Cell<'static>)> {
    let properties = PROPERTIES.iter();
    properties
        .map(|(name, value)| (*name, Cell::text(*value)))
        .collect()
}

const STRATEGY: &str = "org.apache.cassandra.locator.NetworkTopologyStrategy";
const PROPERTIES: &[(&str, &str)] = &[
    ("bloom_filter_fp_chance", "0.01"),
    ("caching", "({keys : ALL}, {rows_per_partition : ALL})"),
    ("comment", ""),
    ("compaction", "({class : IncrementalCompactionStrategy})"),
    (
        "compression",
        "({sstable_compression : LZ4WithDictsCompressor})",
    ),
    ("crc_check_chance", "1"),
    ("default_time_to_live", "0"),
    ("extensions", "({scylla_tags : 0200})"),
    ("gc_grace_seconds", "864000"),
    ("max_index_interval", "2048"),
    ("memtable_flush_period_in_ms", "0"),
    ("min_index_interval", "128"),
    ("speculative_retry", "99.0PERCENTILE"),
];
