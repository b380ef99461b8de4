//! The certificate that the client shows.

use super::CertificateError;
use super::authorities::{certificates, malformed};
use super::source::PemSource;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::sign::CertifiedKey;
use std::sync::Arc;

/// Reads a certificate with those of the CAs between it and the one that the servers trust, and its key. They are of the
/// same pair, as far as that can be told.
pub(super) fn read(
    (chain_source, key_source): &(PemSource, PemSource),
    provider: &CryptoProvider,
) -> Result<CertifiedKey, CertificateError> {
    let chain = certificates(&chain_source.read()?, chain_source)?;
    let key = PrivateKeyDer::from_pem_slice(&key_source.read()?);
    let key = key.map_err(|error| match error {
        PemError::NoItemsFound => CertificateError::NoPrivateKey {
            origin: key_source.to_string(),
        },
        error => malformed(key_source, error),
    })?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| CertificateError::UnusableKey {
        origin: key_source.to_string(),
        source: Arc::new(error),
    })
}
