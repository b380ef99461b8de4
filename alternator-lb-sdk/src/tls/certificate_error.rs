//! The reasons for which certificates cannot be used.

use std::error::Error;
use std::sync::Arc;

/// The certificates, names or keys that the application has set for TLS cannot be used.
///
/// From [`Builder::build`](crate::Builder::build) as [`BuildError::Certificate`](crate::BuildError::Certificate), and
/// from [`Alternator::reload_certificates`](crate::Alternator::reload_certificates) and its siblings, which then leave
/// everything as it was.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A file cannot be read.
    #[error(
        "{origin} cannot be read ({source}); check that it exists and that this process may read it"
    )]
    #[non_exhaustive]
    Unreadable {
        /// The file and its setting.
        origin: String,
        /// The error of the operating system.
        source: Arc<dyn Error + Send + Sync>,
    },

    /// A text begins as PEM and cannot be parsed.
    #[error(
        "{origin} is not PEM ({source}); write each block from its line `-----BEGIN ..-----` to its line `-----END ..-----`"
    )]
    #[non_exhaustive]
    Malformed {
        /// The setting, and the file if there is one.
        origin: String,
        /// The error of the parser.
        source: Arc<dyn Error + Send + Sync>,
    },

    /// There is no certificate.
    #[error(
        "{origin} holds no certificate; give it one in PEM, from the line `-----BEGIN CERTIFICATE-----` on"
    )]
    #[non_exhaustive]
    NoCertificate {
        /// The setting, and the file if there is one.
        origin: String,
    },

    /// A block of PEM is no certificate in fact.
    #[error(
        "{origin} holds a certificate that cannot be trusted ({source}); check that it is that of the CA, in X.509 version 3"
    )]
    #[non_exhaustive]
    InvalidCertificate {
        /// The setting, and the file if there is one.
        origin: String,
        /// The error of the parser.
        source: Arc<dyn Error + Send + Sync>,
    },

    /// There is no private key.
    #[error(
        "{origin} holds no private key; give it one in PEM that is not encrypted, as by `openssl pkey -in key.pem`"
    )]
    #[non_exhaustive]
    NoPrivateKey {
        /// The setting, and the file if there is one.
        origin: String,
    },

    /// The private key is of an unknown kind, or is not that of the certificate.
    #[error(
        "the private key of {origin} does not serve the client certificate ({source}); give both of the same pair, and the \
         client's own certificate before those of its CAs"
    )]
    #[non_exhaustive]
    UnusableKey {
        /// The setting of the key, and the file if there is one.
        origin: String,
        /// The error of the TLS library.
        source: Arc<dyn Error + Send + Sync>,
    },

    /// A name is none that a certificate could have.
    #[error(
        "`{name}` is no name of a server; write a DNS name without wildcard, or an IP address, as in \
         `.additional_server_names([\"alternator.example.com\"])`"
    )]
    #[non_exhaustive]
    InvalidServerName {
        /// The name as given.
        name: String,
    },

    /// The system trusts no CA.
    #[error(
        "this system has no trusted certificates, so that no node could be verified; install them (package \
         `ca-certificates`), or name the CA of the nodes by `.ca_certificate_pem(..)`"
    )]
    NoSystemCertificates,

    /// The TLS library refuses the settings altogether.
    #[error("TLS cannot be set up ({source}); please report this")]
    #[non_exhaustive]
    Unsupported {
        /// The error of the TLS library.
        source: Arc<dyn Error + Send + Sync>,
    },

    /// The cluster was built without settings for TLS, so its HTTP client has none to replace.
    #[error(
        "this cluster was built without certificates, so there are none to replace; give the builder \
         `.ca_certificate_pem(..)`, `.client_certificate_pem(..)` or their files from the beginning"
    )]
    NotConfigured,
}
