//! Checks the health of the nodes between the requests.

use super::lost_connections::OverdueDetector;
use super::probe::{MAX_PROBE_TIMEOUT, MAX_PROBES, ProbeResult, ProbeTimeouts, Prober};
use super::running_time::{RunningTime, TICK};
use super::stalled_check::StalledCheck;
use super::state::Discovery;
use super::warm_up::warm_up;
use super::{ConnectionPool, DiscoveryClient, StallDetector};
use crate::clock::Clock;
use crate::health::{EjectionCause, ProbePermit};
use crate::jitter::with_default_jitter;
use crate::routing::{Endpoint, RoutingSnapshot};
use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// The interval of probes that do not wait for the end of the backoff, while no node is usable. It has jitter, so that
/// a fleet that has lost its cluster does not probe in step.
pub const FORCED_PROBE_INTERVAL: Duration = Duration::from_millis(500);

/// How long after the last request ejected nodes are still probed: the longest backoff, so that each is probed once
/// more. After that an idle process sends nothing; the next request wakes the health checker.
const IDLE_AFTER: Duration = Duration::from_secs(10);

/// How many other nodes are probed where one does not respond.
pub const REFERENCE_NODES: usize = 3;

/// Probes ejected nodes, and nodes on which requests wait for long. Sleeps while there is nothing to check. Ends with
/// the discovery.
pub(super) async fn run<E: Send + Sync + 'static>(discovery: Weak<Discovery<E>>) {
    let Some(clock) = discovery.upgrade().map(|discovery| discovery.clock) else {
        return;
    };
    let mut checker = HealthChecker {
        stall_detector: StallDetector::default(),
        overdue_detector: OverdueDetector::default(),
        snapshot: None,
        stalled_checks: JoinSet::new(),
        ejected_checks: JoinSet::new(),
        being_checked: HashSet::new(),
        running_time: RunningTime::new(clock),
        requests: 0,
        active_until: Duration::ZERO,
        next_forced_probe: Duration::ZERO,
    };
    let mut is_woken = true;
    while let Some(strong) = discovery.upgrade() {
        let wake_ups = Arc::clone(&strong.wake_ups);
        let has_work = checker.tick(&strong, is_woken);
        is_woken = !has_work;
        drop(strong);
        if has_work {
            sleep(TICK).await;
        } else {
            let has_work = || has_requests_in_flight(&discovery);
            wake_ups.wait_for_health_work(has_work).await;
        }
    }
}

struct HealthChecker<E> {
    stall_detector: StallDetector<E>,
    overdue_detector: OverdueDetector,
    /// The snapshot of the last tick: a node may have left the list since, with requests that wait on it.
    snapshot: Option<Arc<RoutingSnapshot<E>>>,
    /// Checks of nodes on which requests wait, each of which returns the node's id, and of ejected nodes. Aborted when
    /// the health checker ends.
    stalled_checks: JoinSet<u64>,
    ejected_checks: JoinSet<()>,
    /// The ids of the nodes that are being checked.
    being_checked: HashSet<u64>,
    running_time: RunningTime,
    /// The number of requests until the last tick.
    requests: u64,
    active_until: Duration,
    next_forced_probe: Duration,
}

impl<E: Send + Sync + 'static> HealthChecker<E> {
    /// Starts the checks that are due; `is_woken` says whether it has slept since the last tick. Returns whether there
    /// will be more to check soon.
    fn tick(&mut self, discovery: &Arc<Discovery<E>>, is_woken: bool) -> bool {
        while let Some(checked) = self.stalled_checks.try_join_next() {
            // Checks are aborted only with the health checker, and do not panic.
            if let Ok(id) = checked {
                self.being_checked.remove(&id);
            }
        }
        while self.ejected_checks.try_join_next().is_some() {}
        let now = discovery.clock.now();
        let elapsed = self.running_time.lap();
        discovery.running_clock.advance(elapsed);
        let snapshot = discovery.router.snapshot();
        let nodes = snapshot.topology().nodes().iter();
        let requests = nodes.map(|node| node.requests()).sum();
        if std::mem::replace(&mut self.requests, requests) != requests || is_woken {
            self.active_until = now + IDLE_AFTER;
        }
        if let Some(client) = discovery.client.get() {
            if discovery.tracks_outcomes() {
                self.check_stalled(discovery, &snapshot, client, elapsed);
            }
            self.check_ejected(discovery, &snapshot, client, now);
        }
        // A probe cannot tell whether a failing node is healthy again.
        let is_probed = |node: &Arc<Endpoint<E>>| {
            let cause = node.health().state().cause();
            cause.is_some_and(|cause| cause != EjectionCause::Failing)
        };
        let is_waiting = now < self.active_until && snapshot.ejected().iter().any(is_probed);
        self.snapshot = Some(snapshot);
        is_waiting
            || !self.stall_detector.is_empty()
            || !self.stalled_checks.is_empty()
            || !self.ejected_checks.is_empty()
    }

    fn check_stalled(
        &mut self,
        discovery: &Arc<Discovery<E>>,
        snapshot: &RoutingSnapshot<E>,
        client: &Arc<dyn DiscoveryClient>,
        elapsed: Duration,
    ) {
        let snapshots = [Some(snapshot), self.snapshot.as_deref()];
        let nodes = snapshots.into_iter().flatten();
        let nodes = nodes.flat_map(|snapshot| snapshot.topology().nodes());
        let free = MAX_PROBES.saturating_sub(self.stalled_checks.len());
        let (requests, now) = (&discovery.config.requests, discovery.running_clock.now());
        let overdue = self.overdue_detector.tick(nodes.clone(), requests, now);
        let stalled = self.stall_detector.tick(nodes, elapsed, free);
        for node in stalled.into_iter().chain(overdue) {
            let id = node.id();
            if !self.being_checked.insert(id) {
                continue;
            }
            let check = StalledCheck {
                discovery: Arc::downgrade(discovery),
                client: Arc::clone(client),
                clock: discovery.clock,
                others: self.reference_nodes(snapshot, &node),
                node,
            };
            self.stalled_checks.spawn(async move {
                check.run().await;
                id
            });
        }
    }

    /// Draws other nodes that are most likely to respond: those that have responded, and on which no request waits for
    /// long. Otherwise a node may not be ejected for want of another one that responds.
    fn reference_nodes(
        &self,
        snapshot: &RoutingSnapshot<E>,
        node: &Endpoint<E>,
    ) -> Vec<Arc<Endpoint<E>>> {
        let others = snapshot.usable().filter(|other| other.id() != node.id());
        let mut others: Vec<_> = others.collect();
        fastrand::shuffle(&mut others);
        others.sort_by_key(|other| {
            let is_stalled = self.stall_detector.may_be_stalled(other);
            (is_stalled, other.responses() == 0)
        });
        others.into_iter().take(REFERENCE_NODES).cloned().collect()
    }

    /// Probes the nodes whose backoff is over, or all of them where no node is usable.
    fn check_ejected(
        &mut self,
        discovery: &Arc<Discovery<E>>,
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
                let (discovery, clock) = (Arc::downgrade(discovery), discovery.clock);
                let (client, node) = (Arc::clone(client), Arc::clone(node));
                let check = check_ejected(discovery, clock, client, node, permit);
                self.ejected_checks.spawn(check);
            }
        }
    }
}

/// Returns whether a request is in flight whose outcome will be known.
fn has_requests_in_flight<E: Send + Sync + 'static>(discovery: &Weak<Discovery<E>>) -> bool {
    let discovery = discovery.upgrade();
    discovery.is_some_and(|discovery| {
        let snapshot = discovery.router.snapshot();
        let mut nodes = snapshot.topology().nodes().iter();
        discovery.tracks_outcomes() && nodes.any(|node| node.in_flight() > 0)
    })
}

/// A permit to probe an ejected node, released if it is dropped without a result.
struct PermitGuard<E> {
    node: Arc<Endpoint<E>>,
    permit: ProbePermit,
}

impl<E> Drop for PermitGuard<E> {
    fn drop(&mut self) {
        // Has no effect on the state that a result has put the node in.
        self.node.health().release_permit(self.permit);
    }
}

/// Probes an ejected node, warms it up if it responds, and restores it. The probe goes over the connections of the
/// application's requests: the connection that it opens serves those that follow.
async fn check_ejected<E: Send + Sync + 'static>(
    discovery: Weak<Discovery<E>>,
    clock: Clock,
    client: Arc<dyn DiscoveryClient>,
    node: Arc<Endpoint<E>>,
    permit: ProbePermit,
) {
    let guard = PermitGuard { node, permit };
    let node = &guard.node;
    let prober = Prober {
        client: client.as_ref(),
        timeouts: ProbeTimeouts::LONGEST,
        clock,
    };
    let responds = match prober.probe(node.url(), ConnectionPool::Shared).await {
        ProbeResult::Responded => true,
        ProbeResult::Unresponsive | ProbeResult::Failed => false,
        ProbeResult::NotSent => return,
    };
    if responds {
        let min_idle = discovery.upgrade().map(|it| it.config.min_idle);
        let end = Instant::now() + MAX_PROBE_TIMEOUT;
        warm_up(
            client.as_ref(),
            [node.url()],
            min_idle.unwrap_or_default(),
            end,
        )
        .await;
    }
    if let Some(discovery) = discovery.upgrade() {
        let now = discovery.clock.now();
        let node = Arc::clone(node);
        if let Some(event) = discovery.router.probed(node, responds, permit, now) {
            discovery.record_health_event(&event);
        }
    }
}

#[cfg(test)]
mod tests;
