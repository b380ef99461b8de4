//! The refresh of the list of nodes, and what it publishes.

use super::last_known_good::LastKnownGood;
use super::membership::Membership;
use super::membership_query::{MembershipQuery, QueryLog};
use super::probe::{ProbeTimeouts, Prober};
use super::running_time::RunningClock;
use super::seed_names::{LOOK_UP_TIMEOUT, SeedNames};
use super::single_flight;
use super::single_flight::{Joined, Leader, SingleFlight};
use super::wake_ups::WakeUps;
use super::{ConnectionPool, DiscoveryClient, DiscoveryConfig, RefreshError, TopologyEvent, probe};
use crate::clock::Clock;
use crate::health::{EjectionCause, NodeHealth, Transition};
use crate::routing::{EndpointState, HealthEvent, Router, RoutingSnapshot, SelectionError};
use crate::topology::{Locality, NodeUrl};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
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
    seed_names: SeedNames,
    single_flight: SingleFlight,
    has_succeeded: AtomicBool,
    tracks_outcomes: AtomicBool,
    last_known_good: Mutex<LastKnownGood>,
}

impl<E: Send + Sync + 'static> Discovery<E> {
    /// A discovery without a client, which has not refreshed yet.
    pub fn new(config: DiscoveryConfig<E>, router: Arc<Router<E>>, clock: Clock) -> Self {
        Self {
            router,
            clock,
            config,
            client: OnceLock::new(),
            wake_ups: Arc::default(),
            running_clock: RunningClock::default(),
            seed_names: SeedNames::default(),
            single_flight: SingleFlight::default(),
            has_succeeded: AtomicBool::new(false),
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

    /// Succeeds if any refresh has succeeded; refreshes if none has. Without queries a node has to respond to a probe.
    ///
    /// # Errors
    /// That of the refresh, or [`RefreshError::NotReached`].
    pub async fn ready(&self) -> Result<(), RefreshError> {
        if !self.has_succeeded() {
            self.refresh_unless(|| self.has_succeeded()).await?;
        }
        match self.config.queries_nodes {
            true => Ok(()),
            // Nothing was sent to any of them so far.
            false => self.reach_any_node().await,
        }
    }

    async fn reach_any_node(&self) -> Result<(), RefreshError> {
        let client = self.client.get().ok_or(RefreshError::NoHttpClient)?;
        Handle::try_current().map_err(|_outside| RefreshError::NoRuntime)?;
        let snapshot = self.router.snapshot();
        let nodes = || snapshot.topology().nodes().iter().map(|node| node.url());
        let prober = Prober {
            client: client.as_ref(),
            timeouts: ProbeTimeouts::LONGEST,
            clock: self.clock,
        };
        match prober.any_responds(nodes(), ConnectionPool::Shared).await {
            true => Ok(()),
            false => Err(RefreshError::NotReached {
                nodes: nodes().map(NodeUrl::to_string).collect(),
            }),
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
            let failure_hint = self.wake_ups.take_failure_hint();
            let (membership, dropped) = self.query_membership(client, failure_hint.is_some()).await;
            let nodes = membership.iter().flat_map(Membership::nodes);
            let responding = self.probe_new(client, nodes).await;
            // Otherwise another caller has become the leader since.
            if leader.is_current() {
                if let Some(failure_hint) = failure_hint {
                    failure_hint.consume();
                }
                return self.complete(leader, membership, &responding, dropped);
            }
        }
    }

    /// Returns the nodes of the cluster, and the entries of responses that are no addresses.
    async fn query_membership(
        &self,
        client: &dyn DiscoveryClient,
        has_failure_hint: bool,
    ) -> (Result<Membership, RefreshError>, Vec<String>) {
        let failure_hint = has_failure_hint || self.consecutive_failures() > 0;
        let (config, now) = (&self.config, self.clock.now());
        let seeds = self
            .seed_names
            .resolve(&config.seeds, client, failure_hint, now);
        let (seeds, failures) = seeds.await;
        let membership = self.last_known_good().membership.clone();
        let snapshot = self.router.snapshot();
        if membership.levels.is_empty() && !seeds.is_empty() && !snapshot.refuses() {
            // No other nodes are known until the seeds respond.
            self.publish(vec![seeds.clone()], &seeds, [], &HashSet::new());
        }
        let ejected = self.router.snapshot();
        let ejected = ejected.ejected().iter().map(|node| node.url().clone());
        let query = MembershipQuery {
            client,
            seeds: &seeds,
            membership: &membership,
            ejected: ejected.collect(),
            now: self.clock.now(),
            deadline: Instant::now() + single_flight::LIMIT.saturating_sub(LOOK_UP_TIMEOUT),
            log: Mutex::new(QueryLog {
                failures,
                scope_aware: membership.scope_aware.clone(),
                ..QueryLog::default()
            }),
        };
        let local_datacenter = config.discovers_local_datacenter;
        let result = match config.queries_nodes {
            true => {
                query
                    .run(&config.scope, config.spill_over, local_datacenter)
                    .await
            }
            false => query.seeds_alone(),
        };
        let dropped = std::mem::take(&mut query.log().dropped);
        (result, dropped)
    }

    /// Returns which of the `nodes` that are new respond to a probe. Those of the first list are used without a probe,
    /// since there are no others.
    async fn probe_new(
        &self,
        client: &dyn DiscoveryClient,
        nodes: impl Iterator<Item = &NodeUrl>,
    ) -> HashSet<NodeUrl> {
        if !self.has_succeeded() {
            return HashSet::new();
        }
        let snapshot = self.router.snapshot();
        let known = snapshot.topology().nodes().iter();
        let known: HashSet<&NodeUrl> = known.map(|node| node.url()).collect();
        let new = nodes.filter(|node| !known.contains(node));
        probe::responding(client, new.cloned().collect()).await
    }

    /// Applies the result of the current leader.
    fn complete(
        &self,
        leader: Leader<'_>,
        membership: Result<Membership, RefreshError>,
        responding: &HashSet<NodeUrl>,
        dropped: Vec<String>,
    ) -> Result<(), RefreshError> {
        let mut events = Vec::from_iter(self.last_known_good().record_dropped(dropped));
        let result = membership.map(|membership| events.extend(self.apply(membership, responding)));
        if let Err(error) = &result {
            events.extend(self.apply_failure(error));
        }
        leader.complete(&result);
        self.report(events);
        result
    }

    fn apply(&self, membership: Membership, responding: &HashSet<NodeUrl>) -> Vec<TopologyEvent> {
        // Before any caller sees that it has succeeded.
        let levels = membership.levels.iter();
        let changed = self.publish(
            levels
                .map(|level| level.nodes().cloned().collect())
                .collect(),
            &membership.local_nodes(),
            membership.all_levels().map(|level| level.locality.clone()),
            responding,
        );
        self.has_succeeded.store(true, Ordering::Relaxed);
        self.last_known_good()
            .record_success(membership, changed, &self.config)
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

    /// Publishes these nodes to the router. Returns the event if nodes were added or removed.
    ///
    /// The nodes of the first list are used at once, since there are no others. Later ones have to respond first:
    /// servers list a node some ten seconds before it listens.
    ///
    /// New nodes come in an order of this process's own: were it the same for all, the requests of an ejected node
    /// would all go to the same next one, and move through a fleet as a wave.
    fn publish(
        &self,
        mut levels: Vec<Vec<NodeUrl>>,
        local: &[NodeUrl],
        localities: impl IntoIterator<Item = Locality>,
        responding: &HashSet<NodeUrl>,
    ) -> Option<TopologyEvent> {
        let is_first = !self.has_succeeded();
        let now = self.clock.now();
        let snapshot = self.router.snapshot();
        let before = snapshot.topology();
        levels.iter_mut().for_each(|level| fastrand::shuffle(level));
        let attach = |url: &NodeUrl| {
            let health = match is_first {
                true => NodeHealth::default(),
                false if responding.contains(url) => NodeHealth::slow_starting(now),
                false => NodeHealth::pending(now),
            };
            EndpointState::with_health((self.config.attach)(url), health)
        };
        let after = before.refreshed_with_local(&levels, local, localities, attach);
        let (added, removed) = before.difference(&after);
        let is_changed = !added.is_empty() || !removed.is_empty();
        let preferred = after
            .placements()
            .next()
            .and_then(|(_, _, locality)| locality);
        let changed = TopologyEvent::Changed {
            added,
            removed,
            nodes: after.nodes().len(),
            locality: preferred.map(Locality::to_string).unwrap_or_default(),
        };
        if !before.is_same(&after) || snapshot.refuses() {
            let panic_mode = self.router.publish(RoutingSnapshot::new(Arc::new(after)));
            self.report(panic_mode.map(TopologyEvent::PanicMode));
            self.wake_ups.wake_health_checker();
        }
        is_changed.then_some(changed)
    }

    fn last_known_good(&self) -> MutexGuard<'_, LastKnownGood> {
        // Nothing that holds the lock can panic.
        self.last_known_good
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
