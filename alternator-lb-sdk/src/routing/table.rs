//! The nodes that can be used at the moment.

use super::{RouteError, Target};
use crate::health::{State, Trial};
use crate::topology::Topology;
use std::sync::Arc;
use std::time::Duration;

/// A list of nodes, sorted by whether they can be used. Immutable; made anew at every change.
#[derive(Debug)]
pub(crate) struct Table<E> {
    topology: Arc<Topology<super::Peer<E>>>,
    up: Box<[Arc<Target<E>>]>,
    down: Box<[Arc<Target<E>>]>,
    /// From when on one of `down` may be tried. A moment too early costs a look at them, no more.
    next_trial: Duration,
    /// Why nothing may be sent at all.
    refusal: Option<RouteError>,
}

impl<E> Table<E> {
    pub(crate) fn new(topology: Arc<Topology<super::Peer<E>>>) -> Self {
        let (up, down): (Vec<_>, Vec<_>) = topology
            .nodes()
            .iter()
            .cloned()
            .partition(|node| node.health().state() == State::Up);
        let next_trial = down
            .iter()
            .map(|node| match node.health().state() {
                State::Resting { until } => until,
                // It may be given up at any moment, or has just come up.
                State::OnTrial | State::Up => Duration::ZERO,
            })
            .min()
            .unwrap_or(Duration::MAX);
        Self {
            topology,
            up: up.into(),
            down: down.into(),
            next_trial,
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

    pub(crate) fn topology(&self) -> &Arc<Topology<super::Peer<E>>> {
        &self.topology
    }

    /// Whether nothing may be sent at all.
    pub(crate) fn refuses(&self) -> bool {
        self.refusal.is_some()
    }

    pub(super) fn refusal(&self) -> Option<&RouteError> {
        self.refusal.as_ref()
    }

    /// Whether any node is up.
    pub(super) fn has_usable(&self) -> bool {
        !self.up.is_empty()
    }

    /// The nodes to choose from: those that are up, or all of them if none is, since then nothing is known that would
    /// speak for one or the other.
    pub(super) fn candidates(&self) -> &[Arc<Target<E>>] {
        if self.up.is_empty() {
            self.topology.nodes()
        } else {
            &self.up
        }
    }

    /// A node whose rest is over, with the right to try it.
    pub(super) fn claim_trial(&self, now: Duration) -> Option<(&Arc<Target<E>>, Trial)> {
        if self.up.is_empty() || now < self.next_trial {
            return None;
        }
        self.down
            .iter()
            .find_map(|node| Some((node, node.health().claim_trial(now)?)))
    }
}
