//! Rows as Alternator renders them.

use serde_json::Value;
use std::str::FromStr;

/// The id of a host or of a table.
pub(crate) type Uuid = u128;

/// The value of a column that is rendered as a string: of any type but blob, decimal and boolean. Columns without a
/// value are absent.
pub(crate) fn text<'a>(row: &'a Value, column: &str) -> Option<&'a str> {
    row.get(column)?.get("S")?.as_str()
}

pub(crate) fn parsed<T: FromStr>(row: &Value, column: &str) -> Option<T> {
    text(row, column)?.parse().ok()
}

/// Parses an id as CQL renders it, `5e3d8f6c-0000-4000-8000-000000000000`.
pub(crate) fn uuid(text: &str) -> Option<Uuid> {
    let is_dashed = text.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    // `from_str_radix` accepts a sign.
    let is_uuid = is_dashed && !text.starts_with('+');
    let digits = is_uuid.then(|| text.replace('-', ""))?;
    Uuid::from_str_radix(&digits, 16).ok()
}

/// The keyspace of a table and its indexes.
pub(crate) fn keyspace(table: &str) -> String {
    format!("alternator_{table}")
}

/// The id of a table, or of one of its indexes, if this row has it: a row of `system_schema.tables` or of
/// `system_schema.views`, with the columns `id` and `table_name` or `view_name`.
///
/// An index is a view: `table:index` if it is global, `table!:index` if it is local.
pub(crate) fn id_in<'a>(row: &'a Value, table: &str, index: Option<&str>) -> Option<&'a str> {
    let is_match = match index {
        None => text(row, "table_name")? == table,
        Some(index) => {
            let rest = text(row, "view_name")?.strip_prefix(table)?;
            rest.strip_prefix('!').unwrap_or(rest).strip_prefix(':')? == index
        }
    };
    // A malformed id could not be queried.
    text(row, "id").filter(|id| is_match && uuid(id).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_string_columns_are_read() {
        let row = json!({"a": {"S": "7"}, "b": {"N": "7"}, "c": "7", "d": {"S": 7}});
        assert_eq!(
            (text(&row, "a"), parsed::<i64>(&row, "a")),
            (Some("7"), Some(7))
        );
        for column in ["b", "c", "d", "e"] {
            assert_eq!(text(&row, column), None, "{column}");
        }
        assert_eq!(text(&json!([1]), "a"), None);
    }

    #[test]
    fn id_has_five_groups() {
        let id = uuid("5e3d8f6c-0000-4000-8000-00000000000A");
        assert_eq!(id, Some(0x5e3d_8f6c_0000_4000_8000_0000_0000_000a));
        for text in [
            "",
            "5e3d8f6c00004000800000000000000a",
            "5e3d8f6c-0000-4000-8000-00000000000",
            "5e3d8f6c-0000-4000-8000-00000000000g",
            "+e3d8f6c-0000-4000-8000-00000000000a",
        ] {
            assert_eq!(uuid(text), None, "{text}");
        }
    }
}
