//! The one place where nodes are chosen.

use super::pool::Pool;
use super::rotation::Rotation;
use super::turn::{Choice, Turn};
use super::{
    Attempt, Change, Explained, Order, Plan, Policy, SelectionError, Table, Target, Wish,
    coordinator,
};
use crate::health::{Outcome, Transition, Trial};
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Chooses nodes, and learns what became of it.
///
/// Shared by all clients of a cluster, so that their requests together are even.
#[derive(Debug)]
pub struct Router<E> {
    table: ArcSwap<Table<E>>,
    rotation: Rotation,
    policy: Policy,
    /// How often ejections had to be ignored.
    panics: AtomicU64,
}

/// Where an operation can go on to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// To a node that it has never tried.
    Untried,
    /// To a node that it has never tried, though it is ejected: there is none that can be used.
    Ejected,
    /// To a node that can be used, and that it has tried before.
    Tried,
    /// To none but those that are down, or to the only one that it may try.
    Nowhere,
}

impl<E> Router<E> {
    /// A router over a first table; `start` is where the rotation begins.
    pub fn new(table: Table<E>, policy: Policy, start: usize) -> Self {
        Self {
            table: ArcSwap::from_pointee(table),
            rotation: Rotation::new(start),
            policy,
            panics: AtomicU64::new(0),
        }
    }

    pub fn table(&self) -> Arc<Table<E>> {
        self.table.load_full()
    }

    /// Puts another list of nodes in force. Returns whether ejections are ignored from now on, or not any more, if that
    /// has changed with it.
    pub fn publish(&self, table: Table<E>) -> Option<bool> {
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
        let trial = match plan.wish().filter(|wish| wish.order() == Order::Fixed) {
            _ if !plan.is_fresh() => None,
            Some(wish) => coordinator::claim_trial(&table, wish, is_watched, now),
            None => table.claim_trial(is_watched, now),
        };
        let attempt = match trial {
            Some((node, trial)) => Attempt::new(Arc::clone(node), Some(trial), now),
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
    ) -> Result<Arc<Target<E>>, SelectionError> {
        let table = self.table.load();
        match table.refusal() {
            Some(refusal) => Err(refusal.clone()),
            None => self.pick(&table, &mut Plan::default(), now, rng),
        }
    }

    /// Takes note of what became of the plan's current attempt.
    pub fn settle(&self, plan: &mut Plan<E>, outcome: Outcome, now: Duration) -> Option<Change<E>> {
        plan.set_last_outcome(outcome);
        let attempt = plan.current_mut()?;
        let transition = attempt.settle(outcome, now, &mut fastrand::Rng::new())?;
        Some(self.changed(Arc::clone(attempt.node()), transition))
    }

    /// Takes note of what became of a probe of a node that is out.
    pub fn probed(
        &self,
        node: Arc<Target<E>>,
        answered: bool,
        trial: Trial,
        now: Duration,
    ) -> Option<Change<E>> {
        let rng = &mut fastrand::Rng::new();
        let transition = node.health().probed(answered, trial, now, rng)?;
        Some(self.changed(node, transition))
    }

    /// A node on which requests wait does not answer. It is ejected, unless it is the only one that could be used: then
    /// waiting is all that is left to do.
    pub fn silent(&self, node: Arc<Target<E>>, now: Duration) -> Option<Change<E>> {
        if !self.table.load().has_another_than(&node) {
            return None;
        }
        let transition = node.health().unreachable(now, &mut fastrand::Rng::new())?;
        Some(self.changed(node, transition))
    }

    /// Where the plan's next attempt would go.
    pub fn elsewhere(&self, plan: &Plan<E>) -> Elsewhere {
        let table = self.table.load();
        let untried = |node: &Arc<Target<E>>| !plan.has_ever_tried(node.id());
        let usable = || table.open_to(plan.wish()).flat_map(Pool::nodes);
        match plan.pin() {
            None if usable().any(untried) => Elsewhere::Untried,
            None if usable().next().is_some() => Elsewhere::Tried,
            None if table.ejected_in_scope().any(untried) => Elsewhere::Ejected,
            Some(_) | None => Elsewhere::Nowhere,
        }
    }

    /// Where a first attempt with this wish would go, and why. Nothing changes by that: nobody's turn is over.
    pub fn explain(&self, wish: &Wish, now: Duration) -> Explained<E> {
        let table = self.table.load();
        let plan = Plan::wishing(wish.clone());
        let starts = self.rotation.idle_starts(self.policy.0);
        Explained::of(&self.turn(&table, &plan, now), wish, starts)
    }

    /// How often ejections had to be ignored, since there would have been too many.
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    fn pick(
        &self,
        table: &Table<E>,
        plan: &mut Plan<E>,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Result<Arc<Target<E>>, SelectionError> {
        let mut starts = self.rotation.starts(self.policy.0);
        if let Some(choice) = self.turn(table, plan, now).choose(&mut starts, rng) {
            return Ok(choice.take());
        }
        plan.begin_again();
        let choice = self.turn(table, plan, now).choose(&mut starts, rng);
        let only = || {
            let usable = table.open_to(plan.wish()).flat_map(Pool::nodes);
            usable.chain(table.ejected_in_scope()).next().cloned()
        };
        // The list is never empty: it begins with the seeds, and a refresh that brings nothing is a failed one.
        choice
            .map(Choice::take)
            .or_else(only)
            .ok_or(SelectionError::NoNodes)
    }

    fn turn<'t, 'p>(
        &self,
        table: &'t Table<E>,
        plan: &'p Plan<E>,
        now: Duration,
    ) -> Turn<'t, 'p, E> {
        Turn {
            table,
            plan,
            rule: self.policy.0,
            now,
        }
    }

    fn changed(&self, node: Arc<Target<E>>, transition: Transition) -> Change<E> {
        let (before, after) = self.resort();
        Change {
            node,
            transition,
            panic: self.panic_changed(&before, after),
        }
    }

    /// Sorts the table by the nodes' health as it is now. Lock-free: a loser of the race starts from the winner's
    /// table, and reads the nodes' states after its own change, so the last table published knows of all changes.
    ///
    /// Returns the table before, and whether ejections are ignored afterwards.
    fn resort(&self) -> (Arc<Table<E>>, bool) {
        let mut is_in_panic = false;
        let before = self.table.rcu(|table| {
            let resorted = table.resorted();
            is_in_panic = resorted.is_in_panic();
            resorted
        });
        (before, is_in_panic)
    }

    fn panic_changed(&self, before: &Table<E>, is_in_panic: bool) -> Option<bool> {
        if before.is_in_panic() == is_in_panic {
            return None;
        }
        if is_in_panic {
            self.panics.fetch_add(1, Ordering::Relaxed);
        }
        Some(is_in_panic)
    }
}

#[cfg(test)]
mod tests;
