//! TLS with the nodes: the certificates to trust, the names to verify, the certificate to show, and what a failed
//! handshake means.
//!
//! All of it belongs to the cluster, so that discovery, probes and data trust the same. [`ClusterTls`] holds one HTTP
//! client for all three, made of the settings of the [builder](crate::Builder): the SDK's own where only trusted
//! certificates and names are set, and with the feature `tls` one of the plugin's for what the SDK's cannot do. New
//! certificates replace it as a whole, with its connections and its TLS sessions: a session that is resumed verifies no
//! certificate, so none may outlive the certificates that it was made with.
//!
//! Certificates are checked before an HTTP client gets them: the SDK's panics on those that it cannot use.

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
