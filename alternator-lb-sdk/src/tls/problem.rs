//! The meaning of a failed handshake, and its remedy.

use crate::retry::connection_evidence::chain;
use alternator_lb_core::topology::{NodeUrl, Scheme};
use hyper_util::client::legacy;
use rustls::{AlertDescription, CertificateError};
use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::Arc;

/// A node and this client did not come to terms over TLS.
///
/// Found in the `source()` chain of an operation's `SdkError`, and of a [`RefreshError`](crate::RefreshError). The text
/// names the node and what to change; [`problem`](Self::problem) is for alarms, as for certificates that have expired.
/// Known for the SDK's HTTP client and the plugin's, not for those with another TLS library.
///
/// ```
/// use alternator_lb_sdk::tls::{TlsError, TlsProblem};
/// use std::error::Error;
///
/// fn has_expired(error: &(dyn Error + 'static)) -> bool {
///     std::iter::successors(Some(error), |error| (*error).source())
///         .find_map(|error| error.downcast_ref::<TlsError>())
///         .is_some_and(|error| matches!(error.problem(), TlsProblem::Expired))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct TlsError {
    node: NodeUrl,
    problem: TlsProblem,
    source: Arc<dyn Error + Send + Sync>,
}

/// The reasons for which a node and this client do not come to terms over TLS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsProblem {
    /// No CA that this client trusts has signed the node's certificate.
    #[error(
        "its certificate is signed by no CA that this client trusts; name its CA by `.ca_certificate_pem(..)`, or give the \
         node a certificate of a CA that is trusted"
    )]
    UnknownIssuer,

    /// The node's certificate is for other addresses and names.
    #[error(
        "its certificate is not for this address{}; give it one that has the address (as an IP SAN), or accept a name \
         that it has by `.additional_server_names(..)`",
        presented_text(presented)
    )]
    #[non_exhaustive]
    WrongName {
        /// The addresses and names that it is for, as the TLS library writes them; empty where it does not tell.
        presented: Vec<String>,
    },

    /// The node's certificate has expired.
    #[error(
        "its certificate has expired; renew it on the node, or set the clock of this host right"
    )]
    Expired,

    /// The node's certificate is not valid yet.
    #[error(
        "its certificate is not valid yet; set the clock of this host right, or give the node one that is valid now"
    )]
    NotYetValid,

    /// The node's certificate is refused for another reason.
    #[error(
        "its certificate cannot be used; give the node a server's certificate of X.509 version 3, and not that of the CA \
         itself"
    )]
    UnusableCertificate,

    /// The node wants a client certificate.
    #[error(
        "it wants a client certificate; give the builder `.client_certificate_pem(..)` or `.client_certificate_files(..)` \
         (feature `tls`), or turn `require_client_auth` off on the node"
    )]
    ClientCertificateRequired,

    /// The node refuses the client certificate.
    #[error(
        "it refuses the client certificate; check that it has not expired, that it is one for clients, and that the node \
         trusts its CA (`truststore`)"
    )]
    ClientCertificateRefused,

    /// The node speaks no TLS at this port.
    #[error(
        "it speaks no TLS at this port; write the port of its `alternator_https_port`, or `http://` with that of its \
         `alternator_port`"
    )]
    PlainHttp,

    /// The node does not answer in plain HTTP at this port.
    #[error(
        "it answers no plain HTTP at this port, as one that speaks TLS does not; if this is its `alternator_https_port`, \
         write `https://`"
    )]
    NoPlainHttp,

    /// The connection ended during the handshake.
    #[error(
        "it closed the connection during the TLS handshake; check that this is the port of its `alternator_https_port`, and \
         the TLS versions and ciphers of its `alternator_encryption_options`"
    )]
    HandshakeCut,

    /// The handshake failed for another reason.
    #[error(
        "the TLS handshake failed; compare the TLS versions and ciphers of its `alternator_encryption_options` with what \
         this client offers (TLS 1.2 and 1.3)"
    )]
    HandshakeFailed,
}

impl TlsError {
    pub(crate) fn new(
        node: &NodeUrl,
        problem: TlsProblem,
        source: Arc<dyn Error + Send + Sync>,
    ) -> Self {
        Self {
            node: node.clone(),
            problem,
            source,
        }
    }

    /// Returns the URL of the node.
    #[must_use]
    pub fn node(&self) -> &str {
        self.node.as_str()
    }

    /// Returns the reason.
    #[must_use]
    pub fn problem(&self) -> &TlsProblem {
        &self.problem
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.node, self.problem)
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

impl TlsProblem {
    /// Returns the problem that the causes of an error show, if it is one of TLS. `has_responded` says whether the node
    /// has ever responded: one that has, speaks what is expected.
    pub(crate) fn of(
        scheme: Scheme,
        has_responded: bool,
        error: &(dyn Error + 'static),
    ) -> Option<Self> {
        let mut of_rustls = chain(error).filter_map(|error| error.downcast_ref::<rustls::Error>());
        match scheme {
            Scheme::Https => match of_rustls.next() {
                Some(error) => Self::of_rustls(error, has_responded),
                None => is_cut_handshake(error).then_some(Self::HandshakeCut),
            },
            Scheme::Http => {
                let mut of_hyper =
                    chain(error).filter_map(|error| error.downcast_ref::<hyper::Error>());
                let is_unread = of_hyper.any(|it| it.is_parse() || it.is_incomplete_message());
                (is_unread && !has_responded).then_some(Self::NoPlainHttp)
            }
        }
    }

    fn of_rustls(error: &rustls::Error, has_responded: bool) -> Option<Self> {
        Some(match error {
            rustls::Error::InvalidCertificate(error) => Self::of_certificate(error),
            rustls::Error::AlertReceived(alert) => Self::of_alert(*alert)?,
            rustls::Error::InvalidMessage(_) if !has_responded => Self::PlainHttp,
            // A connection that broke later.
            rustls::Error::InvalidMessage(_)
            | rustls::Error::DecryptError
            | rustls::Error::EncryptError
            | rustls::Error::PeerSentOversizedRecord => return None,
            // A foreign enum: whatever else there is has the same advice.
            _ => Self::HandshakeFailed,
        })
    }

    fn of_certificate(error: &CertificateError) -> Self {
        match error {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownIssuer,
            CertificateError::NotValidForName => Self::WrongName {
                presented: Vec::new(),
            },
            CertificateError::NotValidForNameContext { presented, .. } => Self::WrongName {
                presented: presented.clone(),
            },
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotYetValid
            }
            // A foreign enum: whatever else there is has the same advice.
            _ => Self::UnusableCertificate,
        }
    }

    fn of_alert(alert: AlertDescription) -> Option<Self> {
        Some(match alert {
            AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
                Self::ClientCertificateRequired
            }
            alert if is_of_client_certificate(alert) => Self::ClientCertificateRefused,
            AlertDescription::HandshakeFailure
            | AlertDescription::ProtocolVersion
            | AlertDescription::InsufficientSecurity
            | AlertDescription::UnrecognisedName
            | AlertDescription::NoApplicationProtocol => Self::HandshakeFailed,
            // A connection that ended later, and a foreign type.
            _ => return None,
        })
    }
}

/// Returns whether an error is the server's refusal of the client at the end of the handshake, for its certificate or
/// for the lack of one: before the server looked at the request, although this client may have sent it by then.
pub(crate) fn is_client_refused(error: &(dyn Error + 'static)) -> bool {
    match error.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::AlertReceived(alert)) => {
            *alert == AlertDescription::CertificateRequired || is_of_verification(*alert)
        }
        // A foreign enum; these are errors of this side.
        Some(_) | None => false,
    }
}

/// Returns whether servers send this alert only while they verify the certificate of the client.
fn is_of_verification(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            // Of a CA with the name of the one that is trusted, and another key.
            | AlertDescription::DecryptError
    )
}

/// Returns whether this alert is about the certificate of the client. The last two may be the decision of something
/// that looked at a request first.
fn is_of_client_certificate(alert: AlertDescription) -> bool {
    is_of_verification(alert)
        || matches!(
            alert,
            AlertDescription::CertificateRevoked | AlertDescription::AccessDenied
        )
}

/// Returns whether the connection ended after it was there, and before TLS was.
fn is_cut_handshake(error: &(dyn Error + 'static)) -> bool {
    let mut of_pool = chain(error).filter_map(|error| error.downcast_ref::<legacy::Error>());
    let mut of_system = chain(error).filter_map(|error| error.downcast_ref::<io::Error>());
    of_pool.any(legacy::Error::is_connect)
        && of_system.any(|error| {
            matches!(
                error.kind(),
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
            )
        })
}

fn presented_text(presented: &[String]) -> String {
    match presented.is_empty() {
        true => String::new(),
        false => format!(", but for {}", presented.join(", ")),
    }
}

#[cfg(test)]
mod tests;
