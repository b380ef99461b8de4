//! The HTTP client where the application sets none.

use aws_smithy_runtime_api::client::http::SharedHttpClient;

#[cfg(feature = "default-https-client")]
use crate::transport::{
    listed_nodes::ListedNodes, node_pools::NodePools, pool_settings::PoolSettings,
};
#[cfg(feature = "default-https-client")]
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
#[cfg(feature = "default-https-client")]
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
#[cfg(feature = "default-https-client")]
use aws_smithy_http_client::{Connector, proxy::ProxyConfig};
#[cfg(feature = "default-https-client")]
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
#[cfg(feature = "default-https-client")]
use std::sync::Arc;

/// Returns the HTTP client of a cluster where the application sets none. All configurations of a cluster share it: each
/// would otherwise have connections of its own.
///
/// Its connectors are those of the SDK's default client, with the same TLS, timeouts, `TCP_NODELAY` and proxy
/// variables, but for their idle timeout.
#[cfg(feature = "default-https-client")]
pub(crate) fn default_client(nodes: &Arc<ListedNodes>) -> Option<SharedHttpClient> {
    super::proxy::enable();
    Some(NodePools::http_client(nodes, connector))
}

/// Returns none: the first request shows which client the application uses.
#[cfg(not(feature = "default-https-client"))]
pub(crate) fn default_client() -> Option<SharedHttpClient> {
    None
}

#[cfg(feature = "default-https-client")]
fn connector(node: Option<&str>, settings: &PoolSettings) -> SharedHttpConnector {
    let mut builder = Connector::builder();
    builder.set_sleep_impl(settings.sleep.clone());
    let connector = builder
        .connector_settings(settings.connector_settings())
        .pool_idle_timeout(settings.idle_timeout)
        .proxy_config(ProxyConfig::from_env())
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(tls_context(node))
        .build();
    SharedHttpConnector::new(connector)
}

/// Returns the certificates to trust: those of the system, or none for a node without TLS, which need not be parsed
/// once for each such node.
#[cfg(feature = "default-https-client")]
fn tls_context(node: Option<&str>) -> TlsContext {
    let without_tls = node.filter(|node| super::proxy::is_reached_without_tls(node));
    let empty = without_tls.and_then(|_| {
        let context = TlsContext::builder().with_trust_store(TrustStore::empty());
        context.build().ok()
    });
    empty.unwrap_or_default()
}
