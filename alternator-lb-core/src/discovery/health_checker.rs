//! Watches over the nodes between the requests.

use super::DiscoveryClient;
use super::probe;
use super::probe::{MAX_PROBES, REFERENCE_NODES};
use super::refresh::Discovery;
use super::schedule::jittered;
use super::stall_detector::StallDetector;
use crate::health::EjectionCause;
use crate::routing::{Endpoint, RoutingSnapshot};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How often the nodes are looked at while there is anything to see. It is what a node's return or a request that hangs
/// may be noticed too late, and small beside the times that these take themselves.
const TICK: Duration = Duration::from_millis(25);

/// How often nodes are asked that would rest longer, while there is none that could be used; ±20 %, so that a fleet which
/// has lost its cluster does not knock in step.
const FORCED_PROBE_INTERVAL: Duration = Duration::from_millis(500);

/// For how long after the last request nodes that are out are still asked whether they are back: as long as one rests at
/// most, so that each is asked once more. After that an idle process leaves them alone; the next request wakes it.
const AFTER_THE_LAST_REQUEST: Duration = Duration::from_secs(10);

/// Asks nodes that are out whether they are back, and nodes on which requests wait for long whether they are there. Rests
/// while there is nothing to watch over. Ends with the discovery.
pub(super) async fn run<E: Send + Sync + 'static>(discovery: Weak<Discovery<E>>) {
    let mut watch = HealthChecker::new(Weak::clone(&discovery));
    loop {
        let Some(strong) = discovery.upgrade() else {
            return;
        };
        let wake_ups = strong.wake_ups();
        let has_work = watch.tick(&strong);
        drop(strong);
        if has_work {
            sleep(TICK).await;
        } else {
            wake_ups.rest(|| is_anything_waiting(&discovery)).await;
            watch.is_woken = true;
        }
    }
}

struct HealthChecker<E> {
    discovery: Weak<Discovery<E>>,
    stall_detector: StallDetector<E>,
    /// The list at the last look: a node may have left it since, with requests that wait on it.
    table: Option<Arc<RoutingSnapshot<E>>>,
    /// Questions to nodes on which requests wait, and to nodes that are out. Aborted when the watch ends.
    stalled: JoinSet<()>,
    returning: JoinSet<()>,
    last_look: Duration,
    /// How many there had been at the last look.
    requests: u64,
    /// Whether it has rested since the last look.
    is_woken: bool,
    active_until: Duration,
    /// When nodes may be asked again before the end of their rest.
    next_forced_probe: Duration,
}

impl<E: Send + Sync + 'static> HealthChecker<E> {
    fn new(discovery: Weak<Discovery<E>>) -> Self {
        Self {
            discovery,
            stall_detector: StallDetector::default(),
            table: None,
            stalled: JoinSet::new(),
            returning: JoinSet::new(),
            last_look: Duration::ZERO,
            requests: 0,
            is_woken: true,
            active_until: Duration::ZERO,
            next_forced_probe: Duration::ZERO,
        }
    }

    /// Looks at all nodes once. Returns whether there will be more to see soon.
    fn tick(&mut self, discovery: &Discovery<E>) -> bool {
        while self.stalled.try_join_next().is_some() {}
        while self.returning.try_join_next().is_some() {}
        let now = discovery.clock().now();
        // Time in which this task did not run is not held against the nodes.
        let elapsed = now.saturating_sub(self.last_look).min(2 * TICK);
        self.last_look = now;
        let table = discovery.router().snapshot();
        self.note_activity(&table, now);
        if let Some(ask) = discovery.ask() {
            if discovery.tracks_outcomes() {
                self.ask_stalled(&table, &ask, elapsed);
            }
            self.ask_ejected(&table, &ask, now);
        }
        let is_waiting = now < self.active_until && table.ejected().iter().any(is_probed);
        self.table = Some(table);
        is_waiting
            || !self.stall_detector.is_empty()
            || !self.stalled.is_empty()
            || !self.returning.is_empty()
    }

    fn note_activity(&mut self, table: &RoutingSnapshot<E>, now: Duration) {
        let nodes = table.topology().nodes();
        let requests = nodes.iter().map(|node| node.requests()).sum();
        if std::mem::replace(&mut self.requests, requests) != requests
            || std::mem::take(&mut self.is_woken)
        {
            self.active_until = now + AFTER_THE_LAST_REQUEST;
        }
    }

    /// Asks the nodes on which requests wait for long.
    fn ask_stalled(
        &mut self,
        table: &RoutingSnapshot<E>,
        ask: &Arc<dyn DiscoveryClient>,
        elapsed: Duration,
    ) {
        let before = self.table.as_deref().map(|table| table.topology().nodes());
        let nodes = table.topology().nodes().iter();
        let nodes = nodes.chain(before.into_iter().flatten());
        let free = MAX_PROBES.saturating_sub(self.stalled.len());
        for node in self.stall_detector.tick(nodes, elapsed, free) {
            let others = table.usable().filter(|other| other.id() != node.id());
            let others = fastrand::choose_multiple(others, REFERENCE_NODES);
            let others = others.into_iter().cloned().collect();
            let discovery = Weak::clone(&self.discovery);
            let probe = probe::probe_stalled(discovery, Arc::clone(ask), node, others);
            self.stalled.spawn(probe);
        }
    }

    /// Asks the nodes that are out and whose rest is over, or all of them where none can be used.
    fn ask_ejected(
        &mut self,
        table: &RoutingSnapshot<E>,
        ask: &Arc<dyn DiscoveryClient>,
        now: Duration,
    ) {
        let is_forced = !table.has_usable() && self.next_forced_probe <= now;
        if is_forced {
            self.next_forced_probe = now + jittered(FORCED_PROBE_INTERVAL);
        }
        for node in table.ejected() {
            if self.returning.len() >= MAX_PROBES {
                return;
            }
            if let Some(permit) = node.health().acquire_probe_permit(is_forced, now) {
                let discovery = Weak::clone(&self.discovery);
                let probe =
                    probe::probe_ejected(discovery, Arc::clone(ask), Arc::clone(node), permit);
                self.returning.spawn(probe);
            }
        }
    }
}

/// Whether a probe can tell that an ejected node is back.
fn is_probed<E>(node: &Arc<Endpoint<E>>) -> bool {
    match node.health().state().cause() {
        Some(EjectionCause::Pending | EjectionCause::Unreachable) => true,
        Some(EjectionCause::Failing) | None => false,
    }
}

/// Whether a request is in flight of which it will be told what becomes of it.
fn is_anything_waiting<E: Send + Sync + 'static>(discovery: &Weak<Discovery<E>>) -> bool {
    let heard_of = discovery
        .upgrade()
        .filter(|discovery| discovery.tracks_outcomes());
    heard_of.is_some_and(|discovery| {
        let table = discovery.router().snapshot();
        let mut nodes = table.topology().nodes().iter();
        nodes.any(|node| node.in_flight() > 0)
    })
}

#[cfg(test)]
mod tests;
