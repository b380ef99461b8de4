//! The TLS of a cluster: one HTTP client for discovery, probes and data, and the settings that it is made of.

use super::CertificateError;
#[cfg(feature = "tls")]
use super::own_client;
use super::reloadable_client::ReloadableHttpClient;
use super::sdk_client::sdk_client;
use super::settings::{PemDigest, PemTexts, TlsSettings};
use crate::transport::listed_nodes::ListedNodes;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The HTTP client of a cluster whose application has set TLS.
#[derive(Debug)]
pub(crate) struct ClusterTls {
    http_client: ReloadableHttpClient,
    nodes: Arc<ListedNodes>,
    /// The certificates that the HTTP client was made of. Locked while it is replaced, and never by a request.
    current: Mutex<Current>,
    has_client_certificate: AtomicBool,
    accepts_invalid: bool,
    has_warned_of_client: AtomicBool,
}

#[derive(Debug)]
struct Current {
    settings: TlsSettings,
    digest: PemDigest,
}

impl ClusterTls {
    /// Reads and checks the certificates.
    pub(crate) fn new(settings: TlsSettings) -> Result<Self, CertificateError> {
        let texts = PemTexts::read(&settings)?;
        let digest = texts.digest();
        let nodes = Arc::<ListedNodes>::default();
        Ok(Self {
            http_client: ReloadableHttpClient::new(http_client(&settings, texts, &nodes)?),
            nodes,
            has_client_certificate: settings.has_client_certificate().into(),
            accepts_invalid: settings.accepts_invalid(),
            current: Mutex::new(Current { settings, digest }),
            has_warned_of_client: AtomicBool::new(false),
        })
    }

    pub(crate) fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.http_client.clone())
    }

    /// Returns the nodes that have connections of their own.
    pub(crate) fn nodes(&self) -> &Arc<ListedNodes> {
        &self.nodes
    }

    /// Returns whether nodes that ask for a certificate get one.
    pub(crate) fn has_client_certificate(&self) -> bool {
        self.has_client_certificate.load(Ordering::Relaxed)
    }

    /// Returns whether no certificate is verified.
    pub(crate) fn accepts_invalid(&self) -> bool {
        self.accepts_invalid
    }

    /// Returns whether an application's HTTP client gives way to this one for the first time.
    pub(crate) fn replaces_first_client(&self) -> bool {
        !self.has_warned_of_client.swap(true, Ordering::Relaxed)
    }

    /// Changes the settings and reads all files again. Replaces the HTTP client if certificates or keys have changed,
    /// and returns whether they have. An error leaves everything as it was.
    pub(crate) fn update(
        &self,
        change: impl FnOnce(&mut TlsSettings),
    ) -> Result<bool, CertificateError> {
        // Nothing that holds the lock can panic.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let mut settings = current.settings.clone();
        change(&mut settings);
        let texts = PemTexts::read(&settings)?;
        let digest = texts.digest();
        let has_changed = digest != current.digest;
        if has_changed {
            let http_client = http_client(&settings, texts, &self.nodes)?;
            let is_shown = settings.has_client_certificate();
            self.http_client.replace(http_client);
            self.has_client_certificate
                .store(is_shown, Ordering::Relaxed);
        }
        *current = Current { settings, digest };
        Ok(has_changed)
    }
}

/// Makes the HTTP client: the SDK's, unless the settings ask for what it cannot do.
fn http_client(
    settings: &TlsSettings,
    texts: PemTexts,
    nodes: &Arc<ListedNodes>,
) -> Result<SharedHttpClient, CertificateError> {
    #[cfg(feature = "tls")]
    if settings.needs_own_client() {
        let config = own_client::client_config(settings, texts)?;
        return Ok(own_client::own_client(config, nodes));
    }
    sdk_client(texts.authorities, &settings.names, nodes)
}

#[cfg(test)]
mod tests;
