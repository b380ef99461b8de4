//! The reasons for the selection of a node.

use std::fmt;

/// The reason for the selection of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The node is the first usable one in an order that is the same for all clients, on a retry the first that the
    /// operation has not tried. This is where writes with lightweight transactions go, and the operations of
    /// `KeyAffinity`. For several partitions, the node is the first for most of them.
    PrimaryNode,
    /// The first node in that order is overloaded. The node is the first one that has room.
    NextPrimaryNode,
    /// The node is a usable replica, for several partitions of most of them, and not the more loaded one of two.
    Replica,
    /// No usable replica is known, or none is preferred. The node is the one that any request would go to now.
    RoundRobin,
    /// The node that is next in round robin has more requests in flight, or is slow. The node is another one with less
    /// load.
    LessLoaded,
    /// No node is usable. The node is the one that is most likely to have recovered.
    Fallback,
    /// The operation names the node, by an endpoint of its own. Only attempts have this reason.
    Pinned,
    /// The operation wants the node of its former attempt again. Only retries have this reason.
    SameNode,
    /// The operation has tried all nodes that it may go to, the last one just now. The node is any of them. Only
    /// retries have this reason.
    Remaining,
    /// The node is ejected, and due for a probe. Only attempts have this reason.
    Probe,
    /// The operation waits for its first node, and this one is asked as well: a [hedged](super::Hedge) read. Only
    /// attempts have this reason.
    Hedge,
    /// The request is refused: the scope allows no node.
    NoNode,
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
            Self::LessLoaded => "less_loaded",
            Self::SameNode => "same_node",
            Self::Remaining => "remaining",
            Self::Probe => "probe",
            Self::Fallback => "fallback",
            Self::Pinned => "pinned",
            Self::Hedge => "hedge",
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
            Self::LessLoaded => "less loaded than the next in round robin",
            Self::Fallback => "the most likely to have recovered, as no node is usable",
            Self::Pinned => "the endpoint of the operation",
            Self::SameNode => "the same node again",
            Self::Remaining => "one of the nodes that remain, as all were tried",
            Self::Probe => "an ejected node that is due for a probe",
            Self::Hedge => "another node as well, as the first takes long",
            Self::NoNode => "no node: the scope allows none",
        })
    }
}
