//! Why a call brought nothing.

use aws_smithy_runtime_api::box_error::BoxError;

/// Why a call brought nothing. What to do next is another thing for each.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// Whoever the operation is signed as may not know that. Asking another node is of no use, asking later hardly.
    #[error("it is refused: {0}")]
    Refused(String),

    /// There is no such table.
    #[error("there is no such table")]
    NotFound,

    /// No node that was asked answered in time with anything but an error of its own.
    #[error("no node answers")]
    Unreachable(#[source] BoxError),

    /// The server does not know the question, or its answer is not what it should be.
    #[error("this server does not know that: {0}")]
    NotUnderstood(String),
}

impl CallError {
    /// What an error of the server's means, by its type and message.
    pub(crate) fn of(kind: &str, message: &str) -> Self {
        let text = || format!("{kind}: {message}");
        match kind {
            "ResourceNotFoundException" | "TableNotFoundException" => Self::NotFound,
            "AccessDeniedException"
            | "UnrecognizedClientException"
            | "MissingAuthenticationTokenException"
            | "InvalidSignatureException" => Self::Refused(text()),
            // The only error of a client's that goes away by itself.
            "RequestLimitExceeded" => Self::Unreachable(text().into()),
            _ => Self::NotUnderstood(text()),
        }
    }
}
