//! Ejected nodes, and when requests may probe them.

use super::Endpoint;
use super::healthy_set::Candidate;
use crate::health::{EjectionCause, NodeHealth, State};
use std::sync::Arc;
use std::time::Duration;

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
    pub(super) fn among(nodes: &[(&Candidate<E>, State)]) -> Self {
        let all = select_sorted(nodes, |state, health| {
            let key = (health.consecutive_ejections(), health.ejected_since());
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

    /// All ejected nodes, the most likely to have recovered first.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Arc<Endpoint<E>>> {
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
