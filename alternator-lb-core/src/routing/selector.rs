//! The selection of one node.

use super::policy::Algorithm;
use super::primary::primary;
use super::priority::failover_order;
use super::round_robin::RoundRobinCursor;
use super::{Endpoint, Plan, Preference, RoutingInfo, RoutingSnapshot};
use std::sync::Arc;
use std::time::Duration;

/// Selects a node by the snapshot, the plan, the load-balancing algorithm and the time.
#[derive(Debug)]
pub(super) struct Selector<'s, 'p, E> {
    pub(super) snapshot: &'s RoutingSnapshot<E>,
    pub(super) plan: &'p Plan<E>,
    pub(super) algorithm: Algorithm,
    pub(super) now: Duration,
}

/// A selected node. Nothing has changed until [`commit`](Self::commit).
#[derive(Debug)]
pub(super) struct Selection<'s, E> {
    pub(super) node: &'s Arc<Endpoint<E>>,
    /// The node that was next in turn and ceded the turn.
    ceded_by: Option<&'s Arc<Endpoint<E>>>,
}

impl<'s, E> Selector<'s, '_, E> {
    /// Selects a node that the plan has not tried in this round.
    pub(super) fn select(&self, cursor: &mut RoundRobinCursor<'_>) -> Option<Selection<'s, E>> {
        let Some(info) = self.plan.routing_info() else {
            return self.any(cursor);
        };
        match info.preference() {
            Preference::Primary => self.primary(info),
            Preference::LeastLoaded => self
                .least_loaded_replica(info, cursor)
                .or_else(|| self.any(cursor)),
        }
    }

    fn primary(&self, info: &RoutingInfo) -> Option<Selection<'s, E>> {
        let is_first_attempt = self.plan.is_first_attempt();
        // For a first attempt no node is read but the selected one.
        let is_untried = |node: &Endpoint<E>| is_first_attempt || self.is_untried(node);
        let mut sets = self.snapshot.candidates_for(Some(info));
        match sets.find_map(|set| primary(set, info, is_untried)) {
            Some(candidate) => Some(Selection::of(&candidate.node)),
            None => self.fallback(),
        }
    }

    /// Selects any node: the next in turn of a priority level that is drawn by its share.
    fn any(&self, cursor: &mut RoundRobinCursor<'_>) -> Option<Selection<'s, E>> {
        if !self.snapshot.has_usable() {
            return self.fallback();
        }
        let (start, second_start) = (cursor.node_start(), cursor.rng.usize(..));
        let mut levels = failover_order(self.snapshot.levels(), cursor.rng);
        levels.find_map(|level| {
            let mut in_turn = level.usable.iter_from(start);
            let first = in_turn.find(|node| self.is_untried(node))?;
            let second = || {
                let mut others = level.usable.iter_from(second_start);
                others.find(|other| other.id() != first.id() && self.is_untried(other))
            };
            Some(self.less_loaded(first, second))
        })
    }

    /// Selects the ejected node that is most likely to have recovered, if no node is usable.
    fn fallback(&self) -> Option<Selection<'s, E>> {
        let mut usable = self.snapshot.usable_for(self.plan.routing_info());
        if usable.next().is_some() {
            return None;
        }
        let mut ejected = self.snapshot.ejected_in_scope();
        let node = ejected.find(|node| self.is_untried(node))?;
        Some(Selection::of(node))
    }

    /// Selects the node that is next in turn, or the second if that is less loaded.
    pub(super) fn less_loaded(
        &self,
        first: &'s Arc<Endpoint<E>>,
        second: impl FnOnce() -> Option<&'s Arc<Endpoint<E>>>,
    ) -> Selection<'s, E> {
        if self.compared_load(first) == 0 {
            return Selection::of(first);
        }
        match second() {
            Some(second) if first.should_yield_to(second, self.now) => Selection {
                node: second,
                ceded_by: Some(first),
            },
            Some(_) | None => Selection::of(first),
        }
    }

    /// The load of a node as the algorithm sees it: zero unless it compares load.
    pub(super) fn compared_load(&self, node: &Endpoint<E>) -> u64 {
        match self.algorithm {
            Algorithm::PowerOfTwoChoices => node.load(self.now),
            Algorithm::RoundRobin | Algorithm::Random => 0,
        }
    }

    /// Returns whether the plan has not tried a node in this round.
    pub(super) fn is_untried(&self, node: &Endpoint<E>) -> bool {
        !self.plan.has_tried(node.id())
    }
}

impl<'s, E> Selection<'s, E> {
    pub(super) fn of(node: &'s Arc<Endpoint<E>>) -> Self {
        Self {
            node,
            ceded_by: None,
        }
    }

    /// Carries out the selection: records a turn that was ceded.
    pub(super) fn commit(self) -> Arc<Endpoint<E>> {
        if let Some(first) = self.ceded_by {
            first.load_stats().cede_turn_to(self.node.load_stats());
        }
        Arc::clone(self.node)
    }
}
