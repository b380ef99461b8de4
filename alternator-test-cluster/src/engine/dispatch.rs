//! Calls the engine, with JSON in and out.

use bytes::Bytes;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::outcome::Outcome;
use crate::api_error::ApiError;
use crate::operation::Operation;

/// Executes an operation in the engine.
pub(super) fn dispatch(database: &Database, operation: Operation, body: &[u8]) -> Outcome {
    use Operation as O;
    match operation {
        O::BatchGetItem => call(body, |request| database.batch_get_item(request)),
        O::BatchWriteItem => call(body, |request| database.batch_write_item(request)),
        O::CreateTable => call(body, |request| database.create_table(request)),
        O::DeleteItem => call(body, |request| database.delete_item(request)),
        O::DeleteTable => call(body, |request| database.delete_table(request)),
        O::DescribeStream => call(body, |request| database.describe_stream(request)),
        O::DescribeTable => call(body, |request| database.describe_table(request)),
        O::DescribeTimeToLive => call(body, |request| database.describe_time_to_live(request)),
        O::GetItem => call(body, |request| database.get_item(request)),
        O::GetRecords => call(body, |request| database.get_records(request)),
        O::GetShardIterator => call(body, |request| database.get_shard_iterator(request)),
        O::ListStreams => call(body, |request| database.list_streams(request)),
        O::ListTables => call(body, |request| database.list_tables(request)),
        O::ListTagsOfResource => call(body, |request| database.list_tags_of_resource(request)),
        O::PutItem => call(body, |request| database.put_item(request)),
        O::Query => call(body, |request| database.query(request)),
        O::Scan => call(body, |request| database.scan(request)),
        O::TagResource => call(body, |request| database.tag_resource(request)),
        O::UntagResource => call(body, |request| database.untag_resource(request)),
        O::UpdateItem => call(body, |request| database.update_item(request)),
        O::UpdateTable => call(body, |request| database.update_table(request)),
        O::UpdateTimeToLive => call(body, |request| database.update_time_to_live(request)),
        // Handled without the engine.
        O::DescribeContinuousBackups | O::DescribeEndpoints => Err(ApiError::internal(
            "Internal server error: the engine has no such operation",
        )),
    }
}

fn call<Q, A>(body: &[u8], run: impl FnOnce(Q) -> dynoxide::Result<A>) -> Outcome
where
    Q: DeserializeOwned,
    A: Serialize,
{
    let request = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    let response = run(request).map_err(|error| failed(&error))?;
    match serde_json::to_vec(&response) {
        Ok(json) => Ok(Bytes::from(json)),
        Err(error) => Err(ApiError::internal(format!(
            "Internal server error: {error}"
        ))),
    }
}

/// Returns the error for a request that is not valid for its operation.
///
/// The engine checks requests while it parses them; a prefix of the message names the kind of error.
fn unreadable(error: &serde_json::Error) -> ApiError {
    if !error.is_data() {
        return ApiError::not_json(error);
    }
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(message, _)| message);
    for (prefix, kind) in MARKS {
        if let Some(message) = text.strip_prefix(prefix) {
            return ApiError::bad_request(*kind, message);
        }
    }
    ApiError::validation(text)
}

/// Converts an error of the engine, with the type in Alternator's form.
fn failed(error: &DynoxideError) -> ApiError {
    let kind = error.error_type();
    let kind = kind.rsplit_once('#').map_or(kind, |(_, name)| name);
    if error.status_code() >= 500 {
        return ApiError::internal(format!("Internal server error: {error}"));
    }
    let item = error
        .to_response()
        .item
        .and_then(|item| serde_json::to_value(item).ok());
    ApiError::bad_request(kind, error.to_string()).with_item(item)
}

const MARKS: &[(&str, &str)] = &[
    ("SERIALIZATION:", "SerializationException"),
    ("SERIALIZATION_AS_READ:", "SerializationException"),
    ("VALIDATION:", "ValidationException"),
    ("VALIDATION_AS_READ:", "ValidationException"),
    ("VALIDATION_REQUEST:", "ValidationException"),
];
