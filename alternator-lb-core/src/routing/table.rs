//! The nodes that can be used at the moment.

use super::ejected::Ejected;
use super::pool::{Member, Pool};
use super::rendezvous::Seat;
use super::{Order, Peer, SelectionError, Target, Wish, spill};
use crate::health::{Cause, State, Trial};
use crate::topology::Topology;
use std::sync::Arc;
use std::time::Duration;

/// A list of nodes, sorted by whether they can be used. Immutable; made anew at every change.
///
/// Nodes that are ejected for their errors are left out only as long as they are no more than half of those that can be
/// reached: when more of them fail, what is wrong is hardly theirs, and the few others could not bear it all. Then these
/// ejections are ignored. It is the panic threshold of envoy and finagle. Nodes that cannot be reached are no part of
/// that, since to send requests there helps nobody.
///
/// Of the nodes at home that is judged for itself: clients of several racks have different scopes and the same home, and
/// shall agree on who is left out there.
#[derive(Debug)]
pub struct Table<E> {
    topology: Arc<Topology<Peer<E>>>,
    /// All nodes, in the order of the list.
    members: Arc<[Member<E>]>,
    tiers: Box<[Tier<E>]>,
    home: Pool<E>,
    /// Those in the scopes of the chain, to which ordinary requests go.
    ejected_in_scope: Ejected<E>,
    ejected_at_home: Ejected<E>,
    /// Everywhere.
    ejected: Box<[Arc<Target<E>>]>,
    is_in_panic: bool,
    /// Why nothing may be sent at all.
    refusal: Option<SelectionError>,
}

/// The nodes of one scope that can be used.
#[derive(Debug)]
pub(super) struct Tier<E> {
    pub(super) usable: Pool<E>,
    /// How much of the traffic they get.
    share: f64,
}

impl<E> Table<E> {
    pub fn new(topology: Arc<Topology<Peer<E>>>) -> Self {
        let nodes = topology.nodes().iter();
        let members = nodes.map(|node| Member {
            seat: Seat::of(node.url().host()),
            node: Arc::clone(node),
        });
        let members = members.collect();
        Self::sorted(topology, members, None)
    }

    fn sorted(
        topology: Arc<Topology<Peer<E>>>,
        members: Arc<[Member<E>]>,
        refusal: Option<SelectionError>,
    ) -> Self {
        // Looked at once: the states may change any moment, and a node must not fall between two looks.
        let states = members.iter().map(|member| member.node.health().state());
        let seen: Vec<(&Member<E>, State)> = members.iter().zip(states).collect();
        let in_scope = seen.len() - topology.aside().len();
        let in_scope = seen.iter().copied().take(in_scope);
        let at_home = seen.iter().copied().zip(topology.are_home());
        let at_home = at_home
            .filter(|(_, is_home)| **is_home)
            .map(|(seen, _)| seen);

        let is_in_panic = is_panic(in_scope.clone());
        let everywhere = Ejected::among(seen.iter().copied());
        Self {
            tiers: tiers(&topology, in_scope.clone(), is_in_panic),
            home: usable(at_home.clone(), is_panic(at_home.clone())),
            ejected_in_scope: Ejected::among(in_scope),
            ejected_at_home: Ejected::among(at_home),
            ejected: everywhere.nodes().cloned().collect(),
            is_in_panic,
            refusal,
            topology,
            members: Arc::clone(&members),
        }
    }

    /// A table that lets nothing through.
    pub(super) fn refusing(&self, refusal: SelectionError) -> Self {
        let topology = Arc::clone(&self.topology);
        Self::sorted(topology, Arc::clone(&self.members), Some(refusal))
    }

    /// The same list, sorted by what the nodes' health says now.
    pub(super) fn resorted(&self) -> Self {
        let topology = Arc::clone(&self.topology);
        Self::sorted(topology, Arc::clone(&self.members), self.refusal.clone())
    }

    pub fn topology(&self) -> &Arc<Topology<Peer<E>>> {
        &self.topology
    }

    /// Whether nothing may be sent at all.
    pub fn refuses(&self) -> bool {
        self.refusal.is_some()
    }

    pub(super) fn refusal(&self) -> Option<&SelectionError> {
        self.refusal.as_ref()
    }

    /// Whether ejections are ignored, since there would be too many.
    pub(super) fn is_in_panic(&self) -> bool {
        self.is_in_panic
    }

    /// The nodes that can be used, scope after scope.
    pub fn usable(&self) -> impl Iterator<Item = &Arc<Target<E>>> {
        self.tiers.iter().flat_map(|tier| tier.usable.nodes())
    }

    /// Whether there is any.
    pub fn has_usable(&self) -> bool {
        self.usable().next().is_some()
    }

    /// Whether the requests that go to a node could go to another. Those to a node aside could go to any at home.
    pub(super) fn has_another_than(&self, node: &Target<E>) -> bool {
        let is_node = |other: &Arc<Target<E>>| other.id() == node.id();
        let is_other = |other: &Arc<Target<E>>| other.id() != node.id();
        let is_aside = || self.topology.aside().iter().any(is_node);
        self.usable().any(is_other) || (is_aside() && self.home.nodes().any(is_other))
    }

    /// The nodes that can be used at home.
    pub(super) fn home(&self) -> &Pool<E> {
        &self.home
    }

    /// The nodes that can be used, of each scope and at home.
    pub(super) fn pools(&self) -> impl Iterator<Item = &Pool<E>> {
        let tiers = self.tiers.iter().map(|tier| &tier.usable);
        tiers.chain([&self.home])
    }

    /// The nodes that an operation may go to, by what it wishes. One that wants the same coordinator as all others stays at
    /// home as long as a node can be used there: what transactions exclude each other, they do within a datacenter.
    pub(super) fn open_to(&self, wish: Option<&Wish>) -> impl Iterator<Item = &Pool<E>> {
        let stays = wish.is_some_and(|wish| wish.order() == Order::Fixed);
        let home = (stays && !self.home.is_empty()).then_some(&self.home);
        let tiers = match home {
            Some(_) => Default::default(),
            None => self.tiers.iter(),
        };
        home.into_iter().chain(tiers.map(|tier| &tier.usable))
    }

    /// The nodes that are ejected, the most hopeful first; those aside among them.
    pub fn ejected(&self) -> &[Arc<Target<E>>] {
        &self.ejected
    }

    /// Those of them to which ordinary requests may go.
    pub(super) fn ejected_in_scope(&self) -> impl Iterator<Item = &Arc<Target<E>>> {
        self.ejected_in_scope.nodes()
    }

    /// The nodes at home that a request may try, if there are others that can be used.
    pub(super) fn due_at_home(&self, is_watched: bool, now: Duration) -> &[Member<E>] {
        match self.home.is_empty() {
            true => &[],
            false => self.ejected_at_home.due(is_watched, now),
        }
    }

    /// The scopes in the order in which a request should look at them: first the one whose turn it is, as often as its
    /// share says, then the others.
    pub(super) fn tiers_in_turn(
        &self,
        rng: &mut fastrand::Rng,
    ) -> impl Iterator<Item = &Tier<E>> + use<'_, E> {
        let first = self.pick_tier(rng);
        let chosen = self.tiers.get(first).into_iter();
        let others = self.tiers.iter().enumerate();
        chosen.chain(
            others
                .filter(move |(position, _)| *position != first)
                .map(|(_, tier)| tier),
        )
    }

    fn pick_tier(&self, rng: &mut fastrand::Rng) -> usize {
        match self.tiers.first() {
            Some(first) if first.share < 1.0 => {
                let mut point = rng.f64();
                let fits = |tier: &Tier<E>| {
                    point -= tier.share;
                    point < 0.0
                };
                self.tiers.iter().position(fits).unwrap_or_default()
            }
            Some(_) | None => 0,
        }
    }

    /// A node whose rest is over, with the right to try it, if there are others that can be used.
    pub(super) fn claim_trial(
        &self,
        is_watched: bool,
        now: Duration,
    ) -> Option<(&Arc<Target<E>>, Trial)> {
        let due = self.ejected_in_scope.due(is_watched, now);
        if due.is_empty() || !self.has_usable() {
            return None;
        }
        due.iter()
            .find_map(|Member { node, .. }| Some((node, node.health().claim_trial(now)?)))
    }
}

/// The usable nodes of each scope, and how much each gets.
fn tiers<'n, E: 'n>(
    topology: &Topology<Peer<E>>,
    mut nodes: impl Iterator<Item = (&'n Member<E>, State)>,
    is_in_panic: bool,
) -> Box<[Tier<E>]> {
    // Nodes that have never served are not missed.
    let is_old = |state: State| state.cause() != Some(Cause::Unproven);
    let sorted: Vec<(Pool<E>, usize)> = topology
        .tiers()
        .map(|tier| {
            let nodes: Vec<_> = nodes.by_ref().take(tier.len()).collect();
            let old = nodes.iter().filter(|(_, state)| is_old(*state)).count();
            (usable(nodes.into_iter(), is_in_panic), old)
        })
        .collect();
    let counts = sorted
        .iter()
        .map(|(usable, all)| (usable.members().len(), *all));
    let shares = spill::shares(counts);
    let tiers = sorted.into_iter().zip(shares);
    tiers
        .map(|((usable, _), share)| Tier { usable, share })
        .collect()
}

fn usable<'n, E: 'n>(
    nodes: impl Iterator<Item = (&'n Member<E>, State)>,
    is_in_panic: bool,
) -> Pool<E> {
    let is_usable =
        |state: State| state.is_up() || (is_in_panic && state.cause() == Some(Cause::Failing));
    let usable = nodes.filter(|(_, state)| is_usable(*state));
    Pool::new(usable.map(|(member, _)| member.clone()))
}

/// Whether more than half of the nodes that can be reached fail.
fn is_panic<'n, E: 'n>(nodes: impl Iterator<Item = (&'n Member<E>, State)>) -> bool {
    let (mut failing, mut up) = (0, 0);
    for (_, state) in nodes {
        failing += usize::from(state.cause() == Some(Cause::Failing));
        up += usize::from(state.is_up());
    }
    failing > up
}
