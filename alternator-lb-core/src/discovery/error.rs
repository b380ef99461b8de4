//! Why a refresh failed.

use super::{QueryError, TranslationError};
use crate::topology::NodeUrl;
use std::error::Error;
use std::net::IpAddr;
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
        failures.join("; ")
    )]
    #[non_exhaustive]
    NotReached {
        /// The seeds, each with its failure: the last eight at most.
        failures: Vec<String>,
        /// The last of these failures.
        source: Option<Arc<dyn Error + Send + Sync>>,
    },

    /// The seeds respond, and none of the nodes that they list ever did.
    #[error(
        "operations are served by the seeds alone, since none of the nodes that they list can be reached ({}); if the seeds \
         are load balancers or mapped ports, use `.without_discovery()` or `.address_translator(..)`; else set `broadcast_rpc_address` in `scylla.yaml` to \
         an address that this host can connect to and Alternator listens on (`alternator_address`), and over `https` let the \
         certificates name these addresses, or a name of `.additional_server_names(..)`",
        failures.join("; ")
    )]
    #[non_exhaustive]
    ServedBySeeds {
        /// The nodes that were probed, each with its failure: the last eight at most.
        failures: Vec<String>,
        /// The last of these failures.
        source: Option<Arc<dyn Error + Send + Sync>>,
    },

    /// The address translator has a URL for none of the nodes that are listed in the datacenter of a seed, or in a scope
    /// of the chain.
    #[error(
        "the address translator has a URL for none of the listed nodes ({}); let it return one for each address that \
         `/localnodes` lists. Until then operations are served by the nodes known before, or else by the seeds",
        failures.join("; ")
    )]
    #[non_exhaustive]
    Untranslated {
        /// The listed addresses, each with its failure: the first eight at most.
        failures: Vec<String>,
        /// The first of these failures.
        source: Option<Arc<dyn Error + Send + Sync>>,
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

/// A node, and why it gave no usable response.
pub(super) type NodeFailure = (NodeUrl, Arc<QueryError>);

/// How many failures an error lists.
const MAX_LISTED_FAILURES: usize = 8;

impl RefreshError {
    pub(super) fn no_response(failures: &[NodeFailure]) -> Self {
        Self::NoResponse {
            failures: last_failures(failures),
            source: last_source(failures),
        }
    }

    pub(super) fn not_reached(failures: &[NodeFailure]) -> Self {
        Self::NotReached {
            failures: last_failures(failures),
            source: last_source(failures),
        }
    }

    pub(super) fn untranslated(failures: &[(IpAddr, Arc<TranslationError>)]) -> Self {
        let listed = failures.iter().take(MAX_LISTED_FAILURES);
        let first = failures.first();
        Self::Untranslated {
            failures: listed
                .map(|(address, error)| format!("{address}: {error}"))
                .collect(),
            source: first.map(|(_, error)| Arc::clone(error) as _),
        }
    }

    pub(super) fn served_by_seeds(failures: &[NodeFailure]) -> Self {
        Self::ServedBySeeds {
            failures: last_failures(failures),
            source: last_source(failures),
        }
    }
}

fn last_failures(failures: &[NodeFailure]) -> Vec<String> {
    let listed = failures.iter().rev().take(MAX_LISTED_FAILURES).rev();
    listed
        .map(|(node, error)| format!("{node}: {}", with_cause(error)))
        .collect()
}

fn last_source(failures: &[NodeFailure]) -> Option<Arc<dyn Error + Send + Sync>> {
    let (_, error) = failures.last()?;
    Some(Arc::clone(error) as _)
}

/// Returns the message of an error, with that of its innermost source, which tells best what to do.
fn with_cause(error: &QueryError) -> String {
    let cause = std::iter::successors(error.source(), |error| (*error).source()).last();
    match cause {
        Some(cause) => format!("{error} ({cause})"),
        None => error.to_string(),
    }
}
