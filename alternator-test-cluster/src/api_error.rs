//! Errors in the form of Alternator's error responses.

use std::borrow::Cow;

use serde_json::{Value, json};

/// The longest body, 16 MiB: as it is received and again when it is decompressed.
pub(crate) const BODY_LIMIT: usize = 16 << 20;

/// An error response to a client.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    kind: Cow<'static, str>,
    message: String,
    /// The item on which a condition failed, if the request wants it. Boxed, since it is rarely present, and large
    /// if another package of the build enables `serde_json`'s feature `preserve_order`.
    item: Option<Box<Value>>,
}

impl ApiError {
    /// Creates an error with status 400.
    pub(crate) fn bad_request(
        kind: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status: 400,
            kind: kind.into(),
            message: message.into(),
            item: None,
        }
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::bad_request("ValidationException", message)
    }

    pub(crate) fn not_json(reason: impl std::fmt::Display) -> Self {
        Self::validation(format!("Parsing JSON failed: {reason}"))
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self {
            status: 500,
            ..Self::bad_request("InternalServerError", message)
        }
    }

    /// The body is over [`BODY_LIMIT`].
    pub(crate) fn too_large() -> Self {
        Self {
            status: 413,
            ..Self::bad_request(
                "PayloadTooLarge",
                "Request body exceeds the limit of 16 MiB",
            )
        }
    }

    /// Adds the item on which a condition failed.
    pub(crate) fn with_item(mut self, item: Option<Value>) -> Self {
        self.item = item.map(Box::new);
        self
    }

    /// Returns whether the error is of this type, such as `ValidationException`.
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }

    /// Returns the body of the response.
    pub(crate) fn to_json(&self) -> String {
        let mut body = json!({
            "__type": format!("com.amazonaws.dynamodb.v20120810#{}", self.kind),
            "message": self.message,
        });
        if let (Some(item), Some(fields)) = (&self.item, body.as_object_mut()) {
            fields.insert("Item".to_owned(), Value::clone(item));
        }
        body.to_string()
    }
}
