//! The certificates of the CAs that are trusted.

use super::CertificateError;
use super::source::PemSource;
use rustls::RootCertStore;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, ServerName};
use std::borrow::Cow;
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
    /// Reads the certificates of the sources; without a source, those of the system.
    pub(super) fn read(sources: &[PemSource]) -> Result<Self, CertificateError> {
        let mut roots = RootCertStore::empty();
        if sources.is_empty() {
            let system = rustls_native_certs::load_native_certs();
            let (usable, _) = roots.add_parsable_certificates(system.certs);
            return match usable {
                0 => Err(CertificateError::NoSystemCertificates),
                _ => Ok(Self {
                    pem: Vec::new(),
                    roots,
                }),
            };
        }
        let mut all = Vec::with_capacity(sources.len());
        for source in sources {
            let pem = source.read()?;
            for certificate in certificates(&pem, source)? {
                roots
                    .add(certificate)
                    .map_err(|error| CertificateError::InvalidCertificate {
                        origin: source.to_string(),
                        source: Arc::new(error),
                    })?;
            }
            all.push(Cow::into_owned(pem));
        }
        Ok(Self { pem: all, roots })
    }
}

/// Parses certificates, of which there must be one.
pub(super) fn certificates(
    pem: &[u8],
    source: &PemSource,
) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| malformed(source, error))?;
    match certificates.is_empty() {
        true => Err(CertificateError::NoCertificate {
            origin: source.to_string(),
        }),
        false => Ok(certificates),
    }
}

pub(super) fn malformed(source: &PemSource, error: PemError) -> CertificateError {
    CertificateError::Malformed {
        origin: source.to_string(),
        source: Arc::new(error),
    }
}

/// Parses the names that are accepted for all nodes.
pub(super) fn server_names(names: &[String]) -> Result<Vec<ServerName<'static>>, CertificateError> {
    let parsed = names.iter().map(|name| {
        ServerName::try_from(name.clone())
            .map_err(|_| CertificateError::InvalidServerName { name: name.clone() })
    });
    parsed.collect()
}
