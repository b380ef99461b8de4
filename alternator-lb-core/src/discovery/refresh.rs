//! The refresh of the list of nodes, and what it publishes.

use super::last_known_good::{LastKnownGood, TopologyDiff};
use super::membership::Membership;
use super::membership_query::{MembershipQuery, QueryLog};
use super::seeds::{LOOK_UP_TIMEOUT, Seeds};
use super::single_flight;
use super::single_flight::{Joined, Leader, SingleFlight};
use super::wake_ups::WakeUps;
use super::{
    DiscoveryClient, DiscoveryConfig, RefreshError, RefreshIntervals, TopologyEvent, probe,
};
use crate::clock::Clock;
use crate::health::{EjectionCause, NodeHealth, Transition};
use crate::routing::{
    Endpoint, EndpointState, HealthEvent, Router, RoutingSnapshot, SelectionError,
};
use crate::topology::{Locality, NodeUrl};
use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::runtime::Handle;
use tokio::time::Instant;

/// Discovers the nodes of a cluster, and publishes them to the router.
pub struct Discovery<E> {
    router: Arc<Router<E>>,
    clock: Clock,
    config: DiscoveryConfig<E>,
    seeds: Seeds,
    client: OnceLock<Arc<dyn DiscoveryClient>>,
    single_flight: SingleFlight,
    wake_ups: Arc<WakeUps>,
    has_succeeded: AtomicBool,
    tracks_outcomes: AtomicBool,
    last_known_good: Mutex<LastKnownGood>,
}

/// The result of a refresh that succeeds.
struct RefreshOutcome {
    membership: Membership,
    /// New nodes that have responded to a probe.
    responding: HashSet<NodeUrl>,
}

impl<E: Send + Sync + 'static> Discovery<E> {
    /// A discovery without a client, which has not refreshed yet.
    pub fn new(config: DiscoveryConfig<E>, router: Arc<Router<E>>, clock: Clock) -> Self {
        Self {
            router,
            clock,
            seeds: Seeds::new(config.seeds.clone()),
            config,
            client: OnceLock::new(),
            single_flight: SingleFlight::default(),
            wake_ups: Arc::default(),
            has_succeeded: AtomicBool::new(false),
            tracks_outcomes: AtomicBool::new(false),
            last_known_good: Mutex::default(),
        }
    }

    /// The addresses that the application configured.
    pub fn seeds(&self) -> &[NodeUrl] {
        self.seeds.configured()
    }

    /// Adopts a client, unless there is one.
    pub fn adopt(&self, client: impl FnOnce() -> Arc<dyn DiscoveryClient>) {
        self.client.get_or_init(client);
    }

    /// Returns whether there is a client.
    pub fn has_client(&self) -> bool {
        self.client().is_some()
    }

    /// The clock of the cluster.
    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// The pauses between refreshes.
    pub(super) fn intervals(&self) -> RefreshIntervals {
        self.config.intervals
    }

    pub(super) fn router(&self) -> &Router<E> {
        &self.router
    }

    pub(super) fn client(&self) -> Option<&Arc<dyn DiscoveryClient>> {
        self.client.get()
    }

    /// Aborts the requests that wait on a node.
    pub(super) fn end_requests(&self, node: &Endpoint<E>) {
        (self.config.end_requests)(node.extension());
    }

    pub(super) fn wake_ups(&self) -> Arc<WakeUps> {
        Arc::clone(&self.wake_ups)
    }

    pub(super) fn consecutive_failures(&self) -> u32 {
        self.last_known_good().consecutive_failures
    }

    pub(super) fn report(&self, event: TopologyEvent) {
        (self.config.report)(&event);
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

    /// Records that an attempt has begun.
    pub fn record_attempt(&self) {
        self.wake_ups.wake_health_checker();
    }

    /// Reports a change of a node's health, and wakes the background task where it has to act.
    pub fn record_health_event(&self, event: &HealthEvent<E>) {
        if let Transition::Ejected {
            cause: EjectionCause::Unreachable,
            ..
        } = event.transition
        {
            // The list may be out of date.
            self.wake_ups.record_failure_hint();
        }
        self.wake_ups.wake_health_checker();
        self.report(TopologyEvent::Node {
            node: event.node.url().clone(),
            transition: event.transition,
        });
        self.report_panic_mode(event.panic_mode);
    }

    fn report_panic_mode(&self, panic: Option<bool>) {
        if let Some(panic) = panic {
            self.report(TopologyEvent::PanicMode(panic));
        }
    }

    /// Returns the error of the last refresh, if it failed.
    pub fn last_error(&self) -> Option<RefreshError> {
        self.last_known_good().error.clone()
    }

    /// Returns whether any refresh has succeeded.
    pub fn has_succeeded(&self) -> bool {
        self.has_succeeded.load(Ordering::Relaxed)
    }

    /// Succeeds if any refresh has succeeded; refreshes if none has.
    ///
    /// # Errors
    /// That of the refresh.
    pub async fn ready(&self) -> Result<(), RefreshError> {
        match self.has_succeeded() {
            true => Ok(()),
            false => self.refresh_unless(|| self.has_succeeded()).await,
        }
    }

    /// Refreshes the list, or shares a refresh that begins after this call.
    ///
    /// # Errors
    /// [`RefreshError`]; the last good list stays in use.
    pub async fn refresh(&self) -> Result<(), RefreshError> {
        self.refresh_unless(|| false).await
    }

    /// Refreshes the list, unless a refresh that was under way has made that needless.
    async fn refresh_unless(&self, is_needless: impl Fn() -> bool) -> Result<(), RefreshError> {
        let Some(client) = self.client() else {
            return Err(RefreshError::NoHttpClient);
        };
        let client = client.as_ref();
        if Handle::try_current().is_err() {
            return Err(RefreshError::NoRuntime);
        }
        loop {
            let leader = match self.single_flight.join(self.clock).await {
                Joined::Leader(leader) => leader,
                Joined::Completed(result) => return result,
            };
            if is_needless() {
                return Ok(());
            }
            let (membership, log) = self.query_membership(client).await;
            let outcome = match membership {
                Ok(membership) => Ok(self.probe_new_nodes(client, membership).await),
                Err(error) => Err(error),
            };
            if let Some(result) = self.complete(leader, outcome, log) {
                return result;
            }
        }
    }

    async fn query_membership(
        &self,
        client: &dyn DiscoveryClient,
    ) -> (Result<Membership, RefreshError>, QueryLog) {
        let failure_hint = self.wake_ups.take_failure_hint() || self.consecutive_failures() > 0;
        let now = self.clock.now();
        let (seeds, unresolved) = self.seeds.resolve(client, failure_hint, now).await;
        let membership = self.last_known_good().membership.clone();
        if membership.levels.is_empty() && !seeds.is_empty() && !self.router.snapshot().refuses() {
            // No other nodes are known until the seeds respond.
            self.publish(std::slice::from_ref(&seeds), &seeds, [], &HashSet::new());
        }
        let unresolved = unresolved.into_iter();
        let query = MembershipQuery {
            client,
            seeds: &seeds,
            membership: &membership,
            ejected: &self.ejected_nodes(),
            now: self.clock.now(),
            deadline: Instant::now() + single_flight::LIMIT.saturating_sub(LOOK_UP_TIMEOUT),
            log: Mutex::new(QueryLog {
                failures: unresolved
                    .map(|(seed, error)| (seed, Arc::new(error)))
                    .collect(),
                ..QueryLog::default()
            }),
        };
        let config = &self.config;
        let result = query.run(&config.scope, config.spill_over).await;
        let local_datacenter = match &result {
            Ok(levels) if config.discovers_local_datacenter => {
                query.local_datacenter(&config.scope, levels).await
            }
            Ok(_) | Err(_) => None,
        };
        let log = query.log.into_inner();
        let mut log = log.unwrap_or_else(PoisonError::into_inner);
        let membership = result.map(|levels| Membership {
            levels,
            local_datacenter,
            scope_aware: std::mem::take(&mut log.scope_aware),
        });
        (membership, log)
    }

    /// Probes the nodes that are new. Those of the first list are used without a probe, since there are no others.
    async fn probe_new_nodes(
        &self,
        client: &dyn DiscoveryClient,
        membership: Membership,
    ) -> RefreshOutcome {
        let mut responding = HashSet::new();
        if self.has_succeeded() {
            let snapshot = self.router.snapshot();
            let known = snapshot.topology().nodes().iter();
            let known: HashSet<&NodeUrl> = known.map(|node| node.url()).collect();
            let new = membership.nodes().filter(|node| !known.contains(node));
            responding = probe::responding(client, new.cloned().collect()).await;
        }
        RefreshOutcome {
            membership,
            responding,
        }
    }

    /// Applies the result and returns it; `None` if another caller has become the leader since.
    fn complete(
        &self,
        leader: Leader<'_>,
        outcome: Result<RefreshOutcome, RefreshError>,
        log: QueryLog,
    ) -> Option<Result<(), RefreshError>> {
        if !leader.is_current() {
            return None;
        }
        let mut events = Vec::from_iter(self.last_known_good().record_dropped(&log.dropped));
        let result = match outcome {
            Ok(outcome) => {
                events.extend(self.apply(outcome));
                Ok(())
            }
            Err(error) => {
                events.extend(self.apply_failure(&error));
                Err(error)
            }
        };
        leader.complete(&result);
        events.into_iter().for_each(|event| self.report(event));
        Some(result)
    }

    fn apply(&self, outcome: RefreshOutcome) -> Vec<TopologyEvent> {
        let RefreshOutcome {
            membership,
            responding,
        } = outcome;
        // Before any caller sees that it has succeeded.
        let diff = self.publish(
            &membership.levels(),
            &membership.local_nodes(),
            membership.localities(),
            &responding,
        );
        self.has_succeeded.store(true, Ordering::Relaxed);
        let scope_is_chosen = self.config.scope_is_chosen;
        self.last_known_good()
            .record_success(membership, self.seeds(), diff, scope_is_chosen)
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

    /// Publishes these nodes to the router. Returns which were added and removed.
    ///
    /// The nodes of the first list are used at once, since there are no others. Later ones have to respond first:
    /// servers list a node some ten seconds before it listens.
    ///
    /// New nodes come in an order of this process's own: were it the same for all, the requests of an ejected node
    /// would all go to the same next one, and move through a fleet as a wave.
    fn publish(
        &self,
        levels: &[Vec<NodeUrl>],
        local: &[NodeUrl],
        localities: impl IntoIterator<Item = Locality>,
        responding: &HashSet<NodeUrl>,
    ) -> TopologyDiff {
        let is_first = !self.has_succeeded();
        let now = self.clock.now();
        let before = self.router.snapshot();
        let mut levels = levels.to_vec();
        levels.iter_mut().for_each(|level| fastrand::shuffle(level));
        let attach = |url: &NodeUrl| {
            let health = match is_first {
                true => NodeHealth::default(),
                false if responding.contains(url) => NodeHealth::slow_starting(now),
                false => NodeHealth::pending(now),
            };
            EndpointState::with_health((self.config.attach)(url), health)
        };
        let after = before
            .topology()
            .refreshed_with_local(&levels, local, localities, attach);
        let (added, removed) = before.topology().difference(&after);
        let nodes = after.nodes().len();
        if !before.topology().is_same(&after) || before.refuses() {
            let panic = self.router.publish(RoutingSnapshot::new(Arc::new(after)));
            self.report_panic_mode(panic);
            self.wake_ups.wake_health_checker();
        }
        TopologyDiff {
            added,
            removed,
            nodes,
        }
    }

    fn ejected_nodes(&self) -> HashSet<NodeUrl> {
        let snapshot = self.router.snapshot();
        let nodes = snapshot.topology().nodes().iter();
        nodes
            .filter(|node| !node.health().state().is_up())
            .map(|node| node.url().clone())
            .collect()
    }

    fn last_known_good(&self) -> MutexGuard<'_, LastKnownGood> {
        // Nothing that holds the lock can panic.
        self.last_known_good
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E> fmt::Debug for Discovery<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discovery")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
