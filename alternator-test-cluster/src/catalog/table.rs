//! Tables and indexes, which are tables of their own to the server.

use serde_json::Value;
use uuid::Uuid;

use crate::WriteIsolation;
use crate::tokens::{self, Replication, TabletMap};

/// Metadata of a table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) id: Uuid,
    /// The table that it belongs to: itself, or that of the index.
    pub(crate) base: String,
    pub(crate) kind: TableKind,
    /// The attribute that is its partition key.
    pub(crate) key: String,
    pub(crate) replication: Replication,
    /// True for an index that has the tablets of its table: all local ones, and global ones that are co-located.
    pub(crate) shares_tablets: bool,
    /// `None` for vnodes, and if it shares the tablets of its table.
    pub(crate) tablets: Option<TabletMap>,
    /// The isolation that its tag sets.
    pub(crate) isolation: Option<WriteIsolation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableKind {
    Base,
    GlobalIndex,
    /// Kept with the base: an item's entry is in the item's partition.
    LocalIndex,
}

impl TableKind {
    /// Returns the name that the server gives such a table.
    pub(crate) fn name_of(self, base: &str, index: &str) -> String {
        match self {
            Self::Base => base.to_owned(),
            Self::GlobalIndex => format!("{base}:{index}"),
            Self::LocalIndex => format!("{base}!:{index}"),
        }
    }
}

/// Reads a table and its indexes, without tablets, from the output of DescribeTable. Each with its name.
pub(super) fn described(description: &Value, replication: &Replication) -> Vec<(String, Table)> {
    let text = |name: &str| description.get(name).and_then(Value::as_str);
    let (Some(name), Some(key)) = (text("TableName"), hash_key(description)) else {
        return Vec::new();
    };
    let id = text("TableId").and_then(|id| id.parse().ok());
    let id: Uuid = id.unwrap_or_else(|| tokens::deterministic_uuid(name));
    let table = |id, kind, key: &str| Table {
        id,
        base: name.to_owned(),
        kind,
        key: key.to_owned(),
        replication: replication.clone(),
        shares_tablets: kind == TableKind::LocalIndex,
        tablets: None,
        isolation: None,
    };
    let mut tables = vec![(name.to_owned(), table(id, TableKind::Base, key))];
    for (field, kind) in [
        ("GlobalSecondaryIndexes", TableKind::GlobalIndex),
        ("LocalSecondaryIndexes", TableKind::LocalIndex),
    ] {
        let indexes = description.get(field).and_then(Value::as_array);
        for index in indexes.into_iter().flatten() {
            let index_name = index.get("IndexName").and_then(Value::as_str);
            let deleting = index.get("IndexStatus").and_then(Value::as_str) == Some("DELETING");
            if let (Some(index_name), Some(key), false) = (index_name, hash_key(index), deleting) {
                let name = kind.name_of(name, index_name);
                let id = tokens::deterministic_uuid(&format!("{id}/{name}"));
                tables.push((name, table(id, kind, key)));
            }
        }
    }
    tables
}

fn hash_key(described: &Value) -> Option<&str> {
    let schema = described.get("KeySchema")?.as_array()?;
    let is_hash = |key: &&Value| key.get("KeyType").and_then(Value::as_str) == Some("HASH");
    schema.iter().find(is_hash)?.get("AttributeName")?.as_str()
}
