//! Where a request would go, and why.

use super::pool::Pool;
use super::rotation::Starts;
use super::turn::Turn;
use super::wish::Key;
use super::{Order, Target, Wish};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// What becomes of a wish at one moment. To find it out changes nothing: another request at the same moment would be told
/// the same, but for the chances that the choice has in it.
#[derive(Debug)]
pub struct Explained<E> {
    /// The nodes of the list that hold any of the partitions, tier after tier. There may be others: those of another
    /// datacenter, and those that go by a name.
    pub replicas: Vec<Replica<E>>,
    /// The node of a first attempt; none if nothing may be sent.
    pub chosen: Option<Arc<Target<E>>>,
    pub reason: Reason,
}

#[derive(Debug)]
pub struct Replica<E> {
    pub node: Arc<Target<E>>,
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
    FirstReplica,
    /// No replica is known that could be used; it is the first of all nodes in an order that is the same for all clients.
    FirstNode,
    /// It is a replica that can be used, of several partitions of most; and not the busier one of two.
    Replica,
    /// No replica is known that could be used, or none is wanted: any request would go there now.
    InTurn,
    /// No node can be used. It is the one that is most likely to be back.
    LastHope,
    /// Nothing may be sent: there is no node that the scope would allow.
    Nobody,
}

impl<E> Explained<E> {
    /// What becomes of the wish of the plan whose turn it is.
    pub(super) fn of(turn: &Turn<'_, '_, E>, wish: &Wish, mut starts: Starts<'_>) -> Self {
        let table = turn.table;
        let topology = table.topology();
        let in_scope = topology.nodes().len() - topology.aside().len();
        let usable =
            |pool: &Pool<E>, node: &Target<E>| pool.nodes().any(|usable| usable.id() == node.id());
        let is_replica = |node: &Target<E>| node.url().ip().is_some_and(|ip| is_replica(wish, ip));
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
        let reason = match (&choice, wish.order()) {
            (None, _) => Reason::Nobody,
            (Some(choice), _)
                if !table
                    .open_to(Some(wish))
                    .any(|pool| usable(pool, choice.node)) =>
            {
                Reason::LastHope
            }
            (Some(choice), Order::Fixed) if is_replica(choice.node) => Reason::FirstReplica,
            (Some(_), Order::Fixed) => Reason::FirstNode,
            (Some(choice), Order::ByLoad) if is_replica(choice.node) => Reason::Replica,
            (Some(_), Order::ByLoad) => Reason::InTurn,
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
            Self::FirstReplica => "the replica that all clients choose",
            Self::FirstNode => {
                "the node that all clients choose, as no replica is known and usable"
            }
            Self::Replica => "a replica that is not the busier one of two",
            Self::InTurn => "whose turn it is",
            Self::LastHope => "the most likely to be back, as no node is usable",
            Self::Nobody => "nobody: the scope allows no node",
        })
    }
}

fn is_replica(wish: &Wish, ip: IpAddr) -> bool {
    let mut replicas = wish.keys().iter().flat_map(Key::replicas);
    replicas.any(|replica| replica.to_canonical() == ip.to_canonical())
}
