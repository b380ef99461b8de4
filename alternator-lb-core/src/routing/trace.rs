//! Where a request would go, and why.

use super::selector::Selector;
use super::{Endpoint, Reason, RoutingInfo};
use crate::topology::NodeUrl;

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
        let selection = snapshot.admit().ok().and_then(|()| selector.select());
        Self {
            replicas: replicas.collect(),
            reason: selection.as_ref().map_or(Reason::NoNode, |it| it.reason),
            node: selection.map(|it| it.node.url().clone()),
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

/// Returns whether a node is known to be a replica of any of the partitions.
fn is_replica<E>(info: &RoutingInfo, node: &Endpoint<E>) -> bool {
    info.keys().iter().any(|key| key.is_replica(node))
}
