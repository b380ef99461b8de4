//! Making refreshes, and what comes of them.

use super::last_known_good::{LastKnownGood, TopologyDiff};
use super::membership::Membership;
use super::membership_query::{MembershipQuery, QueryLog};
use super::schedule::{RefreshIntervals, WakeUps};
use super::seeds::{LOOK_UP_TIMEOUT, Seeds};
use super::single_flight;
use super::single_flight::{Joined, Leader, SingleFlight};
use super::{DiscoveryClient, QueryError, RefreshError, TopologyEvent, probe};
use crate::clock::Clock;
use crate::health::{EjectionCause, Transition};
use crate::routing::{
    Endpoint, EndpointState, HealthEvent, Router, RoutingSnapshot, SelectionError,
};
use crate::topology::{NodeUrl, Scope};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::runtime::Handle;
use tokio::time::Instant;

/// What a cluster is, and how its list of nodes is to be kept.
pub struct DiscoveryConfig<E> {
    pub seeds: Vec<NodeUrl>,
    pub scope: Scope,
    /// Whether the application asked for that scope.
    pub scope_is_chosen: bool,
    /// Whether the nodes of all levels of the scope chain are kept, or only those of the first level that has any.
    pub spill_over: bool,
    /// Whether the nodes of the datacenter are kept as well where the scope is a rack: for operations that want one
    /// coordinator for all clients.
    pub discovers_local_datacenter: bool,
    pub intervals: RefreshIntervals,
    /// Makes what the SDK wants at hand when a node is picked.
    pub attach: fn(&NodeUrl) -> E,
    /// Ends the requests that wait on a node.
    pub end_requests: fn(&E),
    pub report: Box<dyn Fn(&TopologyEvent) + Send + Sync>,
}

/// Knows who is in the cluster, and tells the router.
pub struct Discovery<E> {
    router: Arc<Router<E>>,
    clock: Clock,
    settings: DiscoveryConfig<E>,
    seeds: Seeds,
    /// The first that came.
    ask: OnceLock<Arc<dyn DiscoveryClient>>,
    flight: SingleFlight,
    wake_ups: Arc<WakeUps>,
    has_succeeded: AtomicBool,
    tracks_outcomes: AtomicBool,
    last_known_good: Mutex<LastKnownGood>,
}

/// What a refresh has found.
struct RefreshOutcome {
    membership: Membership,
    /// The nodes among them that are new and have answered.
    slow_starting: HashSet<NodeUrl>,
}

impl<E: Send + Sync + 'static> Discovery<E> {
    pub fn new(settings: DiscoveryConfig<E>, router: Arc<Router<E>>, clock: Clock) -> Self {
        Self {
            router,
            clock,
            seeds: Seeds::new(settings.seeds.clone()),
            settings,
            ask: OnceLock::new(),
            flight: SingleFlight::default(),
            wake_ups: Arc::new(WakeUps::new()),
            has_succeeded: AtomicBool::new(false),
            tracks_outcomes: AtomicBool::new(false),
            last_known_good: Mutex::default(),
        }
    }

    /// The addresses that the application gave.
    pub fn seeds(&self) -> &[NodeUrl] {
        self.seeds.given()
    }

    /// Asks with this from now on, unless there is something to ask with already.
    pub fn adopt(&self, ask: impl FnOnce() -> Arc<dyn DiscoveryClient>) {
        self.ask.get_or_init(ask);
    }

    pub fn can_ask(&self) -> bool {
        self.ask.get().is_some()
    }

    pub fn clock(&self) -> Clock {
        self.clock
    }

    pub fn intervals(&self) -> RefreshIntervals {
        self.settings.intervals
    }

    pub(super) fn router(&self) -> &Router<E> {
        &self.router
    }

    pub(super) fn ask(&self) -> Option<Arc<dyn DiscoveryClient>> {
        self.ask.get().cloned()
    }

    /// Ends the requests that wait on a node.
    pub(super) fn end_requests(&self, node: &Endpoint<E>) {
        (self.settings.end_requests)(node.extension());
    }

    pub(super) fn wake_ups(&self) -> Arc<WakeUps> {
        Arc::clone(&self.wake_ups)
    }

    pub(super) fn consecutive_failures(&self) -> u32 {
        self.last_known_good().failures
    }

    pub(super) fn report(&self, report: TopologyEvent) {
        (self.settings.report)(&report);
    }

    /// A request is made. Returns whether it may have woken the task.
    pub fn request(&self) -> bool {
        self.wake_ups.request()
    }

    /// Somebody tells the router what becomes of attempts.
    pub fn track_outcomes(&self) {
        self.tracks_outcomes.store(true, Ordering::Relaxed);
    }

    /// Whether it is known what becomes of attempts. Otherwise every node that is busy would look as if it hung.
    pub(super) fn tracks_outcomes(&self) -> bool {
        self.tracks_outcomes.load(Ordering::Relaxed)
    }

    /// An attempt has begun.
    pub fn attempt_begun(&self) {
        self.wake_ups.watch();
    }

    /// A node goes, comes or stays out.
    pub fn note(&self, change: &HealthEvent<E>) {
        if let Transition::Ejected {
            cause: EjectionCause::Unreachable,
            ..
        } = change.transition
        {
            // The list may be out of date.
            self.wake_ups.failure_hint();
        }
        self.wake_ups.watch();
        self.report(TopologyEvent::Node {
            node: change.node.url().clone(),
            transition: change.transition,
        });
        self.note_panic(change.panic);
    }

    fn note_panic(&self, panic: Option<bool>) {
        if let Some(panic) = panic {
            self.report(TopologyEvent::Panic(panic));
        }
    }

    /// Why the last refresh failed, if it did.
    pub fn last_error(&self) -> Option<RefreshError> {
        self.last_known_good().error.clone()
    }

    /// Whether the list has been refreshed at any time.
    pub fn has_succeeded(&self) -> bool {
        self.has_succeeded.load(Ordering::Relaxed)
    }

    /// Succeeds when a refresh has succeeded at any time; makes one if none has.
    pub async fn ready(&self) -> Result<(), RefreshError> {
        match self.has_succeeded() {
            true => Ok(()),
            false => self.refresh_unless(|| self.has_succeeded()).await,
        }
    }

    /// Makes a refresh, or shares one that begins after this call.
    pub async fn refresh(&self) -> Result<(), RefreshError> {
        self.refresh_unless(|| false).await
    }

    /// Makes a refresh, unless one that was under way has made that needless.
    async fn refresh_unless(&self, needless: impl Fn() -> bool) -> Result<(), RefreshError> {
        let Some(ask) = self.ask.get() else {
            return Err(RefreshError::NoHttpClient);
        };
        if Handle::try_current().is_err() {
            return Err(RefreshError::NoRuntime);
        }
        loop {
            let turn = match self.flight.join(self.clock).await {
                Joined::Leader(turn) => turn,
                Joined::Completed(result) => return result,
            };
            if needless() {
                return Ok(());
            }
            let (result, log) = self.survey(ask.as_ref()).await;
            let found = match result {
                Ok(membership) => Ok(self.prove(ask.as_ref(), membership).await),
                Err(error) => Err(error),
            };
            if let Some(outcome) = self.finish(turn, found, log) {
                return outcome;
            }
        }
    }

    async fn survey(
        &self,
        ask: &dyn DiscoveryClient,
    ) -> (Result<Membership, RefreshError>, QueryLog) {
        let failure_hint = self.wake_ups.take_failure_hint() || self.consecutive_failures() > 0;
        let (seeds, unresolved) = self
            .seeds
            .resolve(ask, failure_hint, self.clock.now())
            .await;
        let membership = self.last_known_good().membership.clone();
        if membership.levels.is_empty() && !seeds.is_empty() && !self.router.snapshot().refuses() {
            // Nothing better is known until the seeds answer, if they do.
            self.publish(std::slice::from_ref(&seeds), &seeds, &HashSet::new());
        }
        let survey = MembershipQuery {
            ask,
            seeds: &seeds,
            membership: &membership,
            down: &self.nodes_down(),
            now: self.clock.now(),
            end: Instant::now() + single_flight::LIMIT.saturating_sub(LOOK_UP_TIMEOUT),
            log: Mutex::new(QueryLog {
                failures: unresolved.into_iter().map(failure).collect(),
                ..QueryLog::default()
            }),
        };
        let settings = &self.settings;
        let result = survey.run(&settings.scope, settings.spill_over).await;
        let home = match &result {
            Ok(levels) if settings.discovers_local_datacenter => {
                survey.home(&settings.scope, levels).await
            }
            Ok(_) | Err(_) => None,
        };
        let log = survey.log.into_inner();
        let mut log = log.unwrap_or_else(PoisonError::into_inner);
        let membership = result.map(|levels| Membership {
            levels,
            home,
            scoped: std::mem::take(&mut log.scoped),
        });
        (membership, log)
    }

    /// Asks those who are new whether they listen yet.
    async fn prove(&self, ask: &dyn DiscoveryClient, membership: Membership) -> RefreshOutcome {
        let slow_starting = match self.has_succeeded() {
            true => {
                let table = self.router.snapshot();
                let known: HashSet<&NodeUrl> = table
                    .topology()
                    .nodes()
                    .iter()
                    .map(|node| node.url())
                    .collect();
                let nodes = membership.nodes();
                let new = nodes.filter(|node| !known.contains(node)).cloned();
                probe::new_nodes(ask, new.collect()).await
            }
            // The first list is all there is to go to.
            false => HashSet::new(),
        };
        RefreshOutcome {
            membership,
            slow_starting,
        }
    }

    /// Lets the result count, and returns it; nothing if the turn was lost, because another has gone ahead since.
    fn finish(
        &self,
        turn: Leader<'_>,
        result: Result<RefreshOutcome, RefreshError>,
        log: QueryLog,
    ) -> Option<Result<(), RefreshError>> {
        if !turn.is_current() {
            return None;
        }
        let mut reports = Vec::from_iter(self.last_known_good().note_dropped(&log.dropped));
        let outcome = match result {
            Ok(found) => {
                reports.extend(self.succeeded(found));
                Ok(())
            }
            Err(error) => {
                reports.extend(self.failed(&error));
                Err(error)
            }
        };
        turn.complete(&outcome);
        reports.into_iter().for_each(|report| self.report(report));
        Some(outcome)
    }

    fn succeeded(&self, found: RefreshOutcome) -> Vec<TopologyEvent> {
        let RefreshOutcome {
            membership,
            slow_starting,
        } = found;
        // Before anybody is told that it has succeeded.
        let changes = self.publish(
            &membership.levels(),
            &membership.local_nodes(),
            &slow_starting,
        );
        self.has_succeeded.store(true, Ordering::Relaxed);
        let is_surprised = !self.settings.scope_is_chosen;
        self.last_known_good()
            .succeeded(membership, self.seeds(), changes, is_surprised)
    }

    fn failed(&self, error: &RefreshError) -> Option<TopologyEvent> {
        if let RefreshError::ScopeUnsupported { scope } = error
            && !self.has_succeeded()
        {
            // Nothing is known that the scope would allow.
            self.router.refuse(SelectionError::ScopeUnsupported {
                scope: scope.clone(),
            });
        }
        self.last_known_good().failed(error)
    }

    /// Routes to these nodes from now on. Returns which came and which went.
    ///
    /// Those of the first list are used at once, since there is nobody else to go to. Who comes later has to answer first:
    /// servers name a node some ten seconds before it listens.
    ///
    /// New nodes come in an order of this process's own: were it the same for all, the turns of a node that is out would
    /// all fall to the same next one, and move through a fleet as a wave.
    fn publish(
        &self,
        levels: &[Vec<NodeUrl>],
        home: &[NodeUrl],
        slow_starting: &HashSet<NodeUrl>,
    ) -> TopologyDiff {
        let is_first = !self.has_succeeded();
        let now = self.clock.now();
        let before = self.router.snapshot();
        let mut levels = levels.to_vec();
        levels.iter_mut().for_each(|level| fastrand::shuffle(level));
        let after = before
            .topology()
            .refreshed_with_local(&levels, home, |url| {
                let endpoint = (self.settings.attach)(url);
                match is_first {
                    true => EndpointState::new(endpoint),
                    false if slow_starting.contains(url) => {
                        EndpointState::slow_starting(endpoint, now)
                    }
                    false => EndpointState::pending(endpoint, now),
                }
            });
        let (added, removed) = before.topology().difference(&after);
        if !before.topology().is_same(&after) || before.refuses() {
            let panic = self.router.publish(RoutingSnapshot::new(Arc::new(after)));
            self.note_panic(panic);
            self.wake_ups.watch();
        }
        TopologyDiff {
            added,
            removed,
            nodes: self.router.snapshot().topology().nodes().len(),
        }
    }

    fn nodes_down(&self) -> HashSet<NodeUrl> {
        let table = self.router.snapshot();
        let nodes = table.topology().nodes().iter();
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

impl<E> std::fmt::Debug for Discovery<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Discovery")
            .field("seeds", &self.seeds)
            .field("scope", &self.settings.scope)
            .field("intervals", &self.settings.intervals)
            .finish_non_exhaustive()
    }
}

fn failure((seed, error): (NodeUrl, QueryError)) -> (NodeUrl, Arc<QueryError>) {
    (seed, Arc::new(error))
}

#[cfg(test)]
mod tests;
