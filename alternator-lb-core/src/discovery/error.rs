//! Why a refresh failed.

use std::error::Error;
use std::sync::Arc;

/// The list of nodes could not be refreshed. The last good list stays in force.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// There is nothing to ask with.
    #[error(
        "there is no HTTP client to ask the nodes with: give the builder one with `.http_client(..)`, turn on the feature \
         `default-https-client`, or send a first request with a client that has one"
    )]
    NoHttpClient,

    /// The call was made outside of a tokio runtime.
    #[error("discovery needs a tokio runtime with time and I/O enabled: call this from within one")]
    NoRuntime,

    /// Nobody could be asked or nobody answered.
    #[error(
        "no node told who is in the cluster ({}); check that the seeds are right, that Alternator listens there, and that \
         this host can reach it",
        failures.join("; ")
    )]
    #[non_exhaustive]
    NoAnswer {
        /// Who was asked, and what came of it: at most eight of them.
        failures: Vec<String>,
        /// The last of these failures.
        source: Option<Arc<dyn Error + Send + Sync>>,
    },

    /// The nodes answered, and no scope of the chain has a node.
    #[error(
        "there is no node in {scope}; check the names with `nodetool status`, or add a scope to fall back on with `.or(..)`"
    )]
    #[non_exhaustive]
    NoNodes {
        /// The scope that was asked for.
        scope: String,
    },

    /// The servers do not tell who is in a datacenter or rack.
    #[error(
        "the scope is {scope}, but these servers ignore the question for a datacenter or rack (ScyllaDB before 2025.1); \
         upgrade them, or add `.or(Scope::cluster())` to use all their nodes"
    )]
    #[non_exhaustive]
    ScopeUnsupported {
        /// The scope that was asked for.
        scope: String,
    },
}
