//! Whether a request can have reached its node.
//!
//! Only a request that was certainly never sent may be sent elsewhere for free. The SDK lets an HTTP client show the
//! connection of a request: before a request leaves, a marker is put where the client would put that. What is found
//! there after a failure says what happened:
//!
//! | found | meaning |
//! |---|---|
//! | nothing | the client replaced the marker, and never had a connection: nothing was sent |
//! | a connection | the request may have been sent |
//! | the marker | the client shows no connections; only an error that arises before there is one proves anything |

use aws_smithy_runtime_api::client::connection::{
    CaptureSmithyConnection, ConnectionId, ConnectionMetadata,
};
use aws_smithy_runtime_api::client::dns::ResolveDnsError;
use std::error::Error;
use std::io::{self, ErrorKind};

/// An id that no client's own count of connections reaches.
const MARKER: ConnectionId = ConnectionId::new(u64::MAX);

/// Puts the marker in place.
pub(super) fn mark(capture: &CaptureSmithyConnection) {
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

/// Whether `capture` or else `error` proves that nothing was sent.
pub(super) fn never(
    capture: Option<&CaptureSmithyConnection>,
    error: Option<&(dyn Error + 'static)>,
) -> bool {
    let tells_nothing =
        |connection: &ConnectionMetadata| connection.connection_id() == Some(MARKER);
    match capture.map(CaptureSmithyConnection::get) {
        Some(None) => true,
        Some(Some(connection)) if !tells_nothing(&connection) => false,
        Some(Some(_)) | None => error.is_some_and(precedes_connection),
    }
}

/// Whether an error in the chain can only arise while there is no connection yet.
fn precedes_connection(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|error| {
        let refused = error.downcast_ref().is_some_and(|error: &io::Error| {
            matches!(
                error.kind(),
                ErrorKind::ConnectionRefused
                    | ErrorKind::HostUnreachable
                    | ErrorKind::NetworkUnreachable
            )
        });
        refused || error.is::<ResolveDnsError>()
    })
}

/// An error and what caused it. An `io::Error` hides the error that it was made of: `source()` skips it.
pub(super) fn chain<'a>(
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
        assert!(!never(Some(&capture), Some(&refused())));
    }

    #[test]
    fn of_a_client_that_shows_nothing_only_the_error_counts() {
        let capture = CaptureSmithyConnection::new();
        mark(&capture);
        for capture in [Some(&capture), None] {
            assert!(never(capture, Some(&refused())));
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
