//! Why an internal operation failed.

use aws_smithy_runtime_api::box_error::BoxError;

/// Why an internal operation failed. Each variant calls for another reaction.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InternalError {
    /// The role that the operation is signed as lacks the permission. Another node responds the same, and so does every
    /// node until an operator changes the permission.
    #[error("it is refused: {0}")]
    Refused(String),

    /// The table does not exist.
    #[error("there is no such table")]
    NotFound,

    /// No node responded in time with anything but an error of its own.
    #[error("no node responds")]
    Unreachable(#[source] BoxError),

    /// The server does not know the operation, or its response is malformed.
    #[error("this server does not know that: {0}")]
    Unsupported(String),
}

impl InternalError {
    /// Classifies an error of the server by its type.
    pub(crate) fn from_response(kind: &str, message: &str) -> Self {
        let text = || format!("{kind}: {message}");
        match kind {
            "ResourceNotFoundException" | "TableNotFoundException" => Self::NotFound,
            "AccessDeniedException"
            | "UnrecognizedClientException"
            | "MissingAuthenticationTokenException"
            | "InvalidSignatureException" => Self::Refused(text()),
            // The only client error that is transient.
            "RequestLimitExceeded" => Self::Unreachable(text().into()),
            _ => Self::Unsupported(text()),
        }
    }
}
