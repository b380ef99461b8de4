//! Access to the causes inside the SDK's errors.

use aws_sdk_dynamodb::error::DisplayErrorContext;
use std::error::Error;

/// Returns the first error of this type in the chain of sources.
pub(crate) fn find_in_chain<'a, T: Error + 'static>(
    error: &'a (dyn Error + 'static),
) -> Option<&'a T> {
    std::iter::successors(Some(error), |&error| error.source())
        .find_map(|error| error.downcast_ref())
}

/// Returns the message of an error with those of all its sources.
pub(crate) fn error_text(error: impl Error) -> String {
    DisplayErrorContext(error).to_string()
}
