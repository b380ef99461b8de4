//! The events that discovery reports.

use super::RefreshError;
use crate::health::Transition;
use crate::topology::NodeUrl;

/// A change of the nodes, of their health, or of discovery itself. No event is reported twice in a row.
#[derive(Clone, Debug)]
pub enum TopologyEvent {
    /// A node is ejected, restored or admitted, or stays ejected.
    Node {
        /// Its address.
        node: NodeUrl,
        /// The change of its state.
        transition: Transition,
    },
    /// Panic mode begins or ends: so many nodes fail that their ejections are ignored.
    PanicMode(bool),
    /// Nodes were added or removed.
    Changed {
        /// New in the list.
        added: Vec<NodeUrl>,
        /// No longer in the list.
        removed: Vec<NodeUrl>,
        /// The number of nodes now, in all levels of the scope chain and out of scope.
        nodes: usize,
        /// The preferred scope of those that have nodes.
        locality: String,
    },
    /// Refreshes fail, for this reason.
    Failed(RefreshError),
    /// Refreshes succeed again.
    Recovered,
    /// Entries of `/localnodes` that are no addresses of nodes.
    Dropped(Vec<String>),
    /// The application chose no scope, and its nodes are in this many datacenters.
    SpansDatacenters {
        /// The number that their responses distinguish.
        datacenters: usize,
    },
    /// The list cannot be kept up to date, since requests are made outside of a tokio runtime.
    NoRuntime,
}
