//! The snapshot of the usable nodes.

use super::bounded_load::LoadBound;
use super::healthy_set::{Candidate, Hashed, HealthySet};
use super::priority::{self, PriorityLevel};
use super::rendezvous::NodeHash;
use super::{Endpoint, EndpointState, Plan, Preference};
use crate::health::{EjectionCause, NodeHealth, ProbePermit, State};
use crate::topology::Topology;
use std::sync::Arc;
use std::time::Duration;

/// A list of nodes, divided into usable and ejected ones. Immutable; replaced at every change.
///
/// Nodes ejected for their errors are excluded only as long as they are no more than half of the reachable nodes: when
/// more fail, the cause is hardly in the nodes, and the few others could not carry the load. Then *panic mode* ignores
/// these ejections, as the panic threshold of envoy and finagle does. Unreachable nodes do not count, since sending
/// requests to them helps no one.
///
/// The local datacenter has a panic mode of its own: clients of several racks have different scopes and the same local
/// datacenter, and must agree on its ejected nodes.
#[derive(Debug)]
pub struct RoutingSnapshot<E> {
    topology: Arc<Topology<EndpointState<E>>>,
    /// All nodes, in the order of the topology.
    candidates: Arc<[Candidate<E>]>,
    pub(super) levels: Box<[PriorityLevel<E>]>,
    /// The usable nodes of the local datacenter.
    pub(super) usable_local: HealthySet<E>,
    /// The ejected nodes of all priority levels, to which ordinary requests go.
    ejected_in_scope: Ejected<E>,
    pub(super) ejected_local: Ejected<E>,
    /// All ejected nodes.
    ejected: Box<[Arc<Endpoint<E>>]>,
    /// True if panic mode ignores the ejections of failing nodes.
    pub(super) is_in_panic: bool,
    /// Why all requests are refused, if they are.
    refusal: Option<SelectionError>,
}

/// No node can be selected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// The scope names a datacenter or rack, and the servers ignore these filters of `/localnodes`.
    #[error(
        "the scope is {scope}, but these servers ignore the parameters `dc` and `rack` (ScyllaDB before 2025.1); \
         upgrade them, or add `.or(Scope::cluster())` to use all their nodes"
    )]
    ScopeUnsupported {
        /// The configured scope.
        scope: String,
    },

    /// The list of nodes is empty.
    #[error("the list of nodes is empty; give the builder `.seeds(..)` that can be reached")]
    NoNodes,
}

impl<E> RoutingSnapshot<E> {
    /// Makes a snapshot of the nodes by their current health.
    pub fn new(topology: Arc<Topology<EndpointState<E>>>) -> Self {
        let nodes = topology.nodes();
        let hosts = nodes.iter().map(|node| (node.host(), node.url().port()));
        let hashes = NodeHash::of_all(&hosts.collect::<Vec<_>>());
        let candidates = nodes.iter().cloned().zip(hashes);
        let candidates = candidates.map(|(node, hash)| Hashed { hash, node });
        let candidates = candidates.collect();
        Self::divided(topology, candidates)
    }

    /// Returns the hash of a node, which may have left the list.
    pub(super) fn hash_of(&self, node: &Endpoint<E>) -> NodeHash {
        let mut candidates = self.candidates.iter();
        let listed = candidates.find(|candidate| candidate.node.id() == node.id());
        listed.map_or_else(
            || NodeHash::of(&node.host()),
            |candidate| candidate.hash.clone(),
        )
    }

    fn divided(topology: Arc<Topology<EndpointState<E>>>, candidates: Arc<[Candidate<E>]>) -> Self {
        // Each state is read once: it may change at any moment, and a node must not be missing from both sides.
        let states = candidates.iter().map(|each| each.node.health().state());
        let nodes: Vec<(&Candidate<E>, State)> = candidates.iter().zip(states).collect();
        let (in_scope, _) = nodes.split_at(nodes.len() - topology.out_of_scope().len());
        let local = nodes.iter().zip(topology.are_local());
        let local = local.filter_map(|(node, is_local)| is_local.then_some(*node));
        let local: Vec<(&Candidate<E>, State)> = local.collect();
        let ejected = Ejected::among(&nodes);

        let is_in_panic = is_panic(in_scope);
        Self {
            levels: levels(&topology, in_scope, is_in_panic),
            usable_local: usable(&local, is_panic(&local)),
            ejected_in_scope: Ejected::among(in_scope),
            ejected_local: Ejected::among(&local),
            ejected: ejected.nodes().cloned().collect(),
            is_in_panic,
            refusal: None,
            topology,
            candidates: Arc::clone(&candidates),
        }
    }

    /// Returns the same nodes, and refuses all requests.
    pub(super) fn refusing(&self, refusal: SelectionError) -> Self {
        Self {
            refusal: Some(refusal),
            ..self.updated()
        }
    }

    /// Returns the same nodes, divided by their current health.
    pub(super) fn updated(&self) -> Self {
        Self {
            refusal: self.refusal.clone(),
            ..Self::divided(Arc::clone(&self.topology), Arc::clone(&self.candidates))
        }
    }

    /// Returns the list of nodes.
    pub fn topology(&self) -> &Arc<Topology<EndpointState<E>>> {
        &self.topology
    }

    /// Returns whether all requests are refused.
    pub fn refuses(&self) -> bool {
        self.refusal.is_some()
    }

    /// Returns the error if all requests are refused.
    pub(super) fn admit(&self) -> Result<(), SelectionError> {
        self.refusal.clone().map_or(Ok(()), Err)
    }

    /// The usable nodes of all priority levels, in their order.
    pub fn usable(&self) -> impl Iterator<Item = &Arc<Endpoint<E>>> {
        self.levels.iter().flat_map(|level| level.usable.nodes())
    }

    /// Returns whether any node of the priority levels is usable.
    pub fn has_usable(&self) -> bool {
        self.usable().next().is_some()
    }

    /// Returns whether a node is usable, in the priority levels or in the local datacenter.
    pub(super) fn is_usable(&self, node: &Endpoint<E>) -> bool {
        let mut usable = self.usable().chain(self.usable_local.nodes());
        usable.any(|usable| usable.id() == node.id())
    }

    /// Returns whether the requests that go to a node could go to another one. Those to an out-of-scope node could go
    /// to any of the local datacenter.
    pub(super) fn has_alternative_to(&self, node: &Endpoint<E>) -> bool {
        let is_other = |other: &Arc<Endpoint<E>>| other.id() != node.id();
        let is_out_of_scope = || !self.topology.out_of_scope().iter().all(is_other);
        self.usable().any(is_other)
            || (is_out_of_scope() && self.usable_local.nodes().any(is_other))
    }

    /// The sets of usable nodes that an operation may go to. An operation that goes to the primary node stays in the
    /// local datacenter as long as a node is usable there, and not excluded: transactions exclude each other within a
    /// datacenter.
    pub(super) fn candidates_for(&self, plan: &Plan<E>) -> impl Iterator<Item = &HealthySet<E>> {
        let is_primary = plan.prefers_primary();
        let mut local_nodes = self.usable_local.nodes();
        let is_local = is_primary && local_nodes.any(|node| !plan.excludes(node));
        let local = is_local.then_some(&self.usable_local);
        let levels = self.levels.iter().filter(move |_| local.is_none());
        local.into_iter().chain(levels.map(|level| &level.usable))
    }

    /// The usable nodes that an operation may go to.
    pub(super) fn usable_for(&self, plan: &Plan<E>) -> impl Iterator<Item = &Arc<Endpoint<E>>> {
        self.candidates_for(plan).flat_map(HealthySet::nodes)
    }

    /// The node of the plan's last attempt, if the next one goes to it again: it is usable, and not overloaded where
    /// that matters.
    pub(super) fn node_to_repeat<'p>(
        &self,
        plan: &'p Plan<E>,
        now: Duration,
    ) -> Option<&'p Arc<Endpoint<E>>> {
        let node = plan.node_to_repeat()?;
        let is_listed = |set: &&HealthySet<E>| set.nodes().any(|other| other.id() == node.id());
        let set = self.candidates_for(plan).find(is_listed)?;
        let is_bounded = plan.preference() == Some(Preference::BoundedPrimary);
        let bound = is_bounded.then(|| LoadBound::of(set, plan.operation_by_load(), now));
        let is_exceeded = bound.is_some_and(|bound| bound.is_exceeded_by(node, now));
        (!is_exceeded).then_some(node)
    }

    /// The ejected nodes, including out-of-scope ones, the most likely to have recovered first.
    pub fn ejected(&self) -> &[Arc<Endpoint<E>>] {
        &self.ejected
    }

    /// The ejected nodes to which ordinary requests may go.
    pub(super) fn ejected_in_scope(&self) -> impl Iterator<Item = &Arc<Endpoint<E>>> {
        self.ejected_in_scope.nodes()
    }

    /// Returns an ejected node that is due for a probe and not excluded, with the permit, if others are usable.
    pub(super) fn acquire_request_permit(
        &self,
        plan: &Plan<E>,
        has_health_checker: bool,
        now: Duration,
    ) -> Option<(&Arc<Endpoint<E>>, ProbePermit)> {
        let due = self.ejected_in_scope.due(has_health_checker, now);
        if due.is_empty() || !self.has_usable() {
            return None;
        }
        let mut due = due.iter().filter(|due| !plan.excludes(&due.node));
        due.find_map(|Hashed { node, .. }| Some((node, node.health().acquire_request_permit(now)?)))
    }
}

/// The ejected nodes of a set, including those that panic mode uses regardless.
#[derive(Debug)]
pub(super) struct Ejected<E> {
    /// By the number of consecutive ejections, then by the time of the ejection: the nodes that have failed for longer,
    /// and more probes, come last.
    all: Box<[Candidate<E>]>,
    /// The nodes that respond, but with errors, by the end of their ejection.
    failing: Box<[Candidate<E>]>,
    /// The end of the first ejection among the failing nodes.
    first_due: Duration,
}

impl<E> Ejected<E> {
    /// Selects the ejected nodes by the given states.
    fn among(nodes: &[(&Candidate<E>, State)]) -> Self {
        let all = select_sorted(nodes, |state, health| {
            let key = (health.consecutive_ejections(), health.since());
            (!state.is_up()).then_some(key)
        });
        let failing = select_sorted(nodes, |state, health| {
            (state.cause() == Some(EjectionCause::Failing)).then(|| health.ejected_until())
        });
        let first_due = failing
            .first()
            .map_or(Duration::MAX, |first| first.node.health().ejected_until());
        Self {
            all,
            failing,
            first_due,
        }
    }

    pub(super) fn candidates(&self) -> &[Candidate<E>] {
        &self.all
    }

    /// All ejected nodes, the most likely to have recovered first.
    fn nodes(&self) -> impl Iterator<Item = &Arc<Endpoint<E>>> {
        self.all.iter().map(|candidate| &candidate.node)
    }

    /// The nodes whose ejection may be over, so that a request may probe them. Without a health checker, requests probe
    /// unreachable nodes too.
    pub(super) fn due(&self, has_health_checker: bool, now: Duration) -> &[Candidate<E>] {
        match has_health_checker {
            true if now < self.first_due => &[],
            true => &self.failing,
            false => &self.all,
        }
    }
}

/// Returns the usable nodes of each scope, and their shares.
fn levels<E>(
    topology: &Topology<EndpointState<E>>,
    mut nodes: &[(&Candidate<E>, State)],
    is_in_panic: bool,
) -> Box<[PriorityLevel<E>]> {
    let levels = topology.levels().map(|level| {
        let (of_level, others) = nodes.split_at(level.len());
        nodes = others;
        let usable = usable(of_level, is_in_panic);
        // Nodes that have never served are not missed.
        let has_served = |(_, state): &&(_, State)| state.cause() != Some(EjectionCause::Pending);
        let served = of_level.iter().filter(has_served).count();
        let counts = (usable.candidates.len(), served);
        (usable, counts)
    });
    let (usable, counts): (Vec<_>, Vec<_>) = levels.unzip();
    let levels = usable.into_iter().zip(priority::shares(counts));
    levels
        .map(|(usable, share)| PriorityLevel { usable, share })
        .collect()
}

fn usable<E>(nodes: &[(&Candidate<E>, State)], is_in_panic: bool) -> HealthySet<E> {
    let usable = nodes.iter().filter(|(_, state)| {
        state.is_up() || (is_in_panic && state.cause() == Some(EjectionCause::Failing))
    });
    HealthySet::new(usable.map(|(candidate, _)| (*candidate).clone()))
}

/// Returns whether more than half of the reachable nodes fail.
fn is_panic<E>(nodes: &[(&Candidate<E>, State)]) -> bool {
    let states = nodes.iter().map(|(_, state)| state);
    let failing = states
        .clone()
        .filter(|state| state.cause() == Some(EjectionCause::Failing));
    failing.count() > states.filter(|state| state.is_up()).count()
}

/// Returns the nodes for which `key` returns a key, sorted by it.
fn select_sorted<E, K: Ord>(
    nodes: &[(&Candidate<E>, State)],
    key: impl Fn(State, &NodeHealth) -> Option<K>,
) -> Box<[Candidate<E>]> {
    let keyed = nodes
        .iter()
        .filter_map(|(candidate, state)| Some((key(*state, candidate.node.health())?, *candidate)));
    let mut selected: Vec<(K, &Candidate<E>)> = keyed.collect();
    selected.sort_by(|(one, _), (other, _)| one.cmp(other));
    let sorted = selected.into_iter().map(|(_, candidate)| candidate.clone());
    sorted.collect()
}
