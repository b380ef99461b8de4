//! Whether a request can have reached its node.
//!
//! Only a request that was certainly never sent may be sent target for free. The SDK lets an HTTP client show the
//! connection of a request: before a request leaves, a marker is put where the client would put that. What is found
//! there after a failure, and the failure itself, say what happened:
//!
//! | found | nothing was sent if |
//! |---|---|
//! | nothing: the client replaced the marker, and never had a connection | always |
//! | a connection | the error is a refused connection or a failed look-up: that connection was found dead before anything went over it, and another was not to be had |
//! | the marker: the client shows no connections | the error is one of these, or that the host cannot be reached, which of an established connection would mean that it was lost |

use aws_smithy_runtime_api::client::connection::{
    CaptureSmithyConnection, ConnectionId, ConnectionMetadata,
};
use aws_smithy_runtime_api::client::dns::ResolveDnsError;
use std::error::Error;
use std::io::{self, ErrorKind};

/// An id that no client's own count of connections reaches.
const MARKER: ConnectionId = ConnectionId::new(u64::MAX);

/// Puts the marker in place.
pub(crate) fn mark(capture: &CaptureSmithyConnection) {
    capture.set_connection_retriever(|| {
        Some(
            ConnectionMetadata::builder()
                .proxied(false)
                .poison_fn(|| {})
                .connection_id(MARKER)
                .build(),
        )
    });
}

/// Whether `capture` and `error` prove that nothing was sent.
pub(crate) fn never(
    capture: Option<&CaptureSmithyConnection>,
    error: Option<&(dyn Error + 'static)>,
) -> bool {
    let any =
        |is: fn(&(dyn Error + 'static)) -> bool| error.is_some_and(|error| chain(error).any(is));
    match capture.map(CaptureSmithyConnection::get) {
        Some(None) => true,
        Some(Some(connection)) if connection.connection_id() != Some(MARKER) => any(is_refused),
        Some(Some(_)) | None => any(is_refused) || any(is_unreachable),
    }
}

/// Errors that only an attempt to connect has.
fn is_refused(error: &(dyn Error + 'static)) -> bool {
    error.is::<ResolveDnsError>() || kind(error) == Some(ErrorKind::ConnectionRefused)
}

/// Errors that an attempt to connect has, and a connection that is lost.
fn is_unreachable(error: &(dyn Error + 'static)) -> bool {
    matches!(
        kind(error),
        Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable)
    )
}

/// Whether it was this process that could not connect to anybody: that says nothing of the node.
pub(crate) fn is_local(error: &(dyn Error + 'static)) -> bool {
    chain(error)
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| {
            matches!(
                error.kind(),
                ErrorKind::AddrNotAvailable | ErrorKind::OutOfMemory
            ) || error
                .raw_os_error()
                .is_some_and(|code| NO_FILES.contains(&code))
        })
}

/// ENFILE and EMFILE, which have no kind of their own: too many open files. The same numbers on all Unix systems.
const NO_FILES: [i32; 2] = [23, 24];

fn kind(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    error.downcast_ref().map(io::Error::kind)
}

/// An error and what caused it. An `io::Error` hides the error that it was made of: `source()` skips it.
pub(crate) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>() {
            Some(error) => error.get_ref().map(|inner| inner as _),
            None => error.source(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> io::Error {
        io::Error::other(io::Error::from(ErrorKind::ConnectionRefused))
    }

    fn connection() -> ConnectionMetadata {
        ConnectionMetadata::builder()
            .proxied(false)
            .poison_fn(|| {})
            .connection_id(ConnectionId::new(1))
            .build()
    }

    #[test]
    fn a_client_that_shows_its_connections_is_believed() {
        let reset = io::Error::from(ErrorKind::ConnectionReset);
        let capture = CaptureSmithyConnection::new();
        mark(&capture);
        capture.set_connection_retriever(|| None);
        assert!(never(Some(&capture), Some(&reset)));

        capture.set_connection_retriever(|| Some(connection()));
        assert!(!never(Some(&capture), Some(&reset)));
        let lost = io::Error::from(ErrorKind::HostUnreachable);
        assert!(!never(Some(&capture), Some(&lost)));
    }

    #[test]
    fn a_dead_connection_that_could_not_be_replaced_carried_nothing() {
        let capture = CaptureSmithyConnection::new();
        capture.set_connection_retriever(|| Some(connection()));
        assert!(never(Some(&capture), Some(&refused())));
    }

    #[test]
    fn a_process_that_is_out_of_files_or_addresses_blames_nobody() {
        for local in [
            io::Error::from_raw_os_error(24),
            io::Error::other(io::Error::from_raw_os_error(23)),
            io::Error::from(ErrorKind::AddrNotAvailable),
        ] {
            assert!(is_local(&local), "{local}");
        }
        assert!(!is_local(&refused()));
    }

    #[test]
    fn of_a_client_that_shows_nothing_only_the_error_counts() {
        let capture = CaptureSmithyConnection::new();
        mark(&capture);
        for capture in [Some(&capture), None] {
            assert!(never(capture, Some(&refused())));
            for kind in [ErrorKind::HostUnreachable, ErrorKind::NetworkUnreachable] {
                assert!(never(capture, Some(&io::Error::from(kind))), "{kind}");
            }
            assert!(never(capture, Some(&ResolveDnsError::new("no such host"))));
            for kind in [
                ErrorKind::ConnectionReset,
                ErrorKind::TimedOut,
                ErrorKind::UnexpectedEof,
            ] {
                assert!(!never(capture, Some(&io::Error::from(kind))), "{kind}");
            }
            assert!(!never(capture, None));
        }
    }
}
