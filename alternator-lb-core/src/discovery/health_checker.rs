//! Checks the health of the nodes between the requests.

use super::probe::{self, MAX_PROBE_TIMEOUT, MAX_PROBES, probe_timeout};
use super::refresh::Discovery;
use super::{ConnectionPool, DiscoveryClient, StallDetector};
use crate::health::{EjectionCause, ProbePermit};
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

/// How many other nodes are probed where one does not respond.
pub const REFERENCE_NODES: usize = 3;

/// The longest time from the selection of a node until the request is sent: signing, on a busy machine.
pub const SEND_DELAY: Duration = Duration::from_millis(25);

/// Probes ejected nodes, and nodes on which requests wait for long. Sleeps while there is nothing to check. Ends with
/// the discovery.
pub(super) async fn run<E: Send + Sync + 'static>(discovery: Weak<Discovery<E>>) {
    let mut checker = HealthChecker {
        stall_detector: StallDetector::default(),
        snapshot: None,
        stalled_checks: JoinSet::new(),
        ejected_checks: JoinSet::new(),
        last_tick: Duration::ZERO,
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
    /// The snapshot of the last tick: a node may have left the list since, with requests that wait on it.
    snapshot: Option<Arc<RoutingSnapshot<E>>>,
    /// Checks of nodes on which requests wait, and of ejected nodes. Aborted when the health checker ends.
    stalled_checks: JoinSet<()>,
    ejected_checks: JoinSet<()>,
    last_tick: Duration,
    /// The number of requests until the last tick.
    requests: u64,
    active_until: Duration,
    next_forced_probe: Duration,
}

impl<E: Send + Sync + 'static> HealthChecker<E> {
    /// Starts the checks that are due; `is_woken` says whether it has slept since the last tick. Returns whether there
    /// will be more to check soon.
    fn tick(&mut self, discovery: &Arc<Discovery<E>>, is_woken: bool) -> bool {
        while self.stalled_checks.try_join_next().is_some() {}
        while self.ejected_checks.try_join_next().is_some() {}
        let now = discovery.clock.now();
        // Time in which this task did not run is not held against the nodes.
        let elapsed = now.saturating_sub(self.last_tick).min(2 * TICK);
        self.last_tick = now;
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
        for node in self.stall_detector.tick(nodes, elapsed, free) {
            let others = snapshot.usable().filter(|other| other.id() != node.id());
            let others = fastrand::choose_multiple(others, REFERENCE_NODES);
            let others = others.into_iter().cloned().collect();
            let discovery = Arc::downgrade(discovery);
            let check = check_stalled(discovery, Arc::clone(client), node, others);
            self.stalled_checks.spawn(check);
        }
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
                let discovery = Arc::downgrade(discovery);
                let check = check_ejected(discovery, Arc::clone(client), Arc::clone(node), permit);
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

/// Probes an ejected node, and restores it if it responds. The probe goes over the connections of the application's
/// requests: the connection that it opens serves those that follow.
async fn check_ejected<E: Send + Sync + 'static>(
    discovery: Weak<Discovery<E>>,
    client: Arc<dyn DiscoveryClient>,
    node: Arc<Endpoint<E>>,
    permit: ProbePermit,
) {
    let guard = PermitGuard { node, permit };
    let node = &guard.node;
    let pool = ConnectionPool::Shared;
    let result = probe::responds(client.as_ref(), node.url(), pool, MAX_PROBE_TIMEOUT).await;
    if let (Some(responds), Some(discovery)) = (result, discovery.upgrade()) {
        let now = discovery.clock.now();
        let node = Arc::clone(node);
        if let Some(event) = discovery.router.probed(node, responds, permit, now) {
            discovery.record_health_event(&event);
        }
    }
}

/// Probes a node on which requests wait, over a separate connection. If it does not respond, ejects it and aborts the
/// requests that wait on it, so that they are retried on another node.
///
/// Does so only if one of the `others` has responded to any request meanwhile, or responds to a probe. Otherwise the
/// fault may lie in the network of this process, or the process may have been suspended, and ejections would help
/// nothing.
async fn check_stalled<E: Send + Sync + 'static>(
    discovery: Weak<Discovery<E>>,
    client: Arc<dyn DiscoveryClient>,
    node: Arc<Endpoint<E>>,
    others: Vec<Arc<Endpoint<E>>>,
) {
    let pool = ConnectionPool::Separate;
    let responses = || others.iter().map(|node| node.responses()).sum::<u64>();
    let (responses_before, other_responses_before) = (node.responses(), responses());
    let limit = probe_timeout(node.latency());
    if probe::responds(client.as_ref(), node.url(), pool, limit).await != Some(false) {
        return;
    }
    let urls = others.iter().map(|node| node.url());
    let does_other_respond = responses() > other_responses_before
        || probe::any_responds(client.as_ref(), urls, pool, limit).await;
    if !does_other_respond || node.responses() > responses_before {
        return;
    }
    if let Some(discovery) = discovery.upgrade() {
        let now = discovery.clock.now();
        let node = Arc::clone(&node);
        if let Some(event) = discovery.router.eject_unresponsive(node, now) {
            discovery.record_health_event(&event);
        }
    }
    end_requests(&discovery, &node);
    // Requests that selected the node just before the ejection are sent by then.
    sleep(SEND_DELAY).await;
    end_requests(&discovery, &node);
}

/// Aborts the requests that wait on a node that is ejected.
fn end_requests<E: Send + Sync + 'static>(discovery: &Weak<Discovery<E>>, node: &Endpoint<E>) {
    if let Some(discovery) = discovery.upgrade()
        && !node.health().state().is_up()
    {
        (discovery.config.end_requests)(node.extension());
    }
}

#[cfg(test)]
mod tests;
