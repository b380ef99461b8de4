//! HTTPS.

use std::sync::Arc;

use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::StartError;

/// What the nodes prove to be, as it was given.
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

    /// Reads certificate and key. As the server, it negotiates no protocol, so that HTTP/1.1 is spoken.
    pub(crate) fn config(&self) -> Result<Arc<ServerConfig>, StartError> {
        let read = || -> Result<ServerConfig, Box<dyn std::error::Error + Send + Sync>> {
            let chain = CertificateDer::pem_slice_iter(&self.cert_chain_pem)
                .collect::<Result<Vec<_>, _>>()?;
            let key = PrivateKeyDer::from_pem_slice(&self.private_key_pem)?;
            // Named, since another crate of the program may choose another as its default.
            let provider = Arc::new(aws_lc_rs::default_provider());
            let config = ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()?;
            Ok(config.with_no_client_auth().with_single_cert(chain, key)?)
        };
        match read() {
            Ok(config) => Ok(Arc::new(config)),
            Err(source) => Err(StartError::Tls { source }),
        }
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The key is nobody's business.
        formatter.debug_struct("Identity").finish_non_exhaustive()
    }
}
