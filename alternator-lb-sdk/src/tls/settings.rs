//! The settings for TLS, as the application makes them.

use super::source::PemSource;

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
