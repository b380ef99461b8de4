//! Which nodes there are: addresses, scopes and the immutable list that requests are routed over.
//!
//! Everything here is a plain value. A refresh builds a new [`Topology`] from the addresses that discovery brought;
//! nodes that stay keep their identity, so whatever is attached to a node (its health, its counters, its prebuilt
//! endpoint) outlives every refresh in which the node is still named.
//!
//! What does not live here: asking the cluster (`discovery`), judging a node (`health`), choosing one (`routing`).

mod node;
mod node_url;
mod scope;
mod snapshot;

pub use node::Node;
pub use node_url::{Host, NodeUrl, Scheme};
pub use scope::Scope;
pub use scope::{Locality, ScopeError};
pub use snapshot::Topology;
