//! `system_schema.tables` and `system_schema.views`

use super::row::{Row, uuid};
use serde_json::Value;

/// The keyspace of a table and its indexes.
pub(crate) fn keyspace(table: &str) -> String {
    format!("alternator_{table}")
}

/// The id of a table, or of one of its indexes, if this row has it: a row of `id` and `table_name` or `view_name`.
///
/// An index is a view: `table:index` if it is global, `table!:index` if it is local.
pub(crate) fn id_in<'a>(row: &'a Value, table: &str, index: Option<&str>) -> Option<&'a str> {
    let row = Row::new(row);
    let is_match = match index {
        None => row.text("table_name")? == table,
        Some(index) => {
            let rest = row.text("view_name")?.strip_prefix(table)?;
            let name = rest.strip_prefix('!').unwrap_or(rest).strip_prefix(':')?;
            name == index
        }
    };
    // A malformed id could not be queried.
    row.text("id").filter(|id| is_match && uuid(id).is_some())
}
