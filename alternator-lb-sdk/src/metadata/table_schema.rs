//! The schema of a table.

use crate::operation::lwt::WriteRules;
use serde_json::Value;

/// The schema of a table, as far as it determines partitions and coordinators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TableSchema {
    pub(super) key: Box<str>,
    /// The partition keys of its indexes, by their names. They are few.
    indexes: Vec<(Box<str>, Box<str>)>,
    /// The server's id of the table, which changes when the table is created anew.
    pub(super) id: Option<Box<str>>,
    /// The ARN, by which the table's tags are listed.
    pub(super) resource: Option<Box<str>>,
    /// How the server isolates writes to the table, as far as that is known.
    pub(crate) write_rules: WriteRules,
}

impl TableSchema {
    /// A table of which only the partition key is known.
    pub(super) fn from_key(key: &str) -> Self {
        Self {
            key: key.into(),
            ..Self::default()
        }
    }

    /// Reads a response to `DescribeTable`. `None` if it is malformed.
    pub(super) fn parse(response: &Value) -> Option<Self> {
        let table = response.get("Table")?;
        let indexes = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"];
        let indexes = indexes.into_iter().flat_map(|list| entries(table, list));
        let index = |index| Some((text(index, "IndexName")?, partition_key(index)?));
        Some(Self {
            key: partition_key(table)?,
            indexes: indexes.filter_map(index).collect(),
            id: text(table, "TableId"),
            resource: text(table, "TableArn"),
            write_rules: WriteRules::default(),
        })
    }

    /// The name of the partition key of the table, or of one of its indexes.
    pub(crate) fn partition_key(&self, index: Option<&str>) -> Option<&str> {
        let Some(index) = index else {
            return Some(&self.key);
        };
        let mut indexes = self.indexes.iter();
        indexes.find_map(|(name, key)| (**name == *index).then_some(&**key))
    }
}

fn partition_key(described: &Value) -> Option<Box<str>> {
    let mut schema = entries(described, "KeySchema");
    let is_hash = |element: &&Value| element.get("KeyType").is_some_and(|kind| kind == "HASH");
    text(schema.find(is_hash)?, "AttributeName")
}

fn entries<'a>(of: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    let list = of.get(list).and_then(Value::as_array);
    list.into_iter().flatten()
}

fn text(of: &Value, name: &str) -> Option<Box<str>> {
    of.get(name)?.as_str().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema(partition: &str) -> Value {
        json!([
            {"AttributeName": "sk", "KeyType": "RANGE"},
            {"AttributeName": partition, "KeyType": "HASH"},
        ])
    }

    #[test]
    fn table_and_its_indexes_have_partition_keys() {
        let described = json!({"Table": {
            "KeySchema": schema("pk"),
            "GlobalSecondaryIndexes": [{"IndexName": "by_owner", "KeySchema": schema("owner")}, {"odd": 1}],
            "LocalSecondaryIndexes": [{"IndexName": "by_day", "KeySchema": schema("pk")}],
            "TableId": "4-2", "TableArn": "arn:x:table/t", "TableSizeBytes": 7,
        }});
        let table = TableSchema::parse(&described).unwrap();
        assert_eq!(table.partition_key(None), Some("pk"));
        assert_eq!(table.partition_key(Some("by_owner")), Some("owner"));
        assert_eq!(table.partition_key(Some("by_day")), Some("pk"));
        assert_eq!(table.partition_key(Some("by_night")), None);
        assert_eq!(table.id.as_deref(), Some("4-2"));
        assert_eq!(table.resource.as_deref(), Some("arn:x:table/t"));
    }

    #[test]
    fn malformed_description_is_rejected() {
        for odd in [
            json!({}),
            json!([]),
            json!({"Table": {}}),
            json!({"Table": {"KeySchema": "pk"}}),
            json!({"Table": {"KeySchema": [{"AttributeName": 4, "KeyType": "HASH"}]}}),
            json!({"Table": {"KeySchema": [{"AttributeName": "sk", "KeyType": "RANGE"}]}}),
        ] {
            assert_eq!(TableSchema::parse(&odd), None, "{odd}");
        }
    }
}
