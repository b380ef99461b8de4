//! How well a node has served lately.

use super::outcome::Evidence;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// Failures in a row after which a node is ejected, as in envoy and finagle. Were it one or two, a passing thing would
/// do; at ten, an operation of a hundred requests would meet them all.
pub(super) const CONSECUTIVE_FAILURES: u32 = 5;

/// How long the record reaches back, in buckets of one second: linkerd's window. Old enough to hold a sample at moderate
/// load, young enough to forget what is mended.
const BUCKETS: usize = 10;

/// How many attempts there must be in that time before their share counts. With fewer, a node that is as good as any
/// other would now and then show a bad share by chance.
const MIN_VOLUME: u64 = 20;

/// A node of whose attempts less than four in five go well is ejected, as in linkerd. A node that fails half of the time
/// hardly ever fails five times in a row, which is why there is a share beside the row.
const MIN_SUCCESS_RATE: (u64, u64) = (4, 5);

/// Good and bad attempts of the last ten seconds, and the bad ones in a row.
///
/// Written by every attempt, so it is a handful of atomic words and no lock. A count that is lost when a bucket changes
/// its second at that very moment is not missed.
#[derive(Debug)]
pub(super) struct OutcomeWindow {
    consecutive_failures: AtomicU32,
    buckets: [AtomicU64; BUCKETS],
}

impl OutcomeWindow {
    pub(super) fn new() -> Self {
        Self {
            consecutive_failures: AtomicU32::new(0),
            buckets: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// Takes note of an attempt. Returns whether the node should be ejected for what the record says now.
    pub(super) fn record(&self, evidence: Evidence, now: Duration) -> bool {
        match evidence {
            Evidence::Good => {
                if self.consecutive_failures.load(Ordering::Relaxed) > 0 {
                    self.consecutive_failures.store(0, Ordering::Relaxed);
                }
                self.count(Bucket::ONE_GOOD, now);
                false
            }
            Evidence::Bad => {
                let consecutive_failures =
                    self.consecutive_failures.fetch_add(1, Ordering::Relaxed) + 1;
                self.count(Bucket::ONE_BAD, now);
                consecutive_failures >= CONSECUTIVE_FAILURES || self.is_below_threshold(now)
            }
            Evidence::None => false,
        }
    }

    /// Forgets everything: what a node did before it was ejected says nothing of it afterwards.
    pub(super) fn clear(&self) {
        self.consecutive_failures.store(0, Ordering::Relaxed);
        for bucket in &self.buckets {
            bucket.store(0, Ordering::Relaxed);
        }
    }

    fn count(&self, one: u64, now: Duration) {
        let second = now.as_secs();
        let place = usize::try_from(second % BUCKETS as u64).unwrap_or_default();
        let Some(bucket) = self.buckets.get(place) else {
            return;
        };
        let before = bucket.load(Ordering::Relaxed);
        if Bucket(before).is_of(second) {
            bucket.fetch_add(one, Ordering::Relaxed);
        } else {
            // Somebody else may have begun it: then that one is counted, and this one is not.
            let _ = bucket.compare_exchange(
                before,
                Bucket::begin(second) + one,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
    }

    fn is_below_threshold(&self, now: Duration) -> bool {
        let first = (now.as_secs() + 1).saturating_sub(BUCKETS as u64);
        let seconds = first..=now.as_secs();
        let (mut good, mut bad) = (0, 0);
        for bucket in &self.buckets {
            let bucket = Bucket(bucket.load(Ordering::Relaxed));
            if seconds.clone().any(|second| bucket.is_of(second)) {
                good += bucket.good();
                bad += bucket.bad();
            }
        }
        let all = good + bad;
        all >= MIN_VOLUME && good * MIN_SUCCESS_RATE.1 < all * MIN_SUCCESS_RATE.0
    }
}

/// One second, in one packed: which one, plus one so that an empty packed is none (22 bits, 48 days until one comes again);
/// the good attempts (21 bits, two million); the bad ones (21 bits).
#[derive(Clone, Copy)]
struct Bucket(u64);

impl Bucket {
    const COUNT: u32 = 21;
    const COUNT_MASK: u64 = (1 << Self::COUNT) - 1;
    const ONE_BAD: u64 = 1;
    const ONE_GOOD: u64 = 1 << Self::COUNT;

    fn begin(second: u64) -> u64 {
        (second + 1) << (2 * Self::COUNT)
    }

    fn is_of(self, second: u64) -> bool {
        self.0 >> (2 * Self::COUNT) == Self::begin(second) >> (2 * Self::COUNT)
    }

    fn good(self) -> u64 {
        self.0 >> Self::COUNT & Self::COUNT_MASK
    }

    fn bad(self) -> u64 {
        self.0 & Self::COUNT_MASK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// After which of the attempts, which go well or not, the node should be ejected; one every `pause`.
    fn ejected_after(attempts: impl IntoIterator<Item = bool>, pause: Duration) -> Option<usize> {
        let record = OutcomeWindow::new();
        let mut now = millis(12_345);
        attempts.into_iter().position(|good| {
            now += pause;
            let evidence = match good {
                true => Evidence::Good,
                false => Evidence::Bad,
            };
            record.record(evidence, now)
        })
    }

    #[test]
    fn five_failures_in_a_row_are_enough() {
        let failures = |count: usize| std::iter::repeat_n(false, count);
        assert_eq!(ejected_after(failures(4), millis(1)), None);
        assert_eq!(ejected_after(failures(9), millis(1)), Some(4));
        assert_eq!(ejected_after(failures(9), millis(60_000)), Some(4));
        let interrupted = [false, false, false, false, true, false, false, false, false];
        assert_eq!(ejected_after(interrupted, millis(1)), None);
    }

    #[test]
    fn a_node_that_fails_half_of_the_time_is_found_out_by_its_share() {
        let every = |n: usize| (1..).map(move |attempt| attempt % n != 0).take(2_000);
        let found = ejected_after(every(2), millis(10));
        assert_eq!(found, Some(19), "as soon as there are twenty");
        assert!(ejected_after(every(4), millis(10)).is_some());
        assert_eq!(ejected_after(every(5), millis(10)), None, "four in five");
        assert_eq!(
            ejected_after(every(2), millis(600)),
            None,
            "too few in ten seconds"
        );
    }

    #[test]
    fn what_is_ten_seconds_old_is_forgotten() {
        let record = OutcomeWindow::new();
        for attempt in 0..19 {
            record.record([Evidence::Bad, Evidence::Good][attempt % 2], millis(0));
        }
        assert!(!record.record(Evidence::Bad, millis(10_000)));
        record.clear();
        for attempt in 0..19 {
            record.record([Evidence::Bad, Evidence::Good][attempt % 2], millis(0));
        }
        assert!(record.record(Evidence::Bad, millis(9_999)));
    }

    #[test]
    fn what_says_nothing_changes_nothing() {
        let record = OutcomeWindow::new();
        for _ in 0..4 {
            assert!(!record.record(Evidence::Bad, millis(0)));
            assert!(!record.record(Evidence::None, millis(0)));
        }
        assert!(record.record(Evidence::Bad, millis(0)));
        record.clear();
        assert!(!record.record(Evidence::Bad, millis(0)));
    }
}
