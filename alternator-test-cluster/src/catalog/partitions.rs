//! Partitions that a request reads or writes.

use serde_json::Value;

use super::{Contents, TableKind};
use crate::PartitionKey;
use crate::expression::{Comparison, References, key_conditions};
use crate::operation::Operation;

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Partition {
    /// The table, or the server's name of the index.
    pub(crate) table: String,
    pub(crate) key: PartitionKey,
}

/// Returns the partitions that a request names: one for the operations on one key, any number for batches, none for the
/// others, and none if the table is unknown or the request is invalid.
pub(crate) fn partitions(
    contents: &Contents,
    operation: Operation,
    request: &Value,
) -> Vec<Partition> {
    let single = |partition: Option<Partition>| partition.into_iter().collect();
    match operation {
        Operation::GetItem | Operation::DeleteItem | Operation::UpdateItem => {
            single(of_item(contents, named(request), request.get("Key")))
        }
        Operation::PutItem => single(of_item(contents, named(request), request.get("Item"))),
        Operation::Query => single(of_query(contents, request)),
        Operation::BatchGetItem => of_batch(contents, request, |keys_of| {
            let keys = keys_of.get("Keys").and_then(Value::as_array);
            keys.into_iter().flatten().collect()
        }),
        Operation::BatchWriteItem => of_batch(contents, request, |writes| {
            let writes = writes.as_array().into_iter().flatten();
            writes.filter_map(written).collect()
        }),
        _ => Vec::new(),
    }
}

fn named(request: &Value) -> Option<&str> {
    request.get("TableName").and_then(Value::as_str)
}

fn of_item(contents: &Contents, table: Option<&str>, item: Option<&Value>) -> Option<Partition> {
    partition_of(contents, table?, item?)
}

/// Returns the partition of an item, or of its key.
pub(crate) fn partition_of(contents: &Contents, table: &str, item: &Value) -> Option<Partition> {
    let attribute = item.get(&contents.table(table)?.key)?;
    Some(Partition {
        table: table.to_owned(),
        key: PartitionKey::from_json(attribute)?,
    })
}

fn of_query(contents: &Contents, request: &Value) -> Option<Partition> {
    let name = table_of_read(contents, request)?;
    let attribute = &contents.table(&name)?.key;
    let conditions = key_conditions(request, &mut References::new(request)).ok()?;
    let condition = conditions.iter().find(|condition| {
        condition.attribute == attribute && condition.comparison == Comparison::Equal
    })?;
    Some(Partition {
        key: PartitionKey::from_json(condition.values.first()?)?,
        table: name,
    })
}

/// Returns the table that a Query or a Scan reads, or the server's name of the index.
pub(crate) fn table_of_read(contents: &Contents, request: &Value) -> Option<String> {
    let base = named(request)?;
    match request.get("IndexName").and_then(Value::as_str) {
        None => Some(base.to_owned()),
        Some(index) => {
            let kinds = [TableKind::GlobalIndex, TableKind::LocalIndex];
            let mut names = kinds.into_iter().map(|kind| kind.name_of(base, index));
            names.find(|name| contents.table(name).is_some())
        }
    }
}

fn of_batch<'a>(
    contents: &Contents,
    request: &'a Value,
    items: impl Fn(&'a Value) -> Vec<&'a Value>,
) -> Vec<Partition> {
    let tables = request.get("RequestItems").and_then(Value::as_object);
    let of_table = |(table, keys_of): (&'a String, &'a Value)| {
        let items = items(keys_of).into_iter();
        items
            .filter_map(|item| of_item(contents, Some(table), Some(item)))
            .collect::<Vec<_>>()
    };
    tables.into_iter().flatten().flat_map(of_table).collect()
}

/// Returns the item or the key that an entry of a BatchWriteItem writes.
fn written(write: &Value) -> Option<&Value> {
    let put = write.get("PutRequest").and_then(|put| put.get("Item"));
    put.or_else(|| write.get("DeleteRequest")?.get("Key"))
}
