//! The kinds of errors, by which the SDK decides whether to retry: those that its own HTTP client gives.

use super::connect::TimeoutElapsed;
use crate::retry::connection_evidence::chain;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::retry::ErrorKind;
use hyper_util::client::legacy;
use std::error::Error;
use std::io;

/// Returns the error of a failed request.
pub(super) fn connector_error(error: BoxError) -> ConnectorError {
    if any::<TimeoutElapsed>(&*error) {
        return ConnectorError::timeout(error);
    }
    let Some(of_hyper) = find::<hyper::Error>(&*error) else {
        let is_connect = find::<legacy::Error>(&*error).is_some_and(legacy::Error::is_connect);
        return match is_connect || any::<io::Error>(&*error) {
            true => ConnectorError::io(error),
            false => ConnectorError::other(error, None),
        };
    };
    if of_hyper.is_timeout() {
        ConnectorError::timeout(error)
    } else if of_hyper.is_user() {
        ConnectorError::user(error)
    } else if of_hyper.is_closed()
        || of_hyper.is_canceled()
        || any::<io::Error>(of_hyper)
        || find::<h2::Error>(of_hyper).is_some_and(is_unprocessed)
    {
        ConnectorError::io(error)
    } else if of_hyper.is_incomplete_message() {
        ConnectorError::other(error, Some(ErrorKind::TransientError))
    } else {
        ConnectorError::other(error, None)
    }
}

/// Returns whether the server has told that it did not look at the request.
fn is_unprocessed(error: &h2::Error) -> bool {
    error.is_go_away() || (error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM))
}

fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref())
}

fn any<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    find::<E>(error).is_some()
}
