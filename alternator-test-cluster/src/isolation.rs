//! Write isolation: which writes use lightweight transactions, and which are rejected.

use serde_json::Value;

use crate::api_error::ApiError;
use crate::expression::needs_read_before_write;
use crate::operation::Operation;

/// The isolation of writes from each other: the server's setting `alternator_write_isolation`, which a table can
/// override with its tag `system:write_isolation`.
///
/// The cluster isolates all writes, since all nodes share one engine. The setting determines only which writes are
/// counted as lightweight transactions ([`TestCluster::lwt_partitions`](crate::TestCluster::lwt_partitions)), and which
/// are rejected.
///
/// # Default
///
/// [`WriteIsolation::OnlyRmwUsesLwt`]. The server has no default and does not start without the setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WriteIsolation {
    /// `always_use_lwt`: every write is a lightweight transaction.
    AlwaysUseLwt,
    /// `forbid_rmw`: read-modify-write operations are rejected.
    ForbidRmw,
    /// `only_rmw_uses_lwt`: only read-modify-write operations are lightweight transactions.
    #[default]
    OnlyRmwUsesLwt,
    /// `unsafe_rmw`: no write is a lightweight transaction.
    UnsafeRmw,
}

impl WriteIsolation {
    /// Returns the value of the server's setting.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AlwaysUseLwt => "always_use_lwt",
            Self::ForbidRmw => "forbid_rmw",
            Self::OnlyRmwUsesLwt => "only_rmw_uses_lwt",
            Self::UnsafeRmw => "unsafe_rmw",
        }
    }

    /// Returns whether a write of one item is a lightweight transaction, given whether it reads the item first.
    pub(crate) fn uses_lwt(self, reads_before_write: bool) -> bool {
        match self {
            Self::AlwaysUseLwt => true,
            Self::OnlyRmwUsesLwt => reads_before_write,
            Self::ForbidRmw | Self::UnsafeRmw => false,
        }
    }

    /// Returns an error for a forbidden write. To be called before the condition of the write is evaluated.
    pub(crate) fn check_write(self, reads_before_write: bool) -> Result<(), ApiError> {
        if self == Self::ForbidRmw && reads_before_write {
            return Err(ApiError::validation(
                "Read-modify-write operations are disabled by the 'forbid_rmw' write isolation policy of the table",
            ));
        }
        Ok(())
    }
}

/// Parses the write isolation tag in `Tags`, if present.
pub(crate) fn from_tags(tags: Option<&Value>) -> Result<Option<WriteIsolation>, ApiError> {
    let tags = tags.and_then(Value::as_array).into_iter().flatten();
    let Some(tag) = tags
        .into_iter()
        .find(|tag| tag.get("Key").and_then(Value::as_str) == Some(TAG))
    else {
        return Ok(None);
    };
    match tag.get("Value").and_then(Value::as_str).unwrap_or_default() {
        "a" | "always" | "always_use_lwt" => Ok(Some(WriteIsolation::AlwaysUseLwt)),
        "f" | "forbid" | "forbid_rmw" => Ok(Some(WriteIsolation::ForbidRmw)),
        "o" | "only_rmw_uses_lwt" => Ok(Some(WriteIsolation::OnlyRmwUsesLwt)),
        "u" | "unsafe" | "unsafe_rmw" => Ok(Some(WriteIsolation::UnsafeRmw)),
        other => Err(ApiError::validation(format!(
            "Incorrect write isolation tag {other}. Allowed values: a, always, always_use_lwt, f, forbid, forbid_rmw, o, \
             only_rmw_uses_lwt, u, unsafe, unsafe_rmw"
        ))),
    }
}

/// Returns whether an `UntagResource` request removes the write isolation tag.
pub(crate) fn removes_tag(request: &Value) -> bool {
    let keys = request.get("TagKeys").and_then(Value::as_array);
    keys.into_iter()
        .flatten()
        .any(|key| key.as_str() == Some(TAG))
}

/// Returns whether a write must read the item first.
pub(crate) fn is_read_modify_write(operation: Operation, request: &Value) -> bool {
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
    expression.is_some_and(needs_read_before_write)
        || request
            .get("AttributeUpdates")
            .is_some_and(attribute_updates_need_read)
}

/// Returns whether the legacy `AttributeUpdates`, which have one action for each attribute, need the item's old value.
fn attribute_updates_need_read(updates: &Value) -> bool {
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
    fn only_the_documented_tag_values_are_accepted() {
        let valid = [
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
        let parse = |value: &str| {
            from_tags(Some(
                &json!([{"Key": "x", "Value": "y"}, {"Key": TAG, "Value": value}]),
            ))
        };
        for value in valid {
            let isolation = parse(value).unwrap().unwrap();
            assert_eq!(isolation.name().get(..1), value.get(..1), "{value}");
        }
        for value in ["", "A", "alway", "only_rmw", "forbid_rmw "] {
            assert!(parse(value).is_err(), "{value}");
        }
        assert_eq!(
            from_tags(Some(&json!([{"Key": "x", "Value": "y"}]))).unwrap(),
            None
        );
        assert_eq!(from_tags(None).unwrap(), None);
    }

    #[test]
    fn read_modify_write_operations_are_detected() {
        let put = |request| is_read_modify_write(Operation::PutItem, &request);
        assert!(!put(json!({"Item": {}, "ReturnValues": "NONE"})));
        assert!(put(json!({"ReturnValues": "ALL_OLD"})));
        assert!(put(json!({"ConditionExpression": "attribute_exists(a)"})));
        assert!(put(json!({"Expected": {}})));
        let update = |request| is_read_modify_write(Operation::UpdateItem, &request);
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

    #[test]
    fn isolation_determines_which_writes_are_lightweight_transactions() {
        let plain = json!({"Item": {}});
        let conditional = json!({"ConditionExpression": "attribute_exists(a)"});
        for (isolation, plain_uses_lwt, conditional_uses_lwt) in [
            (WriteIsolation::AlwaysUseLwt, true, true),
            (WriteIsolation::OnlyRmwUsesLwt, false, true),
            (WriteIsolation::ForbidRmw, false, false),
            (WriteIsolation::UnsafeRmw, false, false),
        ] {
            let uses_lwt =
                |request| isolation.uses_lwt(is_read_modify_write(Operation::PutItem, request));
            assert_eq!(
                (uses_lwt(&plain), uses_lwt(&conditional)),
                (plain_uses_lwt, conditional_uses_lwt),
                "{isolation:?}"
            );
        }
    }
}
