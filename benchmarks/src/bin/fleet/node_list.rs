//! The list of nodes that a client has, and the schedule of its refreshes.

use benchmarks::fleet::NodeSet;
use std::time::Duration;

/// A client's list, and when it is refreshed.
#[derive(Debug)]
pub(crate) struct NodeList {
    pub(crate) nodes: NodeSet,
    /// Nodes that have shown that they honour the purpose for a datacenter or rack.
    pub(crate) scope_aware: NodeSet,
    pub(crate) failures: u32,
    /// Whether there was trouble since the last refresh began.
    pub(crate) has_failure_hint: bool,
    /// From when on trouble leads to a refresh, and when there is one at the latest. None during a refresh.
    pub(crate) window: Option<RefreshWindow>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct RefreshWindow {
    pub(crate) earliest: Duration,
    pub(crate) due: Duration,
}

impl NodeList {
    pub(crate) fn new(nodes: NodeSet) -> Self {
        Self {
            nodes,
            scope_aware: NodeSet::default(),
            failures: 0,
            has_failure_hint: false,
            window: None,
        }
    }
}
