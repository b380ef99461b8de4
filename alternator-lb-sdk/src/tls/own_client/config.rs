//! The TLS configuration: whom to trust, what to show, which sessions to keep.

use super::super::authorities::Authorities;
use super::super::client_certificate;
use super::super::settings::PemTexts;
use super::super::{CertificateError, TlsSettings};
use super::server_verifier::{self, AcceptsInvalid};
use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use std::sync::Arc;

/// The protocols that are offered: those of the SDK's HTTP client. Alternator itself speaks HTTP/1.1 only, and chooses
/// none; what stands before it may.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The number of session tickets that are kept: eight for each of 256 nodes. The library's default of 256 would suffice
/// for 32 nodes, and those beyond would need a full handshake each time.
const SESSION_TICKETS: usize = 8 * 256;

/// Makes the configuration. It has no session of a former one: a session that is resumed verifies no certificate, and
/// has the client certificate with which it began.
pub(crate) fn client_config(
    settings: &TlsSettings,
    texts: PemTexts,
) -> Result<ClientConfig, CertificateError> {
    let names = server_names(&settings.names)?;
    // Explicit, since another crate of the program may install another default provider.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let shown = texts.client_certificate.as_ref();
    let shown = shown.map(|pair| client_certificate::parse(pair, &provider));
    let shown: Option<CertifiedKey> = shown.transpose()?;
    let verifier: Arc<dyn ServerCertVerifier> = if settings.accepts_invalid() {
        Arc::new(AcceptsInvalid(Arc::clone(&provider)))
    } else {
        let authorities = Authorities::parse(texts.authorities)?;
        let verifier = server_verifier::verifier(authorities.roots.into(), names, &provider);
        verifier.map_err(|error| unsupported(Arc::new(error)))?
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unsupported(Arc::new(error)))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match shown {
        Some(certificate) => {
            let shown: Arc<dyn ResolvesClientCert> = Arc::new(SingleCertAndKey::from(certificate));
            builder.with_client_cert_resolver(shown)
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = PROTOCOLS.map(Vec::from).to_vec();
    config.resumption = Resumption::in_memory_sessions(SESSION_TICKETS);
    Ok(config)
}

/// Parses the names that are accepted for all nodes.
fn server_names(names: &[String]) -> Result<Vec<ServerName<'static>>, CertificateError> {
    let parsed = names.iter().map(|name| {
        let parsed = ServerName::try_from(name.clone());
        parsed.map_err(|_| CertificateError::InvalidServerName { name: name.clone() })
    });
    parsed.collect()
}

fn unsupported(source: Arc<dyn std::error::Error + Send + Sync>) -> CertificateError {
    CertificateError::Unsupported { source }
}
