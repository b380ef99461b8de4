//! The tables: what the engine has, and what Alternator does otherwise.

use std::collections::HashMap;

use bytes::Bytes;
use dynoxide::Database;
use serde_json::Value;

use super::dispatch::dispatch;
use super::isolation::{self, Isolation};
use super::{Outcome, backups, internal_tables};
use crate::api_error::ApiError;
use crate::operation::Operation;

/// The engine with what must be known about its tables beside it.
pub(super) struct Tables {
    database: Database,
    /// The tables whose tag chooses a write isolation.
    isolations: HashMap<String, Isolation>,
}

impl Tables {
    pub(super) fn new(database: Database) -> Self {
        Self {
            database,
            isolations: HashMap::new(),
        }
    }

    pub(super) fn execute(&mut self, operation: Operation, body: &[u8]) -> Outcome {
        internal_tables::check(operation, body)?;
        match operation {
            Operation::CreateTable => self.create(body),
            Operation::DeleteTable => self.delete(body),
            Operation::TagResource | Operation::UntagResource => self.tag(operation, body),
            Operation::ListTagsOfResource => self.list_tags(body),
            Operation::DescribeContinuousBackups => backups::describe(&self.database, body),
            Operation::PutItem | Operation::UpdateItem | Operation::DeleteItem => {
                // Looked at only if there is such a table: it costs a second reading of the request.
                if !self.isolations.is_empty() {
                    isolation::check_write(&self.isolations, operation, &parse(body)?)?;
                }
                dispatch(&self.database, operation, body)
            }
            other => dispatch(&self.database, other, body),
        }
    }

    /// Tables are created at once, and are active when the answer comes.
    fn create(&mut self, body: &[u8]) -> Outcome {
        let request = parse(body)?;
        let isolation = isolation::of_tags(request.get("Tags"))?;
        let mut answer = parse(&dispatch(&self.database, Operation::CreateTable, body)?)?;
        if let (Some(isolation), Some(name)) = (isolation, table_name(&request)) {
            self.isolations.insert(name.to_owned(), isolation);
        }
        if let Some(table) = answer.get_mut("TableDescription") {
            activate(table, "TableStatus");
            let indexes = table
                .get_mut("GlobalSecondaryIndexes")
                .and_then(Value::as_array_mut);
            for index in indexes.into_iter().flatten() {
                activate(index, "IndexStatus");
            }
        }
        Ok(Bytes::from(answer.to_string()))
    }

    fn delete(&mut self, body: &[u8]) -> Outcome {
        let answer = dispatch(&self.database, Operation::DeleteTable, body)?;
        if let Some(name) = table_name(&parse(body)?) {
            self.isolations.remove(name);
        }
        Ok(answer)
    }

    /// Tagging answers an empty body, not an empty object.
    fn tag(&mut self, operation: Operation, body: &[u8]) -> Outcome {
        let request = parse(body)?;
        let isolation = isolation::of_tags(request.get("Tags"))?;
        dispatch(&self.database, operation, body)?;
        let arn = request
            .get("ResourceArn")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let name = arn.rsplit_once('/').map_or(arn, |(_, name)| name);
        if let Some(isolation) = isolation {
            self.isolations.insert(name.to_owned(), isolation);
        } else if operation == Operation::UntagResource && isolation::untags(&request) {
            self.isolations.remove(name);
        }
        Ok(Bytes::new())
    }

    fn list_tags(&self, body: &[u8]) -> Outcome {
        dispatch(&self.database, Operation::ListTagsOfResource, body).map_err(|error| {
            // As of DynamoDB, for a table that does not exist.
            if error.is("AccessDeniedException") {
                let request = parse(body).unwrap_or_default();
                let arn = request
                    .get("ResourceArn")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                ApiError::refused(
                    "ResourceNotFoundException",
                    format!("ResourceArn '{arn}' not found"),
                )
            } else {
                error
            }
        })
    }
}

pub(super) fn parse(body: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(body).map_err(ApiError::not_json)
}

pub(super) fn table_name(request: &Value) -> Option<&str> {
    request.get("TableName").and_then(Value::as_str)
}

fn activate(described: &mut Value, status: &str) {
    if let Some(status) = described.get_mut(status) {
        *status = Value::from("ACTIVE");
    }
}
