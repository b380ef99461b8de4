//! Whether a request can have reached its node.
//!
//! Only a request that was certainly never sent may be sent to another node at no cost. The SDK lets an HTTP client
//! show the connection of a request. Before a request is sent, a marker is put where the client would put its
//! connection; after a failure, what is found there and the error together are the evidence:
//!
//! | found | nothing was sent if |
//! |---|---|
//! | nothing: the client replaced the marker, and never had a connection | always |
//! | a connection | the error is a refused connection or a failed name resolution: the connection was found dead before anything was written to it, and no other could be made; or it is the server's refusal of the client's certificate, which comes before it looks at a request |
//! | the marker: the client shows no connections | the error is one of these; one that says that the host cannot be reached may be that of an established connection |

use aws_smithy_runtime_api::client::connection::{
    CaptureSmithyConnection, ConnectionId, ConnectionMetadata,
};
use aws_smithy_runtime_api::client::dns::ResolveDnsError;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::sync::Arc;

/// An id that no client assigns to a connection.
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

/// Returns whether `capture` and `error` prove that nothing was sent.
pub(crate) fn never_sent(
    capture: Option<&CaptureSmithyConnection>,
    error: Option<&(dyn Error + 'static)>,
) -> bool {
    let any =
        |is: fn(&(dyn Error + 'static)) -> bool| error.is_some_and(|error| chain(error).any(is));
    match capture.map(CaptureSmithyConnection::get) {
        Some(None) => true,
        Some(Some(_)) | None => any(is_refused),
    }
}

/// Returns whether only an attempt to connect has this error.
fn is_refused(error: &(dyn Error + 'static)) -> bool {
    error.is::<ResolveDnsError>()
        || kind(error) == Some(ErrorKind::ConnectionRefused)
        || is_client_refused(error)
}

/// Returns whether the server has refused the certificate of this client, at the end of the handshake, and so has never
/// looked at the request.
#[cfg_attr(
    not(feature = "default-https-client"),
    expect(
        unused_variables,
        reason = "the errors of other HTTP clients are unknown"
    )
)]
fn is_client_refused(error: &(dyn Error + 'static)) -> bool {
    #[cfg(feature = "default-https-client")]
    return crate::tls::is_client_refused(error);
    #[cfg(not(feature = "default-https-client"))]
    false
}

/// Returns whether this process could not connect to any node: that says nothing of this one.
pub(crate) fn is_local(error: &(dyn Error + 'static)) -> bool {
    chain(error)
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| {
            let kinds = [ErrorKind::AddrNotAvailable, ErrorKind::OutOfMemory];
            kinds.contains(&error.kind()) || matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
        })
}

/// Too many open files, which have no kind of their own. The same numbers on all Unix systems.
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;

fn kind(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    error.downcast_ref().map(io::Error::kind)
}

/// An error and its causes. An `io::Error` and a shared error hide the error that they were made of: `source()` skips
/// it.
pub(crate) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            error.get_ref().map(|inner| inner as _)
        } else if let Some(error) = error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
            Some(&**error as _)
        } else {
            error.source()
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
    fn shown_connection_proves_that_a_request_may_have_been_sent() {
        let reset = io::Error::from(ErrorKind::ConnectionReset);
        let capture = CaptureSmithyConnection::new();
        mark(&capture);
        capture.set_connection_retriever(|| None);
        assert!(never_sent(Some(&capture), Some(&reset)));

        capture.set_connection_retriever(|| Some(connection()));
        assert!(!never_sent(Some(&capture), Some(&reset)));
        let lost = io::Error::from(ErrorKind::HostUnreachable);
        assert!(!never_sent(Some(&capture), Some(&lost)));
    }

    #[test]
    fn refused_reconnection_proves_that_nothing_was_sent() {
        let capture = CaptureSmithyConnection::new();
        capture.set_connection_retriever(|| Some(connection()));
        assert!(never_sent(Some(&capture), Some(&refused())));
    }

    #[cfg(feature = "default-https-client")]
    #[test]
    fn refusal_of_the_clients_certificate_proves_that_no_request_was_looked_at() {
        use rustls::AlertDescription;

        let capture = CaptureSmithyConnection::new();
        capture.set_connection_retriever(|| Some(connection()));
        for (alert, is_proof) in [
            (AlertDescription::CertificateRequired, true),
            (AlertDescription::UnknownCA, true),
            (AlertDescription::CloseNotify, false),
        ] {
            let error = rustls::Error::AlertReceived(alert);
            let error = io::Error::new(ErrorKind::InvalidData, error);
            assert_eq!(
                never_sent(Some(&capture), Some(&error)),
                is_proof,
                "{alert:?}"
            );
        }
    }

    #[test]
    fn exhausted_files_or_addresses_are_a_local_error() {
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
    fn client_without_connection_capture_is_judged_by_its_error() {
        let capture = CaptureSmithyConnection::new();
        mark(&capture);
        for capture in [Some(&capture), None] {
            assert!(never_sent(capture, Some(&refused())));
            assert!(never_sent(
                capture,
                Some(&ResolveDnsError::new("no such host"))
            ));
            for kind in [
                ErrorKind::ConnectionReset,
                ErrorKind::TimedOut,
                ErrorKind::UnexpectedEof,
                // Of a connection that was established these mean that it was lost.
                ErrorKind::HostUnreachable,
                ErrorKind::NetworkUnreachable,
            ] {
                assert!(!never_sent(capture, Some(&io::Error::from(kind))), "{kind}");
            }
            assert!(!never_sent(capture, None));
        }
    }
}
