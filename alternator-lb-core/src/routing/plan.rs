//! The attempts of one operation.

mod attempt;
mod hedge;

pub use attempt::Attempt;

use super::attempt_log::AttemptLogWriter;
use super::{
    AttemptEnd, AttemptLog, Endpoint, Exclusion, NextStep, OperationKind, Preference, RoutingInfo,
    SharedAttemptLog,
};
use crate::health::{Outcome, Transition};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The attempts of one operation, so that each goes to a node that the ones before did not try.
#[derive(Debug)]
pub struct Plan<E> {
    current: Option<Attempt<E>>,
    /// The node of the attempt that ended, until the next begins: most operations have no more, and so allocate no
    /// list.
    ended: Option<Arc<Endpoint<E>>>,
    /// The nodes of the earlier attempts, in order.
    tried: Vec<Arc<Endpoint<E>>>,
    /// The position in `tried` at which the current round over the nodes began.
    round_start: usize,
    destination: Destination<E>,
    operation: Option<OperationKind>,
    last_outcome: Option<Outcome>,
    /// True if the next attempt should go to the node of the last one.
    repeats_node: bool,
    /// Nodes that are of no use for the operation.
    exclusion: Option<Arc<Exclusion>>,
    /// The records of the attempts, from the first that failed on, or from the beginning if the application wants that.
    log: Option<AttemptLogWriter>,
}

/// The nodes that the operation may go to.
#[derive(Debug)]
enum Destination<E> {
    Any,
    /// This node alone.
    Pinned(Arc<Endpoint<E>>),
    /// Those that serve its partitions best, before others.
    Preferred(RoutingInfo),
}

impl<E> Default for Plan<E> {
    fn default() -> Self {
        Self::to(Destination::Any)
    }
}

impl<E> Plan<E> {
    /// Makes a plan whose attempts all go to one node.
    pub fn pinned_to(node: Arc<Endpoint<E>>) -> Self {
        Self::to(Destination::Pinned(node))
    }

    /// Makes a plan whose attempts go to the nodes that the routing info prefers, as long as one is usable.
    pub fn preferring(info: RoutingInfo) -> Self {
        Self::to(Destination::Preferred(info))
    }

    /// Makes a plan whose first attempt is under way: in a simulation, whose nodes were selected before.
    pub fn of_attempt(attempt: Attempt<E>) -> Self {
        Self {
            current: Some(attempt),
            ..Self::default()
        }
    }

    fn to(destination: Destination<E>) -> Self {
        Self {
            current: None,
            ended: None,
            tried: Vec::new(),
            round_start: 0,
            destination,
            operation: None,
            last_outcome: None,
            repeats_node: false,
            exclusion: None,
            log: None,
        }
    }

    /// Sets the kind of the operation, so that it is kept from nodes that are slow for it.
    pub fn set_operation(&mut self, kind: Option<OperationKind>) {
        self.operation = kind;
    }

    /// Returns the kind of the operation, if it is one on data.
    #[must_use]
    pub fn operation(&self) -> Option<OperationKind> {
        self.operation
    }

    /// Returns the kind of the operation, if its nodes are selected by their load, at least among other things.
    #[inline]
    pub(super) fn operation_by_load(&self) -> Option<OperationKind> {
        let is_by_load = match &self.destination {
            Destination::Any => true,
            Destination::Pinned(_) => false,
            Destination::Preferred(info) => info.preference() != Preference::Primary,
        };
        self.operation.filter(|_| is_by_load)
    }

    /// Returns whether all attempts go to one node that the operation names.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.pin().is_some()
    }

    /// Returns the only node that may be tried, if the plan is pinned.
    pub(super) fn pin(&self) -> Option<&Arc<Endpoint<E>>> {
        match &self.destination {
            Destination::Pinned(node) => Some(node),
            Destination::Any | Destination::Preferred(_) => None,
        }
    }

    pub(super) fn routing_info(&self) -> Option<&RoutingInfo> {
        match &self.destination {
            Destination::Preferred(info) => Some(info),
            Destination::Any | Destination::Pinned(_) => None,
        }
    }

    /// Returns the node of the last attempt, if the next one should go to it again.
    pub(super) fn node_to_repeat(&self) -> Option<&Arc<Endpoint<E>>> {
        let current = self.current.as_ref().map(Attempt::node);
        let last = current.or(self.ended.as_ref());
        last.filter(|node| self.repeats_node && !self.excludes(node))
    }

    /// Excludes nodes: they are tried only if no other node is left.
    pub fn exclude(&mut self, exclusion: Arc<Exclusion>) {
        self.exclusion = Some(exclusion);
    }

    /// Returns whether the attempts go to the node that is the same for all clients.
    #[must_use]
    pub fn prefers_primary(&self) -> bool {
        self.preference().is_some_and(Preference::is_primary)
    }

    pub(super) fn preference(&self) -> Option<Preference> {
        self.routing_info().map(RoutingInfo::preference)
    }

    pub(super) fn has_exclusion(&self) -> bool {
        self.exclusion.is_some()
    }

    /// Returns whether a node is excluded.
    pub(super) fn excludes(&self, node: &Endpoint<E>) -> bool {
        let exclusion = self.exclusion.as_ref();
        exclusion.is_some_and(|exclusion| exclusion.contains(node))
    }

    /// Returns whether no attempt was made yet.
    pub(super) fn is_first_attempt(&self) -> bool {
        self.tried().next().is_none()
    }

    /// Ends the current attempt, which is then no longer in flight.
    pub fn end_attempt(&mut self) {
        if let Some(attempt) = self.current.take() {
            self.store_ended();
            self.ended = Some(Arc::clone(attempt.node()));
        }
    }

    fn store_ended(&mut self) {
        self.tried.extend(self.ended.take());
    }

    pub(super) fn begin(&mut self, attempt: Attempt<E>) {
        self.store_ended();
        if let Some(log) = &self.log {
            log.set_next(self.next_step(attempt.node()));
            attempt.begin_record(log);
        }
        self.current = Some(attempt);
        // An attempt that fails on this side says nothing of its node.
        self.repeats_node = self.prefers_primary();
    }

    /// Returns how an attempt on a node relates to those before.
    fn next_step(&self, node: &Endpoint<E>) -> NextStep {
        match self.tried.last() {
            Some(last) if last.id() == node.id() => NextStep::SameNode,
            _ if self.tried.iter().any(|tried| tried.id() == node.id()) => NextStep::TriedNode,
            Some(_) | None => NextStep::UntriedNode,
        }
    }

    /// Records the attempts in this log, from the first one on.
    pub fn log_attempts(&mut self, log: SharedAttemptLog) {
        self.log = Some(AttemptLogWriter::new(log));
    }

    /// Returns whether attempts are recorded.
    #[inline]
    #[must_use]
    pub fn is_logged(&self) -> bool {
        self.log.is_some()
    }

    /// Records the end of the current attempt, and from then on all attempts. `system_now` is the time of the system's
    /// clock.
    pub fn log_end(
        &mut self,
        end: AttemptEnd,
        now: Duration,
        system_now: impl FnOnce() -> SystemTime,
    ) {
        let Some(attempt) = &self.current else {
            return;
        };
        let log = self.log.get_or_insert_with(|| {
            let (age, system_now) = (now.saturating_sub(attempt.began), system_now());
            let system_start = system_now.checked_sub(age).unwrap_or(system_now);
            let log = AttemptLog::new(attempt.began, system_start);
            let log = AttemptLogWriter::new(SharedAttemptLog::new(log));
            attempt.begin_record(&log);
            log
        });
        log.end(end, now);
    }

    /// Records that the last attempt is retried at no cost.
    pub fn log_free(&self) {
        if let Some(log) = &self.log {
            log.set_free();
        }
    }

    /// Records why no attempt follows the last one.
    pub fn complete_log(&self, last_step: NextStep) {
        if let Some(log) = &self.log {
            log.set_next(last_step);
        }
    }

    /// Returns a copy of the records, if there are any.
    #[must_use]
    pub fn attempt_log(&self) -> Option<AttemptLog> {
        self.log.as_ref().map(AttemptLogWriter::snapshot)
    }

    /// Starts another round over the nodes. The node that was tried last stays excluded: its fault most likely
    /// persists.
    pub(super) fn start_round(&mut self) {
        self.store_ended();
        self.round_start = self.tried.len().saturating_sub(1);
    }

    /// Returns the attempt in flight.
    pub fn current(&self) -> Option<&Attempt<E>> {
        self.current.as_ref()
    }

    /// Records the outcome of the current attempt in the load and the health of its node. Returns the change of the
    /// health.
    pub(super) fn settle(&mut self, outcome: Outcome, now: Duration) -> Option<Transition> {
        self.last_outcome = Some(outcome);
        let (age, kind) = (self.age(now), self.operation_by_load());
        let attempt = self.current.as_ref()?;
        let has_responded = attempt.node.responses() != attempt.responses_before;
        self.repeats_node =
            outcome.repeats_node() || self.keeps_coordinator(outcome, has_responded);
        let attempt = self.current.as_mut()?;
        let stats = attempt.node.load_stats();
        let outcome = match outcome.may_follow_unread_body() && stats.has_shed(now) {
            true => Outcome::Neutral,
            false => outcome,
        };
        stats.record(outcome, kind, age, now);
        let (health, permit) = (attempt.node.health(), attempt.permit.take());
        health.settle(
            outcome,
            permit,
            attempt.began,
            now,
            &mut fastrand::Rng::new(),
        )
    }

    /// Returns whether the operation stays with its node because it wants one coordinator.
    fn keeps_coordinator(&self, outcome: Outcome, has_responded: bool) -> bool {
        let keeps = outcome.keeps_coordinator(has_responded);
        match self.preference() {
            Some(Preference::Primary) => keeps,
            // A node that throttles says itself that it is beyond its bound.
            Some(Preference::BoundedPrimary) => keeps && outcome != Outcome::Overloaded,
            Some(Preference::LeastLoaded) | None => false,
        }
    }

    /// Marks the current attempt's request as sent.
    pub fn mark_sent(&mut self) {
        if let Some(attempt) = &mut self.current {
            attempt.is_sent = true;
        }
    }

    /// Returns whether the current attempt's request was sent: if not, the node is not the cause of a failure.
    pub fn is_sent(&self) -> bool {
        matches!(&self.current, Some(attempt) if attempt.is_sent)
    }

    /// The time since the current attempt began.
    pub fn age(&self, now: Duration) -> Duration {
        let began = self.current.as_ref().map_or(now, |attempt| attempt.began);
        now.saturating_sub(began)
    }

    /// Returns the outcome of the last attempt that was settled.
    pub fn last_outcome(&self) -> Option<Outcome> {
        self.last_outcome
    }

    /// Returns whether a node was not tried in the current round, and is not excluded.
    pub(super) fn is_untried(&self, node: &Endpoint<E>) -> bool {
        let mut tried = self.tried().skip(self.round_start);
        tried.all(|tried| tried.id() != node.id()) && !self.excludes(node)
    }

    /// The nodes tried so far, in order.
    pub fn tried(&self) -> impl Iterator<Item = &Arc<Endpoint<E>>> {
        let current = self.current.iter().map(Attempt::node);
        self.tried.iter().chain(&self.ended).chain(current)
    }
}
