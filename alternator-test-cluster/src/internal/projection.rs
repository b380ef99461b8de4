//! Projection: the columns of an internal table that a response contains.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::definition::Definition;
use super::row::Row;
use crate::api_error::ApiError;
use crate::expression::{References, is_name_char};

/// The requested columns, or all.
#[derive(Debug)]
pub(super) struct Projection<'a> {
    columns: Option<BTreeSet<&'a str>>,
}

impl<'a> Projection<'a> {
    pub(super) fn read(
        request: &'a Value,
        references: &mut References<'a>,
    ) -> Result<Self, ApiError> {
        if let Some(attributes) = request.get("AttributesToGet").and_then(Value::as_array) {
            let columns = attributes.iter().filter_map(Value::as_str).collect();
            return Ok(Self {
                columns: Some(columns),
            });
        }
        let Some(expression) = request.get(FIELD).and_then(Value::as_str) else {
            return Ok(Self { columns: None });
        };
        let column = |path: &'a str| {
            let path = path.trim();
            if path.is_empty() || !path.chars().all(is_name_char) {
                return Err(ApiError::validation(format!(
                    "Failed parsing {FIELD}: '{expression}'"
                )));
            }
            references.name(path, FIELD)
        };
        let columns = expression.split(',').map(column);
        Ok(Self {
            columns: Some(columns.collect::<Result<_, _>>()?),
        })
    }

    pub(super) fn apply(&self, row: &Row<'_>, definition: &Definition) -> Value {
        let key = definition.key().map(|(name, _)| name).zip(&row.key);
        let columns = row.columns.iter().map(|(name, cell)| (*name, cell));
        let wanted = |name: &str| {
            self.columns
                .as_ref()
                .is_none_or(|columns| columns.contains(name))
        };
        let item: Map<String, Value> = key
            .chain(columns)
            .filter(|(name, _)| wanted(name))
            .map(|(name, cell)| (name.to_owned(), cell.to_json()))
            .collect();
        Value::Object(item)
    }
}

const FIELD: &str = "ProjectionExpression";
