//! Replication of keyspaces, ids of tables and indexes: `system_schema.keyspaces`, `.tables` and `.views`.

use super::cell::Cell;
use super::row::Row;
use crate::catalog::{Contents, TableKind};

/// Returns the keyspace of a table and its indexes.
pub(super) fn keyspace(table: &str) -> String {
    format!("alternator_{table}")
}

/// Each table has a keyspace of its own.
pub(super) fn keyspaces(contents: &Contents) -> Vec<Row<'static>> {
    let tables = contents.tables();
    let tables = tables.filter(|(_, table)| table.kind == TableKind::Base);
    let rows = tables.map(|(name, table)| {
        let factors = table.replication.factors();
        let factors = factors.map(|(datacenter, factor)| format!(", {{{datacenter} : {factor}}}"));
        let factors: String = factors.collect();
        let replication = format!("({{class : {STRATEGY}}}{factors})");
        Row {
            key: vec![Cell::text(keyspace(name))],
            columns: vec![
                ("durable_writes", Cell::Bool(true)),
                ("replication", Cell::text(replication)),
            ],
        }
    });
    rows.collect()
}

const STRATEGY: &str = "org.apache.cassandra.locator.NetworkTopologyStrategy";

pub(super) fn tables(contents: &Contents) -> Vec<Row<'static>> {
    let tables = contents.tables();
    let tables = tables.filter(|(_, table)| table.kind == TableKind::Base);
    let rows = tables.map(|(name, table)| Row {
        key: vec![Cell::text(keyspace(name)), Cell::text(name)],
        columns: vec![
            ("comment", Cell::text("")),
            ("gc_grace_seconds", Cell::text("864000")),
            ("id", Cell::Uuid(table.id)),
        ],
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
        rows.push(Row {
            key: vec![Cell::text(keyspace(&table.base)), Cell::text(name)],
            columns: vec![
                ("base_table_id", Cell::Uuid(base.id)),
                ("base_table_name", Cell::text(&table.base)),
                ("comment", Cell::text("")),
                ("gc_grace_seconds", Cell::text("864000")),
                ("id", Cell::Uuid(table.id)),
                ("include_all_columns", Cell::Bool(true)),
            ],
        });
    }
    rows
}
