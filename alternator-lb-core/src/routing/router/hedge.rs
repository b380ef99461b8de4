//! Selects the node of a second request.

use super::{Router, record_selection};
use crate::routing::{Attempt, Plan, Reason, RetryTarget};
use std::sync::Arc;
use std::time::Duration;

impl<E> Router<E> {
    /// Selects the node of a second request, whose plan is a [hedge](Plan::hedge). Returns false if there is none:
    /// panic mode is on, so that the nodes have no room for more load, or no other node is usable. Takes no probe
    /// permit.
    #[must_use]
    pub fn begin_hedge(&self, plan: &mut Plan<E>, now: Duration, rng: &mut fastrand::Rng) -> bool {
        let snapshot = self.snapshot.load();
        let is_possible = !snapshot.is_in_panic
            && snapshot.admit().is_ok()
            && self.retry_target(plan, now) == RetryTarget::UntriedNode;
        if !is_possible {
            return false;
        }
        let Ok(selection) = self.pick(&snapshot, plan, now, rng) else {
            return false;
        };
        if !plan.is_untried(selection.node) {
            return false;
        }
        record_selection(&snapshot, plan, &selection, true);
        let node = Arc::clone(selection.node);
        plan.begin(Attempt::new(node, Reason::Hedge, None, now));
        true
    }
}
