//! The SDK's HTTP client with trusted certificates and names.

use super::CertificateError;
use super::authorities::Authorities;
use super::source::Pem;
use crate::transport::listed_nodes::ListedNodes;
use crate::transport::node_pools::NodePools;
use crate::transport::pool_settings::PoolSettings;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, ServerName, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector};
use std::sync::Arc;

/// Returns an HTTP client of the SDK's connectors, by the TLS library of its default one. It uses no proxy.
pub(super) fn sdk_client(
    authorities: Vec<Pem>,
    names: &[String],
    nodes: &Arc<ListedNodes>,
) -> Result<SharedHttpClient, CertificateError> {
    let names = names.iter().map(|name| {
        ServerName::try_from(name.as_str())
            .map_err(|_| CertificateError::InvalidServerName { name: name.clone() })
    });
    let names = names.collect::<Result<_, _>>()?;
    let store = match Authorities::parse(authorities)?.pem {
        system if system.is_empty() => TrustStore::default(),
        pem => pem
            .into_iter()
            .fold(TrustStore::empty(), TrustStore::with_pem_certificate),
    };
    let context = TlsContext::builder()
        .with_trust_store(store)
        .with_additional_server_names(names)
        .build()
        .map_err(|error| CertificateError::Unsupported {
            source: Arc::new(error),
        })?;
    let connector = move |_: Option<&str>, settings: &PoolSettings| {
        let mut builder = Connector::builder();
        builder.set_sleep_impl(settings.sleep.clone());
        let connector = builder
            .connector_settings(settings.connector_settings())
            .pool_idle_timeout(settings.idle_timeout)
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(context.clone())
            .build();
        SharedHttpConnector::new(connector)
    };
    Ok(NodePools::http_client(nodes, connector))
}
