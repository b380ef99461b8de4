//! Operations on the engine's tables, with Alternator's differences.

use std::sync::Arc;

use bytes::Bytes;
use dynoxide::Database;
use serde_json::Value;

use super::dispatch::dispatch;
use super::outcome::Outcome;
use super::request::{parse, table_name};
use super::{backups, description};
use crate::api_error::ApiError;
use crate::catalog::Catalog;
use crate::isolation;
use crate::operation::Operation;

/// The engine, and the catalog of its tables.
pub(super) struct Tables {
    database: Database,
    catalog: Arc<Catalog>,
}

impl Tables {
    pub(super) fn new(database: Database, catalog: Arc<Catalog>) -> Self {
        Self { database, catalog }
    }

    pub(super) fn execute(&mut self, operation: Operation, body: &[u8]) -> Outcome {
        self.dispatch_by_operation(operation, body)
            .map_err(|error| self.name_missing_table(error, body))
    }

    /// Adds the table to an error of the engine, which only says that there is none.
    fn name_missing_table(&self, error: ApiError, body: &[u8]) -> ApiError {
        if !error.is(NOT_FOUND) {
            return error;
        }
        let request = parse(body).unwrap_or_default();
        match table_name(&request) {
            Some(name) if !self.catalog.has_table(name) => {
                let message = format!("Requested resource not found: Table: {name} not found");
                ApiError::bad_request(NOT_FOUND, message)
            }
            Some(_) | None => error,
        }
    }

    fn dispatch_by_operation(&mut self, operation: Operation, body: &[u8]) -> Outcome {
        match operation {
            Operation::CreateTable => self.create(body),
            Operation::UpdateTable => self.update(body),
            Operation::DeleteTable => self.delete(body),
            Operation::TagResource | Operation::UntagResource => self.tag(operation, body),
            Operation::DescribeTable => self.describe(body),
            Operation::ListTagsOfResource => self.list_tags(body),
            Operation::DescribeContinuousBackups => backups::describe(&self.database, body),
            Operation::PutItem | Operation::UpdateItem | Operation::DeleteItem => {
                // Looked at only if there is such a table: it costs a second reading of the request.
                if self.catalog.refuses_writes() {
                    let request = parse(body)?;
                    let name = table_name(&request).unwrap_or_default();
                    let isolation = self.catalog.isolation_of(name);
                    isolation.check_write(self.catalog.reads_before_write(operation, &request))?;
                }
                dispatch(&self.database, operation, body)
            }
            other => dispatch(&self.database, other, body),
        }
    }

    /// Creates a table, which is active at once.
    fn create(&mut self, body: &[u8]) -> Outcome {
        let request = parse(body)?;
        isolation::from_tags(request.get("Tags"))?;
        let mut response = parse(&dispatch(&self.database, Operation::CreateTable, body)?)?;
        if let Some(table) = response.get_mut("TableDescription") {
            self.catalog.create(table, request.get("Tags"));
            activate(table, "TableStatus");
            let indexes = table
                .get_mut("GlobalSecondaryIndexes")
                .and_then(Value::as_array_mut);
            for index in indexes.into_iter().flatten() {
                activate(index, "IndexStatus");
            }
        }
        Ok(Bytes::from(response.to_string()))
    }

    fn describe(&self, body: &[u8]) -> Outcome {
        let mut response = parse(&dispatch(&self.database, Operation::DescribeTable, body)?)?;
        if let Some(table) = response.get_mut("Table") {
            description::complete(table);
        }
        Ok(Bytes::from(response.to_string()))
    }

    fn update(&mut self, body: &[u8]) -> Outcome {
        let response = dispatch(&self.database, Operation::UpdateTable, body)?;
        if let Some(table) = parse(&response)?.get("TableDescription") {
            self.catalog.update(table);
        }
        Ok(response)
    }

    fn delete(&mut self, body: &[u8]) -> Outcome {
        let response = dispatch(&self.database, Operation::DeleteTable, body)?;
        if let Some(name) = table_name(&parse(body)?) {
            self.catalog.forget(name);
        }
        Ok(response)
    }

    /// Returns an empty body, not an empty object.
    fn tag(&mut self, operation: Operation, body: &[u8]) -> Outcome {
        let request = parse(body)?;
        let isolation = isolation::from_tags(request.get("Tags"))?;
        dispatch(&self.database, operation, body)?;
        let arn = request
            .get("ResourceArn")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let name = arn.rsplit_once('/').map_or(arn, |(_, name)| name);
        let untags = operation == Operation::UntagResource && isolation::removes_tag(&request);
        if isolation.is_some() || untags {
            self.catalog.isolate(name, isolation);
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
                ApiError::bad_request(NOT_FOUND, format!("ResourceArn '{arn}' not found"))
            } else {
                error
            }
        })
    }
}

fn activate(described: &mut Value, status: &str) {
    if let Some(status) = described.get_mut(status) {
        *status = Value::from("ACTIVE");
    }
}

const NOT_FOUND: &str = "ResourceNotFoundException";
