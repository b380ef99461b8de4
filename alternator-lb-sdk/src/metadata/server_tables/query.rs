//! Queries of the server's tables.

use serde_json::{Map, Value, json};

/// A `Query` or `Scan` of one of the server's tables.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ServerQuery {
    operation: &'static str,
    input: Value,
}

/// One page of the result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<'a>(&'a Value);

/// The number of rows of a page: some 200 bytes each make a megabyte. The server's own limit is a megabyte of stored
/// data, which its rendering makes several times larger; with much smaller pages it would compute its ring too often.
const PAGE_ROWS: u32 = 5_000;

impl ServerQuery {
    /// Selects columns of the rows with this key: a partition key, perhaps with a clustering key. Keys of all types are
    /// given as strings.
    pub(crate) fn query(table: &str, key: &[(&str, &str)], columns: &[&str]) -> Self {
        let mut names = Map::new();
        let projection = projection(columns, &mut names);
        let mut values = Map::new();
        let mut conditions = Vec::new();
        for (number, (column, value)) in key.iter().enumerate() {
            names.insert(format!("#k{number}"), json!(column));
            values.insert(format!(":k{number}"), json!({"S": value}));
            conditions.push(format!("#k{number} = :k{number}"));
        }
        let input = json!({
            "TableName": internal(table),
            "KeyConditionExpression": conditions.join(" AND "),
            "ProjectionExpression": projection,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "Limit": PAGE_ROWS,
        });
        Self {
            operation: "Query",
            input,
        }
    }

    /// Selects columns of all rows.
    pub(crate) fn scan(table: &str, columns: &[&str]) -> Self {
        let mut names = Map::new();
        let projection = projection(columns, &mut names);
        let input = json!({
            "TableName": internal(table),
            "ProjectionExpression": projection,
            "ExpressionAttributeNames": names,
            "Limit": PAGE_ROWS,
        });
        Self {
            operation: "Scan",
            input,
        }
    }

    pub(crate) fn operation(&self) -> &'static str {
        self.operation
    }

    pub(crate) fn input(&self) -> &Value {
        &self.input
    }

    /// The query of the page that follows `page`. `None` if that is the last one.
    pub(crate) fn after(mut self, page: Page<'_>) -> Option<Self> {
        let last = page.0.get("LastEvaluatedKey")?;
        let input = self.input.as_object_mut()?;
        let start = input.get("ExclusiveStartKey");
        // A page that leads to itself would be read for ever.
        if !last.is_object() || start == Some(last) {
            return None;
        }
        input.insert("ExclusiveStartKey".to_owned(), last.clone());
        Some(self)
    }
}

impl<'a> Page<'a> {
    /// `None` if the response has no items.
    pub(crate) fn new(response: &'a Value) -> Option<Self> {
        response.get("Items")?.as_array().map(|_| Self(response))
    }

    pub(crate) fn rows(self) -> &'a [Value] {
        let rows = self.0.get("Items").and_then(Value::as_array);
        rows.map(Vec::as_slice).unwrap_or_default()
    }
}

fn internal(table: &str) -> String {
    format!(".scylla.alternator.{table}")
}

/// A projection by placeholders, since some columns have reserved names.
fn projection(columns: &[&str], names: &mut Map<String, Value>) -> String {
    let mut placeholders = Vec::new();
    for (number, column) in columns.iter().enumerate() {
        let placeholder = format!("#c{number}");
        names.insert(placeholder.clone(), json!(column));
        placeholders.push(placeholder);
    }
    placeholders.join(", ")
}
