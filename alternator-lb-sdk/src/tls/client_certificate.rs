//! The certificate that the client shows.

use super::CertificateError;
use super::authorities::{certificates, malformed};
use super::source::Pem;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::sign::CertifiedKey;
use std::sync::Arc;

/// Parses a certificate with those of the CAs between it and the one that the servers trust, and its key. They are of
/// the same pair, as far as that can be told.
pub(super) fn parse(
    (chain, key): &(Pem, Pem),
    provider: &CryptoProvider,
) -> Result<CertifiedKey, CertificateError> {
    let certificates = certificates(chain)?;
    let private_key = PrivateKeyDer::from_pem_slice(&key.text);
    let private_key = private_key.map_err(|error| match error {
        PemError::NoItemsFound => CertificateError::NoPrivateKey {
            origin: key.origin.clone(),
        },
        error => malformed(key, error),
    })?;
    let certified = CertifiedKey::from_der(certificates, private_key, provider);
    certified.map_err(|error| CertificateError::UnusableKey {
        origin: key.origin.clone(),
        source: Arc::new(error),
    })
}
