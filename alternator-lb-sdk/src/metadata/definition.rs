//! What a table is like.

use crate::operation::lwt::WriteRules;
use serde_json::Value;

/// What a table is like, as far as it matters where its partitions are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Definition {
    key: Box<str>,
    /// The partition keys of its indexes, by their names. They are few.
    indexes: Vec<(Box<str>, Box<str>)>,
    id: Option<Box<str>>,
    resource: Option<Box<str>>,
    rules: Option<WriteRules>,
}

impl Definition {
    /// A table of which no more is known than its partition key.
    pub(crate) fn of_key(key: &str) -> Self {
        Self {
            key: key.into(),
            ..Self::default()
        }
    }

    /// What `DescribeTable` says, if that is what it should be.
    pub(crate) fn parse(answer: &Value) -> Option<Self> {
        let table = answer.get("Table")?;
        let indexes = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"];
        let indexes = indexes.into_iter().flat_map(|list| entries(table, list));
        let index = |index| Some((text(index, "IndexName")?, partition_key(index)?));
        Some(Self {
            key: partition_key(table)?,
            indexes: indexes.filter_map(index).collect(),
            id: text(table, "TableId"),
            resource: text(table, "TableArn"),
            rules: None,
        })
    }

    /// The same with another partition key.
    pub(crate) fn with_key(self, key: &str) -> Self {
        Self {
            key: key.into(),
            ..self
        }
    }

    /// The same with what is known of its writes.
    pub(crate) fn with_rules(self, rules: Option<WriteRules>) -> Self {
        Self { rules, ..self }
    }

    /// What the partition key of the table is called, or that of one of its indexes.
    pub(crate) fn partition_key(&self, index: Option<&str>) -> Option<&str> {
        let Some(index) = index else {
            return Some(&self.key);
        };
        let known = self.indexes.iter().find(|(name, _)| **name == *index);
        known.map(|(_, key)| &**key)
    }

    /// What no other table has, also none of the same name.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// By what its tags are asked for.
    pub(crate) fn resource(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    /// How its writes are isolated, if that is known.
    pub(crate) fn rules(&self) -> Option<WriteRules> {
        self.rules
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
    fn a_table_and_its_indexes_have_partition_keys() {
        let described = json!({"Table": {
            "KeySchema": schema("pk"),
            "GlobalSecondaryIndexes": [{"IndexName": "by_owner", "KeySchema": schema("owner")}, {"odd": 1}],
            "LocalSecondaryIndexes": [{"IndexName": "by_day", "KeySchema": schema("pk")}],
            "TableId": "4-2", "TableArn": "arn:x:table/t", "TableSizeBytes": 7,
        }});
        let table = Definition::parse(&described).unwrap();
        assert_eq!(table.partition_key(None), Some("pk"));
        assert_eq!(table.partition_key(Some("by_owner")), Some("owner"));
        assert_eq!(table.partition_key(Some("by_day")), Some("pk"));
        assert_eq!(table.partition_key(Some("by_night")), None);
        assert_eq!(table.id.as_deref(), Some("4-2"));
        assert_eq!(table.resource(), Some("arn:x:table/t"));
    }

    #[test]
    fn what_is_no_table_is_none() {
        for odd in [
            json!({}),
            json!([]),
            json!({"Table": {}}),
            json!({"Table": {"KeySchema": "pk"}}),
            json!({"Table": {"KeySchema": [{"AttributeName": 4, "KeyType": "HASH"}]}}),
            json!({"Table": {"KeySchema": [{"AttributeName": "sk", "KeyType": "RANGE"}]}}),
        ] {
            assert_eq!(Definition::parse(&odd), None, "{odd}");
        }
    }
}
