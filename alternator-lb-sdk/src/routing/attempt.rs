//! One attempt of an operation, under way.

use super::Target;
use crate::health::{Outcome, Transition};
use std::sync::Arc;
use std::time::Duration;

/// A request on its way to a node.
///
/// While it exists it counts as in flight on the node. Dropping it, which is all that happens when the application drops
/// its `send()` future, takes the count back, and a trial that it had claimed is anybody's again.
#[derive(Debug)]
pub(crate) struct Attempt<E> {
    node: Arc<Target<E>>,
    trial: bool,
    departed: bool,
}

impl<E> Attempt<E> {
    /// An attempt on a node; `trial` says that it has claimed the trial of its health.
    pub(super) fn new(node: Arc<Target<E>>, trial: bool) -> Self {
        node.begin();
        Self {
            node,
            trial,
            departed: false,
        }
    }

    pub(crate) fn node(&self) -> &Arc<Target<E>> {
        &self.node
    }

    pub(super) fn depart(&mut self) {
        self.departed = true;
    }

    pub(super) fn has_departed(&self) -> bool {
        self.departed
    }

    /// What became of it. `failed` says whether it counts among the node's failures.
    pub(super) fn settle(
        &mut self,
        outcome: Outcome,
        failed: bool,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        if failed {
            self.node.count_failure();
        }
        let trial = std::mem::take(&mut self.trial);
        self.node.health().settle(outcome, trial, now, rng)
    }
}

impl<E> Drop for Attempt<E> {
    fn drop(&mut self) {
        self.node.end();
        if self.trial {
            self.node.health().abandon_trial();
        }
    }
}
