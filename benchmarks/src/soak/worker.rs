//! Workers: one client after the other, each with its own options, and the callers of each.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{self, Instant};

use super::access::Access;
use super::check::Counter;
use super::load::Caller;
use super::options::ClientOptions;
use super::setting::{CALLERS, COUNTERS, RELEASE, SINGLE_THREADED};
use super::violation::Violation;
use crate::Outcome;

/// The operations that failed.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// The faults that are under way.
    faults: Vec<&'static str>,
    /// By the faults that were under way, and the kind of the error.
    counts: BTreeMap<(String, String), u64>,
}

impl Failures {
    /// Notes that a fault begins.
    pub(super) fn begin(&mut self, fault: &'static str) {
        self.faults.push(fault);
    }

    /// Notes that a fault has ended.
    pub(super) fn end(&mut self, fault: &'static str) {
        if let Some(index) = self.faults.iter().position(|it| *it == fault) {
            self.faults.remove(index);
        }
    }

    /// Counts an operation that failed with an error of this kind.
    pub(super) fn count(&mut self, kind: String) {
        *self
            .counts
            .entry((self.faults.join(", "), kind))
            .or_default() += 1;
    }

    /// Returns the number of operations that failed.
    pub(super) fn total(&self) -> u64 {
        self.counts.values().sum()
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((faults, kind), count) in &self.counts {
            let faults = if faults.is_empty() {
                "no fault"
            } else {
                faults
            };
            writeln!(f, "{count:7} {kind} ({faults})")?;
        }
        Ok(())
    }
}

/// What all workers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) seed: u64,
    pub(super) seeds: Vec<String>,
    pub(super) counters: Vec<Counter>,
    pub(super) succeeded: AtomicU64,
    pub(super) clients: AtomicU64,
    failures: Mutex<Failures>,
    violation: watch::Sender<Option<Violation>>,
    is_over: watch::Sender<bool>,
}

impl Shared {
    pub(super) fn new(seed: u64, seeds: Vec<String>) -> Self {
        let counters = (0..COUNTERS).map(|number| Counter::new(format!("counter-{number}")));
        Self {
            seed,
            seeds,
            counters: counters.collect(),
            succeeded: AtomicU64::new(0),
            clients: AtomicU64::new(0),
            failures: Mutex::default(),
            violation: watch::Sender::new(None),
            is_over: watch::Sender::new(false),
        }
    }

    /// Returns the operations that failed.
    pub(super) fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports a violation, if it is the first.
    pub(super) fn report(&self, violation: Violation) {
        self.violation.send_if_modified(|first| {
            let is_first = first.is_none();
            first.get_or_insert(violation);
            is_first
        });
    }

    /// Returns the first violation.
    pub(super) fn violation(&self) -> Option<Violation> {
        self.violation.borrow().clone()
    }

    /// Waits for the first violation.
    pub(super) async fn violated(&self) -> Option<Violation> {
        let mut violation = self.violation.subscribe();
        let first = violation.wait_for(Option::is_some).await;
        first.ok().and_then(|first| first.clone())
    }

    /// Ends the load.
    pub(super) fn finish(&self) {
        self.is_over.send_replace(true);
    }

    /// Returns whether the load is to end.
    pub(super) fn is_over(&self) -> bool {
        *self.is_over.borrow()
    }

    /// Waits until the load is to end.
    async fn over(&self) {
        // The sender is part of this value.
        let _ = self.is_over.subscribe().wait_for(|is_over| *is_over).await;
    }
}

/// Runs a worker until the load is to end. Returns its callers.
pub(super) async fn work(shared: Arc<Shared>, worker: usize) -> Outcome<Vec<Caller>> {
    let first = worker * CALLERS;
    let mut callers: Vec<Caller> = (first..first + CALLERS)
        .map(|number| Caller::new(number, shared.seed))
        .collect();
    for number in 0.. {
        if shared.is_over() {
            break;
        }
        let options = ClientOptions::of(shared.seed, worker, number);
        eprintln!("{:11}client {number} of worker {worker}: {options}", "");
        callers = serve(&shared, worker, &options, callers).await?;
        if worker < SINGLE_THREADED && !shared.is_over() {
            check_release(&shared).await;
        }
    }
    Ok(callers)
}

/// Lets the callers use one client for its lifetime.
async fn serve(
    shared: &Arc<Shared>,
    worker: usize,
    options: &ClientOptions,
    callers: Vec<Caller>,
) -> Outcome<Vec<Caller>> {
    let seeds = options
        .seeds
        .iter()
        .filter_map(|seed| shared.seeds.get(*seed));
    let region = format!("worker-{worker}");
    let access = Access::new(seeds.cloned(), region, |builder| options.configure(builder))?;
    shared.clients.fetch_add(1, Ordering::Relaxed);
    let end = Instant::now() + options.lifetime;
    let mut running = JoinSet::new();
    for mut caller in callers {
        let (access, shared) = (access.clone(), Arc::clone(shared));
        running.spawn(async move {
            while Instant::now() < end && !shared.is_over() {
                caller.call(&access, &shared).await;
                tokio::select! {
                    () = shared.over() => {}
                    () = caller.pause() => {}
                }
            }
            caller
        });
    }
    let callers = running.join_all().await;
    if options.is_shut_down {
        access.alternator.shutdown().await;
    }
    Ok(callers)
}

/// Checks that nothing runs any more on this runtime, after its only client was dropped.
async fn check_release(shared: &Shared) {
    let deadline = Instant::now() + RELEASE;
    let alive = || Handle::current().metrics().num_alive_tasks() as u64;
    while alive() > 0 {
        if Instant::now() > deadline {
            let found = alive();
            return shared.report(Violation::Leak {
                what: "tasks after the last client of a runtime",
                found,
                limit: 0,
            });
        }
        time::sleep(RELEASE / 1000).await;
    }
}
