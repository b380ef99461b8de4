//! What there is to tell.

use super::RefreshError;
use crate::health::Transition;
use crate::topology::NodeUrl;

/// Something that changed. Nothing is reported twice in a row.
#[derive(Clone, Debug)]
pub enum TopologyEvent {
    /// A node goes, comes or stays out.
    Node {
        node: NodeUrl,
        transition: Transition,
    },
    /// So many nodes fail that their ejections are ignored, or not any more.
    Panic(bool),
    /// Another list of nodes is in force.
    Changed {
        added: Vec<NodeUrl>,
        removed: Vec<NodeUrl>,
        /// How many there are now, in all levels of the scope chain and beside it.
        nodes: usize,
        /// The most wanted level that has nodes.
        locality: String,
    },
    /// Refreshes fail, for this reason.
    Failed(RefreshError),
    /// Refreshes succeed again.
    Recovered,
    /// Entries of `/localnodes` that are no addresses of nodes.
    Dropped(Vec<String>),
    /// A client that asked for no scope spans datacenters.
    SpansDatacenters { datacenters: usize },
    /// Nothing can keep the list fresh, since requests are made outside of a tokio runtime.
    NoRuntime,
}
