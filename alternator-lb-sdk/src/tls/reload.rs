//! New certificates while the cluster is in use.

use super::{CertificateError, PemSource, TlsSettings};
use crate::alternator::Alternator;
use alternator_lb_core::observe::Event;

impl Alternator {
    /// Reads the files of certificates and keys again, and uses what is in them from now on.
    ///
    /// Use it where certificates are renewed while the process runs: every minute, on a signal, or when the files
    /// change. Where nothing has changed, nothing happens. Otherwise requests that begin later go over new connections,
    /// made with the new certificates. Those under way end on theirs, so none fails for it; the old connections are
    /// closed then. TLS sessions are not resumed across the change.
    ///
    /// Replace a CA in three steps: trust the old one and the new one, give the nodes their new certificates, and trust
    /// the new one alone. A change of the system's CAs alone is not noticed. A task as in the example keeps the cluster
    /// alive: end it where the application ends with the cluster.
    ///
    /// Blocks for as long as it takes to read the files. With the feature `default-https-client`.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let alternator = alternator_lb_sdk::Alternator::builder()
    ///     .seeds(["https://10.0.0.1:8043"])
    ///     .ca_certificate_file("/etc/alternator/ca.crt")
    ///     .build()?;
    /// tokio::spawn(async move {
    ///     let mut minute = tokio::time::interval(std::time::Duration::from_secs(60));
    ///     loop {
    ///         minute.tick().await;
    ///         if let Err(error) = alternator.reload_certificates() {
    ///             eprintln!("the former certificates stay in use: {error}");
    ///         }
    ///     }
    /// });
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The [`CertificateError`] of what cannot be read or used; the former certificates then stay in use. A certificate
    /// and a key that are read while they are being replaced do not match: call it again.
    /// [`CertificateError::NotConfigured`] if the builder got no settings for TLS.
    pub fn reload_certificates(&self) -> Result<(), CertificateError> {
        self.change_tls(|_| {})
    }

    /// Trusts the CAs whose certificates `pem` holds from now on, in place of all former ones, those of files too.
    ///
    /// As [`reload_certificates`](Self::reload_certificates), for certificates that are in no file.
    ///
    /// # Errors
    ///
    /// The [`CertificateError`] of what cannot be used; the former certificates then stay in use.
    pub fn replace_ca_certificate_pem(
        &self,
        pem: impl Into<Vec<u8>>,
    ) -> Result<(), CertificateError> {
        let source = PemSource::memory("replace_ca_certificate_pem", pem.into());
        self.change_tls(|settings| settings.authorities = vec![source])
    }

    /// Shows nodes that ask for one this certificate from now on, in place of the former one.
    ///
    /// As [`reload_certificates`](Self::reload_certificates), for certificates that are in no file. The arguments are
    /// those of [`Builder::client_certificate_pem`](crate::Builder::client_certificate_pem). With the feature `tls`.
    ///
    /// # Errors
    ///
    /// The [`CertificateError`] of what cannot be used; the former certificate then stays in use.
    #[cfg(feature = "tls")]
    pub fn replace_client_certificate_pem(
        &self,
        chain: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Result<(), CertificateError> {
        let source = |pem| PemSource::memory("replace_client_certificate_pem", pem);
        let (chain, key) = (source(chain.into()), source(key.into()));
        self.change_tls(|settings| settings.client_certificate = Some((chain, key)))
    }

    fn change_tls(&self, change: impl FnOnce(&mut TlsSettings)) -> Result<(), CertificateError> {
        let cluster = self.cluster();
        let tls = cluster.config.tls.as_ref();
        if tls.ok_or(CertificateError::NotConfigured)?.update(change)? {
            cluster.observer.emit(Event::CertificatesReplaced);
        }
        Ok(())
    }
}
