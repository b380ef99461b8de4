//! Where a request would go, and why.

use super::selector::Selector;
use super::{Endpoint, Preference, RoutingInfo};
use crate::topology::NodeUrl;
use std::fmt;

/// The node that a first attempt would go to at the moment, and the reason. The next request goes there too, except for
/// the choices that are random.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingTrace {
    /// The listed nodes that hold any of the partitions, by priority level. There may be other replicas: those in
    /// another datacenter, and those that are listed by a DNS name.
    pub replicas: Vec<Replica>,
    /// The node of the attempt; none if the request is refused.
    pub node: Option<NodeUrl>,
    /// Why the attempt goes there.
    pub reason: Reason,
}

/// A listed node that holds one of the partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    url: NodeUrl,
    is_in_scope: bool,
    is_usable: bool,
}

/// Why a request would go to a node.
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
    /// No node is usable. The node is the one that is most likely to have recovered.
    Fallback,
    /// The request is refused: the scope allows no node.
    NoNode,
}

impl RoutingTrace {
    /// Traces the routing info of the selector's plan.
    pub(super) fn new<E>(selector: &mut Selector<'_, '_, '_, E>, info: &RoutingInfo) -> Self {
        let snapshot = selector.snapshot;
        let topology = snapshot.topology();
        let in_scope = topology.nodes().len() - topology.out_of_scope().len();
        let nodes = topology.nodes().iter().enumerate();
        let replicas = nodes.filter(|(_, node)| is_replica(info, node));
        let replicas = replicas.map(|(position, node)| Replica {
            url: node.url().clone(),
            is_in_scope: position < in_scope,
            is_usable: snapshot.is_usable(node),
        });
        let node = snapshot.admit().ok().and_then(|()| selector.select());
        Self {
            replicas: replicas.collect(),
            node: node.map(|node| node.url().clone()),
            reason: node.map_or(Reason::NoNode, |node| Reason::of(selector, info, node)),
        }
    }
}

impl Replica {
    /// The address, as `scheme://host:port`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Returns whether the node is in the configured `Scope`. Other nodes only receive the requests that go by an order
    /// that is the same for all clients.
    #[must_use]
    pub fn is_in_scope(&self) -> bool {
        self.is_in_scope
    }

    /// Returns whether the node receives requests: it is not ejected as unresponsive or failing, or the ejection is
    /// ignored.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.is_usable
    }
}

impl Reason {
    /// Returns why the selector has selected this node.
    fn of<E>(selector: &Selector<'_, '_, '_, E>, info: &RoutingInfo, node: &Endpoint<E>) -> Self {
        if selector.has_no_usable_node() {
            return Self::Fallback;
        }
        match info.preference() {
            Preference::Primary | Preference::BoundedPrimary => {
                match selector.first_primary(info) {
                    Some(first) if first.id() != node.id() => Self::NextPrimaryNode,
                    _ => Self::PrimaryNode,
                }
            }
            Preference::LeastLoaded if is_replica(info, node) => Self::Replica,
            Preference::LeastLoaded => Self::RoundRobin,
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
            Self::Fallback => "the most likely to have recovered, as no node is usable",
            Self::NoNode => "no node: the scope allows none",
        })
    }
}

/// Returns whether a node is known to be a replica of any of the partitions.
fn is_replica<E>(info: &RoutingInfo, node: &Endpoint<E>) -> bool {
    info.keys().iter().any(|key| key.is_replica(node))
}
