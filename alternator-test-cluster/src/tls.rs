//! The TLS configuration of nodes that serve HTTPS.

use std::error::Error;
use std::sync::{Arc, Mutex};

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{HandshakeKind, RootCertStore, ServerConfig, ServerConnection};

use crate::StartError;
use crate::node_state::NodeState;
use crate::sync::lock;

/// The TLS of a cluster.
#[derive(Debug)]
pub(crate) struct ClusterTls {
    clients: ClientCertificates,
    /// That of handshakes which begin now.
    current: Mutex<Arc<ServerConfig>>,
}

/// The certificates that clients may show.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientCertificates {
    /// The CAs of clients in PEM, not yet parsed. Without any, clients are not asked for a certificate.
    pub(crate) authorities_pem: Option<Vec<u8>>,
    pub(crate) are_required: bool,
    /// The role that a certificate authenticates.
    pub(crate) role: Option<String>,
}

impl ClusterTls {
    pub(crate) fn new(
        identity: &Identity,
        clients: ClientCertificates,
    ) -> Result<Self, StartError> {
        let config = server_config(identity, &clients)?;
        Ok(Self {
            clients,
            current: Mutex::new(config),
        })
    }

    /// Shows this certificate from now on, at these nodes, at all others that have none of their own, and at those that
    /// join. Sessions that began with another are not resumed.
    pub(crate) fn replace(
        &self,
        identity: &Identity,
        nodes: &[Arc<NodeState>],
    ) -> Result<(), StartError> {
        let config = server_config(identity, &self.clients)?;
        *lock(&self.current) = config;
        for node in nodes {
            *lock(&node.own_tls) = None;
        }
        Ok(())
    }

    /// Shows this certificate from now on, at one node.
    pub(crate) fn replace_of(
        &self,
        node: &NodeState,
        identity: &Identity,
    ) -> Result<(), StartError> {
        let config = server_config(identity, &self.clients)?;
        *lock(&node.own_tls) = Some(config);
        Ok(())
    }

    /// Returns the configuration of a handshake with a node that begins now.
    pub(crate) fn server_config(&self, node: &NodeState) -> Arc<ServerConfig> {
        let own = lock(&node.own_tls).clone();
        own.unwrap_or_else(|| Arc::clone(&lock(&self.current)))
    }

    /// Returns whether a client that has shown a certificate is authenticated by it.
    pub(crate) fn authenticates(&self, certificate: Option<&[u8]>) -> bool {
        certificate.is_some() && self.clients.role.is_some()
    }
}

/// Counts a handshake. Returns the certificate that the client has shown, if any.
pub(crate) fn record_handshake(
    connection: &ServerConnection,
    node: &NodeState,
) -> Option<Arc<[u8]>> {
    let is_resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
    node.recorder.record_handshake(is_resumed);
    let certificate = connection.peer_certificates()?.first()?;
    Some(Arc::from(certificate.as_ref()))
}

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
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The private key must not appear in logs.
        formatter.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// Parses certificates and key. Like Alternator, the configuration has no ALPN protocols, so that connections use
/// HTTP/1.1.
fn server_config(
    identity: &Identity,
    clients: &ClientCertificates,
) -> Result<Arc<ServerConfig>, StartError> {
    let parse = || -> Result<ServerConfig, Box<dyn Error + Send + Sync>> {
        let chain = certificates(&identity.cert_chain_pem)?;
        let key = PrivateKeyDer::from_pem_slice(&identity.private_key_pem)?;
        // Explicit, since another crate of the program may install another default provider.
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let Some(authorities) = &clients.authorities_pem else {
            return Ok(config.with_no_client_auth().with_single_cert(chain, key)?);
        };
        let mut roots = RootCertStore::empty();
        for authority in certificates(authorities)? {
            roots.add(authority)?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        let verifier = match clients.are_required {
            true => verifier,
            false => verifier.allow_unauthenticated(),
        };
        let config = config.with_client_cert_verifier(verifier.build()?);
        Ok(config.with_single_cert(chain, key)?)
    };
    match parse() {
        Ok(config) => Ok(Arc::new(config)),
        Err(source) => Err(StartError::Tls { source }),
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Box<dyn Error + Send + Sync>> {
    Ok(CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>()?)
}
