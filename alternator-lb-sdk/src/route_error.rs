//! Why an operation reached no node.

#[cfg(feature = "default-https-client")]
use crate::retry::connection_evidence::chain;
#[cfg(feature = "default-https-client")]
use crate::tls::TlsError;
use alternator_lb_core::discovery::RefreshError;
use alternator_lb_core::routing::SelectionError;
use std::error::Error;
use std::sync::Arc;

/// No node could be selected, or none of those selected could be reached, or what was reached is no Alternator node.
///
/// Found in the `source()` chain of the operation's `SdkError`:
///
/// ```
/// use alternator_lb_sdk::RouteError;
/// use std::error::Error;
///
/// fn route_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a RouteError> {
///     std::iter::successors(Some(error), |error| (*error).source())
///         .find_map(|error| error.downcast_ref())
/// }
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// The scope names a datacenter or rack, and the servers ignore these filters.
    #[error(
        "the scope is {scope}, but these servers ignore the filters for a datacenter or rack (ScyllaDB before 2025.1); \
         upgrade them, or add `.or(Scope::cluster())` to use all their nodes"
    )]
    #[non_exhaustive]
    ScopeUnsupported {
        /// The scope of the configuration.
        scope: String,
    },

    /// The endpoint of an operation is no node of this cluster.
    #[error(
        "the operation's own endpoint `{endpoint}` is neither a seed nor a node of this cluster; \
         leave `.endpoint_url(..)` out of its `config_override`, or name one of {nodes:?}"
    )]
    #[non_exhaustive]
    UnknownEndpoint {
        /// The endpoint of the operation.
        endpoint: String,
        /// The nodes of the cluster.
        nodes: Vec<String>,
    },

    /// The list of nodes is empty.
    #[error("the list of nodes is empty; give the builder `.seeds(..)` that can be reached")]
    NoNodes,

    /// A request over a configuration of [`Alternator::sdk_config`](crate::Alternator::sdk_config) is for a host that
    /// is no part of the cluster.
    #[error(
        "the request is for `{endpoint}`, which is neither a seed nor a node of this cluster; a configuration of \
         `Alternator::sdk_config(..)` reaches the cluster alone: build clients of other services from the `SdkConfig` \
         that it was made of, and leave `.endpoint_url(..)` out of clients of this one, or name one of {nodes:?}"
    )]
    #[non_exhaustive]
    ForeignHost {
        /// The scheme and the host of the request.
        endpoint: String,
        /// The nodes of the cluster.
        nodes: Vec<String>,
    },

    /// A request over a configuration of [`Alternator::sdk_config`](crate::Alternator::sdk_config) is no operation of
    /// DynamoDB or of its streams.
    #[error(
        "the request is no operation of DynamoDB ({}); a configuration of `Alternator::sdk_config(..)` is for clients \
         of DynamoDB and DynamoDB Streams alone: build clients of other services from the `SdkConfig` that it was made \
         of",
        target.as_deref().map_or_else(|| "it names none".to_owned(), |target| format!("it is `{target}`"))
    )]
    #[non_exhaustive]
    ForeignService {
        /// The service and the operation of the request, as its header `x-amz-target` names them, if it has one.
        target: Option<String>,
    },

    /// A configuration of [`Alternator::sdk_config`](crate::Alternator::sdk_config) has no HTTP client to balance.
    #[error(
        "the configuration has no HTTP client; enable the feature `default-https-client` of `alternator-lb-sdk`, or \
         call `.http_client(..)` on the builder of the `Alternator` or of the `SdkConfig`"
    )]
    NoHttpClient,

    /// None of the nodes that were tried could be connected.
    #[error(
        "none of the nodes tried could be reached ({}); {}{}",
        tried.join(", "),
        advice(&**source),
        discovery.as_ref().map(|error| format!("; the last refresh of their list failed: {error}")).unwrap_or_default()
    )]
    #[non_exhaustive]
    Unreachable {
        /// The URLs of the nodes that this operation tried, in the order of the first attempts.
        tried: Vec<String>,
        /// The error of the last refresh of the list of nodes, if that failed.
        discovery: Option<RefreshError>,
        /// The error of the last attempt.
        source: Arc<dyn Error + Send + Sync>,
    },

    /// A node's address is taken by another program, or a proxy answers for it: the response is not Alternator's.
    #[error(
        "{node} responded with status {status}, but not as Alternator does; check that no other program and no proxy \
         has that address"
    )]
    #[non_exhaustive]
    ForeignResponse {
        /// The URL of the node.
        node: String,
        /// The HTTP status.
        status: u16,
        /// The SDK's own error, where it had one.
        source: Option<Arc<dyn Error + Send + Sync>>,
    },

    /// The request is not signed, and not authenticated by a client certificate either, which
    /// [`AuthMode::Required`](crate::AuthMode::Required) and
    /// [`AuthMode::ClientCertificate`](crate::AuthMode::ClientCertificate) forbid.
    #[error(
        "the request is not signed, and `.auth(AuthMode::Required)` or `.auth(AuthMode::ClientCertificate)` forbids to send \
         it so over an HTTP client that shows no client certificate; give the client a `credentials_provider`, or the \
         cluster a client certificate, and call `.alternator(..)` after `.http_client(..)`"
    )]
    Unsigned,
}

/// Returns what to do about nodes that could not be reached.
fn advice(source: &(dyn Error + 'static)) -> String {
    #[cfg(feature = "default-https-client")]
    if let Some(error) = chain(source).find_map(|error| error.downcast_ref::<TlsError>()) {
        return format!("the last of them failed TLS: {error}");
    }
    let _ = source;
    "check that they run, and that their addresses are reachable from here".to_owned()
}

impl From<SelectionError> for RouteError {
    fn from(error: SelectionError) -> Self {
        match error {
            SelectionError::ScopeUnsupported { scope } => Self::ScopeUnsupported { scope },
            SelectionError::NoNodes => Self::NoNodes,
        }
    }
}
