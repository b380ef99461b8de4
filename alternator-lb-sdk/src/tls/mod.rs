//! The errors of TLS: certificates that cannot be used, and nodes that do not come to terms with this client.
//!
//! The settings are those of the [`Builder`](crate::Builder); [`docs::tls`](crate::docs::tls) has all about them. With
//! the feature `default-https-client`.

// One HTTP client serves discovery, probes and data of a cluster, so that they trust the same. It is made of the
// settings: the SDK's own where only trusted certificates and names are set, and with the feature `tls` one of the
// plugin's for what the SDK's cannot do. New certificates replace it as a whole, with its connections and its TLS
// sessions: a session that is resumed verifies no certificate, so none may outlive the certificates that it was made
// with. Certificates are checked before an HTTP client gets them: the SDK's panics on those that it cannot use.

mod authorities;
mod certificate_error;
#[cfg(feature = "tls")]
mod client_certificate;
mod cluster_tls;
#[cfg(feature = "tls")]
mod own_client;
mod problem;
mod reload;
mod reloadable_client;
mod sdk_client;
mod settings;
mod source;

pub use certificate_error::CertificateError;
pub(crate) use cluster_tls::ClusterTls;
pub(crate) use problem::is_client_refused;
pub use problem::{TlsError, TlsProblem};
pub(crate) use settings::TlsSettings;
pub(crate) use source::PemSource;
