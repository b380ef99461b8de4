//! BatchGetItem where some of the partitions have too few live replicas: their keys come back as unprocessed.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::catalog::{self, Contents, Partition};

/// The keys that are not read, in the form of `UnprocessedKeys`.
#[derive(Debug)]
pub(super) struct UnprocessedKeys(Map<String, Value>);

/// Removes the keys of unavailable partitions from a request. Returns the request for the others, and what was removed.
pub(super) fn split(
    contents: &Contents,
    mut request: Value,
    unavailable: &BTreeSet<Partition>,
) -> (Bytes, UnprocessedKeys) {
    let mut unprocessed = Map::new();
    let tables = request
        .get_mut("RequestItems")
        .and_then(Value::as_object_mut);
    if let Some(tables) = tables {
        for (table, keys_of) in tables.iter_mut() {
            let Some(keys) = keys_of.get_mut("Keys").and_then(Value::as_array_mut) else {
                continue;
            };
            let is_unavailable = |key: &Value| {
                let partition = catalog::partition_of(contents, table, key);
                partition.is_some_and(|partition| unavailable.contains(&partition))
            };
            let (removed, kept) = std::mem::take(keys).into_iter().partition(is_unavailable);
            *keys = kept;
            let removed: Vec<Value> = removed;
            if !removed.is_empty() {
                let mut rest = keys_of.clone();
                if let Some(fields) = rest.as_object_mut() {
                    fields.insert("Keys".to_owned(), Value::Array(removed));
                }
                unprocessed.insert(table.clone(), rest);
            }
        }
        tables.retain(|_, keys_of| {
            let keys = keys_of.get("Keys").and_then(Value::as_array);
            keys.is_none_or(|keys| !keys.is_empty())
        });
    }
    (
        Bytes::from(request.to_string()),
        UnprocessedKeys(unprocessed),
    )
}

impl UnprocessedKeys {
    /// Adds the keys to the response for the others.
    pub(super) fn add_to(self, response: &Bytes) -> Bytes {
        let Ok(mut response) = serde_json::from_slice::<Value>(response) else {
            return response.clone();
        };
        if let Some(fields) = response.as_object_mut() {
            fields.insert("UnprocessedKeys".to_owned(), Value::Object(self.0));
        }
        Bytes::from(response.to_string())
    }
}
