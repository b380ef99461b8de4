//! What went wrong, out of the SDK's layers.

use aws_sdk_dynamodb::error::DisplayErrorContext;
use std::error::Error;

/// The first error of this type in the chain of sources.
pub(crate) fn in_chain<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    std::iter::successors(Some(error), |&error| error.source())
        .find_map(|error| error.downcast_ref())
}

/// All that an error says.
pub(crate) fn text(error: impl Error) -> String {
    DisplayErrorContext(error).to_string()
}
