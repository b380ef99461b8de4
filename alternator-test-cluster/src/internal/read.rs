//! Query and Scan of an internal table: selection, order and pages.

use serde_json::{Map, Value, json};

use super::cell::Cell;
use super::definition::Definition;
use super::projection::Projection;
use super::row::Row;
use super::selection::Selection;
use crate::api_error::ApiError;
use crate::expression::References;
use crate::operation::Operation;

/// A valid request.
#[derive(Debug)]
pub(super) struct Read<'a> {
    definition: &'static Definition,
    /// `None` for a Scan.
    selection: Option<Selection>,
    projection: Projection<'a>,
    limit: usize,
    after: Option<Vec<Cell<'static>>>,
    backward: bool,
    only_count: bool,
    weighs_pages: bool,
}

impl<'a> Read<'a> {
    pub(super) fn new(
        operation: Operation,
        request: &'a Value,
        definition: &'static Definition,
        weighs_pages: bool,
    ) -> Result<Self, ApiError> {
        if let Some(field) = UNSUPPORTED
            .iter()
            .find(|field| request.get(**field).is_some())
        {
            return Err(ApiError::validation(format!(
                "The test cluster knows no {field} for internal tables"
            )));
        }
        let references = &mut References::new(request);
        let is_query = operation == Operation::Query;
        let selection = is_query.then(|| Selection::read(request, references, definition));
        let read = Self {
            definition,
            selection: selection.transpose()?,
            projection: Projection::read(request, references)?,
            limit: limit(request)?,
            after: start_key(request, definition)?,
            backward: is_query && request.get("ScanIndexForward") == Some(&Value::Bool(false)),
            only_count: request.get("Select").and_then(Value::as_str) == Some("COUNT"),
            weighs_pages,
        };
        references.check_all_used(if is_query { "Query" } else { "Scan" })?;
        Ok(read)
    }

    /// Returns the rows of a page. It ends at the limit or, as with the server, where it gets large.
    pub(super) fn run(&self, rows: Vec<Row<'_>>) -> Value {
        let mut rows: Vec<_> = rows
            .into_iter()
            .map(|row| (position(&row.key), row))
            .collect();
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        if self.backward {
            rows.reverse();
        }
        let after = self.after.as_deref().map(position);
        let is_after = |(place, _): &(Position, Row<'_>)| match (&after, self.backward) {
            (None, _) => true,
            (Some(after), false) => place > after,
            (Some(after), true) => place < after,
        };
        let selected = |(_, row): &(Position, Row<'_>)| {
            let selection = self.selection.as_ref();
            selection.is_none_or(|selection| selection.contains(row))
        };
        let mut rows = rows.into_iter().filter(is_after).filter(selected);
        let mut items = Vec::new();
        let mut bytes = 0;
        let mut last = None;
        for (_, row) in rows.by_ref() {
            let item = self.projection.apply(&row, self.definition);
            bytes += size(&row);
            items.push(item);
            if items.len() == self.limit || bytes >= PAGE_BYTES {
                last = Some(row);
                break;
            }
        }
        let mut response = json!({"Count": items.len(), "ScannedCount": items.len()});
        if let Some(fields) = response.as_object_mut() {
            if !self.only_count {
                fields.insert("Items".to_owned(), Value::Array(items));
            }
            // A full page has it even if it is the last, which only the next shows.
            if let Some(row) = last {
                fields.insert("LastEvaluatedKey".to_owned(), self.key(&row));
            }
        }
        response
    }

    fn key(&self, row: &Row<'_>) -> Value {
        let columns = self.definition.key().zip(&row.key);
        let mut key: Map<String, Value> = columns
            .map(|((name, _), cell)| (name.to_owned(), cell.to_json()))
            .collect();
        if self.weighs_pages || row.key.len() < self.definition.key().count() {
            key.insert(WEIGHT.to_owned(), json!({"N": 1}));
        }
        Value::Object(key)
    }
}

/// Partitions are in the order of their tokens, rows within one in that of the clustering key.
type Position<'a> = (Option<i64>, Vec<Cell<'a>>);

fn position<'a>(key: &[Cell<'a>]) -> Position<'a> {
    (key.first().map(Cell::token), key.to_vec())
}

fn limit(request: &Value) -> Result<usize, ApiError> {
    match request.get("Limit") {
        None | Some(Value::Null) => Ok(usize::MAX),
        Some(limit) => match limit.as_u64() {
            Some(limit @ 1..) => Ok(usize::try_from(limit).unwrap_or(usize::MAX)),
            _ => Err(ApiError::validation("Limit must be greater than 0")),
        },
    }
}

fn start_key(
    request: &Value,
    definition: &Definition,
) -> Result<Option<Vec<Cell<'static>>>, ApiError> {
    let Some(start) = request
        .get("ExclusiveStartKey")
        .filter(|key| !key.is_null())
    else {
        return Ok(None);
    };
    let weight = start.get(WEIGHT).map(|weight| weight.get("N"));
    // The server renders a JSON number, and takes back a string only.
    if weight.is_some_and(|weight| weight.is_none_or(|weight| !weight.is_string())) {
        return Err(ApiError::validation(format!(
            "The provided starting key is invalid: {WEIGHT} is no number"
        )));
    }
    let is_weighted = weight.is_some();
    let mut key = Vec::new();
    for (index, (name, kind)) in definition.key().enumerate() {
        match start.get(name) {
            Some(value) => key.push(kind.read(name, value)?),
            // What was read last had static columns only.
            None if index == 1 && is_weighted => break,
            None => {
                return Err(ApiError::validation(format!(
                    "The provided starting key is invalid: missing key column {name}"
                )));
            }
        }
    }
    Ok(Some(key))
}

fn size(row: &Row<'_>) -> usize {
    let columns = row.columns.iter().map(|(_, cell)| cell);
    let cells = row.key.iter().chain(columns);
    cells
        .map(|cell| match cell {
            Cell::Text(text) => text.len(),
            Cell::BigInt(_) => 8,
            Cell::Uuid(_) => 16,
            Cell::Inet(_) | Cell::Bool(_) => 4,
        })
        .sum()
}

/// The side of the last row on which a page ended, in keys that name no whole row.
const WEIGHT: &str = ":scylla:paging:weight";
/// The size of a page of the server.
const PAGE_BYTES: usize = 1 << 20;
/// Parameters that are refused, not ignored.
const UNSUPPORTED: &[&str] = &[
    "ConditionalOperator",
    "FilterExpression",
    "QueryFilter",
    "ScanFilter",
    "Segment",
    "TotalSegments",
];
