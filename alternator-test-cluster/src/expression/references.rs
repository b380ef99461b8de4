//! What the `#names` and `:values` of a request's expressions stand for.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api_error::ApiError;

/// Looks up names and values, and remembers which were used: the server refuses a request with others.
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

    /// Returns the attribute that a word of an expression means.
    pub(crate) fn name(
        &mut self,
        word: &'a str,
        expression: &'static str,
    ) -> Result<&'a str, ApiError> {
        if !word.starts_with('#') {
            return Ok(word);
        }
        let name = self.look_up(NAMES, word, expression)?;
        name.as_str()
            .ok_or_else(|| ApiError::validation(format!("{NAMES} entry '{word}' must be a string")))
    }

    /// Returns the value that a word of an expression means.
    pub(crate) fn value(
        &mut self,
        word: &'a str,
        expression: &'static str,
    ) -> Result<&'a Value, ApiError> {
        self.look_up(VALUES, word, expression)
    }

    /// Refuses a request that has names or values which none of its expressions uses.
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
        word: &'a str,
        expression: &'static str,
    ) -> Result<&'a Value, ApiError> {
        self.used.insert(word);
        let entries = self.request.get(field);
        let entry = entries.and_then(|entries| entries.get(word));
        entry.ok_or_else(|| {
            ApiError::validation(format!(
                "{field} missing, entry '{word}' required by {expression}"
            ))
        })
    }
}

const NAMES: &str = "ExpressionAttributeNames";
const VALUES: &str = "ExpressionAttributeValues";
