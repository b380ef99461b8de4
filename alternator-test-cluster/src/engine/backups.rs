//! `DescribeContinuousBackups`, which the engine lacks: Alternator has no such backups, and reports them as disabled.

use bytes::Bytes;
use dynoxide::Database;
use serde_json::json;

use super::outcome::Outcome;
use super::request::{parse, table_name};
use crate::api_error::ApiError;

pub(super) fn describe(database: &Database, body: &[u8]) -> Outcome {
    let request = parse(body)?;
    let name = table_name(&request).unwrap_or_default();
    let legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    if name.len() < 3 || !name.chars().all(legal) {
        return Err(ApiError::validation(
            "TableName must be at least 3 characters long and match [a-zA-Z0-9._-]+",
        ));
    }
    match database.get_table_metadata(name) {
        Ok(Some(_)) => {
            let response = json!({"ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "DISABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
            }});
            Ok(Bytes::from(response.to_string()))
        }
        Ok(None) => Err(ApiError::bad_request(
            "TableNotFoundException",
            format!("Table not found: {name}"),
        )),
        Err(error) => Err(ApiError::internal(format!(
            "Internal server error: {error}"
        ))),
    }
}
