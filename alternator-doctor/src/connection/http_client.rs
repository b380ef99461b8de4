//! The HTTP client of all requests.

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use std::error::Error;
use std::fmt::{self, Display};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The file of trusted certificates cannot be read, holds none, or cannot be parsed.
#[derive(Debug)]
pub(crate) struct UnusableCertificates(String);

impl Display for UnusableCertificates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for UnusableCertificates {}

/// Returns the SDK's HTTP client, which trusts the certificates in the file `ca`, or those of the system without it. It
/// uses no proxy: the way to the nodes themselves is of interest. Connections are closed after `idle_time` without a
/// request, or after the SDK's default.
pub(crate) fn http_client(
    ca: Option<&Path>,
    idle_time: Option<Duration>,
) -> Result<SharedHttpClient, UnusableCertificates> {
    let mut builder = Builder::new();
    if let Some(idle_time) = idle_time {
        builder = builder.pool_idle_timeout(idle_time);
    }
    let context = match ca {
        Some(path) => trust(path),
        None => context(None),
    }?;
    let builder = builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    Ok(builder.tls_context(context).build_https())
}

/// Trusts the certificates in a file, and no others.
fn trust(path: &Path) -> Result<TlsContext, UnusableCertificates> {
    let pem = fs::read(path).map_err(|error| {
        UnusableCertificates(format!("cannot read {}: {error}", path.display()))
    })?;
    context(Some(&pem)).map_err(|UnusableCertificates(reason)| {
        UnusableCertificates(format!("--ca cannot be used: {reason}"))
    })
}

fn context(pem: Option<&[u8]>) -> Result<TlsContext, UnusableCertificates> {
    let mut context = TlsContext::builder();
    if let Some(pem) = pem {
        // The SDK's client panics at the first connection if the file is not PEM.
        let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let certificates = certificates.map_err(|error| UnusableCertificates(error.to_string()))?;
        if certificates.is_empty() {
            let text = "it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)";
            return Err(UnusableCertificates(text.to_owned()));
        }
        context = context.with_trust_store(TrustStore::empty().with_pem_certificate(pem));
    }
    let context = context.build();
    context.map_err(|error| UnusableCertificates(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_without_certificates_is_refused() {
        for text in ["", "no PEM", "-----BEGIN CERTIFICATE-----\n!\n"] {
            assert!(context(Some(text.as_bytes())).is_err(), "{text}");
        }
        assert!(context(None).is_ok());
    }
}
