//! The plans of operations whose attempt has failed, until the SDK's next attempt.
//!
//! Each attempt of the SDK is a call of its own, to an HTTP client that does not know the others. The SDK gives all
//! attempts of an operation one invocation id, by which the next one finds the plan of the one before, and so the nodes
//! that were tried. Only attempts that failed take the lock.

use crate::transport::sdk_endpoint::SdkPlan;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The number of plans that are kept: as many retries as wait at once where a node dies under a thousand callers. An
/// operation whose plan was dropped goes to any node, as if it had tried none.
const MAX_PLANS: usize = 1024;

#[derive(Default)]
pub(super) struct PendingRetries(Mutex<Plans>);

#[derive(Default)]
struct Plans {
    by_id: HashMap<Box<str>, SdkPlan>,
    /// The ids in the order of their arrival. An id that was taken stays until it is the oldest.
    order: VecDeque<Box<str>>,
}

impl PendingRetries {
    /// Keeps the plan of an operation, until it is taken or [`MAX_PLANS`] others have come.
    pub(super) fn put(&self, id: Box<str>, plan: SdkPlan) {
        let mut plans = self.plans();
        let is_full = plans.order.len() >= MAX_PLANS;
        let oldest = is_full.then(|| plans.order.pop_front()).flatten();
        let evicted = oldest.and_then(|id| plans.by_id.remove(&id));
        plans.order.push_back(id.clone());
        let replaced = plans.by_id.insert(id, plan);
        drop(plans);
        drop((evicted, replaced));
    }

    /// Takes the plan of an operation, if there is one.
    pub(super) fn take(&self, id: &str) -> Option<SdkPlan> {
        self.plans().by_id.remove(id)
    }

    fn plans(&self) -> MutexGuard<'_, Plans> {
        // Nothing that holds the lock can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plan_is_taken_once() {
        let pending = PendingRetries::default();
        pending.put("a".into(), SdkPlan::default());
        assert!(pending.take("b").is_none());
        assert!(pending.take("a").is_some());
        assert!(pending.take("a").is_none());
    }

    #[test]
    fn plans_that_nobody_takes_are_bounded_and_the_latest_are_kept() {
        let pending = PendingRetries::default();
        for id in 0..3 * MAX_PLANS {
            pending.put(id.to_string().into(), SdkPlan::default());
        }
        let plans = pending.plans();
        assert_eq!(
            (plans.by_id.len(), plans.order.len()),
            (MAX_PLANS, MAX_PLANS)
        );
        drop(plans);
        assert!(pending.take("0").is_none());
        assert!(pending.take(&(3 * MAX_PLANS - 1).to_string()).is_some());
    }
}
