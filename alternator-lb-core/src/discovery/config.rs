//! The settings of discovery.

use super::{RefreshIntervals, TopologyEvent};
use crate::topology::{NodeUrl, Scope};
use std::fmt;

/// The nodes that discovery looks for, and its connections to the layers above.
pub struct DiscoveryConfig<E> {
    /// The addresses that the application configured.
    pub seeds: Vec<NodeUrl>,
    /// The scope chain whose nodes get requests.
    pub scope: Scope,
    /// Whether the application chose the scope itself.
    pub scope_is_chosen: bool,
    /// Whether the nodes of all levels of the scope chain are listed, or only those of the first level that has any.
    pub spill_over: bool,
    /// Whether the whole datacenter is discovered where the scope is a rack: for operations that need the same
    /// coordinator for all clients.
    pub discovers_local_datacenter: bool,
    /// The pauses between refreshes.
    pub intervals: RefreshIntervals,
    /// Makes what the caller wants at hand when a node is selected.
    pub attach: fn(&NodeUrl) -> E,
    /// Aborts the requests that wait on a node.
    pub end_requests: fn(&E),
    /// Receives every event.
    pub report: Box<dyn Fn(&TopologyEvent) + Send + Sync>,
}

impl<E> fmt::Debug for DiscoveryConfig<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiscoveryConfig")
            .field("seeds", &self.seeds)
            .field("scope", &self.scope)
            .field("intervals", &self.intervals)
            .finish_non_exhaustive()
    }
}
