//! One attempt of an operation, under way.

use super::Endpoint;
use crate::health::{Outcome, ProbePermit, Transition};
use std::sync::Arc;
use std::time::Duration;

/// A request on its way to a node.
///
/// While it exists it counts as in flight on the node. Dropping it, which is all that happens when the application drops
/// its `send()` future, takes the count back, and a permit that it had claimed and not begun is anybody's again.
#[derive(Debug)]
pub struct Attempt<E> {
    node: Arc<Endpoint<E>>,
    began: Duration,
    permit: Option<ProbePermit>,
    sent: bool,
}

impl<E> Attempt<E> {
    /// An attempt on a node, with the permit of its health if it has claimed that.
    pub(super) fn new(node: Arc<Endpoint<E>>, permit: Option<ProbePermit>, now: Duration) -> Self {
        node.load_stats().begin();
        Self {
            node,
            began: now,
            permit,
            sent: false,
        }
    }

    pub fn node(&self) -> &Arc<Endpoint<E>> {
        &self.node
    }

    pub(super) fn mark_sent(&mut self) {
        self.sent = true;
    }

    pub(super) fn is_sent(&self) -> bool {
        self.sent
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
        let load_stats = self.node.load_stats();
        if outcome.is_failure() {
            load_stats.record_failure();
        }
        if outcome.was_answered() {
            load_stats.record_response(self.age(now));
        }
        if outcome == Outcome::Overloaded {
            load_stats.record_overload(now);
        }
        let permit = self.permit.take();
        let health = self.node.health();
        health.settle(outcome, permit, self.began, now, rng)
    }
}

impl<E> Drop for Attempt<E> {
    fn drop(&mut self) {
        self.node.load_stats().end();
        // Of a request that has left nobody knows what it would have found: were its permit anybody's at once, a node that
        // hangs could take one impatient caller's requests all. It ends by itself.
        if let Some(permit) = self.permit.take()
            && !self.sent
        {
            self.node.health().release_permit(permit);
        }
    }
}
