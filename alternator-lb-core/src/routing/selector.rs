//! The selection of one node.

use super::policy::{Algorithm, RoundRobinCursor};
use super::primary::primary;
use super::priority::failover_order;
use super::{Endpoint, Plan, Preference, RoutingInfo, RoutingSnapshot};
use std::sync::Arc;
use std::time::Duration;

/// Selects a node by the snapshot, the plan, the turns of round robin and the time.
#[derive(Debug)]
pub(super) struct Selector<'s, 'p, 'r, E> {
    pub(super) snapshot: &'s RoutingSnapshot<E>,
    pub(super) plan: &'p Plan<E>,
    pub(super) cursor: &'p mut RoundRobinCursor<'r>,
    pub(super) now: Duration,
}

impl<'s, E> Selector<'s, '_, '_, E> {
    /// Selects a node that the plan has not tried in this round.
    pub(super) fn select(&mut self) -> Option<&'s Arc<Endpoint<E>>> {
        let Some(info) = self.plan.routing_info() else {
            return self.any();
        };
        match info.preference() {
            Preference::Primary => self.primary(info),
            Preference::LeastLoaded => self.least_loaded_replica(info).or_else(|| self.any()),
        }
    }

    fn primary(&self, info: &RoutingInfo) -> Option<&'s Arc<Endpoint<E>>> {
        let is_first_attempt = self.plan.is_first_attempt();
        // For a first attempt no node is read but the selected one.
        let is_untried = |node: &Endpoint<E>| is_first_attempt || self.plan.is_untried(node);
        let mut sets = self.snapshot.candidates_for(Some(info));
        let primary = sets.find_map(|set| primary(set, info, is_untried));
        primary.or_else(|| self.fallback())
    }

    /// Selects any node: the next in turn of a priority level that is drawn by its share.
    fn any(&mut self) -> Option<&'s Arc<Endpoint<E>>> {
        if !self.snapshot.has_usable() {
            return self.fallback();
        }
        let (start, second_start) = (self.cursor.node_start(), self.cursor.rng.usize(..));
        let mut levels = failover_order(&self.snapshot.levels, self.cursor.rng);
        levels.find_map(|level| {
            let mut in_turn = level.usable.iter_from(start);
            let first = in_turn.find(|node| self.plan.is_untried(node))?;
            let second = || {
                let mut others = level.usable.iter_from(second_start);
                others.find(|other| other.id() != first.id() && self.plan.is_untried(other))
            };
            Some(self.less_loaded(first, second))
        })
    }

    /// Selects the ejected node that is most likely to have recovered, if no node is usable.
    fn fallback(&self) -> Option<&'s Arc<Endpoint<E>>> {
        let mut usable = self.snapshot.usable_for(self.plan.routing_info());
        if usable.next().is_some() {
            return None;
        }
        let mut ejected = self.snapshot.ejected_in_scope();
        ejected.find(|node| self.plan.is_untried(node))
    }

    /// Selects the node that is next in turn, or the second if that is less loaded: then the first cedes its turn.
    pub(super) fn less_loaded(
        &self,
        first: &'s Arc<Endpoint<E>>,
        second: impl FnOnce() -> Option<&'s Arc<Endpoint<E>>>,
    ) -> &'s Arc<Endpoint<E>> {
        if self.compared_load(first) == 0 {
            return first;
        }
        match second() {
            Some(second) if first.should_yield_to(second, self.now) => {
                if !self.cursor.is_read_only {
                    first.load_stats().cede_turn_to(second.load_stats());
                }
                second
            }
            Some(_) | None => first,
        }
    }

    /// The load of a node as the algorithm sees it: zero unless it compares load.
    pub(super) fn compared_load(&self, node: &Endpoint<E>) -> u64 {
        match self.cursor.algorithm {
            Algorithm::PowerOfTwoChoices => node.load(self.now),
            Algorithm::RoundRobin | Algorithm::Random => 0,
        }
    }
}
