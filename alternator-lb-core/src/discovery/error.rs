//! Why a refresh failed.

use std::error::Error;
use std::sync::Arc;

/// The list of nodes could not be refreshed. The last good list stays in use.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// There is no HTTP client yet.
    #[error(
        "there is no HTTP client for discovery: pass one to the builder with `.http_client(..)`, enable the feature \
         `default-https-client`, or send a first request with a client that has one"
    )]
    NoHttpClient,

    /// The call was made outside of a tokio runtime.
    #[error("discovery needs a tokio runtime with time and I/O enabled: make this call within one")]
    NoRuntime,

    /// No node gave a usable response.
    #[error(
        "no node returned a list of nodes ({}); check that the seeds are right, that Alternator listens at their port, and \
         that this host can connect to them",
        failures.join("; ")
    )]
    #[non_exhaustive]
    NoResponse {
        /// The nodes that were queried, each with its failure: the last eight at most.
        failures: Vec<String>,
        /// The last of these failures.
        source: Option<Arc<dyn Error + Send + Sync>>,
    },

    /// Without discovery, none of the seeds responded.
    #[error(
        "none of the seeds responds ({}); check that they are right, and that this host can connect to them",
        nodes.join(", ")
    )]
    #[non_exhaustive]
    NotReached {
        /// The URLs of the seeds.
        nodes: Vec<String>,
    },

    /// The nodes responded, and no scope of the chain has a node.
    #[error(
        "there is no node in {scope}; check the names with `nodetool status`, or add a scope to fall back on with `.or(..)`"
    )]
    #[non_exhaustive]
    NoNodes {
        /// The configured scope.
        scope: String,
    },

    /// The servers cannot list the nodes of a datacenter or rack.
    #[error(
        "the scope is {scope}, but these servers ignore the parameters `dc` and `rack` of `/localnodes` (ScyllaDB before \
         2025.1); upgrade them, or add `.or(Scope::cluster())` to use all their nodes"
    )]
    #[non_exhaustive]
    ScopeUnsupported {
        /// The configured scope.
        scope: String,
    },
}
