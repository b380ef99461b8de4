//! The success rate of a node over the last seconds.

use super::Outcome;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// Consecutive failures that eject a node, as in envoy and finagle. One or two would eject it for a passing cause; at
/// ten, an operation of a hundred requests could meet them all.
pub(super) const CONSECUTIVE_FAILURES: u32 = 5;

/// The length of the window, in buckets of one second: linkerd's. Long enough to hold a sample at moderate load, short
/// enough to forget a failure that is repaired.
const BUCKETS: usize = 10;

/// The minimum number of attempts in the window for the success rate to count. With fewer, a healthy node would now and
/// then fall below the threshold by chance.
const MIN_VOLUME: u64 = 20;

/// The success rate (four in five) below which a node is ejected, as in linkerd. It complements the consecutive
/// failures: a node that fails half of its attempts hardly ever fails five in a row.
const MIN_SUCCESS_RATE: (u64, u64) = (4, 5);

/// Successes and failures of the last ten seconds, and the consecutive failures.
///
/// Every attempt writes to it, so it consists of a few atomics, without a lock. A count that is lost while a bucket
/// moves on to another second does no harm.
#[derive(Debug, Default)]
pub(super) struct OutcomeWindow {
    consecutive_failures: AtomicU32,
    /// The counts of one second each, packed: the second plus one, so that zero is no second (22 bits, which repeat
    /// after 48 days); the successes (21 bits, two million); the failures (21 bits).
    buckets: [AtomicU64; BUCKETS],
}

impl OutcomeWindow {
    /// Records an attempt. Returns whether the node should be ejected now.
    pub(super) fn record(&self, outcome: Outcome, now: Duration) -> bool {
        match outcome {
            Outcome::Responded => {
                // Spares the other threads' caches a write in the usual case.
                if self.consecutive_failures.load(Ordering::Relaxed) > 0 {
                    self.consecutive_failures.store(0, Ordering::Relaxed);
                }
                self.add(ONE_SUCCESS, now);
                false
            }
            Outcome::ServerError
            | Outcome::Foreign
            | Outcome::ConnectionLost
            | Outcome::TimedOut => {
                let consecutive = self.consecutive_failures.fetch_add(1, Ordering::Relaxed) + 1;
                self.add(ONE_FAILURE, now);
                consecutive >= CONSECUTIVE_FAILURES || self.is_below_min_success_rate(now)
            }
            // Throttling is how a healthy node defends itself, and may be due to the table. Contention and failed
            // replicas are about other nodes. A failure to connect ejects the node by itself. A stale connection is the
            // network's.
            Outcome::Overloaded
            | Outcome::Contention
            | Outcome::ReplicaError
            | Outcome::NoReplicas
            | Outcome::NoLiveReplica
            | Outcome::ClockSkew
            | Outcome::NotConnected
            | Outcome::NotSent
            | Outcome::StaleConnection
            | Outcome::Neutral => false,
        }
    }

    /// Forgets all attempts: those before an ejection say nothing about the node after it.
    pub(super) fn clear(&self) {
        self.consecutive_failures.store(0, Ordering::Relaxed);
        for bucket in &self.buckets {
            bucket.store(0, Ordering::Relaxed);
        }
    }

    fn add(&self, one: u64, now: Duration) {
        let second = now.as_secs();
        let index = usize::try_from(second % BUCKETS as u64).unwrap_or_default();
        let Some(bucket) = self.buckets.get(index) else {
            return;
        };
        let packed = bucket.load(Ordering::Relaxed);
        if is_of(packed, second) {
            bucket.fetch_add(one, Ordering::Relaxed);
        } else {
            // If another thread starts the bucket first, its attempt counts and this one does not.
            let started = empty(second) + one;
            let _ = bucket.compare_exchange(packed, started, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    fn is_below_min_success_rate(&self, now: Duration) -> bool {
        let first = (now.as_secs() + 1).saturating_sub(BUCKETS as u64);
        let (mut successes, mut failures) = (0, 0);
        for bucket in &self.buckets {
            let packed = bucket.load(Ordering::Relaxed);
            if (first..=now.as_secs()).any(|second| is_of(packed, second)) {
                successes += packed >> COUNT_BITS & COUNT_MASK;
                failures += packed & COUNT_MASK;
            }
        }
        let volume = successes + failures;
        volume >= MIN_VOLUME && successes * MIN_SUCCESS_RATE.1 < volume * MIN_SUCCESS_RATE.0
    }
}

const COUNT_BITS: u32 = 21;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;
const ONE_FAILURE: u64 = 1;
const ONE_SUCCESS: u64 = 1 << COUNT_BITS;

/// Returns the bucket of a second without attempts.
fn empty(second: u64) -> u64 {
    (second + 1) << (2 * COUNT_BITS)
}

fn is_of(bucket: u64, second: u64) -> bool {
    bucket >> (2 * COUNT_BITS) == empty(second) >> (2 * COUNT_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Returns the index of the attempt that ejects the node, with a `pause` before each attempt.
    fn ejected_after(attempts: impl IntoIterator<Item = bool>, pause: Duration) -> Option<usize> {
        let window = OutcomeWindow::default();
        let mut now = millis(12_345);
        attempts.into_iter().position(|is_success| {
            now += pause;
            let outcome = match is_success {
                true => Outcome::Responded,
                false => Outcome::ServerError,
            };
            window.record(outcome, now)
        })
    }

    #[test]
    fn five_consecutive_failures_eject() {
        let failures = |count: usize| std::iter::repeat_n(false, count);
        assert_eq!(ejected_after(failures(4), millis(1)), None);
        assert_eq!(ejected_after(failures(9), millis(1)), Some(4));
        assert_eq!(ejected_after(failures(9), millis(60_000)), Some(4));
        let interrupted = [false, false, false, false, true, false, false, false, false];
        assert_eq!(ejected_after(interrupted, millis(1)), None);
    }

    #[test]
    fn success_rate_below_four_in_five_ejects() {
        let failing_every = |n: usize| (1..).map(move |attempt| attempt % n != 0).take(2_000);
        let ejected = ejected_after(failing_every(2), millis(10));
        assert_eq!(ejected, Some(19), "at the minimum volume");
        assert!(ejected_after(failing_every(4), millis(10)).is_some());
        assert_eq!(
            ejected_after(failing_every(5), millis(10)),
            None,
            "exactly four in five"
        );
        assert_eq!(
            ejected_after(failing_every(2), millis(600)),
            None,
            "below the minimum volume"
        );
    }

    #[test]
    fn attempts_older_than_ten_seconds_do_not_count() {
        let window = OutcomeWindow::default();
        for attempt in 0..19 {
            window.record(
                [Outcome::ServerError, Outcome::Responded][attempt % 2],
                millis(0),
            );
        }
        assert!(!window.record(Outcome::ServerError, millis(10_000)));
        window.clear();
        for attempt in 0..19 {
            window.record(
                [Outcome::ServerError, Outcome::Responded][attempt % 2],
                millis(0),
            );
        }
        assert!(window.record(Outcome::ServerError, millis(9_999)));
    }

    #[test]
    fn neutral_outcomes_neither_count_nor_interrupt_consecutive_failures() {
        let window = OutcomeWindow::default();
        for _ in 0..4 {
            assert!(!window.record(Outcome::ServerError, millis(0)));
            assert!(!window.record(Outcome::Neutral, millis(0)));
        }
        assert!(window.record(Outcome::ServerError, millis(0)));
        window.clear();
        assert!(!window.record(Outcome::ServerError, millis(0)));
    }
}
