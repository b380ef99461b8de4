//! Why a request was not sent anywhere.

use alternator_lb_core::discovery::RefreshError;
use alternator_lb_core::routing::SelectionError;
use std::error::Error;
use std::sync::Arc;

/// No node could be chosen, or none of those chosen could be reached.
///
/// It is found in the `source()` chain of the operation's `SdkError`:
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
    /// The scope asks for a datacenter or rack, and the servers do not tell who is in one.
    #[error(
        "the scope is {scope}, but these servers ignore the question for a datacenter or rack (ScyllaDB before 2025.1); \
         upgrade them, or add `.or(Scope::cluster())` to use all their nodes"
    )]
    #[non_exhaustive]
    ScopeUnsupported {
        /// The scope that was asked for.
        scope: String,
    },

    /// An operation asked for an endpoint that is no node of this cluster.
    #[error(
        "the operation's own endpoint `{endpoint}` is neither a seed nor a node of this cluster; \
         leave `.endpoint_url(..)` out of its `config_override`, or name one of {nodes:?}"
    )]
    #[non_exhaustive]
    UnknownEndpoint {
        /// The endpoint as the operation named it.
        endpoint: String,
        /// The nodes that it could have named.
        nodes: Vec<String>,
    },

    /// There is no node to choose from.
    #[error("the list of nodes is empty; give the builder `.seeds(..)` that can be reached")]
    NoNodes,

    /// No node that was tried could be connected.
    #[error(
        "none of the nodes tried could be reached ({}); check that they run, and that their addresses are reachable \
         from here{}",
        tried.join(", "),
        discovery.as_ref().map(|error| format!("; the last refresh of their list failed: {error}")).unwrap_or_default()
    )]
    #[non_exhaustive]
    Unreachable {
        /// The addresses that this operation tried, in the order in which it first did.
        tried: Vec<String>,
        /// Why the last refresh of the list of nodes failed, if it did.
        discovery: Option<RefreshError>,
        /// The last attempt's error.
        source: Arc<dyn Error + Send + Sync>,
    },

    /// The request was about to leave unsigned, and [`AuthMode::Required`](crate::AuthMode::Required) forbids that.
    #[error(
        "the request is not signed, and `.auth(AuthMode::Required)` forbids to send it so; \
         give the client a `credentials_provider`"
    )]
    Unsigned,
}

impl From<SelectionError> for RouteError {
    fn from(error: SelectionError) -> Self {
        match error {
            SelectionError::ScopeUnsupported { scope } => Self::ScopeUnsupported { scope },
            SelectionError::NoNodes => Self::NoNodes,
        }
    }
}
