//! Making refreshes, and what comes of them.

use super::flight;
use super::flight::{Boarding, Flight, Turn};
use super::knowledge::Knowledge;
use super::memory::{Changes, Memory};
use super::schedule::{Intervals, Signals};
use super::seeds::{LOOK_UP_TIMEOUT, Seeds};
use super::survey::{Findings, Survey};
use super::{Ask, AskError, RefreshError, Report, probe};
use crate::clock::Clock;
use crate::health::{Cause, Transition};
use crate::routing::{Change, Peer, Router, SelectionError, Table, Target};
use crate::topology::{NodeUrl, Scope};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::runtime::Handle;
use tokio::time::Instant;

/// What a cluster is, and how its list of nodes is to be kept.
pub struct Settings<E> {
    pub seeds: Vec<NodeUrl>,
    pub scope: Scope,
    /// Whether the application asked for that scope.
    pub scope_is_chosen: bool,
    /// Whether the nodes of all links of the scope chain are kept, or only those of the first link that has any.
    pub spill_over: bool,
    /// Whether the nodes of the datacenter are kept as well where the scope is a rack: for operations that want one
    /// coordinator for all clients.
    pub knows_datacenter: bool,
    pub intervals: Intervals,
    /// Makes what the SDK wants at hand when a node is picked.
    pub attach: fn(&NodeUrl) -> E,
    /// Ends the requests that wait on a node.
    pub end_requests: fn(&E),
    pub report: Box<dyn Fn(&Report) + Send + Sync>,
}

/// Knows who is in the cluster, and tells the router.
pub struct Discovery<E> {
    router: Arc<Router<E>>,
    clock: Clock,
    settings: Settings<E>,
    seeds: Seeds,
    /// The first that came.
    ask: OnceLock<Arc<dyn Ask>>,
    flight: Flight,
    signals: Arc<Signals>,
    has_succeeded: AtomicBool,
    hears_of_answers: AtomicBool,
    memory: Mutex<Memory>,
}

/// What a refresh has found.
struct Found {
    knowledge: Knowledge,
    /// The nodes among them that are new and have answered.
    proven: HashSet<NodeUrl>,
}

impl<E: Send + Sync + 'static> Discovery<E> {
    pub fn new(settings: Settings<E>, router: Arc<Router<E>>, clock: Clock) -> Self {
        Self {
            router,
            clock,
            seeds: Seeds::new(settings.seeds.clone()),
            settings,
            ask: OnceLock::new(),
            flight: Flight::default(),
            signals: Arc::new(Signals::new()),
            has_succeeded: AtomicBool::new(false),
            hears_of_answers: AtomicBool::new(false),
            memory: Mutex::default(),
        }
    }

    /// The addresses that the application gave.
    pub fn seeds(&self) -> &[NodeUrl] {
        self.seeds.given()
    }

    /// Asks with this from now on, unless there is something to ask with already.
    pub fn adopt(&self, ask: impl FnOnce() -> Arc<dyn Ask>) {
        self.ask.get_or_init(ask);
    }

    pub fn can_ask(&self) -> bool {
        self.ask.get().is_some()
    }

    pub fn clock(&self) -> Clock {
        self.clock
    }

    pub fn intervals(&self) -> Intervals {
        self.settings.intervals
    }

    pub(super) fn router(&self) -> &Router<E> {
        &self.router
    }

    pub(super) fn ask(&self) -> Option<Arc<dyn Ask>> {
        self.ask.get().cloned()
    }

    /// Ends the requests that wait on a node.
    pub(super) fn end_requests(&self, node: &Target<E>) {
        (self.settings.end_requests)(node.endpoint());
    }

    pub(super) fn signals(&self) -> Arc<Signals> {
        Arc::clone(&self.signals)
    }

    pub(super) fn failures_in_a_row(&self) -> u32 {
        self.memory().failures
    }

    pub(super) fn report(&self, report: Report) {
        (self.settings.report)(&report);
    }

    /// A request is made. Returns whether it may have woken the task.
    pub fn request(&self) -> bool {
        self.signals.request()
    }

    /// Somebody tells the router what becomes of attempts.
    pub fn hear_of_answers(&self) {
        self.hears_of_answers.store(true, Ordering::Relaxed);
    }

    /// Whether it is known what becomes of attempts. Otherwise every node that is busy would look as if it hung.
    pub(super) fn hears_of_answers(&self) -> bool {
        self.hears_of_answers.load(Ordering::Relaxed)
    }

    /// An attempt has begun.
    pub fn attempt_begun(&self) {
        self.signals.watch();
    }

    /// A node goes, comes or stays out.
    pub fn note(&self, change: &Change<E>) {
        if let Transition::Ejected {
            cause: Cause::Unreachable,
            ..
        } = change.transition
        {
            // The list may be out of date.
            self.signals.trouble();
        }
        self.signals.watch();
        self.report(Report::Node {
            node: change.node.url().clone(),
            transition: change.transition,
        });
        self.note_panic(change.panic);
    }

    fn note_panic(&self, panic: Option<bool>) {
        if let Some(panic) = panic {
            self.report(Report::Panic(panic));
        }
    }

    /// Why the last refresh failed, if it did.
    pub fn last_error(&self) -> Option<RefreshError> {
        self.memory().error.clone()
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
            let turn = match self.flight.board(self.clock).await {
                Boarding::Turn(turn) => turn,
                Boarding::Landed(result) => return result,
            };
            if needless() {
                return Ok(());
            }
            let (result, findings) = self.survey(ask.as_ref()).await;
            let found = match result {
                Ok(knowledge) => Ok(self.prove(ask.as_ref(), knowledge).await),
                Err(error) => Err(error),
            };
            if let Some(outcome) = self.finish(turn, found, findings) {
                return outcome;
            }
        }
    }

    async fn survey(&self, ask: &dyn Ask) -> (Result<Knowledge, RefreshError>, Findings) {
        let trouble = self.signals.take_trouble() || self.failures_in_a_row() > 0;
        let (seeds, unresolved) = self.seeds.resolve(ask, trouble, self.clock.now()).await;
        let knowledge = self.memory().knowledge.clone();
        if knowledge.links.is_empty() && !seeds.is_empty() && !self.router.table().refuses() {
            // Nothing better is known until the seeds answer, if they do.
            self.put_in_force(std::slice::from_ref(&seeds), &seeds, &HashSet::new());
        }
        let survey = Survey {
            ask,
            seeds: &seeds,
            knowledge: &knowledge,
            down: &self.nodes_down(),
            now: self.clock.now(),
            end: Instant::now() + flight::LIMIT.saturating_sub(LOOK_UP_TIMEOUT),
            findings: Mutex::new(Findings {
                failures: unresolved.into_iter().map(failure).collect(),
                ..Findings::default()
            }),
        };
        let settings = &self.settings;
        let result = survey.run(&settings.scope, settings.spill_over).await;
        let home = match &result {
            Ok(links) if settings.knows_datacenter => survey.home(&settings.scope, links).await,
            Ok(_) | Err(_) => None,
        };
        let findings = survey.findings.into_inner();
        let mut findings = findings.unwrap_or_else(PoisonError::into_inner);
        let knowledge = result.map(|links| Knowledge {
            links,
            home,
            scoped: std::mem::take(&mut findings.scoped),
        });
        (knowledge, findings)
    }

    /// Asks those who are new whether they listen yet.
    async fn prove(&self, ask: &dyn Ask, knowledge: Knowledge) -> Found {
        let proven = match self.has_succeeded() {
            true => {
                let table = self.router.table();
                let known: HashSet<&NodeUrl> = table
                    .topology()
                    .nodes()
                    .iter()
                    .map(|node| node.url())
                    .collect();
                let nodes = knowledge.nodes();
                let new = nodes.filter(|node| !known.contains(node)).cloned();
                probe::newcomers(ask, new.collect()).await
            }
            // The first list is all there is to go to.
            false => HashSet::new(),
        };
        Found { knowledge, proven }
    }

    /// Lets the result count, and returns it; nothing if the turn was lost, because another has gone ahead since.
    fn finish(
        &self,
        turn: Turn<'_>,
        result: Result<Found, RefreshError>,
        findings: Findings,
    ) -> Option<Result<(), RefreshError>> {
        if !turn.is_current() {
            return None;
        }
        let mut reports = Vec::from_iter(self.memory().note_dropped(&findings.dropped));
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
        turn.land(&outcome);
        reports.into_iter().for_each(|report| self.report(report));
        Some(outcome)
    }

    fn succeeded(&self, found: Found) -> Vec<Report> {
        let Found { knowledge, proven } = found;
        // Before anybody is told that it has succeeded.
        let changes = self.put_in_force(&knowledge.tiers(), &knowledge.at_home(), &proven);
        self.has_succeeded.store(true, Ordering::Relaxed);
        let is_surprised = !self.settings.scope_is_chosen;
        self.memory()
            .succeeded(knowledge, self.seeds(), changes, is_surprised)
    }

    fn failed(&self, error: &RefreshError) -> Option<Report> {
        if let RefreshError::ScopeUnsupported { scope } = error
            && !self.has_succeeded()
        {
            // Nothing is known that the scope would allow.
            self.router.refuse(SelectionError::ScopeUnsupported {
                scope: scope.clone(),
            });
        }
        self.memory().failed(error)
    }

    /// Routes to these nodes from now on. Returns which came and which went.
    ///
    /// Those of the first list are used at once, since there is nobody else to go to. Who comes later has to answer first:
    /// servers name a node some ten seconds before it listens.
    ///
    /// New nodes come in an order of this process's own: were it the same for all, the turns of a node that is out would
    /// all fall to the same next one, and move through a fleet as a wave.
    fn put_in_force(
        &self,
        tiers: &[Vec<NodeUrl>],
        home: &[NodeUrl],
        proven: &HashSet<NodeUrl>,
    ) -> Changes {
        let is_first = !self.has_succeeded();
        let now = self.clock.now();
        let before = self.router.table();
        let mut tiers = tiers.to_vec();
        tiers.iter_mut().for_each(|tier| fastrand::shuffle(tier));
        let after = before.topology().refreshed_around(&tiers, home, |url| {
            let endpoint = (self.settings.attach)(url);
            match is_first {
                true => Peer::new(endpoint),
                false if proven.contains(url) => Peer::proven(endpoint, now),
                false => Peer::unproven(endpoint, now),
            }
        });
        let (added, removed) = before.topology().difference(&after);
        if !before.topology().is_same(&after) || before.refuses() {
            let panic = self.router.publish(Table::new(Arc::new(after)));
            self.note_panic(panic);
            self.signals.watch();
        }
        Changes {
            added,
            removed,
            nodes: self.router.table().topology().nodes().len(),
        }
    }

    fn nodes_down(&self) -> HashSet<NodeUrl> {
        let table = self.router.table();
        let nodes = table.topology().nodes().iter();
        nodes
            .filter(|node| !node.health().state().is_up())
            .map(|node| node.url().clone())
            .collect()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // Nothing that holds the lock can panic.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
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

fn failure((seed, error): (NodeUrl, AskError)) -> (NodeUrl, Arc<AskError>) {
    (seed, Arc::new(error))
}

#[cfg(test)]
mod tests;
