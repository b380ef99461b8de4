//! The TLS configuration of nodes that serve HTTPS.

use std::sync::Arc;

use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::StartError;

/// The certificate chain of the nodes and its private key, in PEM and not yet parsed.
#[derive(Clone)]
pub(crate) struct Identity {
    cert_chain_pem: Vec<u8>,
    private_key_pem: Vec<u8>,
}

impl Identity {
    pub(crate) fn new(cert_chain_pem: Vec<u8>, private_key_pem: Vec<u8>) -> Self {
        Self {
            cert_chain_pem,
            private_key_pem,
        }
    }

    /// Parses certificates and key. Like Alternator, the configuration has no ALPN protocols, so that connections use
    /// HTTP/1.1.
    pub(crate) fn server_config(&self) -> Result<Arc<ServerConfig>, StartError> {
        let parse = || -> Result<ServerConfig, Box<dyn std::error::Error + Send + Sync>> {
            let chain = CertificateDer::pem_slice_iter(&self.cert_chain_pem)
                .collect::<Result<Vec<_>, _>>()?;
            let key = PrivateKeyDer::from_pem_slice(&self.private_key_pem)?;
            // Explicit, since another crate of the program may install another default provider.
            let provider = Arc::new(aws_lc_rs::default_provider());
            let config = ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()?;
            Ok(config.with_no_client_auth().with_single_cert(chain, key)?)
        };
        match parse() {
            Ok(config) => Ok(Arc::new(config)),
            Err(source) => Err(StartError::Tls { source }),
        }
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The private key must not appear in logs.
        formatter.debug_struct("Identity").finish_non_exhaustive()
    }
}
