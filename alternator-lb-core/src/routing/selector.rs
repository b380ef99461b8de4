//! Whose turn it is.

use super::policy::Rule;
use super::primary::primary;
use super::round_robin::RoundRobinCursor;
use super::{Endpoint, Plan, Preference, RoutingInfo, RoutingSnapshot};
use std::sync::Arc;
use std::time::Duration;

/// What a choice depends on.
#[derive(Debug)]
pub(super) struct Selector<'t, 'p, E> {
    pub(super) table: &'t RoutingSnapshot<E>,
    pub(super) plan: &'p Plan<E>,
    pub(super) rule: Rule,
    pub(super) now: Duration,
}

/// A node, before it is known that it is it: nothing has changed yet.
#[derive(Debug)]
pub(super) struct Selection<'t, E> {
    pub(super) node: &'t Arc<Endpoint<E>>,
    /// Whose turn it was.
    instead_of: Option<&'t Arc<Endpoint<E>>>,
}

impl<'t, E> Selector<'t, '_, E> {
    /// A node that the plan has not tried in this round.
    pub(super) fn choose(
        &self,
        starts: &mut RoundRobinCursor<'_>,
        rng: &mut fastrand::Rng,
    ) -> Option<Selection<'t, E>> {
        match self
            .plan
            .routing_info()
            .map(|info| (info.preference(), info))
        {
            Some((Preference::Primary, info)) => self.primary(info),
            Some((Preference::LeastLoaded, info)) => {
                let replica = self.replica(info, starts, rng);
                replica.or_else(|| self.any(starts, rng))
            }
            None => self.any(starts, rng),
        }
    }

    fn primary(&self, info: &RoutingInfo) -> Option<Selection<'t, E>> {
        let is_first_attempt = self.plan.is_first_attempt();
        // Of a first attempt no node is looked at but the one chosen.
        let is_free = |node: &Endpoint<E>| is_first_attempt || !self.plan.has_tried(node.id());
        let mut pools = self.table.candidates_for(Some(info));
        let member = pools.find_map(|pool| primary(pool, info, is_free));
        match member {
            Some(member) => Some(Selection::of(&member.node)),
            None => self.fallback(),
        }
    }

    /// Any node: that of the scope whose turn it is, and whose turn it is there.
    fn any(
        &self,
        starts: &mut RoundRobinCursor<'_>,
        rng: &mut fastrand::Rng,
    ) -> Option<Selection<'t, E>> {
        if !self.table.has_usable() {
            return self.fallback();
        }
        let (start, second) = (starts.all_nodes(rng), rng.usize(..));
        let mut levels = self.table.levels_by_share(rng);
        levels.find_map(|level| {
            let mut in_turn = level.usable.iter_from(start);
            let next = in_turn.find(|node| self.is_free(node))?;
            let another = || {
                let mut others = level.usable.iter_from(second);
                others.find(|other| other.id() != next.id() && self.is_free(other))
            };
            Some(self.better_of_two(next, another))
        })
    }

    /// When no node can be used, the most hopeful one of those that cannot.
    fn fallback(&self) -> Option<Selection<'t, E>> {
        let mut usable = self.table.candidates_for(self.plan.routing_info());
        if usable.any(|pool| !pool.is_empty()) {
            return None;
        }
        let mut ejected = self.table.ejected_in_scope();
        ejected.find(|node| self.is_free(node)).map(Selection::of)
    }

    /// The next node, or another if that is less busy.
    pub(super) fn better_of_two(
        &self,
        next: &'t Arc<Endpoint<E>>,
        another: impl FnOnce() -> Option<&'t Arc<Endpoint<E>>>,
    ) -> Selection<'t, E> {
        if !self.compares_load() || next.load(self.now) == 0 {
            return Selection::of(next);
        }
        match another() {
            Some(another) if next.should_yield_to(another, self.now) => Selection {
                node: another,
                instead_of: Some(next),
            },
            Some(_) | None => Selection::of(next),
        }
    }

    pub(super) fn compares_load(&self) -> bool {
        self.rule == Rule::PowerOfTwoChoices
    }

    pub(super) fn is_free(&self, node: &Endpoint<E>) -> bool {
        !self.plan.has_tried(node.id())
    }
}

impl<'t, E> Selection<'t, E> {
    pub(super) fn of(node: &'t Arc<Endpoint<E>>) -> Self {
        Self {
            node,
            instead_of: None,
        }
    }

    /// It is the one.
    pub(super) fn take(self) -> Arc<Endpoint<E>> {
        if let Some(next) = self.instead_of {
            next.load_stats().cede_turn_to(self.node.load_stats());
        }
        Arc::clone(self.node)
    }
}
