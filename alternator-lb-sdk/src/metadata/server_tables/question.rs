//! What is asked.

use serde_json::{Map, Value, json};

/// A `Query` or `Scan` of one of the server's tables.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Question {
    operation: &'static str,
    body: Value,
}

/// What comes back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<'a>(&'a Value);

/// How many rows an answer has: some 200 bytes each, so that it is a megabyte. The server itself would go up to one megabyte
/// of what it reads, of which its rendering makes several; with much fewer, it would make up its ring too often.
const ROWS: u32 = 5_000;

impl Question {
    /// Asks for columns of the rows with this key: a partition key, perhaps with a clustering key. All keys are strings,
    /// whatever their type.
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
        let body = json!({
            "TableName": internal(table),
            "KeyConditionExpression": conditions.join(" AND "),
            "ProjectionExpression": projection,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "Limit": ROWS,
        });
        Self {
            operation: "Query",
            body,
        }
    }

    /// Asks for columns of all rows.
    pub(crate) fn scan(table: &str, columns: &[&str]) -> Self {
        let mut names = Map::new();
        let projection = projection(columns, &mut names);
        let body = json!({
            "TableName": internal(table),
            "ProjectionExpression": projection,
            "ExpressionAttributeNames": names,
            "Limit": ROWS,
        });
        Self {
            operation: "Scan",
            body,
        }
    }

    /// The operation's name.
    pub(crate) fn operation(&self) -> &'static str {
        self.operation
    }

    /// Its input.
    pub(crate) fn body(&self) -> &Value {
        &self.body
    }

    /// The same for what comes after that page. None if nothing does.
    pub(crate) fn after(mut self, page: Page<'_>) -> Option<Self> {
        let last = page.0.get("LastEvaluatedKey")?;
        let body = self.body.as_object_mut()?;
        let start = body.get("ExclusiveStartKey");
        // An answer that leads nowhere would be asked for forever.
        if !last.is_object() || start == Some(last) {
            return None;
        }
        body.insert("ExclusiveStartKey".to_owned(), last.clone());
        Some(self)
    }
}

impl<'a> Page<'a> {
    /// None if the answer is none.
    pub(crate) fn of(answer: &'a Value) -> Option<Self> {
        answer.get("Items")?.as_array().map(|_| Self(answer))
    }

    pub(crate) fn rows(self) -> &'a [Value] {
        let rows = self.0.get("Items").and_then(Value::as_array);
        rows.map(Vec::as_slice).unwrap_or_default()
    }
}

fn internal(table: &str) -> String {
    format!(".scylla.alternator.{table}")
}

/// By placeholders, since some columns have names that mean something else in expressions.
fn projection(columns: &[&str], names: &mut Map<String, Value>) -> String {
    let mut placeholders = Vec::new();
    for (number, column) in columns.iter().enumerate() {
        let placeholder = format!("#c{number}");
        names.insert(placeholder.clone(), json!(column));
        placeholders.push(placeholder);
    }
    placeholders.join(", ")
}
