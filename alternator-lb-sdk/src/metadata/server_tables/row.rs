//! Rows as Alternator renders them.

use super::query::RowReader;
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

/// The ids of a table's indexes, from rows of `system_schema.views`.
#[derive(Debug, Default)]
pub(crate) struct IndexIds(Vec<(Box<str>, Box<str>)>);

/// The number of views that are read: DynamoDB allows 25 indexes of a table.
const MAX_VIEWS: usize = 256;

impl RowReader for IndexIds {
    fn read(&mut self, row: &Value) {
        if let Some(view) = text(row, "view_name")
            // A malformed id could not be queried.
            && let Some(id) = text(row, "id").filter(|id| uuid(id).is_some())
        {
            self.0.push((view.into(), id.into()));
        }
    }

    fn is_full(&self) -> bool {
        self.0.len() >= MAX_VIEWS
    }
}

impl IndexIds {
    /// The columns that are read of `system_schema.views`.
    pub(crate) const COLUMNS: [&'static str; 2] = ["view_name", "id"];

    /// The id of an index, which is a view: `table:index` if it is global, `table!:index` if it is local.
    pub(crate) fn find(&self, table: &str, index: &str) -> Option<&str> {
        let is_match = |view: &str| {
            let rest = view.strip_prefix(table)?;
            let rest = rest.strip_prefix('!').unwrap_or(rest);
            Some(rest.strip_prefix(':')? == index)
        };
        let mut views = self.0.iter();
        views.find_map(|(view, id)| is_match(view)?.then_some(&**id))
    }
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
