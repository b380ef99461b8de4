//! The nodes of the cluster: their addresses, scopes, and the immutable topology that requests are routed over.
//!
//! Everything here is a plain value. A refresh creates a new [`Topology`] from the addresses that discovery found.
//! Nodes that stay keep their identity, so whatever is attached to a node (its health, its counters, its prebuilt
//! endpoint) lasts until a refresh no longer names the node.
//!
//! Not here: queries to the cluster (`discovery`), the state of a node (`health`), the selection of a node (`routing`).

mod node;
mod node_url;
mod scope;
mod snapshot;

pub use node::Node;
#[cfg(test)]
pub(crate) use node_url::work;
pub use node_url::{Host, NodeUrl, Scheme};
pub use scope::{Locality, Scope, ScopeError};
pub use snapshot::Topology;
