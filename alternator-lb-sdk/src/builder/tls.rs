//! The settings for TLS. With the feature `default-https-client`.

use super::Builder;
use crate::build_error::BuildError;
use crate::cluster::Cluster;
use crate::config::ClusterConfig;
use crate::tls::{ClusterTls, PemSource, TlsSettings};
use alternator_lb_core::observe::Event;
use alternator_lb_core::topology::Scheme;
use std::path::PathBuf;
use std::sync::Arc;

impl Builder {
    /// Trusts the CAs whose certificates `pem` holds, and no others: nodes must have a certificate that one of these
    /// has signed. PEM text, with any number of certificates. Calls add up.
    ///
    /// Use it where the nodes have certificates of a CA of your own. Those of the system are then not trusted; to trust
    /// both, add the system's bundle by [`ca_certificate_file`](Self::ca_certificate_file). With the feature
    /// `default-https-client`, over `https` only. [All about TLS](crate::docs::tls).
    ///
    /// ```
    /// # fn example(pem: &str) -> Result<(), alternator_lb_sdk::BuildError> {
    /// let alternator = alternator_lb_sdk::Alternator::builder()
    ///     .seeds(["https://10.0.0.1:8043"])
    ///     .ca_certificate_pem(pem)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Default
    ///
    /// The CAs that the system trusts.
    ///
    /// # Errors
    ///
    /// [`build`](Self::build) returns [`BuildError::Certificate`] for what is no PEM, holds no certificate, or one that
    /// cannot be used.
    pub fn ca_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        let source = PemSource::memory("ca_certificate_pem", pem.into());
        self.tls.authorities.push(source);
        self
    }

    /// Trusts the CAs whose certificates are in a file: [`ca_certificate_pem`](Self::ca_certificate_pem) for
    /// certificates that are mounted, as those of Kubernetes' cert-manager.
    ///
    /// The file is read by [`build`](Self::build), and again by
    /// [`Alternator::reload_certificates`](crate::Alternator::reload_certificates). Both block for as long as that
    /// takes.
    ///
    /// # Errors
    ///
    /// [`build`](Self::build) returns [`BuildError::Certificate`], also for a file that cannot be read.
    pub fn ca_certificate_file(mut self, path: impl Into<PathBuf>) -> Self {
        let source = PemSource::file("ca_certificate_file", path.into());
        self.tls.authorities.push(source);
        self
    }

    /// Accepts a certificate that has one of these names in place of the address or name that a request goes to: DNS
    /// names without wildcards, or IP addresses. Calls add up.
    ///
    /// Use it where the certificates of the nodes have a name in common and do not name the addresses: discovery lists
    /// nodes by address, and a certificate must have what a request goes to, or one of these. A certificate for
    /// `*.example.com` has every name directly below, as `node.example.com`. The names are accepted of every node, the
    /// seeds too, and are verified only: they are not looked up and not sent (SNI).
    ///
    /// A certificate is verified by what it has in common with others, then: whoever has one of a trusted CA with such
    /// a name can stand in for any node. Trust a [CA](Self::ca_certificate_pem) that issues it to nodes of this cluster
    /// only.
    ///
    /// ```
    /// # fn example(pem: &str) -> Result<(), alternator_lb_sdk::BuildError> {
    /// let alternator = alternator_lb_sdk::Alternator::builder()
    ///     .seeds(["https://alternator.example.com:8043"])
    ///     .ca_certificate_pem(pem)
    ///     .additional_server_names(["alternator.example.com"])
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Default
    ///
    /// None: a certificate must name what the request goes to, for nodes that are listed their address.
    ///
    /// # Errors
    ///
    /// [`build`](Self::build) returns [`BuildError::Certificate`] for a name that is none, and where the system trusts
    /// no CA and no other is set.
    pub fn additional_server_names(
        mut self,
        names: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.tls.names.extend(names.into_iter().map(Into::into));
        self
    }

    /// Shows this certificate to nodes that ask for one. `chain` is the client's own, followed by those of the CAs
    /// between it and the one that the nodes trust; `key` is its private key, not encrypted. Both are PEM text.
    ///
    /// Use it where the nodes want one (`require_client_auth`), or [authenticate clients by
    /// it](crate::docs::tls#client-certificates) ([`AuthMode::ClientCertificate`](crate::AuthMode::ClientCertificate)).
    /// With the feature `tls`. The SDK's HTTP client shows none, so one of the plugin's own takes its place, which uses
    /// no proxy.
    ///
    /// ```
    /// # fn example(ca: &str, chain: &str, key: &str) -> Result<(), alternator_lb_sdk::BuildError> {
    /// use alternator_lb_sdk::{Alternator, AuthMode};
    ///
    /// let alternator = Alternator::builder()
    ///     .seeds(["https://10.0.0.1:8043"])
    ///     .ca_certificate_pem(ca)
    ///     .client_certificate_pem(chain, key)
    ///     .auth(AuthMode::ClientCertificate)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Default
    ///
    /// None: nodes that require one refuse the connection.
    ///
    /// # Errors
    ///
    /// [`build`](Self::build) returns [`BuildError::Certificate`] for what is no PEM, holds no certificate or no key,
    /// and for a key that is not that of the first certificate.
    #[cfg(feature = "tls")]
    pub fn client_certificate_pem(
        mut self,
        chain: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        let source = |pem| PemSource::memory("client_certificate_pem", pem);
        self.tls.client_certificate = Some((source(chain.into()), source(key.into())));
        self
    }

    /// Shows the certificate in a file to nodes that ask for one:
    /// [`client_certificate_pem`](Self::client_certificate_pem) for certificates that are mounted, as those of
    /// Kubernetes' cert-manager. One file may be both.
    ///
    /// The files are read by [`build`](Self::build), and again by
    /// [`Alternator::reload_certificates`](crate::Alternator::reload_certificates). Both block for as long as that
    /// takes.
    ///
    /// # Errors
    ///
    /// [`build`](Self::build) returns [`BuildError::Certificate`], also for a file that cannot be read.
    #[cfg(feature = "tls")]
    pub fn client_certificate_files(
        mut self,
        chain: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        let source = |path| PemSource::file("client_certificate_files", path);
        self.tls.client_certificate = Some((source(chain.into()), source(key.into())));
        self
    }

    /// **Accepts any certificate of any server**: one that is expired, of another name, or of nobody. TLS then protects
    /// against nobody who can change traffic. One warning says so.
    ///
    /// For experiments with certificates that are not there yet. In production, name the [CA](Self::ca_certificate_pem)
    /// of the nodes, or [the names of their certificates](Self::additional_server_names). With the feature of the same
    /// name only, so that a search for it finds every program that can do this.
    ///
    /// # Default
    ///
    /// Certificates are verified.
    #[cfg(feature = "dangerously_accept_invalid_certificates")]
    pub fn dangerously_accept_invalid_certificates(mut self) -> Self {
        self.tls.accepts_invalid = true;
        self
    }
}

/// Makes the HTTP client of the cluster, if the application has set TLS.
///
/// # Errors
///
/// Settings that do not apply, or certificates that cannot be used.
pub(super) fn set_up(settings: TlsSettings, config: &mut ClusterConfig) -> Result<(), BuildError> {
    if settings.is_empty() {
        return Ok(());
    }
    if config.http_client.is_some() {
        return Err(BuildError::TlsOfHttpClient);
    }
    if let Some(seed) = config
        .seeds
        .iter()
        .find(|seed| seed.scheme() != Scheme::Https)
    {
        return Err(BuildError::TlsWithoutHttps {
            seed: seed.to_string(),
        });
    }
    let tls = ClusterTls::new(settings)?;
    config.http_client = Some(tls.http_client());
    config.tls = Some(Arc::new(tls));
    Ok(())
}

/// Warns of settings with which TLS protects nothing.
pub(super) fn warn(cluster: &Cluster) {
    let tls = cluster.config.tls.as_ref();
    if tls.is_some_and(|tls| tls.accepts_invalid()) {
        cluster.observer.emit(Event::CertificatesNotVerified);
    }
}
