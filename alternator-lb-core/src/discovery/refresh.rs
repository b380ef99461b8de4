//! The refresh of the list of nodes.

use super::findings::Findings;
use super::last_known_good::LastKnownGood;
use super::membership::Membership;
use super::publication::NodeLists;
use super::readiness::Contacts;
use super::running_time::RunningClock;
use super::seed_names::SeedNames;
use super::single_flight;
use super::single_flight::{Joined, Leader, SingleFlight};
use super::wake_ups::{DEBOUNCE, WakeUps};
use super::{DiscoveryClient, DiscoveryConfig, RefreshError, TopologyEvent};
use crate::clock::Clock;
use crate::health::{EjectionCause, NodeHealth, Transition};
use crate::routing::{HealthEvent, Router, SelectionError};
use crate::topology::NodeUrl;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::Instant;

/// Discovers the nodes of a cluster, and publishes them to the router.
#[derive(Debug)]
pub struct Discovery<E> {
    pub(super) router: Arc<Router<E>>,
    pub(super) clock: Clock,
    pub(super) config: DiscoveryConfig<E>,
    pub(super) client: OnceLock<Arc<dyn DiscoveryClient>>,
    pub(super) wake_ups: Arc<WakeUps>,
    /// By which the waits of requests are measured.
    pub(super) running_clock: RunningClock,
    pub(super) seed_names: SeedNames,
    single_flight: SingleFlight,
    has_succeeded: AtomicBool,
    has_reached_node: AtomicBool,
    tracks_outcomes: AtomicBool,
    last_known_good: Mutex<LastKnownGood>,
}

impl<E: Send + Sync + 'static> Discovery<E> {
    /// A discovery without a client, which has not refreshed yet.
    pub fn new(config: DiscoveryConfig<E>, router: Arc<Router<E>>, clock: Clock) -> Self {
        Self {
            router,
            clock,
            seed_names: SeedNames::new(config.allowed_addresses.clone()),
            config,
            client: OnceLock::new(),
            wake_ups: Arc::default(),
            running_clock: RunningClock::default(),
            single_flight: SingleFlight::default(),
            has_succeeded: AtomicBool::new(false),
            has_reached_node: AtomicBool::new(false),
            tracks_outcomes: AtomicBool::new(false),
            last_known_good: Mutex::default(),
        }
    }

    /// Adopts a client, unless there is one.
    pub fn adopt(&self, client: impl FnOnce() -> Arc<dyn DiscoveryClient>) {
        self.client.get_or_init(client);
    }

    /// Returns whether there is a client.
    pub fn has_client(&self) -> bool {
        self.client.get().is_some()
    }

    pub(super) fn consecutive_failures(&self) -> u32 {
        self.last_known_good().consecutive_failures
    }

    pub(super) fn report(&self, events: impl IntoIterator<Item = TopologyEvent>) {
        events
            .into_iter()
            .for_each(|event| (self.config.report)(&event));
    }

    /// Records a request. Returns whether it may have woken the task.
    pub fn record_request(&self) -> bool {
        self.wake_ups.record_request()
    }

    /// Declares that the router gets the outcome of every attempt from now on.
    pub fn track_outcomes(&self) {
        self.tracks_outcomes.store(true, Ordering::Relaxed);
    }

    /// Returns whether the outcomes of attempts are known. Otherwise every busy node would look as if it hung.
    pub(super) fn tracks_outcomes(&self) -> bool {
        self.tracks_outcomes.load(Ordering::Relaxed)
    }

    /// Records that an attempt has begun. Wakes the health checker if there is anything to check: requests whose outcome
    /// will be known, or ejected nodes.
    pub fn record_attempt(&self) {
        if self.tracks_outcomes() || !self.router.snapshot().ejected().is_empty() {
            self.wake_ups.wake_health_checker();
        }
    }

    /// Reports a change of a node's health, and wakes the background task where it has to act.
    ///
    /// `status` is that of the response which caused the change, if there was one.
    pub fn record_health_event(&self, event: &HealthEvent<E>, status: Option<u16>) {
        if let Transition::Ejected {
            cause: EjectionCause::Unreachable,
            ..
        } = event.transition
        {
            // The list may be out of date.
            self.wake_ups.record_failure_hint();
        }
        if event.transition == Transition::Admitted {
            self.record_reached_node();
        }
        self.wake_ups.wake_health_checker();
        self.report([TopologyEvent::Node {
            node: event.node.url().clone(),
            transition: event.transition,
            status,
        }]);
        self.report(event.panic_mode.map(TopologyEvent::PanicMode));
    }

    /// Returns the error of the last refresh, if it failed.
    pub fn last_error(&self) -> Option<RefreshError> {
        self.last_known_good().error.clone()
    }

    /// Returns whether any refresh has succeeded.
    pub fn has_succeeded(&self) -> bool {
        self.has_succeeded.load(Ordering::Relaxed)
    }

    /// Returns whether a listed node was ever reached. Until then the seeds serve.
    pub(super) fn has_reached_node(&self) -> bool {
        self.has_reached_node.load(Ordering::Relaxed)
    }

    pub(super) fn record_reached_node(&self) {
        self.has_reached_node.store(true, Ordering::Relaxed);
    }

    /// Returns whether a new background task has to refresh the list at once. Where each request has a runtime of its
    /// own, each starts a task.
    pub(super) fn is_refresh_due(&self) -> bool {
        let (now, active) = (self.clock.now(), self.config.intervals.active);
        let last_known_good = self.last_known_good();
        let is_past = |time: Option<Duration>, interval: Duration| {
            time.is_none_or(|time| now.saturating_sub(time) >= interval)
        };
        let is_wanted =
            is_past(last_known_good.succeeded, active) || self.wake_ups.has_failure_hint();
        is_wanted && is_past(last_known_good.began, DEBOUNCE.min(active))
    }

    /// Refreshes the list, or shares a refresh that begins after this call.
    ///
    /// # Errors
    /// [`RefreshError`]; the last good list stays in use.
    pub async fn refresh(&self) -> Result<(), RefreshError> {
        self.refresh_unless(|| false).await
    }

    /// Refreshes the list, unless a refresh that was under way has made that needless.
    pub(super) async fn refresh_unless(
        &self,
        is_needless: impl Fn() -> bool,
    ) -> Result<(), RefreshError> {
        let client = self.client.get().ok_or(RefreshError::NoHttpClient)?;
        let client = client.as_ref();
        Handle::try_current().map_err(|_outside| RefreshError::NoRuntime)?;
        loop {
            let leader = match self.single_flight.join(self.clock).await {
                Joined::Leader(leader) => leader,
                Joined::Completed(result) => return result,
            };
            if is_needless() {
                return Ok(());
            }
            self.last_known_good().began = Some(self.clock.now());
            let end = Instant::now() + single_flight::LIMIT;
            let failure_hint = self.wake_ups.take_failure_hint();
            let findings = self.query_membership(client, failure_hint.is_some()).await;
            let contacts = self.contact_nodes(client, &findings, end).await;
            // Otherwise another caller has become the leader since.
            if leader.is_current() {
                if let Some(failure_hint) = failure_hint {
                    failure_hint.consume();
                }
                return self.complete(leader, findings, contacts);
            }
        }
    }

    /// Applies the result of the current leader.
    fn complete(
        &self,
        leader: Leader<'_>,
        findings: Findings,
        contacts: Contacts,
    ) -> Result<(), RefreshError> {
        let Findings {
            membership,
            log,
            seeds,
        } = findings;
        let mut events = Vec::new();
        events.extend(self.last_known_good().record_queries(&log, &seeds));
        events.extend(self.last_known_good().record_dropped(log.dropped));
        let result = membership.map(|membership| {
            events.extend(self.apply(membership, &seeds, &contacts));
        });
        if let Err(error) = &result {
            events.extend(self.apply_failure(error));
        }
        leader.complete(&result);
        self.report(events);
        result
    }

    fn apply(
        &self,
        membership: Membership,
        seeds: &[NodeUrl],
        contacts: &Contacts,
    ) -> Vec<TopologyEvent> {
        let is_reached = self.has_reached_node() || contacts.has_reached_node();
        let serve = |seed: &&NodeUrl| !is_reached && !membership.foreign.contains(*seed);
        let seeds: Vec<NodeUrl> = seeds.iter().filter(serve).cloned().collect();
        let nodes = NodeLists::new(&membership, &seeds);
        let now = self.clock.now();
        // Before any caller sees that it has succeeded.
        let changed = self.publish(nodes, |url| {
            match contacts.are_trusted || seeds.contains(url) {
                true => NodeHealth::default(),
                false if contacts.responding.contains(url) => NodeHealth::slow_starting(now),
                false => NodeHealth::pending(now),
            }
        });
        self.has_succeeded.store(true, Ordering::Relaxed);
        if is_reached {
            self.record_reached_node();
        }
        self.admit(&contacts.responding);
        let unreached = (!is_reached).then(|| RefreshError::served_by_seeds(&contacts.failures));
        let mut last_known_good = self.last_known_good();
        last_known_good.succeeded = Some(now);
        let mut events = last_known_good.record_success(membership, changed, &self.config);
        events.extend(last_known_good.record_served_by_seeds(unreached));
        events
    }

    /// Admits the nodes that were pending before the refresh, and responded to it.
    fn admit(&self, responding: &HashSet<NodeUrl>) {
        let snapshot = self.router.snapshot();
        let nodes = snapshot.ejected().iter();
        for node in nodes.filter(|node| responding.contains(node.url())) {
            if let Some(event) = self.router.responded(node, self.clock.now()) {
                self.record_health_event(&event, None);
            }
        }
    }

    fn apply_failure(&self, error: &RefreshError) -> Option<TopologyEvent> {
        if let RefreshError::ScopeUnsupported { scope } = error
            && !self.has_succeeded()
        {
            // No node is known to be in the scope.
            self.router.refuse(SelectionError::ScopeUnsupported {
                scope: scope.clone(),
            });
        }
        self.last_known_good().record_failure(error)
    }

    pub(super) fn last_known_good(&self) -> MutexGuard<'_, LastKnownGood> {
        // Nothing that holds the lock can panic.
        self.last_known_good
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
