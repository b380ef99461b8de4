//! The router: the one place where nodes are selected.

mod hedge;

use super::policy::RoundRobin;
use super::selection::Selection;
use super::selector::{Selector, acquire_primary_permit, is_moved_primary};
use super::traffic::SelectionFlags;
use super::{
    Attempt, Endpoint, Exclusion, Plan, Policy, Reason, RetryTarget, RoutingInfo, RoutingSnapshot,
    RoutingTrace, SelectionError, Traffic,
};
use crate::health::{EjectionReason, Outcome, ProbePermit, Transition};
use arc_swap::ArcSwap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Selects nodes, and records the outcomes of the attempts.
///
/// Shared by all clients of a cluster, so that their requests together are even.
#[derive(Debug)]
pub struct Router<E> {
    snapshot: ArcSwap<RoutingSnapshot<E>>,
    round_robin: RoundRobin,
    policy: Policy,
    panic_mode_entries: AtomicU64,
    /// The traffic of nodes that are no longer listed.
    former_traffic: Mutex<Traffic>,
}

/// A change of a node's health, and its effect on panic mode.
#[derive(Debug)]
pub struct HealthEvent<E> {
    /// The node.
    pub node: Arc<Endpoint<E>>,
    /// The change.
    pub transition: Transition,
    /// The reason, if the change is an ejection or prolongs one.
    pub reason: EjectionReason,
    /// Panic mode, in which ejections are ignored, as it begins or ends with this change; none if it does neither.
    pub panic_mode: Option<bool>,
}

impl<E> Router<E> {
    /// Makes a router with a first snapshot; `start` is the position at which round robin begins.
    pub fn new(snapshot: RoutingSnapshot<E>, policy: Policy, start: usize) -> Self {
        Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            round_robin: RoundRobin::new(start),
            policy,
            panic_mode_entries: AtomicU64::new(0),
            former_traffic: Mutex::default(),
        }
    }

    /// Returns the current snapshot.
    pub fn snapshot(&self) -> Arc<RoutingSnapshot<E>> {
        self.snapshot.load_full()
    }

    /// The [generation](crate::topology::Topology::generation) of the list of nodes.
    #[inline]
    #[must_use]
    pub fn topology_generation(&self) -> u64 {
        self.snapshot.load().topology().generation()
    }

    /// Replaces the list of nodes. Returns whether panic mode begins or ends with it; none if neither.
    pub fn publish(&self, snapshot: RoutingSnapshot<E>) -> Option<bool> {
        let snapshot = Arc::new(snapshot);
        let before = self.snapshot.swap(Arc::clone(&snapshot));
        let removed = before.topology().removed_in(snapshot.topology());
        removed.for_each(|node| *self.former_traffic() += node.traffic());
        // A node may have changed its state since that snapshot was made, and the thread that noticed has updated the
        // former one.
        let (_, is_in_panic) = self.update_health();
        self.note_panic_mode(&before, is_in_panic)
    }

    /// Refuses all requests until a list is [published](Self::publish).
    pub fn refuse(&self, refusal: SelectionError) {
        self.snapshot
            .rcu(|snapshot| snapshot.refusing(refusal.clone()));
    }

    /// Selects the node of an operation's next attempt, which becomes the plan's current one. `has_health_checker` says
    /// whether a health checker probes unreachable nodes, so that requests need not.
    pub fn advance(
        &self,
        plan: &mut Plan<E>,
        has_health_checker: bool,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Result<(), SelectionError> {
        let snapshot = self.snapshot.load();
        snapshot.admit()?;
        plan.end_attempt();
        if let Some(node) = plan.pin() {
            plan.begin(Attempt::new(Arc::clone(node), Reason::Pinned, None, now));
            return Ok(());
        }
        let info = plan.routing_info();
        // Only a first attempt probes an ejected node: a retry has waited enough.
        let permit = match info.filter(|info| info.preference().is_primary()) {
            _ if !plan.is_first_attempt() => None,
            // The nodes whose turn it would be are excluded.
            Some(_) if plan.has_exclusion() => None,
            Some(info) => acquire_primary_permit(&snapshot, info, has_health_checker, now),
            None => snapshot.acquire_request_permit(plan, has_health_checker, now),
        };
        let (selection, permit) = match permit {
            Some((node, permit)) => (Selection::new(node, Reason::Probe), Some(permit)),
            None => match snapshot.node_to_repeat(plan, now).cloned() {
                Some(node) => {
                    plan.begin(Attempt::new(node, Reason::SameNode, None, now));
                    return Ok(());
                }
                None => (self.pick(&snapshot, plan, now, rng)?, None),
            },
        };
        record_selection(&snapshot, plan, &selection, false);
        let node = Arc::clone(selection.node);
        plan.begin(Attempt::new(node, selection.reason, permit, now));
        Ok(())
    }

    /// Picks a node for a request without a plan.
    pub fn pick_one(
        &self,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Result<Arc<Endpoint<E>>, SelectionError> {
        let snapshot = self.snapshot.load();
        snapshot.admit()?;
        let selection = self.pick(&snapshot, &mut Plan::default(), now, rng)?;
        Ok(Arc::clone(selection.node))
    }

    /// Records the outcome of the plan's current attempt. `status` is that of its response, if there is one.
    pub fn settle(
        &self,
        plan: &mut Plan<E>,
        outcome: Outcome,
        status: Option<u16>,
        now: Duration,
    ) -> Option<HealthEvent<E>> {
        let transition = plan.settle(outcome, now)?;
        let node = Arc::clone(plan.current()?.node());
        let reason = EjectionReason::after(outcome, status);
        Some(self.note_transition(node, transition, reason))
    }

    /// Records the result of a probe of an ejected node.
    pub fn probed(
        &self,
        node: Arc<Endpoint<E>>,
        has_passed: bool,
        permit: ProbePermit,
        now: Duration,
    ) -> Option<HealthEvent<E>> {
        let rng = &mut fastrand::Rng::new();
        let transition = node.health().probed(has_passed, permit, now, rng)?;
        Some(self.note_transition(node, transition, EjectionReason::Unresponsive))
    }

    /// Records that a node has responded to discovery. Admits it if it is pending.
    pub fn responded(&self, node: &Arc<Endpoint<E>>, now: Duration) -> Option<HealthEvent<E>> {
        let transition = node.health().admit(now)?;
        Some(self.note_transition(Arc::clone(node), transition, EjectionReason::Pending))
    }

    /// Ejects a node that is unresponsive while requests wait on it, unless no other could serve them: then waiting is
    /// all that is left to do.
    pub fn eject_unresponsive(
        &self,
        node: Arc<Endpoint<E>>,
        now: Duration,
    ) -> Option<HealthEvent<E>> {
        if !self.snapshot.load().has_alternative_to(&node) {
            return None;
        }
        let transition = node.health().unreachable(now, &mut fastrand::Rng::new())?;
        Some(self.note_transition(node, transition, EjectionReason::Unresponsive))
    }

    /// Returns where the plan's next attempt would go.
    pub fn retry_target(&self, plan: &Plan<E>, now: Duration) -> RetryTarget {
        let snapshot = self.snapshot.load();
        let is_untried = |node: &Arc<Endpoint<E>>| {
            plan.tried().all(|tried| tried.id() != node.id()) && !plan.excludes(node)
        };
        let mut usable = snapshot.usable_for(plan).peekable();
        let has_usable = usable.peek().is_some();
        match plan.pin() {
            Some(_) => RetryTarget::NoNode,
            None if snapshot.node_to_repeat(plan, now).is_some() => RetryTarget::SameNode,
            None if usable.any(is_untried) => RetryTarget::UntriedNode,
            None if has_usable => RetryTarget::TriedNode,
            None if snapshot.ejected_in_scope().any(is_untried) => RetryTarget::EjectedNode,
            None => RetryTarget::NoNode,
        }
    }

    /// Explains where a first attempt with this routing info and exclusion would go. Changes nothing: it takes no turn.
    pub fn explain(
        &self,
        info: &RoutingInfo,
        exclusion: Option<Arc<Exclusion>>,
        now: Duration,
    ) -> RoutingTrace {
        let snapshot = self.snapshot.load();
        let mut plan = Plan::preferring(info.clone());
        if let Some(exclusion) = exclusion {
            plan.exclude(exclusion);
        }
        let mut rng = fastrand::Rng::new();
        let mut cursor = self.round_robin.cursor(self.policy.0, true, &mut rng);
        let mut selector = Selector {
            snapshot: &snapshot,
            plan: &plan,
            cursor: &mut cursor,
            now,
        };
        RoutingTrace::new(&mut selector, info)
    }

    /// Returns whether the cluster is overloaded, and not only some of its nodes: most usable nodes have shed load in
    /// the last seconds.
    pub fn is_overloaded(&self, now: Duration) -> bool {
        let snapshot = self.snapshot.load();
        let (mut nodes, mut shedding) = (0, 0);
        for node in snapshot.usable() {
            nodes += 1;
            shedding += usize::from(node.load_stats().has_shed(now));
        }
        shedding * 2 > nodes
    }

    /// Returns whether panic mode is on.
    pub fn is_in_panic_mode(&self) -> bool {
        self.snapshot.load().is_in_panic
    }

    /// How often panic mode began, in which ejections are ignored since there would be too many.
    pub fn panic_mode_entries(&self) -> u64 {
        self.panic_mode_entries.load(Ordering::Relaxed)
    }

    /// Returns the numbers of all attempts since the beginning, also of those on nodes that are no longer listed.
    pub fn traffic(&self) -> Traffic {
        let mut traffic = *self.former_traffic();
        let snapshot = self.snapshot.load();
        let nodes = snapshot.topology().nodes().iter();
        nodes.for_each(|node| traffic += node.traffic());
        traffic
    }

    /// Not for the request path.
    fn former_traffic(&self) -> MutexGuard<'_, Traffic> {
        let former = self.former_traffic.lock();
        former.unwrap_or_else(PoisonError::into_inner)
    }

    fn pick<'s>(
        &self,
        snapshot: &'s RoutingSnapshot<E>,
        plan: &mut Plan<E>,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Result<Selection<'s, E>, SelectionError> {
        let mut cursor = self.round_robin.cursor(self.policy.0, false, rng);
        let mut select = |plan: &Plan<E>| {
            let mut selector = Selector {
                snapshot,
                plan,
                cursor: &mut cursor,
                now,
            };
            selector.select()
        };
        let mut selection = select(plan);
        if selection.is_none() {
            plan.start_round();
            selection = select(plan);
        }
        if let Some(selection) = selection {
            return Ok(selection);
        }
        let mut nodes = snapshot.usable_for(plan).chain(snapshot.ejected_in_scope());
        let node = nodes.find(|node| !plan.excludes(node));
        let any_node = || snapshot.usable().chain(snapshot.ejected_in_scope()).next();
        // The list is never empty: it begins with the seeds, and a refresh without nodes is a failed one.
        let node = node.or_else(any_node).ok_or(SelectionError::NoNodes)?;
        Ok(Selection::new(node, Reason::Remaining))
    }

    fn note_transition(
        &self,
        node: Arc<Endpoint<E>>,
        transition: Transition,
        reason: EjectionReason,
    ) -> HealthEvent<E> {
        match transition {
            Transition::Ejected { .. } | Transition::ProbeFailed { .. } => {
                node.set_ejection_reason(reason);
            }
            Transition::Admitted | Transition::Restored => {}
        }
        let (before, is_in_panic) = self.update_health();
        HealthEvent {
            reason: node.ejection_reason().unwrap_or(reason),
            node,
            transition,
            panic_mode: self.note_panic_mode(&before, is_in_panic),
        }
    }

    /// Updates the snapshot to the current health of its nodes. Lock-free: the loser of a race starts from the winner's
    /// snapshot, and reads the nodes' states after its own change, so the last snapshot published contains all changes.
    ///
    /// Returns the snapshot before, and whether panic mode is on afterwards.
    fn update_health(&self) -> (Arc<RoutingSnapshot<E>>, bool) {
        let mut is_in_panic = false;
        let before = self.snapshot.rcu(|snapshot| {
            let updated = snapshot.updated();
            is_in_panic = updated.is_in_panic;
            updated
        });
        (before, is_in_panic)
    }

    fn note_panic_mode(&self, before: &RoutingSnapshot<E>, is_in_panic: bool) -> Option<bool> {
        let has_changed = before.is_in_panic != is_in_panic;
        if has_changed && is_in_panic {
            self.panic_mode_entries.fetch_add(1, Ordering::Relaxed);
        }
        has_changed.then_some(is_in_panic)
    }
}

/// Counts what is not ordinary of the selection of a plan's next attempt. That of a hedge replaces no failed one.
fn record_selection<E>(
    snapshot: &RoutingSnapshot<E>,
    plan: &Plan<E>,
    &Selection {
        node,
        reason,
        is_spill_over,
    }: &Selection<'_, E>,
    is_hedge: bool,
) {
    let last = plan.tried().last();
    let info = plan.routing_info();
    let is_primary = info.is_some_and(|info| info.preference().is_primary());
    let flags = SelectionFlags {
        is_spill_over,
        is_failover: !is_hedge && last.is_some_and(|last| last.id() != node.id()),
        wants_replica: info.is_some() && !is_primary,
        is_moved_primary: is_primary
            && (reason == Reason::NextPrimaryNode
                || last.is_some()
                || info.is_some_and(|info| is_moved_primary(snapshot, info, node))),
    };
    node.load_stats().traffic.record_selection(reason, flags);
}

#[cfg(test)]
mod tests;
