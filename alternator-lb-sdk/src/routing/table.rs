//! The nodes that can be used at the moment.

use super::{Peer, RouteError, Target, spill};
use crate::health::{Cause, NodeHealth, State, Trial};
use crate::topology::Topology;
use std::sync::Arc;
use std::time::Duration;

/// A list of nodes, sorted by whether they can be used. Immutable; made anew at every change.
///
/// Nodes that are ejected for their errors are left out only as long as they are no more than half of those that can be
/// reached: when more of them fail, what is wrong is hardly theirs, and the few others could not bear it all. Then these
/// ejections are ignored. It is the panic threshold of envoy and finagle. Nodes that cannot be reached are no part of
/// that, since to send requests there helps nobody.
#[derive(Debug)]
pub(crate) struct Table<E> {
    topology: Arc<Topology<Peer<E>>>,
    tiers: Box<[Tier<E>]>,
    /// All nodes that are ejected, also those that are used regardless. Of those that went together who was first comes
    /// first; those that have failed for longer, and were asked in vain more often, come after them.
    ejected: Box<[Arc<Target<E>>]>,
    /// Those of them that answer, but badly; whose rest ends first comes first.
    failing: Box<[Arc<Target<E>>]>,
    /// From when on one of these may be tried.
    next_trial: Duration,
    is_in_panic: bool,
    /// Why nothing may be sent at all.
    refusal: Option<RouteError>,
}

/// The nodes of one scope that can be used.
#[derive(Debug)]
pub(super) struct Tier<E> {
    pub(super) usable: Box<[Arc<Target<E>>]>,
    /// How much of the traffic they get.
    share: f64,
}

impl<E> Table<E> {
    pub(crate) fn new(topology: Arc<Topology<Peer<E>>>) -> Self {
        // Looked at once: the states may change any moment, and a node must not fall between two looks.
        let states: Vec<State> = topology
            .nodes()
            .iter()
            .map(|node| node.health().state())
            .collect();
        let is_in_panic = is_panic(&states);
        let tiers = tiers(&topology, &states, is_in_panic);
        let ejected = sorted(&topology, &states, |state, health| {
            let key = (health.setbacks(), health.out_since());
            (!state.is_up()).then_some(key)
        });
        let failing = sorted(&topology, &states, |state, health| {
            (state.cause() == Some(Cause::Failing)).then(|| health.out_until())
        });
        let next_trial = failing
            .first()
            .map_or(Duration::MAX, |node| node.health().out_until());
        Self {
            topology,
            tiers,
            ejected,
            failing,
            next_trial,
            is_in_panic,
            refusal: None,
        }
    }

    /// A table that lets nothing through.
    pub(super) fn refusing(&self, refusal: RouteError) -> Self {
        Self {
            refusal: Some(refusal),
            ..Self::new(Arc::clone(&self.topology))
        }
    }

    /// The same list, sorted by what the nodes' health says now.
    pub(super) fn resorted(&self) -> Self {
        Self {
            refusal: self.refusal.clone(),
            ..Self::new(Arc::clone(&self.topology))
        }
    }

    pub(crate) fn topology(&self) -> &Arc<Topology<Peer<E>>> {
        &self.topology
    }

    /// Whether nothing may be sent at all.
    pub(crate) fn refuses(&self) -> bool {
        self.refusal.is_some()
    }

    pub(super) fn refusal(&self) -> Option<&RouteError> {
        self.refusal.as_ref()
    }

    /// Whether ejections are ignored, since there would be too many.
    pub(super) fn is_in_panic(&self) -> bool {
        self.is_in_panic
    }

    /// The nodes that can be used, scope after scope.
    pub(crate) fn usable(&self) -> impl Iterator<Item = &Arc<Target<E>>> {
        self.tiers.iter().flat_map(|tier| tier.usable.iter())
    }

    /// Whether there is any.
    pub(crate) fn has_usable(&self) -> bool {
        self.usable().next().is_some()
    }

    /// The nodes that are ejected, the most hopeful first.
    pub(crate) fn ejected(&self) -> &[Arc<Target<E>>] {
        &self.ejected
    }

    /// The scopes in the order in which a request should look at them: first the one whose turn it is, as often as its
    /// share says, then the others.
    pub(super) fn tiers_in_turn(&self, rng: &mut fastrand::Rng) -> impl Iterator<Item = &Tier<E>> {
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

    /// A node whose rest is over, with the right to try it, if there are others that can be used. Where nobody watches
    /// over the nodes, requests also find out about those that cannot be reached.
    pub(super) fn claim_trial(
        &self,
        is_watched: bool,
        now: Duration,
    ) -> Option<(&Arc<Target<E>>, Trial)> {
        let due = match is_watched {
            true if now < self.next_trial => return None,
            true => &self.failing,
            false => &self.ejected,
        };
        if due.is_empty() || !self.has_usable() {
            return None;
        }
        due.iter()
            .find_map(|node| Some((node, node.health().claim_trial(now)?)))
    }
}

/// The usable nodes of each scope, and how much each gets.
fn tiers<E>(topology: &Topology<Peer<E>>, states: &[State], is_in_panic: bool) -> Box<[Tier<E>]> {
    let is_usable =
        |state: State| state.is_up() || (is_in_panic && state.cause() == Some(Cause::Failing));
    // Nodes that have never served are not missed.
    let is_old = |state: State| state.cause() != Some(Cause::Unproven);
    let mut all = topology.nodes().iter().zip(states);
    let sorted: Vec<(Vec<_>, usize)> = topology
        .tiers()
        .map(|tier| {
            let nodes: Vec<_> = all.by_ref().take(tier.len()).collect();
            let old = nodes.iter().filter(|(_, state)| is_old(**state)).count();
            let usable = nodes.into_iter().filter(|(_, state)| is_usable(**state));
            (usable.map(|(node, _)| Arc::clone(node)).collect(), old)
        })
        .collect();
    let shares = spill::shares(sorted.iter().map(|(usable, all)| (usable.len(), *all)));
    let tiers = sorted.into_iter().zip(shares);
    tiers
        .map(|((usable, _), share)| Tier {
            usable: usable.into(),
            share,
        })
        .collect()
}

/// The nodes that have a key, by that.
fn sorted<E, K: Ord>(
    topology: &Topology<Peer<E>>,
    states: &[State],
    key: impl Fn(&State, &NodeHealth) -> Option<K>,
) -> Box<[Arc<Target<E>>]> {
    let nodes = topology.nodes().iter().zip(states);
    let mut sorted: Vec<(K, &Arc<Target<E>>)> = nodes
        .filter_map(|(node, state)| Some((key(state, node.health())?, node)))
        .collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    sorted
        .into_iter()
        .map(|(_, node)| Arc::clone(node))
        .collect()
}

/// Whether more than half of the nodes that can be reached fail.
fn is_panic(states: &[State]) -> bool {
    let count = |is: fn(&State) -> bool| states.iter().filter(|state| is(state)).count();
    let failing = count(|state| state.cause() == Some(Cause::Failing));
    let up = count(|state| state.is_up());
    failing > up
}
