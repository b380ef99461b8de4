//! The certificates of the CAs that are trusted.

use super::CertificateError;
use super::source::Pem;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use std::sync::Arc;

/// Trusted certificates, checked: each is one that a TLS library can use, and there is at least one.
#[derive(Debug)]
pub(super) struct Authorities {
    /// As the SDK's HTTP client takes them; none for those of the system.
    pub(super) pem: Vec<Vec<u8>>,
    #[cfg_attr(
        not(feature = "tls"),
        expect(dead_code, reason = "the SDK's HTTP client parses the PEM again")
    )]
    pub(super) roots: RootCertStore,
}

impl Authorities {
    /// Parses the certificates; without any, reads those of the system.
    pub(super) fn parse(texts: Vec<Pem>) -> Result<Self, CertificateError> {
        let mut roots = RootCertStore::empty();
        if texts.is_empty() {
            let system = rustls_native_certs::load_native_certs();
            let (usable, _) = roots.add_parsable_certificates(system.certs);
            if usable == 0 {
                return Err(CertificateError::NoSystemCertificates);
            }
        }
        for pem in &texts {
            for certificate in certificates(pem)? {
                roots
                    .add(certificate)
                    .map_err(|error| CertificateError::InvalidCertificate {
                        origin: pem.origin.clone(),
                        source: Arc::new(error),
                    })?;
            }
        }
        let pem = texts.into_iter().map(|pem| pem.text).collect();
        Ok(Self { pem, roots })
    }
}

/// Parses certificates, of which there must be one.
pub(super) fn certificates(pem: &Pem) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let certificates = CertificateDer::pem_slice_iter(&pem.text).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| malformed(pem, error))?;
    match certificates.is_empty() {
        true => Err(CertificateError::NoCertificate {
            origin: pem.origin.clone(),
        }),
        false => Ok(certificates),
    }
}

pub(super) fn malformed(pem: &Pem, error: PemError) -> CertificateError {
    CertificateError::Malformed {
        origin: pem.origin.clone(),
        source: Arc::new(error),
    }
}
