//! The TLS of a cluster: one HTTP client for discovery, probes and data, and the settings that it is made of.

use super::CertificateError;
use super::authorities::{self, Authorities};
#[cfg(feature = "tls")]
use super::own_client;
use super::reloadable_client::ReloadableHttpClient;
use super::sdk_client::sdk_client;
use super::settings::TlsSettings;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// The HTTP client of a cluster whose application has set TLS.
#[derive(Debug)]
pub(crate) struct ClusterTls {
    http_client: ReloadableHttpClient,
    /// Those that the HTTP client was made of. Locked while it is replaced, and never by a request.
    settings: Mutex<TlsSettings>,
    has_client_certificate: AtomicBool,
    accepts_invalid: bool,
    has_warned_of_client: AtomicBool,
}

impl ClusterTls {
    /// Reads and checks the certificates.
    pub(crate) fn new(settings: TlsSettings) -> Result<Self, CertificateError> {
        Ok(Self {
            http_client: ReloadableHttpClient::new(http_client(&settings)?),
            has_client_certificate: settings.has_client_certificate().into(),
            accepts_invalid: settings.accepts_invalid(),
            settings: Mutex::new(settings),
            has_warned_of_client: AtomicBool::new(false),
        })
    }

    pub(crate) fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.http_client.clone())
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

    /// Changes the settings, reads all files again, and replaces the HTTP client. An error leaves everything as it was.
    pub(crate) fn update(
        &self,
        change: impl FnOnce(&mut TlsSettings),
    ) -> Result<(), CertificateError> {
        // Nothing that holds the lock can panic.
        let mut current = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let mut settings = current.clone();
        change(&mut settings);
        let http_client = http_client(&settings)?;
        self.has_client_certificate
            .store(settings.has_client_certificate(), Ordering::Relaxed);
        self.http_client.replace(http_client);
        *current = settings;
        Ok(())
    }
}

/// Makes the HTTP client: the SDK's, unless the settings ask for what it cannot do.
fn http_client(settings: &TlsSettings) -> Result<SharedHttpClient, CertificateError> {
    authorities::server_names(&settings.names)?;
    #[cfg(feature = "tls")]
    if settings.needs_own_client() {
        let verified = !settings.accepts_invalid();
        let authorities = verified.then(|| Authorities::read(&settings.authorities));
        let config = own_client::client_config(settings, authorities.transpose()?)?;
        let http_client = own_client::OwnHttpClient::new(config);
        return Ok(SharedHttpClient::new(http_client));
    }
    let authorities = Authorities::read(&settings.authorities)?;
    sdk_client(authorities, &settings.names)
}
