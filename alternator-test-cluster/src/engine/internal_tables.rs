//! Tables named `.scylla.alternator.<keyspace>.<table>`, through which Alternator shows the server's own tables.
//!
//! There are none of them here yet: reading one says that it does not exist, as the server does for those outside its
//! system keyspaces. Tables that are to be shown belong into [`check`]'s place, which sees every operation before the
//! engine does.

use serde_json::Value;

use super::tables::{parse, table_name};
use crate::api_error::ApiError;
use crate::operation::Operation;

/// Answers operations on internal tables, which the engine must not see.
pub(super) fn check(operation: Operation, body: &[u8]) -> Result<(), ApiError> {
    if !mentions_prefix(body) {
        return Ok(());
    }
    let request = parse(body)?;
    let named = table_name(&request).into_iter();
    let batched = request.get("RequestItems").and_then(Value::as_object);
    let batched = batched
        .into_iter()
        .flat_map(|tables| tables.keys().map(String::as_str));
    match named.chain(batched).find(|name| name.starts_with(PREFIX)) {
        None => Ok(()),
        Some(name) if operation == Operation::CreateTable => Err(ApiError::validation(format!(
            "The prefix {PREFIX} is reserved for internal tables: cannot create {name}"
        ))),
        Some(name) => Err(ApiError::refused(
            "ResourceNotFoundException",
            format!("Requested resource not found: Internal table {name} not found"),
        )),
    }
}

fn mentions_prefix(body: &[u8]) -> bool {
    body.windows(PREFIX.len())
        .any(|window| window == PREFIX.as_bytes())
}

const PREFIX: &str = ".scylla.alternator.";
