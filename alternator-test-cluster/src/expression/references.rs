//! Resolution of the placeholders `#name` and `:value` in the expressions of a request.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api_error::ApiError;

/// The names and values that a request defines for placeholders.
///
/// Records which of them were used, since the server rejects a request that defines others.
#[derive(Debug)]
pub(crate) struct References<'a> {
    request: &'a Value,
    used: BTreeSet<&'a str>,
}

impl<'a> References<'a> {
    pub(crate) fn new(request: &'a Value) -> Self {
        Self {
            request,
            used: BTreeSet::new(),
        }
    }

    /// Returns the attribute name that a lexeme of an expression stands for.
    pub(crate) fn name(
        &mut self,
        lexeme: &'a str,
        expression: &'static str,
    ) -> Result<&'a str, ApiError> {
        if !lexeme.starts_with('#') {
            return Ok(lexeme);
        }
        let name = self.look_up(NAMES, lexeme, expression)?;
        name.as_str().ok_or_else(|| {
            ApiError::validation(format!("{NAMES} entry '{lexeme}' must be a string"))
        })
    }

    /// Returns the value that a placeholder in an expression stands for.
    pub(crate) fn value(
        &mut self,
        lexeme: &'a str,
        expression: &'static str,
    ) -> Result<&'a Value, ApiError> {
        self.look_up(VALUES, lexeme, expression)
    }

    /// Returns an error if the request defines names or values that none of its expressions uses.
    pub(crate) fn check_all_used(&self, operation: &str) -> Result<(), ApiError> {
        for field in [NAMES, VALUES] {
            let entries = self.request.get(field).and_then(Value::as_object);
            let mut keys = entries.into_iter().flat_map(|entries| entries.keys());
            if let Some(key) = keys.find(|key| !self.used.contains(key.as_str())) {
                return Err(ApiError::validation(format!(
                    "{field} has spurious '{key}', not used in {operation}"
                )));
            }
        }
        Ok(())
    }

    fn look_up(
        &mut self,
        field: &str,
        lexeme: &'a str,
        expression: &'static str,
    ) -> Result<&'a Value, ApiError> {
        self.used.insert(lexeme);
        let entries = self.request.get(field);
        let entry = entries.and_then(|entries| entries.get(lexeme));
        entry.ok_or_else(|| {
            ApiError::validation(format!(
                "{field} missing, entry '{lexeme}' required by {expression}"
            ))
        })
    }
}

const NAMES: &str = "ExpressionAttributeNames";
const VALUES: &str = "ExpressionAttributeValues";
