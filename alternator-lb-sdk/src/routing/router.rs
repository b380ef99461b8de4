//! The one place where nodes are chosen.

use super::policy::Rule;
use super::{Attempt, Plan, Policy, RouteError, Table, Target};
use crate::health::{Outcome, Transition};
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Chooses nodes, and learns what became of it.
///
/// Shared by all clients of a cluster, so that their requests together are even.
#[derive(Debug)]
pub(crate) struct Router<E> {
    table: ArcSwap<Table<E>>,
    rotation: Rotation,
    policy: Policy,
}

/// Where an operation can go on to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    /// To a node that it has never tried.
    Untried,
    /// To a node that can be used, and that it has tried before.
    Tried,
    /// To none but those that are down, or to the only one that it may try.
    Nowhere,
}

/// Where the rotation stands. On a cache line of its own: every request on every core increments it, and what lies
/// beside it would travel along.
#[derive(Debug)]
#[repr(align(128))]
struct Rotation(AtomicUsize);

impl<E> Router<E> {
    /// A router over a first table; `start` is where the rotation begins.
    pub(crate) fn new(table: Table<E>, policy: Policy, start: usize) -> Self {
        Self {
            table: ArcSwap::from_pointee(table),
            rotation: Rotation(AtomicUsize::new(start)),
            policy,
        }
    }

    pub(crate) fn table(&self) -> Arc<Table<E>> {
        self.table.load_full()
    }

    /// Puts another list of nodes in force.
    pub(crate) fn publish(&self, table: Table<E>) {
        self.table.store(Arc::new(table));
        // A node may have changed its state between the sorting of that table and now, and whoever noticed has
        // sorted the former one.
        self.resort();
    }

    /// Lets no request through from now on, until a list is [published](Self::publish).
    pub(crate) fn refuse(&self, refusal: RouteError) {
        self.table.rcu(|table| table.refusing(refusal.clone()));
    }

    /// Chooses the node of an operation's next attempt and makes it the plan's current one.
    pub(crate) fn advance(
        &self,
        plan: &mut Plan<E>,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Result<(), RouteError> {
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
        let trial = match plan.is_fresh() {
            true => table.claim_trial(now),
            false => None,
        };
        let attempt = match trial {
            Some((node, trial)) => Attempt::new(Arc::clone(node), Some(trial), now),
            None => Attempt::new(self.pick(&table, plan, rng)?, None, now),
        };
        plan.begin(attempt);
        Ok(())
    }

    /// A node for a request without a plan.
    pub(crate) fn pick_one(&self, rng: &mut fastrand::Rng) -> Result<Arc<Target<E>>, RouteError> {
        let table = self.table.load();
        match table.refusal() {
            Some(refusal) => Err(refusal.clone()),
            None => self.pick(&table, &mut Plan::default(), rng),
        }
    }

    /// Takes note of what became of the plan's current attempt.
    pub(crate) fn settle(
        &self,
        plan: &mut Plan<E>,
        outcome: Outcome,
        failed: bool,
        now: Duration,
    ) -> Option<(Arc<Target<E>>, Transition)> {
        plan.set_last_outcome(outcome);
        let attempt = plan.current_mut()?;
        let transition = attempt.settle(outcome, failed, now, &mut fastrand::Rng::new())?;
        self.resort();
        Some((Arc::clone(attempt.node()), transition))
    }

    /// Where the plan's next attempt would go.
    pub(crate) fn elsewhere(&self, plan: &Plan<E>) -> Elsewhere {
        let table = self.table.load();
        let untried = |node: &Arc<Target<E>>| !plan.has_ever_tried(node.id());
        match plan.pin() {
            None if table.candidates().iter().any(untried) => Elsewhere::Untried,
            None if table.has_usable() => Elsewhere::Tried,
            Some(_) | None => Elsewhere::Nowhere,
        }
    }

    fn pick(
        &self,
        table: &Table<E>,
        plan: &mut Plan<E>,
        rng: &mut fastrand::Rng,
    ) -> Result<Arc<Target<E>>, RouteError> {
        let candidates = table.candidates();
        let start = match self.policy.0 {
            Rule::Rotation => self.rotation.0.fetch_add(1, Ordering::Relaxed),
            Rule::Random => rng.usize(..),
        };
        let (before, from) = candidates.split_at(start % candidates.len().max(1));
        let mut in_turn = from.iter().chain(before);
        let untried = in_turn.clone().find(|node| !plan.has_tried(node.id()));
        let node = untried.or_else(|| {
            plan.begin_again();
            in_turn.find(|node| candidates.len() == 1 || !plan.has_tried(node.id()))
        });
        // The list is never empty: it begins with the seeds, and a refresh that brings nothing is a failed one.
        node.cloned().ok_or(RouteError::NoNodes)
    }

    /// Sorts the table by the nodes' health as it is now. Lock-free: a loser of the race starts from the winner's
    /// table, and reads the nodes' states after its own change, so the last table published knows of all changes.
    fn resort(&self) {
        self.table.rcu(|table| table.resorted());
    }
}

#[cfg(test)]
mod tests;
