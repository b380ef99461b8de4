//! The one place where nodes are chosen.

use super::healthy_set::HealthySet;
use super::round_robin::RoundRobin;
use super::selector::{Selection, Selector};
use super::{
    Attempt, Endpoint, HealthEvent, Plan, Policy, Preference, RoutingInfo, RoutingSnapshot,
    RoutingTrace, SelectionError, primary,
};
use crate::health::{Outcome, ProbePermit, Transition};
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Chooses nodes, and learns what became of it.
///
/// Shared by all clients of a cluster, so that their requests together are even.
#[derive(Debug)]
pub struct Router<E> {
    table: ArcSwap<RoutingSnapshot<E>>,
    rotation: RoundRobin,
    policy: Policy,
    /// How often ejections had to be ignored.
    panic_mode_entries: AtomicU64,
}

/// Where an operation can go on to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryTarget {
    /// To a node that it has never tried.
    UntriedNode,
    /// To a node that it has never tried, though it is ejected: there is none that can be used.
    EjectedNode,
    /// To a node that can be used, and that it has tried before.
    TriedNode,
    /// To none but those that are down, or to the only one that it may try.
    NoNode,
}

impl<E> Router<E> {
    /// A router over a first table; `start` is where the rotation begins.
    pub fn new(table: RoutingSnapshot<E>, policy: Policy, start: usize) -> Self {
        Self {
            table: ArcSwap::from_pointee(table),
            rotation: RoundRobin::new(start),
            policy,
            panic_mode_entries: AtomicU64::new(0),
        }
    }

    pub fn snapshot(&self) -> Arc<RoutingSnapshot<E>> {
        self.table.load_full()
    }

    /// Puts another list of nodes in force. Returns whether ejections are ignored from now on, or not any more, if that
    /// has changed with it.
    pub fn publish(&self, table: RoutingSnapshot<E>) -> Option<bool> {
        let before = self.table.swap(Arc::new(table));
        // A node may have changed its state between the sorting of that table and now, and whoever noticed has
        // sorted the former one.
        let (_, after) = self.resort();
        self.panic_changed(&before, after)
    }

    /// Lets no request through from now on, until a list is [published](Self::publish).
    pub fn refuse(&self, refusal: SelectionError) {
        self.table.rcu(|table| table.refusing(refusal.clone()));
    }

    /// Chooses the node of an operation's next attempt and makes it the plan's current one. `is_watched` says whether
    /// somebody asks nodes that cannot be reached whether they are back, so that requests need not.
    pub fn advance(
        &self,
        plan: &mut Plan<E>,
        is_watched: bool,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Result<(), SelectionError> {
        let table = self.table.load();
        if let Some(refusal) = table.refusal() {
            return Err(refusal.clone());
        }
        plan.end_attempt();
        if let Some(node) = plan.pin() {
            plan.begin(Attempt::new(Arc::clone(node), None, now));
            return Ok(());
        }
        // Only a first attempt finds out about a node that was down: a retry has waited enough.
        let permit = match plan
            .routing_info()
            .filter(|info| info.preference() == Preference::Primary)
        {
            _ if !plan.is_first_attempt() => None,
            Some(info) => primary::acquire_request_permit(&table, info, is_watched, now),
            None => table.acquire_request_permit(is_watched, now),
        };
        let attempt = match permit {
            Some((node, permit)) => Attempt::new(Arc::clone(node), Some(permit), now),
            None => Attempt::new(self.pick(&table, plan, now, rng)?, None, now),
        };
        plan.begin(attempt);
        Ok(())
    }

    /// A node for a request without a plan.
    pub fn pick_one(
        &self,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Result<Arc<Endpoint<E>>, SelectionError> {
        let table = self.table.load();
        match table.refusal() {
            Some(refusal) => Err(refusal.clone()),
            None => self.pick(&table, &mut Plan::default(), now, rng),
        }
    }

    /// Takes note of what became of the plan's current attempt.
    pub fn settle(
        &self,
        plan: &mut Plan<E>,
        outcome: Outcome,
        now: Duration,
    ) -> Option<HealthEvent<E>> {
        plan.set_last_outcome(outcome);
        let attempt = plan.current_mut()?;
        let transition = attempt.settle(outcome, now, &mut fastrand::Rng::new())?;
        Some(self.changed(Arc::clone(attempt.node()), transition))
    }

    /// Takes note of what became of a probe of a node that is out.
    pub fn probed(
        &self,
        node: Arc<Endpoint<E>>,
        answered: bool,
        permit: ProbePermit,
        now: Duration,
    ) -> Option<HealthEvent<E>> {
        let rng = &mut fastrand::Rng::new();
        let transition = node.health().probed(answered, permit, now, rng)?;
        Some(self.changed(node, transition))
    }

    /// A node on which requests wait does not answer. It is ejected, unless it is the only one that could be used: then
    /// waiting is all that is left to do.
    pub fn eject_unresponsive(
        &self,
        node: Arc<Endpoint<E>>,
        now: Duration,
    ) -> Option<HealthEvent<E>> {
        if !self.table.load().has_alternative_to(&node) {
            return None;
        }
        let transition = node.health().unreachable(now, &mut fastrand::Rng::new())?;
        Some(self.changed(node, transition))
    }

    /// Where the plan's next attempt would go.
    pub fn retry_target(&self, plan: &Plan<E>) -> RetryTarget {
        let table = self.table.load();
        let untried = |node: &Arc<Endpoint<E>>| !plan.has_ever_tried(node.id());
        let usable = || {
            table
                .candidates_for(plan.routing_info())
                .flat_map(HealthySet::nodes)
        };
        match plan.pin() {
            None if usable().any(untried) => RetryTarget::UntriedNode,
            None if usable().next().is_some() => RetryTarget::TriedNode,
            None if table.ejected_in_scope().any(untried) => RetryTarget::EjectedNode,
            Some(_) | None => RetryTarget::NoNode,
        }
    }

    /// Where a first attempt with this info would go, and why. Nothing changes by that: nobody's turn is over.
    pub fn explain(&self, info: &RoutingInfo, now: Duration) -> RoutingTrace<E> {
        let table = self.table.load();
        let plan = Plan::preferring(info.clone());
        let starts = self.rotation.peek(self.policy.0);
        RoutingTrace::of(&self.turn(&table, &plan, now), info, starts)
    }

    /// How often ejections had to be ignored, since there would have been too many.
    pub fn panic_mode_entries(&self) -> u64 {
        self.panic_mode_entries.load(Ordering::Relaxed)
    }

    fn pick(
        &self,
        table: &RoutingSnapshot<E>,
        plan: &mut Plan<E>,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Result<Arc<Endpoint<E>>, SelectionError> {
        let mut starts = self.rotation.starts(self.policy.0);
        if let Some(choice) = self.turn(table, plan, now).choose(&mut starts, rng) {
            return Ok(choice.take());
        }
        plan.start_round();
        let choice = self.turn(table, plan, now).choose(&mut starts, rng);
        let only = || {
            let usable = table
                .candidates_for(plan.routing_info())
                .flat_map(HealthySet::nodes);
            usable.chain(table.ejected_in_scope()).next().cloned()
        };
        // The list is never empty: it begins with the seeds, and a refresh that brings nothing is a failed one.
        choice
            .map(Selection::take)
            .or_else(only)
            .ok_or(SelectionError::NoNodes)
    }

    fn turn<'t, 'p>(
        &self,
        table: &'t RoutingSnapshot<E>,
        plan: &'p Plan<E>,
        now: Duration,
    ) -> Selector<'t, 'p, E> {
        Selector {
            table,
            plan,
            rule: self.policy.0,
            now,
        }
    }

    fn changed(&self, node: Arc<Endpoint<E>>, transition: Transition) -> HealthEvent<E> {
        let (before, after) = self.resort();
        HealthEvent {
            node,
            transition,
            panic: self.panic_changed(&before, after),
        }
    }

    /// Sorts the table by the nodes' health as it is now. Lock-free: a loser of the race starts from the winner's
    /// table, and reads the nodes' states after its own change, so the last table published knows of all changes.
    ///
    /// Returns the table before, and whether ejections are ignored afterwards.
    fn resort(&self) -> (Arc<RoutingSnapshot<E>>, bool) {
        let mut is_in_panic = false;
        let before = self.table.rcu(|table| {
            let resorted = table.resorted();
            is_in_panic = resorted.is_in_panic();
            resorted
        });
        (before, is_in_panic)
    }

    fn panic_changed(&self, before: &RoutingSnapshot<E>, is_in_panic: bool) -> Option<bool> {
        if before.is_in_panic() == is_in_panic {
            return None;
        }
        if is_in_panic {
            self.panic_mode_entries.fetch_add(1, Ordering::Relaxed);
        }
        Some(is_in_panic)
    }
}

#[cfg(test)]
mod tests;
