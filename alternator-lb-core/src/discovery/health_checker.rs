//! Checks the health of the nodes between the requests.

use super::DiscoveryClient;
use super::node_check::{REFERENCE_NODES, check_ejected, check_stalled};
use super::probe::MAX_PROBES;
use super::refresh::Discovery;
use super::stall_detector::StallDetector;
use crate::health::EjectionCause;
use crate::jitter::with_default_jitter;
use crate::routing::{Endpoint, RoutingSnapshot};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// The interval of the checks while there is anything to check. It bounds how late a node that is back or a request
/// that hangs is noticed, and is small beside the times that these take themselves.
pub const TICK: Duration = Duration::from_millis(25);

/// The interval of probes that do not wait for the end of the backoff, while no node is usable. It has jitter, so that
/// a fleet that has lost its cluster does not probe in step.
pub const FORCED_PROBE_INTERVAL: Duration = Duration::from_millis(500);

/// How long after the last request ejected nodes are still probed: the longest backoff, so that each is probed once
/// more. After that an idle process sends nothing; the next request wakes the health checker.
const IDLE_AFTER: Duration = Duration::from_secs(10);

/// Probes ejected nodes, and nodes on which requests wait for long. Sleeps while there is nothing to check. Ends with
/// the discovery.
pub(super) async fn run<E: Send + Sync + 'static>(discovery: Weak<Discovery<E>>) {
    let mut checker = HealthChecker::new(Weak::clone(&discovery));
    loop {
        let Some(strong) = discovery.upgrade() else {
            return;
        };
        let wake_ups = strong.wake_ups();
        let has_work = checker.tick(&strong);
        drop(strong);
        if has_work {
            sleep(TICK).await;
        } else {
            wake_ups
                .wait_for_health_work(|| has_requests_in_flight(&discovery))
                .await;
            checker.is_woken = true;
        }
    }
}

struct HealthChecker<E> {
    discovery: Weak<Discovery<E>>,
    stall_detector: StallDetector<E>,
    /// The snapshot of the last tick: a node may have left the list since, with requests that wait on it.
    snapshot: Option<Arc<RoutingSnapshot<E>>>,
    /// Checks of nodes on which requests wait, and of ejected nodes. Aborted when the health checker ends.
    stalled_checks: JoinSet<()>,
    ejected_checks: JoinSet<()>,
    last_tick: Duration,
    /// The number of requests until the last tick.
    requests: u64,
    /// Whether it has slept since the last tick.
    is_woken: bool,
    active_until: Duration,
    next_forced_probe: Duration,
}

impl<E: Send + Sync + 'static> HealthChecker<E> {
    fn new(discovery: Weak<Discovery<E>>) -> Self {
        Self {
            discovery,
            stall_detector: StallDetector::default(),
            snapshot: None,
            stalled_checks: JoinSet::new(),
            ejected_checks: JoinSet::new(),
            last_tick: Duration::ZERO,
            requests: 0,
            is_woken: true,
            active_until: Duration::ZERO,
            next_forced_probe: Duration::ZERO,
        }
    }

    /// Starts the checks that are due. Returns whether there will be more to check soon.
    fn tick(&mut self, discovery: &Discovery<E>) -> bool {
        while self.stalled_checks.try_join_next().is_some() {}
        while self.ejected_checks.try_join_next().is_some() {}
        let now = discovery.clock().now();
        // Time in which this task did not run is not held against the nodes.
        let elapsed = now.saturating_sub(self.last_tick).min(2 * TICK);
        self.last_tick = now;
        let snapshot = discovery.router().snapshot();
        self.update_activity(&snapshot, now);
        if let Some(client) = discovery.client() {
            if discovery.tracks_outcomes() {
                self.check_stalled(&snapshot, client, elapsed);
            }
            self.check_ejected(&snapshot, client, now);
        }
        let is_waiting = now < self.active_until && snapshot.ejected().iter().any(is_probed);
        self.snapshot = Some(snapshot);
        is_waiting
            || !self.stall_detector.is_empty()
            || !self.stalled_checks.is_empty()
            || !self.ejected_checks.is_empty()
    }

    fn update_activity(&mut self, snapshot: &RoutingSnapshot<E>, now: Duration) {
        let nodes = snapshot.topology().nodes();
        let requests = nodes.iter().map(|node| node.requests()).sum();
        if std::mem::replace(&mut self.requests, requests) != requests
            || std::mem::take(&mut self.is_woken)
        {
            self.active_until = now + IDLE_AFTER;
        }
    }

    fn check_stalled(
        &mut self,
        snapshot: &RoutingSnapshot<E>,
        client: &Arc<dyn DiscoveryClient>,
        elapsed: Duration,
    ) {
        let before = self.snapshot.as_deref();
        let before = before.map(|snapshot| snapshot.topology().nodes());
        let nodes = snapshot.topology().nodes().iter();
        let nodes = nodes.chain(before.into_iter().flatten());
        let free = MAX_PROBES.saturating_sub(self.stalled_checks.len());
        for node in self.stall_detector.tick(nodes, elapsed, free) {
            let others = snapshot.usable().filter(|other| other.id() != node.id());
            let others = fastrand::choose_multiple(others, REFERENCE_NODES);
            let others = others.into_iter().cloned().collect();
            let discovery = Weak::clone(&self.discovery);
            let check = check_stalled(discovery, Arc::clone(client), node, others);
            self.stalled_checks.spawn(check);
        }
    }

    /// Probes the nodes whose backoff is over, or all of them where no node is usable.
    fn check_ejected(
        &mut self,
        snapshot: &RoutingSnapshot<E>,
        client: &Arc<dyn DiscoveryClient>,
        now: Duration,
    ) {
        let is_forced = !snapshot.has_usable() && self.next_forced_probe <= now;
        if is_forced {
            self.next_forced_probe = now + with_default_jitter(FORCED_PROBE_INTERVAL);
        }
        for node in snapshot.ejected() {
            if self.ejected_checks.len() >= MAX_PROBES {
                return;
            }
            if let Some(permit) = node.health().acquire_probe_permit(is_forced, now) {
                let discovery = Weak::clone(&self.discovery);
                let check = check_ejected(discovery, Arc::clone(client), Arc::clone(node), permit);
                self.ejected_checks.spawn(check);
            }
        }
    }
}

/// Returns whether a probe can tell that an ejected node is healthy again.
fn is_probed<E>(node: &Arc<Endpoint<E>>) -> bool {
    match node.health().state().cause() {
        Some(EjectionCause::Pending | EjectionCause::Unreachable) => true,
        Some(EjectionCause::Failing) | None => false,
    }
}

/// Returns whether a request is in flight whose outcome will be known.
fn has_requests_in_flight<E: Send + Sync + 'static>(discovery: &Weak<Discovery<E>>) -> bool {
    let discovery = discovery.upgrade();
    discovery.is_some_and(|discovery| {
        let snapshot = discovery.router().snapshot();
        let mut nodes = snapshot.topology().nodes().iter();
        discovery.tracks_outcomes() && nodes.any(|node| node.in_flight() > 0)
    })
}

#[cfg(test)]
mod tests;
