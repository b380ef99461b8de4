//! The key condition of a Query, applied to an internal table.

use std::ops::{Bound, RangeBounds};

use serde_json::Value;

use super::cell::{Cell, Type};
use super::definition::Definition;
use super::row::Row;
use crate::api_error::ApiError;
use crate::expression::{Comparison, KeyCondition, References, key_conditions};

/// One partition, and a range of the first column of its clustering key.
#[derive(Debug)]
pub(super) struct Selection {
    partition: Cell<'static>,
    clustering: Option<Range>,
}

#[derive(Debug)]
enum Range {
    Bounds(Bound<Cell<'static>>, Bound<Cell<'static>>),
    Prefix(String),
}

impl Selection {
    pub(super) fn read<'a>(
        request: &'a Value,
        references: &mut References<'a>,
        definition: &Definition,
    ) -> Result<Self, ApiError> {
        let (partition_key, partition_type) = definition.partition_key;
        let clustering_key = definition.clustering_key.first();
        let (mut partition, mut clustering) = (None, None);
        for condition in key_conditions(request, references)? {
            let column = condition.attribute;
            let repeated = if column == partition_key {
                let cell = equal(&condition, partition_type)?;
                partition.replace(cell).is_some()
            } else if let Some((_, kind)) = clustering_key.filter(|(name, _)| *name == column) {
                clustering
                    .replace(Range::read(&condition, *kind)?)
                    .is_some()
            } else {
                return Err(ApiError::validation(format!(
                    "KeyConditionExpression condition on non-key attribute {column}"
                )));
            };
            if repeated {
                return Err(ApiError::validation(
                    "KeyConditionExpression allows only one condition for each key",
                ));
            }
        }
        let missing = || {
            ApiError::validation(format!(
                "KeyConditionExpression requires a condition on partition key {partition_key}"
            ))
        };
        Ok(Self {
            partition: partition.ok_or_else(missing)?,
            clustering,
        })
    }

    pub(super) fn contains(&self, row: &Row<'_>) -> bool {
        let mut key = row.key.iter();
        let in_partition = key.next() == Some(&self.partition);
        let in_range = match (&self.clustering, key.next()) {
            (None, _) => true,
            (Some(range), Some(cell)) => range.contains(cell),
            // A static row is returned only where the whole partition is requested.
            (Some(_), None) => false,
        };
        in_partition && in_range
    }
}

impl Range {
    fn read(condition: &KeyCondition<'_>, kind: Type) -> Result<Self, ApiError> {
        let column = condition.attribute;
        let mut cells = condition.values.iter();
        let mut next = || {
            let value = cells.next().copied().unwrap_or(&Value::Null);
            kind.read(column, value)
        };
        let first = next()?;
        Ok(match condition.comparison {
            Comparison::Equal => {
                Self::Bounds(Bound::Included(first.clone()), Bound::Included(first))
            }
            Comparison::Less => Self::Bounds(Bound::Unbounded, Bound::Excluded(first)),
            Comparison::LessOrEqual => Self::Bounds(Bound::Unbounded, Bound::Included(first)),
            Comparison::Greater => Self::Bounds(Bound::Excluded(first), Bound::Unbounded),
            Comparison::GreaterOrEqual => Self::Bounds(Bound::Included(first), Bound::Unbounded),
            Comparison::Between => Self::Bounds(Bound::Included(first), Bound::Included(next()?)),
            Comparison::BeginsWith => match first {
                Cell::Text(prefix) => Self::Prefix(prefix.into_owned()),
                _ => {
                    return Err(ApiError::validation(format!(
                        "KeyConditionExpression begins_with() not supported on key column {column}"
                    )));
                }
            },
        })
    }

    fn contains(&self, cell: &Cell<'_>) -> bool {
        match (self, cell) {
            (Self::Bounds(low, high), cell) => (low.as_ref(), high.as_ref()).contains(cell),
            (Self::Prefix(prefix), Cell::Text(text)) => text.starts_with(prefix.as_str()),
            (Self::Prefix(_), _) => false,
        }
    }
}

fn equal(condition: &KeyCondition<'_>, kind: Type) -> Result<Cell<'static>, ApiError> {
    let column = condition.attribute;
    match (condition.comparison, condition.values.first()) {
        (Comparison::Equal, Some(value)) => kind.read(column, value),
        _ => Err(ApiError::validation(format!(
            "KeyConditionExpression only '=' condition is supported on partition key {column}"
        ))),
    }
}
