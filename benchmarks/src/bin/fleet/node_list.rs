//! The list of nodes that a client has, and the schedule of its refreshes.

use benchmarks::fleet::NodeSet;
use std::time::Duration;

/// The list of a client, and its refresh schedule.
#[derive(Debug)]
pub(crate) struct NodeList {
    pub(crate) nodes: NodeSet,
    /// Nodes known to support membership queries of a datacenter or rack.
    pub(crate) scope_aware: NodeSet,
    pub(crate) failures: u32,
    /// Whether a failure hint came since the last refresh began.
    pub(crate) has_failure_hint: bool,
    /// The window of the next refresh. `None` during a refresh.
    pub(crate) window: Option<RefreshWindow>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct RefreshWindow {
    /// A failure hint moves the refresh forward to this time at the earliest.
    pub(crate) earliest: Duration,
    /// The time of the refresh without a hint.
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
