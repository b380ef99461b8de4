//! The tag `system:write_isolation` of a table, of which one value changes what a client sees: `forbid_rmw`.

use std::collections::HashMap;

use serde_json::Value;

use super::tables::table_name;
use super::update_expression::reads_before_writing;
use crate::api_error::ApiError;
use crate::operation::Operation;

/// How a table's writes are isolated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isolation {
    /// Writes that read before they write are refused.
    ForbidRmw,
    /// The others cannot be told apart from outside, with one engine behind all nodes.
    Other,
}

/// Reads the isolation out of `Tags`, if it is among them.
pub(super) fn of_tags(tags: Option<&Value>) -> Result<Option<Isolation>, ApiError> {
    let tags = tags.and_then(Value::as_array).into_iter().flatten();
    let Some(tag) = tags
        .into_iter()
        .find(|tag| tag.get("Key").and_then(Value::as_str) == Some(TAG))
    else {
        return Ok(None);
    };
    match tag.get("Value").and_then(Value::as_str).unwrap_or_default() {
        "f" | "forbid" | "forbid_rmw" => Ok(Some(Isolation::ForbidRmw)),
        "a" | "always" | "always_use_lwt" | "o" | "only_rmw_uses_lwt" | "u" | "unsafe"
        | "unsafe_rmw" => Ok(Some(Isolation::Other)),
        other => Err(ApiError::validation(format!(
            "Incorrect write isolation tag {other}. Allowed values: a, always, always_use_lwt, f, forbid, forbid_rmw, o, \
             only_rmw_uses_lwt, u, unsafe, unsafe_rmw"
        ))),
    }
}

/// Whether an `UntagResource` takes the tag away.
pub(super) fn untags(request: &Value) -> bool {
    let keys = request.get("TagKeys").and_then(Value::as_array);
    keys.into_iter()
        .flatten()
        .any(|key| key.as_str() == Some(TAG))
}

/// Refuses a write that its table's isolation forbids, before its condition is looked at.
pub(super) fn check_write(
    isolations: &HashMap<String, Isolation>,
    operation: Operation,
    request: &Value,
) -> Result<(), ApiError> {
    let isolation = table_name(request).and_then(|name| isolations.get(name));
    if isolation == Some(&Isolation::ForbidRmw) && reads(operation, request) {
        return Err(ApiError::validation(
            "Read-modify-write operations are disabled by the 'forbid_rmw' write isolation policy of the table",
        ));
    }
    Ok(())
}

/// Whether a write must read the item first.
fn reads(operation: Operation, request: &Value) -> bool {
    if request.get("ConditionExpression").is_some() || request.get("Expected").is_some() {
        return true;
    }
    let returned = request
        .get("ReturnValues")
        .and_then(Value::as_str)
        .unwrap_or("NONE");
    if operation != Operation::UpdateItem {
        return returned == "ALL_OLD";
    }
    if !matches!(returned, "NONE" | "UPDATED_NEW") {
        return true;
    }
    let expression = request.get("UpdateExpression").and_then(Value::as_str);
    expression.is_some_and(reads_before_writing)
        || request.get("AttributeUpdates").is_some_and(updates_read)
}

/// The old form of an update: one action for each attribute.
fn updates_read(updates: &Value) -> bool {
    let updates = updates
        .as_object()
        .into_iter()
        .flat_map(|updates| updates.values());
    updates.into_iter().any(
        |update| match update.get("Action").and_then(Value::as_str) {
            Some("ADD") => true,
            Some("DELETE") => update.get("Value").is_some(),
            _ => false,
        },
    )
}

const TAG: &str = "system:write_isolation";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn exactly_eleven_values_are_legal() {
        let legal = [
            "a",
            "always",
            "always_use_lwt",
            "f",
            "forbid",
            "forbid_rmw",
            "o",
            "only_rmw_uses_lwt",
            "u",
            "unsafe",
            "unsafe_rmw",
        ];
        let of = |value: &str| {
            of_tags(Some(
                &json!([{"Key": "x", "Value": "y"}, {"Key": TAG, "Value": value}]),
            ))
        };
        for value in legal {
            assert!(of(value).unwrap().is_some(), "{value}");
        }
        for value in ["", "A", "alway", "only_rmw", "forbid_rmw "] {
            assert!(of(value).is_err(), "{value}");
        }
        assert_eq!(
            of_tags(Some(&json!([{"Key": "x", "Value": "y"}]))).unwrap(),
            None
        );
        assert_eq!(of_tags(None).unwrap(), None);
    }

    #[test]
    fn writes_that_read_are_told_from_those_that_do_not() {
        let put = |request| reads(Operation::PutItem, &request);
        assert!(!put(json!({"Item": {}, "ReturnValues": "NONE"})));
        assert!(put(json!({"ReturnValues": "ALL_OLD"})));
        assert!(put(json!({"ConditionExpression": "attribute_exists(a)"})));
        assert!(put(json!({"Expected": {}})));
        let update = |request| reads(Operation::UpdateItem, &request);
        assert!(!update(
            json!({"UpdateExpression": "SET a = :a", "ReturnValues": "UPDATED_NEW"})
        ));
        assert!(update(
            json!({"UpdateExpression": "SET a = :a", "ReturnValues": "ALL_NEW"})
        ));
        assert!(update(json!({"UpdateExpression": "ADD a :a"})));
        assert!(update(
            json!({"AttributeUpdates": {"a": {"Action": "ADD"}}})
        ));
        assert!(update(
            json!({"AttributeUpdates": {"a": {"Action": "DELETE", "Value": {"SS": ["x"]}}}})
        ));
        assert!(!update(
            json!({"AttributeUpdates": {"a": {"Action": "DELETE"}, "b": {"Action": "PUT"}}})
        ));
    }
}
