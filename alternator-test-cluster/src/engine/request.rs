//! Reading of requests and responses as JSON.

use serde_json::Value;

use crate::api_error::ApiError;

pub(super) fn parse(body: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(body).map_err(ApiError::not_json)
}

pub(super) fn table_name(request: &Value) -> Option<&str> {
    request.get("TableName").and_then(Value::as_str)
}
