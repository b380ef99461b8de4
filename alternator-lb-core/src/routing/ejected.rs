//! Nodes that are left out, and when they are tried again.

use super::Endpoint;
use super::healthy_set::Candidate;
use crate::health::{EjectionCause, NodeHealth, State};
use std::sync::Arc;
use std::time::Duration;

/// The ejected ones among some nodes, also those that are used regardless.
#[derive(Debug)]
pub(super) struct Ejected<E> {
    /// Of those that went together who was first comes first; those that have failed for longer, and were asked in vain
    /// more often, come after them.
    all: Box<[Candidate<E>]>,
    /// Those of them that answer, but badly; whose rest ends first comes first.
    failing: Box<[Candidate<E>]>,
    /// From when on one of these may be tried.
    next_trial: Duration,
}

impl<E> Ejected<E> {
    /// Of nodes with their states as they were looked at.
    pub(super) fn among<'n>(nodes: impl Iterator<Item = (&'n Candidate<E>, State)> + Clone) -> Self
    where
        E: 'n,
    {
        let all = sorted(nodes.clone(), |state, health| {
            let key = (health.consecutive_ejections(), health.ejected_since());
            (!state.is_up()).then_some(key)
        });
        let failing = sorted(nodes, |state, health| {
            (state.cause() == Some(EjectionCause::Failing)).then(|| health.ejected_until())
        });
        let next_trial = failing
            .first()
            .map_or(Duration::MAX, |member| member.node.health().ejected_until());
        Self {
            all,
            failing,
            next_trial,
        }
    }

    /// All of them, the most hopeful first.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Arc<Endpoint<E>>> {
        self.all.iter().map(|member| &member.node)
    }

    /// Those whose rest may be over, so that a request may try them. Where nobody watches over the nodes, requests also
    /// find out about those that cannot be reached.
    pub(super) fn due(&self, is_watched: bool, now: Duration) -> &[Candidate<E>] {
        match is_watched {
            true if now < self.next_trial => &[],
            true => &self.failing,
            false => &self.all,
        }
    }
}

/// The nodes that have a key, by that.
fn sorted<'n, E: 'n, K: Ord>(
    nodes: impl Iterator<Item = (&'n Candidate<E>, State)>,
    key: impl Fn(State, &NodeHealth) -> Option<K>,
) -> Box<[Candidate<E>]> {
    let mut sorted: Vec<(K, &Candidate<E>)> = nodes
        .filter_map(|(member, state)| Some((key(state, member.node.health())?, member)))
        .collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    sorted
        .into_iter()
        .map(|(_, member)| member.clone())
        .collect()
}
