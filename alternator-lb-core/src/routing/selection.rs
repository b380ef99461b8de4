//! A selected node, and the reason of the selection.

use super::Endpoint;
use std::fmt;
use std::sync::Arc;

/// Why a request goes to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The node is the first usable one in an order that is the same for all clients. This is where writes with
    /// lightweight transactions go, and the operations of `KeyAffinity`. For several partitions, the node is the first
    /// for most of them.
    PrimaryNode,
    /// The first node in that order is overloaded. The node is the first one that has room.
    NextPrimaryNode,
    /// The node is a usable replica, for several partitions of most of them, and not the more loaded one of two.
    Replica,
    /// No usable replica is known, or none is preferred. The node is the one that any request would go to now.
    RoundRobin,
    /// The operation wants one coordinator, and its last attempt went to this node.
    SameNode,
    /// The node is ejected, and the request probes it.
    Probe,
    /// No node is usable. The node is the one that is most likely to have recovered.
    Fallback,
    /// The operation has an endpoint of its own, which is this node.
    Pinned,
    /// The request is refused: the scope allows no node.
    NoNode,
}

/// A node that was selected.
#[derive(Debug)]
pub(super) struct Selection<'s, E> {
    pub(super) node: &'s Arc<Endpoint<E>>,
    pub(super) reason: Reason,
    /// True if the node is in a scope after the preferred one.
    pub(super) is_spill_over: bool,
}

impl<'s, E> Selection<'s, E> {
    pub(super) fn new(node: &'s Arc<Endpoint<E>>, reason: Reason) -> Self {
        Self {
            node,
            reason,
            is_spill_over: false,
        }
    }

    /// The same of a priority level, of which 0 is the preferred scope.
    pub(super) fn of_priority(self, priority: usize) -> Self {
        Self {
            is_spill_over: priority > 0,
            ..self
        }
    }
}

impl Reason {
    /// Returns the name, in snake case, as in dumps.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PrimaryNode => "primary_node",
            Self::NextPrimaryNode => "next_primary_node",
            Self::Replica => "replica",
            Self::RoundRobin => "round_robin",
            Self::SameNode => "same_node",
            Self::Probe => "probe",
            Self::Fallback => "fallback",
            Self::Pinned => "pinned",
            Self::NoNode => "no_node",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrimaryNode => "the node that all clients choose",
            Self::NextPrimaryNode => {
                "the next in the order of all clients, as the first one is overloaded"
            }
            Self::Replica => "a replica that is not the more loaded of two",
            Self::RoundRobin => "the next in round robin",
            Self::SameNode => {
                "the node of the last attempt, as the operation wants one coordinator"
            }
            Self::Probe => "an ejected node that is due for a probe",
            Self::Fallback => "the most likely to have recovered, as no node is usable",
            Self::Pinned => "the node that the operation names",
            Self::NoNode => "no node: the scope allows none",
        })
    }
}
