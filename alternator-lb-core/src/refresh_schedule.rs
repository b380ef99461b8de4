//! The schedule of a cached value's refreshes, each of which one request acquires.

use crate::clock::millis;
use crate::lease::{Holder, Lease};
use crate::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A due time, and a [`Lease`] for the one refresh that may be under way.
///
/// Nothing polls: a request that finds the refresh due acquires it. A check costs two relaxed loads of memory that
/// hardly ever changes.
#[derive(Debug)]
pub struct RefreshSchedule {
    /// In milliseconds. While a refresh is under way, the expiry of its lease.
    due: AtomicU64,
    /// The time by which the earliest invalidation since the last refresh began makes another one due, in milliseconds.
    due_by_invalidation: AtomicU64,
    /// Before this time, in milliseconds, no invalidation causes a refresh.
    not_before: AtomicU64,
    lease: Lease,
    min_interval: Duration,
}

/// Later than any time.
const NEVER: u64 = u64::MAX;

/// The right and duty to refresh, to be [finished](RefreshSchedule::finish).
#[derive(Clone, Copy, Debug)]
pub struct Refresh {
    holder: Holder,
    expiry: u64,
}

impl RefreshSchedule {
    /// A schedule whose first refresh is due. An invalidation causes a refresh no sooner than `min_interval` after the
    /// former one began.
    #[must_use]
    pub fn new(min_interval: Duration) -> Self {
        Self {
            due: AtomicU64::new(0),
            due_by_invalidation: AtomicU64::new(NEVER),
            not_before: AtomicU64::new(0),
            lease: Lease::default(),
            min_interval,
        }
    }

    /// A schedule that is never due.
    #[must_use]
    pub fn never() -> Self {
        Self {
            due: AtomicU64::new(NEVER),
            lease: Lease::closed(),
            ..Self::new(Duration::ZERO)
        }
    }

    /// Acquires the refresh, if it is due and none is under way. It expires after `limit`.
    pub fn try_acquire(&self, now: Duration, limit: Duration) -> Option<Refresh> {
        if !self.is_due(now) {
            return None;
        }
        let holder = self.lease.try_acquire(now, now + limit)?;
        // Another refresh may have been finished since that check.
        if !self.is_due(now) {
            self.lease.release(holder);
            return None;
        }
        let expiry = millis(now + limit);
        self.due.store(expiry, Ordering::Relaxed);
        // An invalidation from here on may have come too late for this refresh, and makes another one due.
        self.due_by_invalidation.swap(NEVER, Ordering::Relaxed);
        let not_before = millis(now + self.min_interval);
        self.not_before.store(not_before, Ordering::Relaxed);
        Some(Refresh { holder, expiry })
    }

    /// Returns whether a refresh could be acquired, were none under way.
    #[must_use]
    pub fn is_due(&self, now: Duration) -> bool {
        let times = [&self.due, &self.due_by_invalidation];
        let due = times.map(|time| time.load(Ordering::Relaxed));
        due.into_iter().any(|due| due <= millis(now))
    }

    /// Returns whether the result of this refresh counts: it was neither revoked, nor has it expired and been acquired
    /// again.
    #[must_use]
    pub fn is_current(&self, refresh: Refresh) -> bool {
        self.lease.is_current(refresh.holder)
    }

    /// Ends a refresh. The next one is due at `next`, or sooner if there was an invalidation meanwhile.
    pub fn finish(&self, refresh: Refresh, next: Duration) {
        if !self.is_current(refresh) {
            return;
        }
        let (expiry, next) = (refresh.expiry, millis(next));
        // Fails if the refresh has expired since, and another one has begun.
        let _ = self
            .due
            .compare_exchange(expiry, next, Ordering::Relaxed, Ordering::Relaxed);
        self.lease.release(refresh.holder);
    }

    /// Makes a refresh due at `time`, but no sooner than the minimum interval allows.
    pub fn refresh_by(&self, time: Duration) {
        let not_before = self.not_before.load(Ordering::Relaxed);
        self.due_by_invalidation
            .fetch_min(millis(time).max(not_before), Ordering::Relaxed);
    }

    /// Makes a refresh due at once, without the minimum interval: there is more to fetch than was known.
    pub fn refresh_now(&self) {
        // Not a store, of which loom cannot tell that it comes after a concurrent change.
        self.due_by_invalidation.swap(0, Ordering::Relaxed);
    }

    /// Makes a refresh due at once, and invalidates the one under way: its result is out of date.
    pub fn revoke(&self) {
        self.lease.revoke();
        self.refresh_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);
    const MIN_INTERVAL: Duration = Duration::from_secs(5);

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn schedule() -> RefreshSchedule {
        RefreshSchedule::new(MIN_INTERVAL)
    }

    #[test]
    fn one_refresh_is_under_way_at_a_time_and_the_next_when_it_is_due() {
        let schedule = schedule();
        let refresh = schedule.try_acquire(seconds(1), LIMIT).unwrap();
        assert!(schedule.try_acquire(seconds(2), LIMIT).is_none());
        schedule.finish(refresh, seconds(100));
        assert!(schedule.try_acquire(seconds(99), LIMIT).is_none());
        assert!(schedule.try_acquire(seconds(100), LIMIT).is_some());
    }

    #[test]
    fn refresh_that_never_ends_is_acquired_again_after_its_limit() {
        let schedule = schedule();
        let stuck = schedule.try_acquire(seconds(1), LIMIT).unwrap();
        assert!(schedule.try_acquire(seconds(30), LIMIT).is_none());
        let next = schedule.try_acquire(seconds(31), LIMIT).unwrap();
        assert!(!schedule.is_current(stuck) && schedule.is_current(next));
        schedule.finish(stuck, seconds(32));
        assert!(schedule.try_acquire(seconds(33), LIMIT).is_none());
        schedule.finish(next, seconds(200));
        assert!(schedule.try_acquire(seconds(199), LIMIT).is_none());
    }

    #[test]
    fn late_refresh_counts_if_no_other_has_begun() {
        let schedule = schedule();
        let late = schedule.try_acquire(seconds(1), LIMIT).unwrap();
        assert!(schedule.is_current(late));
        schedule.finish(late, seconds(500));
        assert!(schedule.try_acquire(seconds(499), LIMIT).is_none());
    }

    #[test]
    fn invalidation_waits_for_the_minimum_interval() {
        let schedule = schedule();
        schedule.refresh_by(seconds(0));
        let refresh = schedule.try_acquire(seconds(10), LIMIT).unwrap();
        schedule.finish(refresh, seconds(600));
        schedule.refresh_by(seconds(11));
        assert!(schedule.try_acquire(seconds(14), LIMIT).is_none());
        let refresh = schedule.try_acquire(seconds(15), LIMIT).unwrap();
        schedule.finish(refresh, seconds(600));
        schedule.refresh_by(seconds(100));
        assert!(schedule.try_acquire(seconds(99), LIMIT).is_none());
        assert!(schedule.try_acquire(seconds(100), LIMIT).is_some());
    }

    #[test]
    fn invalidation_during_a_refresh_makes_another_one_due() {
        let schedule = schedule();
        let refresh = schedule.try_acquire(seconds(10), LIMIT).unwrap();
        schedule.refresh_by(seconds(11));
        schedule.finish(refresh, seconds(600));
        assert!(schedule.try_acquire(seconds(14), LIMIT).is_none());
        assert!(schedule.try_acquire(seconds(15), LIMIT).is_some());
    }

    #[test]
    fn next_refresh_is_due_by_the_earlier_of_its_time_and_an_invalidation() {
        for next in [12, 600] {
            let schedule = schedule();
            let refresh = schedule.try_acquire(seconds(10), LIMIT).unwrap();
            schedule.refresh_by(seconds(20));
            schedule.finish(refresh, seconds(next));
            let due = next.min(20);
            assert!(schedule.try_acquire(seconds(due - 1), LIMIT).is_none());
            assert!(schedule.try_acquire(seconds(due), LIMIT).is_some());
        }
    }

    #[test]
    fn invalidation_for_a_time_after_the_expiry_of_a_refresh_is_kept() {
        let schedule = schedule();
        let refresh = schedule.try_acquire(seconds(10), LIMIT).unwrap();
        schedule.refresh_by(seconds(100));
        schedule.finish(refresh, seconds(600));
        assert!(schedule.try_acquire(seconds(99), LIMIT).is_none());
        let refresh = schedule.try_acquire(seconds(100), LIMIT).unwrap();
        schedule.finish(refresh, seconds(600));
        assert!(schedule.try_acquire(seconds(599), LIMIT).is_none());
    }

    #[test]
    fn refresh_now_does_not_wait_and_revocation_drops_the_one_under_way() {
        let schedule = schedule();
        let refresh = schedule.try_acquire(seconds(10), LIMIT).unwrap();
        schedule.refresh_now();
        assert!(schedule.is_current(refresh));
        schedule.finish(refresh, seconds(600));
        let refresh = schedule.try_acquire(seconds(11), LIMIT).unwrap();
        schedule.revoke();
        assert!(!schedule.is_current(refresh));
        schedule.finish(refresh, seconds(600));
        assert!(schedule.try_acquire(seconds(11), LIMIT).is_some());
    }

    #[test]
    fn schedule_that_is_never_due_stays_so() {
        let schedule = RefreshSchedule::never();
        schedule.refresh_by(seconds(0));
        schedule.refresh_now();
        schedule.revoke();
        assert!(schedule.try_acquire(seconds(1), LIMIT).is_none());
    }
}
