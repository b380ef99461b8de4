//! Errors in the form in which Alternator answers them.

use std::borrow::Cow;

use serde_json::{Value, json};

/// An error that a client gets to see.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    kind: Cow<'static, str>,
    message: String,
    /// The item that a failed condition was looked at on, where the request asked for it. Boxed: seldom there, and large
    /// where other packages of a build ask for JSON that keeps its order.
    item: Option<Box<Value>>,
}

impl ApiError {
    /// An error of the client's making.
    pub(crate) fn refused(kind: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind: kind.into(),
            message: message.into(),
            item: None,
        }
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::refused("ValidationException", message)
    }

    pub(crate) fn not_json(reason: impl std::fmt::Display) -> Self {
        Self::validation(format!("Parsing JSON failed: {reason}"))
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self {
            status: 500,
            ..Self::refused("InternalServerError", message)
        }
    }

    pub(crate) fn too_large() -> Self {
        Self {
            status: 413,
            ..Self::refused(
                "PayloadTooLarge",
                "Request body exceeds the limit of 16 MiB",
            )
        }
    }

    pub(crate) fn with_item(mut self, item: Option<Value>) -> Self {
        self.item = item.map(Box::new);
        self
    }

    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }

    /// The body of the answer.
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
