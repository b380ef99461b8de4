//! Write isolation: which writes use lightweight transactions, and which are refused.

use serde_json::Value;

use crate::api_error::ApiError;
use crate::expression::reads_before_writing;
use crate::operation::Operation;

/// How writes are isolated from each other: the server's `alternator_write_isolation`, which a table overrides with its
/// tag `system:write_isolation`.
///
/// All are isolated here, with one engine behind all nodes. What differs is which writes are counted as lightweight
/// transactions ([`TestCluster::lwt_partitions`](crate::TestCluster::lwt_partitions)), and which are refused.
///
/// # Default
///
/// [`WriteIsolation::OnlyRmwUsesLwt`]. The server has no default, and does not start without the setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WriteIsolation {
    /// `always_use_lwt`: every write is a lightweight transaction.
    AlwaysUseLwt,
    /// `forbid_rmw`: writes that read before they write are refused.
    ForbidRmw,
    /// `only_rmw_uses_lwt`: writes that read before they write are lightweight transactions.
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

    /// Whether a write of one item is a lightweight transaction.
    pub(crate) fn uses_lwt(self, operation: Operation, request: &Value) -> bool {
        match self {
            Self::AlwaysUseLwt => true,
            Self::OnlyRmwUsesLwt => reads(operation, request),
            Self::ForbidRmw | Self::UnsafeRmw => false,
        }
    }

    /// Refuses a write that is forbidden, before its condition is looked at.
    pub(crate) fn check_write(self, operation: Operation, request: &Value) -> Result<(), ApiError> {
        if self == Self::ForbidRmw && reads(operation, request) {
            return Err(ApiError::validation(
                "Read-modify-write operations are disabled by the 'forbid_rmw' write isolation policy of the table",
            ));
        }
        Ok(())
    }
}

/// Reads the isolation out of `Tags`, if it is among them.
pub(crate) fn of_tags(tags: Option<&Value>) -> Result<Option<WriteIsolation>, ApiError> {
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

/// Whether an `UntagResource` takes the tag away.
pub(crate) fn untags(request: &Value) -> bool {
    let keys = request.get("TagKeys").and_then(Value::as_array);
    keys.into_iter()
        .flatten()
        .any(|key| key.as_str() == Some(TAG))
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
            let isolation = of(value).unwrap().unwrap();
            assert_eq!(isolation.name().get(..1), value.get(..1), "{value}");
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

    #[test]
    fn isolation_decides_which_writes_are_transactions() {
        let plain = json!({"Item": {}});
        let conditional = json!({"ConditionExpression": "attribute_exists(a)"});
        for (isolation, of_plain, of_conditional) in [
            (WriteIsolation::AlwaysUseLwt, true, true),
            (WriteIsolation::OnlyRmwUsesLwt, false, true),
            (WriteIsolation::ForbidRmw, false, false),
            (WriteIsolation::UnsafeRmw, false, false),
        ] {
            let uses = |request| isolation.uses_lwt(Operation::PutItem, request);
            assert_eq!(
                (uses(&plain), uses(&conditional)),
                (of_plain, of_conditional),
                "{isolation:?}"
            );
        }
    }
}
