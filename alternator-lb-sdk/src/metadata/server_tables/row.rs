//! A row as Alternator renders it.

use serde_json::Value;
use std::str::FromStr;

/// A row of one of the server's tables. Columns without a value are absent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a>(&'a Value);

/// The id of a host or of a table.
pub(crate) type Uuid = u128;

impl<'a> Row<'a> {
    pub(crate) fn new(row: &'a Value) -> Self {
        Self(row)
    }

    /// The value of a column that is rendered as a string: of any type but blob, decimal and boolean.
    pub(crate) fn text(self, column: &str) -> Option<&'a str> {
        self.0.get(column)?.get("S")?.as_str()
    }

    pub(crate) fn parsed<T: FromStr>(self, column: &str) -> Option<T> {
        self.text(column)?.parse().ok()
    }
}

/// Parses an id as CQL renders it, `5e3d8f6c-0000-4000-8000-000000000000`.
pub(crate) fn uuid(text: &str) -> Option<Uuid> {
    let groups = text.split('-');
    let is_dashed = groups.map(str::len).eq([8, 4, 4, 4, 12]);
    let is_hex = text
        .bytes()
        .all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    match is_dashed && is_hex {
        true => Uuid::from_str_radix(&text.replace('-', ""), 16).ok(),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_string_columns_are_read() {
        let row = json!({"a": {"S": "7"}, "b": {"N": "7"}, "c": "7", "d": {"S": 7}});
        let row = Row::new(&row);
        assert_eq!(
            (row.text("a"), row.parsed::<i64>("a")),
            (Some("7"), Some(7))
        );
        for column in ["b", "c", "d", "e"] {
            assert_eq!(row.text(column), None, "{column}");
        }
        assert_eq!(Row::new(&json!([1])).text("a"), None);
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
