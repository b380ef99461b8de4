//! The settings for TLS, as the application makes them.

use super::CertificateError;
use super::source::{Pem, PemSource};
use sha2::{Digest as _, Sha256};

/// Collected by the builder, and changed by new certificates. Checked when an HTTP client is made of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsSettings {
    /// The CAs to trust; those of the system if there are none.
    pub(crate) authorities: Vec<PemSource>,
    /// The names that a node's certificate may have instead of its address.
    pub(crate) names: Vec<String>,
    /// The certificate to show, and its key.
    #[cfg(feature = "tls")]
    pub(crate) client_certificate: Option<(PemSource, PemSource)>,
    #[cfg(feature = "dangerously_accept_invalid_certificates")]
    pub(crate) accepts_invalid: bool,
}

impl TlsSettings {
    /// Returns whether the application has set nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.authorities.is_empty() && self.names.is_empty() && !self.needs_own_client()
    }

    /// Returns whether the SDK's HTTP client cannot do what is set.
    pub(super) fn needs_own_client(&self) -> bool {
        self.has_client_certificate() || self.accepts_invalid()
    }

    pub(crate) fn has_client_certificate(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.client_certificate.is_some();
        #[cfg(not(feature = "tls"))]
        false
    }

    pub(crate) fn accepts_invalid(&self) -> bool {
        #[cfg(feature = "dangerously_accept_invalid_certificates")]
        return self.accepts_invalid;
        #[cfg(not(feature = "dangerously_accept_invalid_certificates"))]
        false
    }
}

/// The certificates and keys of the settings, read at one moment.
pub(super) struct PemTexts {
    pub(super) authorities: Vec<Pem>,
    #[cfg(feature = "tls")]
    pub(super) client_certificate: Option<(Pem, Pem)>,
}

impl PemTexts {
    pub(super) fn read(settings: &TlsSettings) -> Result<Self, CertificateError> {
        let authorities = settings.authorities.iter().map(PemSource::read);
        #[cfg(feature = "tls")]
        let client_certificate = match &settings.client_certificate {
            Some((chain, key)) => Some((chain.read()?, key.read()?)),
            None => None,
        };
        Ok(Self {
            authorities: authorities.collect::<Result<_, _>>()?,
            #[cfg(feature = "tls")]
            client_certificate,
        })
    }

    /// Returns a hash of all of it, which tells whether anything has changed.
    pub(super) fn digest(&self) -> PemDigest {
        let mut hash = Sha256::new();
        hash.update(self.authorities.len().to_le_bytes());
        let mut add = |pem: &Pem| {
            hash.update(pem.text.len().to_le_bytes());
            hash.update(&pem.text);
        };
        self.authorities.iter().for_each(&mut add);
        #[cfg(feature = "tls")]
        if let Some((chain, key)) = &self.client_certificate {
            add(chain);
            add(key);
        }
        PemDigest(hash.finalize().into())
    }
}

/// A hash of certificates and keys, from which none can be inferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PemDigest([u8; 32]);
