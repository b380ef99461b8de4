//! Recorded responses of a real ScyllaDB.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::http::Response;

/// Errors by their cause.
const ERRORS: &str =
    include_str!("../../../alternator-lb-core/src/health/response_outcome/real-errors.json");

/// Rows of internal tables by the table, and the response to DescribeTable.
const ROWS: &str =
    include_str!("../../../alternator-lb-sdk/src/metadata/server_tables/tests/real-rows.json");
/// Rows of `system.tablets`, one for each stage of a migration.
pub(crate) const MIGRATING_TABLETS: &str = "tablets in migration, one row for each stage";
/// Rows of `system.tablets`, one for each stage of a repair.
pub(crate) const REPAIRING_TABLETS: &str = "tablets in repair";

/// Returns a part of the recorded rows.
pub(crate) fn recorded(part: &str) -> Value {
    let rows: Value = serde_json::from_str(ROWS).unwrap();
    rows[part].clone()
}

/// Expects that a row has the columns of a recorded one, with values of the same JSON types.
pub(crate) fn assert_recorded_row(row: &Value, part: &str, index: usize) {
    assert_eq!(
        columns(row),
        columns(&recorded(part)[index]),
        "{part}, row {index}"
    );
}

/// Returns the columns of a row with their types, and the JSON types of their values: `{"S": string}`.
pub(crate) fn columns(row: &Value) -> BTreeMap<String, String> {
    let columns = row.as_object().unwrap().iter();
    let kind = |value: &Value| {
        let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
        assert!(value.is_string(), "{kind}: {value}");
        kind.clone()
    };
    columns
        .map(|(name, value)| (name.clone(), kind(value)))
        .collect()
}

/// Expects that a response has the status, the content type and the body of the recorded one. UUIDs may differ.
pub(crate) fn assert_recorded_error(response: &Response, cause: &str) {
    let errors: Value = serde_json::from_str(ERRORS).unwrap();
    let recorded = &errors[cause];
    let status = format!("HTTP/1.1 {} ", response.status);
    assert!(
        recorded["status"].as_str().unwrap().starts_with(&status),
        "{cause}: {status}"
    );
    let body: Value = serde_json::from_str(recorded["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        without_uuids(&response.json()),
        without_uuids(&body),
        "{cause}"
    );
    let content_type = response.header("content-type").unwrap();
    let headers = recorded["headers"].as_array().unwrap();
    let expected = Value::from(format!("Content-Type: {content_type}"));
    assert!(headers.contains(&expected), "{cause}: {content_type}");
}

/// Replaces the parenthesised UUIDs of texts.
fn without_uuids(value: &Value) -> String {
    let text = value.to_string();
    let is_uuid = |part: &str| {
        part.len() == 36
            && part
                .chars()
                .all(|letter| letter.is_ascii_hexdigit() || letter == '-')
    };
    let parts = text.split_inclusive(['(', ')']);
    parts
        .map(|part| {
            if is_uuid(part.trim_end_matches(')')) {
                "UUID)"
            } else {
                part
            }
        })
        .collect()
}
