//! The state that all workers share.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::check::Counter;
use super::failures::Failures;
use super::setting::COUNTERS;
use super::violation::Violation;

/// The state that all workers share.
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
    pub(super) async fn over(&self) {
        // The sender is part of this value.
        let _ = self.is_over.subscribe().wait_for(|is_over| *is_over).await;
    }
}
