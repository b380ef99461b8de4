//! The nodes that can be used at the moment.

use super::ejected::Ejected;
use super::healthy_set::{Candidate, HealthySet};
use super::rendezvous::NodeHash;
use super::{Endpoint, EndpointState, Preference, RoutingInfo, SelectionError, priority};
use crate::health::{EjectionCause, ProbePermit, State};
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
/// Of the nodes at local that is judged for itself: clients of several racks have different scopes and the same local, and
/// shall agree on who is left out there.
#[derive(Debug)]
pub struct RoutingSnapshot<E> {
    topology: Arc<Topology<EndpointState<E>>>,
    /// All nodes, in the order of the list.
    members: Arc<[Candidate<E>]>,
    levels: Box<[PriorityLevel<E>]>,
    local: HealthySet<E>,
    /// Those in the scopes of the chain, to which ordinary requests go.
    ejected_in_scope: Ejected<E>,
    ejected_local: Ejected<E>,
    /// Everywhere.
    ejected: Box<[Arc<Endpoint<E>>]>,
    is_in_panic: bool,
    /// Why nothing may be sent at all.
    refusal: Option<SelectionError>,
}

/// The nodes of one scope that can be used.
#[derive(Debug)]
pub(super) struct PriorityLevel<E> {
    pub(super) usable: HealthySet<E>,
    /// How much of the load_stats they get.
    share: f64,
}

impl<E> RoutingSnapshot<E> {
    pub fn new(topology: Arc<Topology<EndpointState<E>>>) -> Self {
        let nodes = topology.nodes().iter();
        let members = nodes.map(|node| Candidate {
            hash: NodeHash::of(node.url().host()),
            node: Arc::clone(node),
        });
        let members = members.collect();
        Self::sorted(topology, members, None)
    }

    fn sorted(
        topology: Arc<Topology<EndpointState<E>>>,
        members: Arc<[Candidate<E>]>,
        refusal: Option<SelectionError>,
    ) -> Self {
        // Looked at once: the states may change any moment, and a node must not fall between two looks.
        let states = members.iter().map(|member| member.node.health().state());
        let seen: Vec<(&Candidate<E>, State)> = members.iter().zip(states).collect();
        let in_scope = seen.len() - topology.out_of_scope().len();
        let in_scope = seen.iter().copied().take(in_scope);
        let local_nodes = seen.iter().copied().zip(topology.are_local());
        let local_nodes = local_nodes
            .filter(|(_, is_local)| **is_local)
            .map(|(seen, _)| seen);

        let is_in_panic = is_panic(in_scope.clone());
        let everywhere = Ejected::among(seen.iter().copied());
        Self {
            levels: levels(&topology, in_scope.clone(), is_in_panic),
            local: usable(local_nodes.clone(), is_panic(local_nodes.clone())),
            ejected_in_scope: Ejected::among(in_scope),
            ejected_local: Ejected::among(local_nodes),
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

    pub fn topology(&self) -> &Arc<Topology<EndpointState<E>>> {
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
    pub fn usable(&self) -> impl Iterator<Item = &Arc<Endpoint<E>>> {
        self.levels.iter().flat_map(|level| level.usable.nodes())
    }

    /// Whether there is any.
    pub fn has_usable(&self) -> bool {
        self.usable().next().is_some()
    }

    /// Whether the requests that go to a node could go to another. Those to a node out_of_scope could go to any at local.
    pub(super) fn has_alternative_to(&self, node: &Endpoint<E>) -> bool {
        let is_node = |other: &Arc<Endpoint<E>>| other.id() == node.id();
        let is_other = |other: &Arc<Endpoint<E>>| other.id() != node.id();
        let is_aside = || self.topology.out_of_scope().iter().any(is_node);
        self.usable().any(is_other) || (is_aside() && self.local.nodes().any(is_other))
    }

    /// The nodes that can be used at local.
    pub(super) fn local(&self) -> &HealthySet<E> {
        &self.local
    }

    /// The nodes that can be used, of each scope and at local.
    pub(super) fn pools(&self) -> impl Iterator<Item = &HealthySet<E>> {
        let levels = self.levels.iter().map(|level| &level.usable);
        levels.chain([&self.local])
    }

    /// The nodes that an operation may go to, by what it wishes. One that wants the same coordinator as all others stays at
    /// local as long as a node can be used there: what transactions exclude each other, they do within a datacenter.
    pub(super) fn candidates_for(
        &self,
        info: Option<&RoutingInfo>,
    ) -> impl Iterator<Item = &HealthySet<E>> {
        let stays = info.is_some_and(|info| info.preference() == Preference::Primary);
        let local = (stays && !self.local.is_empty()).then_some(&self.local);
        let levels = match local {
            Some(_) => Default::default(),
            None => self.levels.iter(),
        };
        local.into_iter().chain(levels.map(|level| &level.usable))
    }

    /// The nodes that are ejected, the most hopeful first; those out_of_scope among them.
    pub fn ejected(&self) -> &[Arc<Endpoint<E>>] {
        &self.ejected
    }

    /// Those of them to which ordinary requests may go.
    pub(super) fn ejected_in_scope(&self) -> impl Iterator<Item = &Arc<Endpoint<E>>> {
        self.ejected_in_scope.nodes()
    }

    /// The nodes at local that a request may try, if there are others that can be used.
    pub(super) fn due_local(&self, is_watched: bool, now: Duration) -> &[Candidate<E>] {
        match self.local.is_empty() {
            true => &[],
            false => self.ejected_local.due(is_watched, now),
        }
    }

    /// The scopes in the order in which a request should look at them: first the one whose turn it is, as often as its
    /// share says, then the others.
    pub(super) fn levels_by_share(
        &self,
        rng: &mut fastrand::Rng,
    ) -> impl Iterator<Item = &PriorityLevel<E>> + use<'_, E> {
        let first = self.sample_level(rng);
        let chosen = self.levels.get(first).into_iter();
        let others = self.levels.iter().enumerate();
        chosen.chain(
            others
                .filter(move |(position, _)| *position != first)
                .map(|(_, level)| level),
        )
    }

    fn sample_level(&self, rng: &mut fastrand::Rng) -> usize {
        match self.levels.first() {
            Some(first) if first.share < 1.0 => {
                let mut point = rng.f64();
                let fits = |level: &PriorityLevel<E>| {
                    point -= level.share;
                    point < 0.0
                };
                self.levels.iter().position(fits).unwrap_or_default()
            }
            Some(_) | None => 0,
        }
    }

    /// A node whose rest is over, with the right to try it, if there are others that can be used.
    pub(super) fn acquire_request_permit(
        &self,
        is_watched: bool,
        now: Duration,
    ) -> Option<(&Arc<Endpoint<E>>, ProbePermit)> {
        let due = self.ejected_in_scope.due(is_watched, now);
        if due.is_empty() || !self.has_usable() {
            return None;
        }
        due.iter().find_map(|Candidate { node, .. }| {
            Some((node, node.health().acquire_request_permit(now)?))
        })
    }
}

/// The usable nodes of each scope, and how much each gets.
fn levels<'n, E: 'n>(
    topology: &Topology<EndpointState<E>>,
    mut nodes: impl Iterator<Item = (&'n Candidate<E>, State)>,
    is_in_panic: bool,
) -> Box<[PriorityLevel<E>]> {
    // Nodes that have never served are not missed.
    let is_old = |state: State| state.cause() != Some(EjectionCause::Pending);
    let sorted: Vec<(HealthySet<E>, usize)> = topology
        .levels()
        .map(|level| {
            let nodes: Vec<_> = nodes.by_ref().take(level.len()).collect();
            let old = nodes.iter().filter(|(_, state)| is_old(*state)).count();
            (usable(nodes.into_iter(), is_in_panic), old)
        })
        .collect();
    let counts = sorted
        .iter()
        .map(|(usable, all)| (usable.members().len(), *all));
    let shares = priority::shares(counts);
    let levels = sorted.into_iter().zip(shares);
    levels
        .map(|((usable, _), share)| PriorityLevel { usable, share })
        .collect()
}

fn usable<'n, E: 'n>(
    nodes: impl Iterator<Item = (&'n Candidate<E>, State)>,
    is_in_panic: bool,
) -> HealthySet<E> {
    let is_usable = |state: State| {
        state.is_up() || (is_in_panic && state.cause() == Some(EjectionCause::Failing))
    };
    let usable = nodes.filter(|(_, state)| is_usable(*state));
    HealthySet::new(usable.map(|(member, _)| member.clone()))
}

/// Whether more than half of the nodes that can be reached fail.
fn is_panic<'n, E: 'n>(nodes: impl Iterator<Item = (&'n Candidate<E>, State)>) -> bool {
    let (mut failing, mut up) = (0, 0);
    for (_, state) in nodes {
        failing += usize::from(state.cause() == Some(EjectionCause::Failing));
        up += usize::from(state.is_up());
    }
    failing > up
}
