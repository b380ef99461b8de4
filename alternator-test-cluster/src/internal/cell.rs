//! Values of the internal tables, and their form in Alternator.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::api_error::ApiError;
use crate::tokens::token;

/// A value. Those of one type are in the order in which the server keeps clustering keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell<'a> {
    /// Text, and values in their CQL text form.
    Text(Cow<'a, str>),
    BigInt(i64),
    Uuid(Uuid),
    Inet(IpAddr),
    Bool(bool),
}

/// The type of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    BigInt,
    Uuid,
    Inet,
}

impl Cell<'_> {
    pub(super) fn text(value: impl Into<String>) -> Self {
        Self::Text(Cow::Owned(value.into()))
    }

    /// Everything is a string, but for booleans: those are a type of their own, with a string where DynamoDB has a JSON
    /// boolean.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Text(value) => json!({"S": value}),
            Self::BigInt(value) => json!({"S": value.to_string()}),
            Self::Uuid(value) => json!({"S": value.to_string()}),
            Self::Inet(value) => json!({"S": value.to_string()}),
            Self::Bool(value) => json!({"BOOL": value.to_string()}),
        }
    }

    /// Returns the token of a partition with this key.
    pub(super) fn token(&self) -> i64 {
        match self {
            Self::Text(value) => token(value.as_bytes()),
            Self::BigInt(value) => token(&value.to_be_bytes()),
            Self::Uuid(value) => token(value.as_bytes()),
            Self::Inet(IpAddr::V4(value)) => token(&value.octets()),
            Self::Inet(IpAddr::V6(value)) => token(&value.octets()),
            Self::Bool(value) => token(&[u8::from(*value)]),
        }
    }
}

impl Type {
    /// Reads the value of a key as clients give it: always a string.
    pub(super) fn read(self, column: &str, attribute: &Value) -> Result<Cell<'static>, ApiError> {
        let Some(text) = attribute.get("S").and_then(Value::as_str) else {
            let given = attribute.as_object().and_then(|typed| typed.keys().next());
            let given = given.map_or("nothing", String::as_str);
            return Err(ApiError::validation(format!(
                "Type mismatch: expected type S for key column {column}, got type {given}"
            )));
        };
        let read = match self {
            Self::Text => Some(Cell::text(text)),
            Self::BigInt => text.parse().ok().map(Cell::BigInt),
            Self::Uuid => text.parse().ok().map(Cell::Uuid),
            Self::Inet => text.parse().ok().map(Cell::Inet),
        };
        read.ok_or_else(|| {
            ApiError::validation(format!(
                "The value '{text}' is no legal key column {column}"
            ))
        })
    }
}

/// Renders a `list`.
pub(super) fn list(items: impl Iterator<Item = String>) -> Cell<'static> {
    Cell::text(items.collect::<Vec<_>>().join(", "))
}

/// Renders a `set<text>`, which is in order.
pub(super) fn set(mut items: Vec<String>) -> Cell<'static> {
    items.sort_unstable();
    Cell::text(items.join("; "))
}

/// Renders a frozen map of texts, whose entries are in the order of their keys.
pub(super) fn frozen_map<'a>(entries: impl Iterator<Item = (&'a str, String)>) -> Cell<'static> {
    let entries: BTreeMap<&str, String> = entries.collect();
    let entries = entries.iter();
    let entries: Vec<_> = entries
        .map(|(key, value)| format!("{{{key} : {value}}}"))
        .collect();
    Cell::text(format!("({})", entries.join(", ")))
}
