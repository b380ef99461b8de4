//! The result of an operation.

use bytes::Bytes;

use crate::api_error::ApiError;

/// The JSON of the response, which is empty for the few operations without one, or the error.
pub(crate) type Outcome = Result<Bytes, ApiError>;
