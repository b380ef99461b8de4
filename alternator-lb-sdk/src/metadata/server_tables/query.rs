//! Queries of the server's tables.

use super::table::ServerTable;
use crate::metadata::MetadataClient;
use crate::metadata::fetch_client::{FetchClient, FetchError};
use crate::metadata::refusals::Permission;
use serde_json::{Map, Value, json};
use tokio::task::spawn_blocking;

/// A `Query` or `Scan` of one of the server's tables.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ServerQuery {
    pub(crate) table: ServerTable,
    pub(crate) operation: &'static str,
    pub(crate) input: Value,
}

/// Collects the rows of a query's result.
pub(crate) trait RowReader: Send + 'static {
    fn read(&mut self, row: &Value);

    /// Returns whether further rows are of no use.
    fn is_full(&self) -> bool {
        false
    }
}

/// The number of rows of a page: some 200 bytes each make a megabyte. The server's own limit is a megabyte of stored
/// data, which its rendering makes several times larger; with much smaller pages it would compute its ring too often.
const PAGE_ROWS: u32 = 5_000;

/// The number of pages that are read of one table: more rows than the largest map has replicas in four datacenters. The
/// rest is unknown.
const MAX_PAGES: usize = 1_000;

/// A page with more rows is read where it delays no request: each takes a microsecond or two.
const LARGE_PAGE: usize = 500;

impl ServerQuery {
    /// Selects columns of the rows with this key: a partition key, perhaps with a clustering key; of all rows if it is
    /// empty. Keys of all types are given as strings.
    pub(crate) fn new(table: ServerTable, key: &[(&str, &str)], columns: &[&str]) -> Self {
        // Placeholders, since some columns have reserved names.
        let mut names = Map::new();
        let mut projection = Vec::new();
        for (number, column) in columns.iter().enumerate() {
            names.insert(format!("#c{number}"), json!(column));
            projection.push(format!("#c{number}"));
        }
        let mut values = Map::new();
        let mut conditions = Vec::new();
        for (number, (column, value)) in key.iter().enumerate() {
            names.insert(format!("#k{number}"), json!(column));
            values.insert(format!(":k{number}"), json!({"S": value}));
            conditions.push(format!("#k{number} = :k{number}"));
        }
        let mut input = json!({
            "TableName": format!(".scylla.alternator.{}", table.name()),
            "ProjectionExpression": projection.join(", "),
            "ExpressionAttributeNames": names,
            "Limit": PAGE_ROWS,
        });
        let mut operation = "Scan";
        if !key.is_empty()
            && let Some(input) = input.as_object_mut()
        {
            operation = "Query";
            let condition = json!(conditions.join(" AND "));
            input.insert("KeyConditionExpression".to_owned(), condition);
            input.insert("ExpressionAttributeValues".to_owned(), values.into());
        }
        Self {
            table,
            operation,
            input,
        }
    }

    /// Hands all rows of the result, page by page, to `reader`, and returns it.
    pub(crate) async fn read<R: RowReader>(
        mut self,
        client: &FetchClient<'_, impl MetadataClient>,
        mut reader: R,
    ) -> Result<R, FetchError> {
        for _ in 0..MAX_PAGES {
            let permission = Permission::Select(self.table);
            let calling = client.call(permission, self.operation, &self.input);
            let mut response = calling.await?;
            let Some(rows) = response.get_mut("Items").and_then(Value::as_array_mut) else {
                let text = "a response without items".to_owned();
                return Err(FetchError::Unsupported(text));
            };
            let rows = std::mem::take(rows);
            reader = read_rows(rows, reader).await?;
            match self.after(&response) {
                Some(next) if !reader.is_full() => self = next,
                _ => break,
            }
        }
        Ok(reader)
    }

    /// The query of the page that follows this response. `None` if that is the last one.
    pub(super) fn after(mut self, response: &Value) -> Option<Self> {
        let last = response.get("LastEvaluatedKey")?.as_object()?;
        let start = last.iter();
        let start = start.map(|(name, value)| (name.clone(), as_string(value)));
        let start = Value::Object(start.collect());
        let input = self.input.as_object_mut()?;
        let former = input.insert("ExclusiveStartKey".to_owned(), start.clone());
        // A page that leads to itself would be read for ever.
        (former != Some(start)).then_some(self)
    }
}

/// The server names some of a page's key as numbers, JSON's own among them, and takes strings back only.
fn as_string(value: &Value) -> Value {
    let number = value.get("N").unwrap_or(value);
    match number {
        Value::Number(number) => json!({"S": number.to_string()}),
        Value::String(number) => json!({"S": number}),
        _ => value.clone(),
    }
}

/// Hands `rows` to `reader`, and returns it.
async fn read_rows<R: RowReader>(rows: Vec<Value>, mut reader: R) -> Result<R, FetchError> {
    let is_large = rows.len() > LARGE_PAGE;
    let read = move || {
        rows.iter().for_each(|row| reader.read(row));
        reader
    };
    match is_large {
        // An error says that the runtime is being dropped.
        true => spawn_blocking(read).await.map_err(FetchError::unreachable),
        false => Ok(read()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::thread::{self, ThreadId};

    /// The threads on which rows are read.
    #[derive(Default)]
    struct Threads(HashSet<ThreadId>);

    impl RowReader for Threads {
        fn read(&mut self, _: &Value) {
            self.0.insert(thread::current().id());
        }
    }

    #[tokio::test]
    async fn rows_of_a_large_page_are_read_off_the_runtime_and_those_of_a_small_one_on_it() {
        for (rows, is_on_it) in [(LARGE_PAGE, true), (LARGE_PAGE + 1, false)] {
            let rows = vec![Value::Null; rows];
            let Threads(threads) = read_rows(rows, Threads::default()).await.unwrap();
            assert_eq!(threads.contains(&thread::current().id()), is_on_it);
            assert_eq!(threads.len(), 1);
        }
    }
}
