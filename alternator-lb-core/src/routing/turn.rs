//! Whose turn it is.

use super::coordinator::coordinator;
use super::policy::Rule;
use super::rotation::Starts;
use super::{Order, Plan, Table, Target, Wish};
use std::sync::Arc;
use std::time::Duration;

/// What a choice depends on.
#[derive(Debug)]
pub(super) struct Turn<'t, 'p, E> {
    pub(super) table: &'t Table<E>,
    pub(super) plan: &'p Plan<E>,
    pub(super) rule: Rule,
    pub(super) now: Duration,
}

/// A node, before it is known that it is it: nothing has changed yet.
#[derive(Debug)]
pub(super) struct Choice<'t, E> {
    pub(super) node: &'t Arc<Target<E>>,
    /// Whose turn it was.
    instead_of: Option<&'t Arc<Target<E>>>,
}

impl<'t, E> Turn<'t, '_, E> {
    /// A node that the plan has not tried in this round.
    pub(super) fn choose(
        &self,
        starts: &mut Starts<'_>,
        rng: &mut fastrand::Rng,
    ) -> Option<Choice<'t, E>> {
        match self.plan.wish().map(|wish| (wish.order(), wish)) {
            Some((Order::Fixed, wish)) => self.coordinator(wish),
            Some((Order::ByLoad, wish)) => {
                let replica = self.replica(wish, starts, rng);
                replica.or_else(|| self.any(starts, rng))
            }
            None => self.any(starts, rng),
        }
    }

    fn coordinator(&self, wish: &Wish) -> Option<Choice<'t, E>> {
        let is_fresh = self.plan.is_fresh();
        // Of a first attempt no node is looked at but the one chosen.
        let is_free = |node: &Target<E>| is_fresh || !self.plan.has_tried(node.id());
        let mut pools = self.table.open_to(Some(wish));
        let member = pools.find_map(|pool| coordinator(pool, wish, is_free));
        match member {
            Some(member) => Some(Choice::of(&member.node)),
            None => self.ejected_if_all_are(),
        }
    }

    /// Any node: that of the scope whose turn it is, and whose turn it is there.
    fn any(&self, starts: &mut Starts<'_>, rng: &mut fastrand::Rng) -> Option<Choice<'t, E>> {
        if !self.table.has_usable() {
            return self.ejected_if_all_are();
        }
        let (start, second) = (starts.among_all(rng), rng.usize(..));
        let mut tiers = self.table.tiers_in_turn(rng);
        tiers.find_map(|tier| {
            let mut in_turn = tier.usable.nodes_from(start);
            let next = in_turn.find(|node| self.is_free(node))?;
            let another = || {
                let mut others = tier.usable.nodes_from(second);
                others.find(|other| other.id() != next.id() && self.is_free(other))
            };
            Some(self.of_two(next, another))
        })
    }

    /// When no node can be used, the most hopeful one of those that cannot.
    fn ejected_if_all_are(&self) -> Option<Choice<'t, E>> {
        let mut usable = self.table.open_to(self.plan.wish());
        if usable.any(|pool| !pool.is_empty()) {
            return None;
        }
        let mut ejected = self.table.ejected_in_scope();
        ejected.find(|node| self.is_free(node)).map(Choice::of)
    }

    /// The next node, or another if that is less busy.
    pub(super) fn of_two(
        &self,
        next: &'t Arc<Target<E>>,
        another: impl FnOnce() -> Option<&'t Arc<Target<E>>>,
    ) -> Choice<'t, E> {
        if !self.looks_at_load() || next.load(self.now) == 0 {
            return Choice::of(next);
        }
        match another() {
            Some(another) if next.owes_turn_to(another, self.now) => Choice {
                node: another,
                instead_of: Some(next),
            },
            Some(_) | None => Choice::of(next),
        }
    }

    pub(super) fn looks_at_load(&self) -> bool {
        self.rule == Rule::TwoChoices
    }

    pub(super) fn is_free(&self, node: &Target<E>) -> bool {
        !self.plan.has_tried(node.id())
    }
}

impl<'t, E> Choice<'t, E> {
    pub(super) fn of(node: &'t Arc<Target<E>>) -> Self {
        Self {
            node,
            instead_of: None,
        }
    }

    /// It is the one.
    pub(super) fn take(self) -> Arc<Target<E>> {
        if let Some(next) = self.instead_of {
            next.gives_turn_to(self.node);
        }
        Arc::clone(self.node)
    }
}
