//! One attempt of an operation.

use super::Endpoint;
use crate::health::{Outcome, ProbePermit, Transition};
use std::sync::Arc;
use std::time::Duration;

/// An attempt in flight on a node.
///
/// It counts as in flight while it exists. Dropping it, which is all that happens when the application drops its
/// `send()` future, removes it from the count, and releases a probe permit whose request was never sent.
#[derive(Debug)]
pub struct Attempt<E> {
    node: Arc<Endpoint<E>>,
    began: Duration,
    permit: Option<ProbePermit>,
    pub(super) is_sent: bool,
}

impl<E> Attempt<E> {
    /// Begins an attempt on a node, with the probe permit that was acquired for it, if any.
    pub fn new(node: Arc<Endpoint<E>>, permit: Option<ProbePermit>, now: Duration) -> Self {
        node.load_stats().begin();
        Self {
            node,
            began: now,
            permit,
            is_sent: false,
        }
    }

    /// Returns the node that the attempt goes to.
    pub fn node(&self) -> &Arc<Endpoint<E>> {
        &self.node
    }

    /// The time since the attempt began.
    pub(super) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.began)
    }

    /// Records the outcome in the load and the health of the node.
    pub(super) fn settle(
        &mut self,
        outcome: Outcome,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        let stats = self.node.load_stats();
        stats.record(outcome, self.age(now), now);
        let (health, permit) = (self.node.health(), self.permit.take());
        health.settle(outcome, permit, self.began, now, rng)
    }
}

impl<E> Drop for Attempt<E> {
    fn drop(&mut self) {
        self.node.load_stats().end();
        // What a request that was sent would have found out is unknown: if its permit were released, a node that hangs
        // could take all requests of one impatient caller. The permit expires by itself.
        if let Some(permit) = self.permit.take()
            && !self.is_sent
        {
            self.node.health().release_permit(permit);
        }
    }
}
