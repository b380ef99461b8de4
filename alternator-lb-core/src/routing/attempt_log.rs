//! The records of the attempts of one operation.
//!
//! A [`Plan`](super::Plan) writes one from its first failed attempt on, or from the beginning where the application
//! wants that: an attempt that succeeds leaves no trace otherwise, and costs a comparison with none. It is shared with
//! the application, which may read it while the operation is under way, and after its future was dropped.

use super::{AttemptEnd, AttemptRecord, NextStep, Reason};
use crate::topology::NodeUrl;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// The most records that are kept of an operation, the last ones: the application's retries are a few, and
/// [`MAX_FREE_ATTEMPTS`](super::MAX_FREE_ATTEMPTS) more are free.
pub const MAX_RECORDS: usize = 32;

/// The records of the attempts of one operation, in order.
#[derive(Clone, Debug)]
pub struct AttemptLog {
    /// The beginning of the operation by the system's clock.
    system_start: SystemTime,
    /// The same by the cluster's clock.
    start: Duration,
    records: Vec<AttemptRecord>,
    omitted: usize,
}

/// A log that is being written. Clones share it.
#[derive(Clone, Debug)]
pub struct SharedAttemptLog(Arc<Mutex<AttemptLog>>);

/// The side that writes a log. Dropping it ends the attempt that is under way as dropped.
#[derive(Debug)]
pub(super) struct AttemptLogWriter(SharedAttemptLog);

impl AttemptLog {
    /// Makes the log of an operation that begins at `start` by the cluster's clock, `system_start` by the system's.
    #[must_use]
    pub fn new(start: Duration, system_start: SystemTime) -> Self {
        Self {
            system_start,
            start,
            records: Vec::new(),
            omitted: 0,
        }
    }

    /// The beginning of the operation by the system's clock.
    #[must_use]
    pub fn began(&self) -> SystemTime {
        self.system_start
    }

    /// The records, in order.
    #[must_use]
    pub fn records(&self) -> &[AttemptRecord] {
        &self.records
    }

    /// The number of the first records, which are not kept.
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.omitted
    }

    fn begin(&mut self, node: NodeUrl, reason: Reason, now: Duration) {
        if self.records.len() == MAX_RECORDS {
            self.records.remove(0);
            self.omitted += 1;
        }
        let began = now.saturating_sub(self.start);
        self.records.push(AttemptRecord::begin(node, reason, began));
    }

    fn end(&mut self, end: AttemptEnd, now: Duration) {
        let since_start = now.saturating_sub(self.start);
        if let Some(last) = self.records.last_mut() {
            last.end(end, since_start.saturating_sub(last.began()));
        }
    }

    fn set_next(&mut self, next: NextStep) {
        if let Some(last) = self.records.last_mut() {
            last.set_next(next);
        }
    }
}

impl SharedAttemptLog {
    /// Shares a log.
    #[must_use]
    pub fn new(log: AttemptLog) -> Self {
        Self(Arc::new(Mutex::new(log)))
    }

    /// Returns a copy of the log as it is now.
    #[must_use]
    pub fn snapshot(&self) -> AttemptLog {
        self.lock().clone()
    }

    /// Nothing that holds the lock can panic.
    fn lock(&self) -> MutexGuard<'_, AttemptLog> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AttemptLogWriter {
    pub(super) fn new(log: SharedAttemptLog) -> Self {
        Self(log)
    }

    /// Begins an attempt.
    pub(super) fn begin(&self, node: NodeUrl, reason: Reason, now: Duration) {
        self.0.lock().begin(node, reason, now);
    }

    /// Ends the attempt that is in flight, if one is.
    pub(super) fn end(&self, end: AttemptEnd, now: Duration) {
        self.0.lock().end(end, now);
    }

    /// Notes that the last attempt is retried at no cost.
    pub(super) fn set_free(&self) {
        if let Some(last) = self.0.lock().records.last_mut() {
            last.set_free();
        }
    }

    /// Sets what followed the last attempt, unless that is known.
    pub(super) fn set_next(&self, next: NextStep) {
        self.0.lock().set_next(next);
    }

    /// Returns a copy of the log as it is now.
    pub(super) fn snapshot(&self) -> AttemptLog {
        self.0.snapshot()
    }
}

impl Drop for AttemptLogWriter {
    fn drop(&mut self) {
        if let Some(last) = self.0.lock().records.last_mut() {
            last.drop_operation();
        }
    }
}
