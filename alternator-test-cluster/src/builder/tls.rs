//! HTTPS, and the certificates of clients. With the feature `tls`.

use super::Builder;
use crate::StartError;
use crate::tls::{ClusterTls, Identity};

impl Builder {
    /// Makes all nodes speak HTTPS, and nothing else, with this certificate chain and private key, both as PEM text.
    ///
    /// The certificate should name the addresses that clients connect to, such as 127.0.0.1 and 127.0.0.2, as IP
    /// addresses; it is not checked for that. Invalid PEM is an error of [`start`](Self::start).
    ///
    /// # Default
    ///
    /// HTTP.
    pub fn tls(
        mut self,
        cert_chain_pem: impl Into<Vec<u8>>,
        private_key_pem: impl Into<Vec<u8>>,
    ) -> Self {
        self.tls = Some(Identity::new(cert_chain_pem.into(), private_key_pem.into()));
        self
    }

    /// Asks clients for a certificate of one of these CAs, in PEM, the server's settings `truststore` and
    /// `require_client_auth`. A certificate of another CA fails the handshake, and with `required` so does none.
    ///
    /// Has no effect without [`tls`](Self::tls).
    ///
    /// # Default
    ///
    /// Clients are not asked for a certificate.
    pub fn client_certificates(mut self, ca_pem: impl Into<Vec<u8>>, required: bool) -> Self {
        self.client_certificates.authorities_pem = Some(ca_pem.into());
        self.client_certificates.are_required = required;
        self
    }

    /// Authenticates clients that show a certificate as this role, as the releases after 2026.3 can: their requests
    /// need no signature, and one that is there is not looked at. Needs
    /// [`client_certificates`](Self::client_certificates).
    ///
    /// Unlike the server, which reads the role from the certificate, the cluster has one for all certificates.
    ///
    /// # Default
    ///
    /// None: where [`authorization`](Self::authorization) is enforced, requests must be signed, with a certificate too.
    pub fn client_certificate_role(mut self, role: impl Into<String>) -> Self {
        self.client_certificates.role = Some(role.into());
        self
    }

    /// Parses the certificates.
    pub(super) fn cluster_tls(&mut self) -> Result<Option<ClusterTls>, StartError> {
        let clients = std::mem::take(&mut self.client_certificates);
        let identity = self.tls.as_ref();
        identity
            .map(|identity| ClusterTls::new(identity, clients))
            .transpose()
    }
}
