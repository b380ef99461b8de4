//! The SDK's HTTP client with trusted certificates and names.

use super::CertificateError;
use super::authorities::Authorities;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, ServerName, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use std::sync::Arc;

/// Returns the SDK's HTTP client, by the TLS library of its default one. It uses no proxy.
pub(super) fn sdk_client(
    authorities: Authorities,
    names: &[String],
) -> Result<SharedHttpClient, CertificateError> {
    let store = match authorities.pem {
        system if system.is_empty() => TrustStore::default(),
        pem => pem
            .into_iter()
            .fold(TrustStore::empty(), TrustStore::with_pem_certificate),
    };
    let names = names.iter().map(|name| {
        ServerName::try_from(name.as_str())
            .map_err(|_| CertificateError::InvalidServerName { name: name.clone() })
    });
    let context = TlsContext::builder()
        .with_trust_store(store)
        .with_additional_server_names(names.collect::<Result<_, _>>()?)
        .build()
        .map_err(|error| CertificateError::Unsupported {
            source: Arc::new(error),
        })?;
    Ok(Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(context)
        .build_https())
}
