//! The partition key of a `Query`.

use crate::operation::key_condition::value_of_key;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::types::{AttributeValue, ComparisonOperator};

/// The value that the query requires of the partition key, in its `KeyConditionExpression` or its legacy
/// `KeyConditions`.
pub(crate) fn key<'a>(query: &'a QueryInput, key: &str) -> Option<&'a AttributeValue> {
    match &query.key_condition_expression {
        Some(expression) => {
            let names = query.expression_attribute_names.as_ref();
            let resolve = |reference: &str| names?.get(reference).map(String::as_str);
            let is_key = |name: &str| match name.starts_with('#') {
                true => resolve(name) == Some(key),
                false => name == key,
            };
            let value = value_of_key(expression, is_key)?;
            query.expression_attribute_values.as_ref()?.get(value)
        }
        None => {
            let condition = query.key_conditions.as_ref()?.get(key)?;
            match condition.comparison_operator {
                ComparisonOperator::Eq => condition.attribute_value_list().first(),
                // The server accepts no other operator for a partition key.
                _ => None,
            }
        }
    }
}
