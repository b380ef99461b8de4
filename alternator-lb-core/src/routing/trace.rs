//! Where a request would go, and why.

use super::healthy_set::HealthySet;
use super::round_robin::RoundRobinCursor;
use super::routing_info::RoutingKey;
use super::selector::Selector;
use super::{Endpoint, Preference, RoutingInfo};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// What becomes of a info at one moment. To find it out changes nothing: another request at the same moment would be told
/// the same, but for the chances that the choice has in it.
#[derive(Debug)]
pub struct RoutingTrace<E> {
    /// The nodes of the list that hold any of the partitions, level after level. There may be others: those of another
    /// datacenter, and those that go by a name.
    pub replicas: Vec<Replica<E>>,
    /// The node of a first attempt; none if nothing may be sent.
    pub chosen: Option<Arc<Endpoint<E>>>,
    pub reason: Reason,
}

#[derive(Debug)]
pub struct Replica<E> {
    pub node: Arc<Endpoint<E>>,
    /// Whether ordinary requests may go there.
    pub is_in_scope: bool,
    /// Whether it is not ejected, or used regardless.
    pub is_usable: bool,
}

/// Why a request would go to that node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Of the replicas that can be used it is the first in an order that is the same for all clients. So go writes with
    /// lightweight transactions, and what `KeyAffinity` covers. Of several partitions, it is that
    /// for most.
    PrimaryReplica,
    /// No replica is known that could be used; it is the first of all nodes in an order that is the same for all clients.
    PrimaryNode,
    /// It is a replica that can be used, of several partitions of most; and not the busier one of two.
    Replica,
    /// No replica is known that could be used, or none is wanted: any request would go there now.
    RoundRobin,
    /// No node can be used. It is the one that is most likely to be back.
    Fallback,
    /// Nothing may be sent: there is no node that the scope would allow.
    NoNode,
}

impl<E> RoutingTrace<E> {
    /// What becomes of the info of the plan whose turn it is.
    pub(super) fn of(
        turn: &Selector<'_, '_, E>,
        info: &RoutingInfo,
        mut starts: RoundRobinCursor<'_>,
    ) -> Self {
        let table = turn.table;
        let topology = table.topology();
        let in_scope = topology.nodes().len() - topology.out_of_scope().len();
        let usable = |pool: &HealthySet<E>, node: &Endpoint<E>| {
            pool.nodes().any(|usable| usable.id() == node.id())
        };
        let is_replica =
            |node: &Endpoint<E>| node.url().ip().is_some_and(|ip| is_replica(info, ip));
        let nodes = topology.nodes().iter().enumerate();
        let replicas = nodes.filter(|(_, node)| is_replica(node));
        let replicas = replicas.map(|(place, node)| Replica {
            node: Arc::clone(node),
            is_in_scope: place < in_scope,
            is_usable: table.pools().any(|pool| usable(pool, node)),
        });
        let choice = match table.refusal() {
            Some(_) => None,
            None => turn.choose(&mut starts, &mut fastrand::Rng::new()),
        };
        let reason = match (&choice, info.preference()) {
            (None, _) => Reason::NoNode,
            (Some(choice), _)
                if !table
                    .candidates_for(Some(info))
                    .any(|pool| usable(pool, choice.node)) =>
            {
                Reason::Fallback
            }
            (Some(choice), Preference::Primary) if is_replica(choice.node) => {
                Reason::PrimaryReplica
            }
            (Some(_), Preference::Primary) => Reason::PrimaryNode,
            (Some(choice), Preference::LeastLoaded) if is_replica(choice.node) => Reason::Replica,
            (Some(_), Preference::LeastLoaded) => Reason::RoundRobin,
        };
        Self {
            replicas: replicas.collect(),
            chosen: choice.map(|choice| Arc::clone(choice.node)),
            reason,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrimaryReplica => "the replica that all clients choose",
            Self::PrimaryNode => {
                "the node that all clients choose, as no replica is known and usable"
            }
            Self::Replica => "a replica that is not the busier one of two",
            Self::RoundRobin => "whose turn it is",
            Self::Fallback => "the most likely to be back, as no node is usable",
            Self::NoNode => "nobody: the scope allows no node",
        })
    }
}

fn is_replica(info: &RoutingInfo, ip: IpAddr) -> bool {
    let mut replicas = info.keys().iter().flat_map(RoutingKey::replicas);
    replicas.any(|replica| replica.to_canonical() == ip.to_canonical())
}
