//! Queries of the server's tables.

use crate::internal::client::InternalError;
use crate::metadata::MetadataClient;
use serde_json::{Map, Value, json};

/// A `Query` or `Scan` of one of the server's tables.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ServerQuery {
    pub(crate) operation: &'static str,
    pub(crate) input: Value,
}

/// The number of rows of a page: some 200 bytes each make a megabyte. The server's own limit is a megabyte of stored
/// data, which its rendering makes several times larger; with much smaller pages it would compute its ring too often.
const PAGE_ROWS: u32 = 5_000;

/// The number of pages that are read of one table: more rows than the largest map has replicas. The rest is unknown.
const MAX_PAGES: usize = 250;

impl ServerQuery {
    /// Selects columns of the rows with this key: a partition key, perhaps with a clustering key; of all rows if it is
    /// empty. Keys of all types are given as strings.
    pub(crate) fn new(table: &str, key: &[(&str, &str)], columns: &[&str]) -> Self {
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
        let table = format!(".scylla.alternator.{table}");
        let projection = projection.join(", ");
        if key.is_empty() {
            let operation = "Scan";
            let input = json!({
                "TableName": table,
                "ProjectionExpression": projection,
                "ExpressionAttributeNames": names,
                "Limit": PAGE_ROWS,
            });
            return Self { operation, input };
        }
        let operation = "Query";
        let input = json!({
            "TableName": table,
            "KeyConditionExpression": conditions.join(" AND "),
            "ProjectionExpression": projection,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "Limit": PAGE_ROWS,
        });
        Self { operation, input }
    }

    /// Visits all rows of the result, page by page.
    pub(crate) async fn read(
        mut self,
        client: &impl MetadataClient,
        mut visit: impl FnMut(&Value) + Send,
    ) -> Result<(), InternalError> {
        for _ in 0..MAX_PAGES {
            let response = client.call(self.operation, &self.input).await?;
            let Some(rows) = rows(&response) else {
                let text = "a response without items".to_owned();
                return Err(InternalError::Unsupported(text));
            };
            rows.iter().for_each(&mut visit);
            match self.after(&response) {
                Some(next) => self = next,
                None => break,
            }
        }
        Ok(())
    }

    /// The query of the page that follows this response. `None` if that is the last one.
    pub(super) fn after(mut self, response: &Value) -> Option<Self> {
        let last = response
            .get("LastEvaluatedKey")
            .filter(|key| key.is_object())?;
        let input = self.input.as_object_mut()?;
        let former = input.insert("ExclusiveStartKey".to_owned(), last.clone());
        // A page that leads to itself would be read for ever.
        (former.as_ref() != Some(last)).then_some(self)
    }
}

/// The rows of a page. `None` if the response has no items.
pub(super) fn rows(response: &Value) -> Option<&Vec<Value>> {
    response.get("Items")?.as_array()
}
