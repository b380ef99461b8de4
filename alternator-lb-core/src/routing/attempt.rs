//! One attempt of an operation, under way.

use super::Target;
use crate::health::{Outcome, Transition, Trial};
use std::sync::Arc;
use std::time::Duration;

/// A request on its way to a node.
///
/// While it exists it counts as in flight on the node. Dropping it, which is all that happens when the application drops
/// its `send()` future, takes the count back, and a trial that it had claimed and not begun is anybody's again.
#[derive(Debug)]
pub struct Attempt<E> {
    node: Arc<Target<E>>,
    began: Duration,
    trial: Option<Trial>,
    departed: bool,
}

impl<E> Attempt<E> {
    /// An attempt on a node, with the trial of its health if it has claimed that.
    pub(super) fn new(node: Arc<Target<E>>, trial: Option<Trial>, now: Duration) -> Self {
        node.traffic().begin();
        Self {
            node,
            began: now,
            trial,
            departed: false,
        }
    }

    pub fn node(&self) -> &Arc<Target<E>> {
        &self.node
    }

    pub(super) fn depart(&mut self) {
        self.departed = true;
    }

    pub(super) fn has_departed(&self) -> bool {
        self.departed
    }

    /// For how long it has been under way.
    pub(super) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.began)
    }

    /// What became of it.
    pub(super) fn settle(
        &mut self,
        outcome: Outcome,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        let traffic = self.node.traffic();
        if outcome.is_failure() {
            traffic.count_failure();
        }
        if outcome.was_answered() {
            traffic.answered(self.age(now));
        }
        if outcome == Outcome::Overloaded {
            traffic.overloaded(now);
        }
        let trial = self.trial.take();
        let health = self.node.health();
        health.settle(outcome, trial, self.began, now, rng)
    }
}

impl<E> Drop for Attempt<E> {
    fn drop(&mut self) {
        self.node.traffic().end();
        // Of a request that has left nobody knows what it would have found: were its trial anybody's at once, a node that
        // hangs could take one impatient caller's requests all. It ends by itself.
        if let Some(trial) = self.trial.take()
            && !self.departed
        {
            self.node.health().abandon_trial(trial);
        }
    }
}
