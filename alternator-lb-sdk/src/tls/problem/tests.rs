//! Errors of HTTP clients, and what they mean.

use super::*;
use aws_smithy_runtime_api::client::result::ConnectorError;
use rustls::InvalidMessage;

/// The error as an HTTP client wraps it.
fn wrapped(error: impl Into<Box<dyn Error + Send + Sync>>) -> ConnectorError {
    let io = io::Error::new(ErrorKind::InvalidData, error);
    ConnectorError::io(io::Error::other(io).into())
}

fn over_https(error: rustls::Error) -> Option<TlsProblem> {
    TlsProblem::of(Scheme::Https, false, &wrapped(error))
}

#[test]
fn certificates_are_told_apart() {
    use CertificateError as Of;
    for (error, expected) in [
        (Of::UnknownIssuer, TlsProblem::UnknownIssuer),
        (Of::BadSignature, TlsProblem::UnknownIssuer),
        (Of::Expired, TlsProblem::Expired),
        (Of::NotValidYet, TlsProblem::NotYetValid),
        (Of::Revoked, TlsProblem::UnusableCertificate),
    ] {
        let error = rustls::Error::InvalidCertificate(error);
        assert_eq!(over_https(error), Some(expected));
    }
}

#[test]
fn alerts_are_told_apart() {
    use AlertDescription as Of;
    for (alert, expected, is_refused) in [
        (
            Of::CertificateRequired,
            Some(TlsProblem::ClientCertificateRequired),
            true,
        ),
        (
            Of::UnknownCA,
            Some(TlsProblem::ClientCertificateRefused),
            true,
        ),
        (
            Of::CertificateExpired,
            Some(TlsProblem::ClientCertificateRefused),
            true,
        ),
        (
            Of::DecryptError,
            Some(TlsProblem::ClientCertificateRefused),
            true,
        ),
        (
            Of::ProtocolVersion,
            Some(TlsProblem::HandshakeFailed),
            false,
        ),
        (
            Of::AccessDenied,
            Some(TlsProblem::ClientCertificateRefused),
            false,
        ),
        // A connection that broke while it was in use.
        (Of::CloseNotify, None, false),
        (Of::InternalError, None, false),
        (Of::BadRecordMac, None, false),
    ] {
        let error = rustls::Error::AlertReceived(alert);
        assert_eq!(over_https(error.clone()), expected, "{alert:?}");
        let refused = chain(&wrapped(error)).any(is_client_refused);
        assert_eq!(refused, is_refused, "{alert:?}");
    }
}

#[test]
fn what_a_node_speaks_is_doubted_until_it_has_responded() {
    let error = wrapped(rustls::Error::InvalidMessage(
        InvalidMessage::InvalidContentType,
    ));
    let plain = TlsProblem::of(Scheme::Https, false, &error);
    assert_eq!(plain, Some(TlsProblem::PlainHttp));
    assert_eq!(TlsProblem::of(Scheme::Https, true, &error), None);
}

#[test]
fn other_errors_are_no_problem_of_tls() {
    for kind in [ErrorKind::ConnectionRefused, ErrorKind::UnexpectedEof] {
        let error = ConnectorError::io(io::Error::from(kind).into());
        for scheme in [Scheme::Http, Scheme::Https] {
            assert_eq!(TlsProblem::of(scheme, false, &error), None);
        }
    }
}

#[test]
fn text_names_the_node_and_what_to_change() {
    let node = NodeUrl::new(
        Scheme::Https,
        alternator_lb_core::topology::Host::Ip([192, 0, 2, 1].into()),
        8043,
    );
    let problem = TlsProblem::WrongName {
        presented: vec!["DnsName(\"a.example.com\")".to_owned()],
    };
    let error = TlsError::new(&node, problem, Arc::new(io::Error::other("the cause")));
    let text = error.to_string();
    assert!(
        text.starts_with("https://192.0.2.1:8043: its certificate"),
        "{text}"
    );
    assert!(text.contains("a.example.com") && text.contains(".additional_server_names(..)"));
    assert_eq!(error.source().unwrap().to_string(), "the cause");
}
