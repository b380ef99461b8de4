//! What goes to a node, and how it copes.

use crate::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// The counts of one node. On cache lines of its own: every request writes here, while everybody reads the node's
/// address.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct LoadStats {
    in_flight: AtomicU32,
    requests: AtomicU64,
    answers: AtomicU64,
    failures: AtomicU64,
    /// The usual time to an answer in nanoseconds; none yet while it is zero.
    latency: AtomicU64,
    /// Turns that the node gave to others, less those that it got from them.
    fairness_debt: AtomicI32,
    /// Until when the node counts as busier than it looks, in milliseconds.
    overloaded_until: AtomicU64,
}

/// How much of the usual latency each answer makes up, as in TCP's estimate of round trips (RFC 6298): some ten answers
/// tell a change.
const NEW_SHARE: u64 = 8;

/// How many turns a node can have given away, or got, until they are forgotten: enough for what chance does to nodes that
/// are alike, and little beside what a node is spared while it is slow, which it shall not be given all at once when it
/// is well again.
const MAX_FAIRNESS_DEBT: i32 = 16;

/// What one answer that the node is overloaded adds to the time for which it counts as busier, and the longest such time.
/// It counts as one more request in flight for each of these steps still to come: one such answer, which may be due to
/// the limit of a single table, hardly shows; a node that says it all the time looks as if ten more were waiting, and
/// is given what the others are too busy for.
const OVERLOAD_STEP: u64 = 500;
const OVERLOAD_LONGEST: u64 = 10 * OVERLOAD_STEP;

impl LoadStats {
    /// An attempt begins.
    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(super) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    pub(super) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    pub(super) fn latency(&self) -> Option<Duration> {
        match self.latency.load(Ordering::Relaxed) {
            0 => None,
            nanos => Some(Duration::from_nanos(nanos)),
        }
    }

    pub(super) fn count_failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// The node has answered after so long.
    pub(super) fn answered(&self, after: Duration) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        let after = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX).max(1);
        let usual = match self.latency.load(Ordering::Relaxed) {
            0 => after,
            usual => (usual - usual / NEW_SHARE).saturating_add(after / NEW_SHARE),
        };
        // Of two answers at the same instant one may be lost, which an average can bear.
        self.latency.store(usual.max(1), Ordering::Relaxed);
    }

    /// The node has answered that it is overloaded.
    pub(super) fn overloaded(&self, now: Duration) {
        let now = millis(now);
        let until = self.overloaded_until.load(Ordering::Relaxed).max(now) + OVERLOAD_STEP;
        let until = until.min(now + OVERLOAD_LONGEST);
        self.overloaded_until.store(until, Ordering::Relaxed);
    }

    /// Turns that the node gave to others, less those that it got from them.
    pub(super) fn fairness_debt(&self) -> i32 {
        self.fairness_debt.load(Ordering::Relaxed)
    }

    /// A turn of this node goes to another.
    pub(super) fn transfer_turn(&self, to: &Self) {
        for (load_stats, change) in [(self, 1), (to, -1)] {
            let fairness_debt = load_stats.fairness_debt() + change;
            if fairness_debt.abs() <= MAX_FAIRNESS_DEBT {
                // Of two at the same instant one may be lost.
                load_stats
                    .fairness_debt
                    .store(fairness_debt, Ordering::Relaxed);
            }
        }
    }

    /// How busy the node is, in hundredths of a request; `share` is how much it should get of what others get, in
    /// percent.
    pub(super) fn load(&self, share: u32, now: Duration) -> u64 {
        let until = self.overloaded_until.load(Ordering::Relaxed);
        let penalty = until.saturating_sub(millis(now)).div_ceil(OVERLOAD_STEP);
        let waiting = u64::from(self.in_flight.load(Ordering::Relaxed)) + penalty;
        waiting * 100 * 100 / u64::from(share.max(1))
    }
}

fn millis(moment: Duration) -> u64 {
    // Far below the largest, so that sums of it do not overflow.
    u64::try_from(moment.as_millis()).unwrap_or(u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    #[test]
    fn the_usual_latency_follows_the_answers() {
        let load_stats = LoadStats::default();
        assert_eq!(load_stats.latency(), None);
        load_stats.answered(Duration::from_millis(80));
        assert_eq!(load_stats.latency(), Some(Duration::from_millis(80)));
        load_stats.answered(Duration::ZERO);
        assert_eq!(load_stats.latency(), Some(Duration::from_millis(70)));
        for _ in 0..50 {
            load_stats.answered(Duration::from_millis(20));
        }
        let usual = load_stats.latency().unwrap_or_default();
        assert!(usual.abs_diff(Duration::from_millis(20)) < Duration::from_millis(1));
    }

    #[test]
    fn overload_counts_as_requests_in_flight_and_fades() {
        let load_stats = LoadStats::default();
        let load = |after: u64| load_stats.load(100, NOW + Duration::from_millis(after));
        load_stats.overloaded(NOW);
        assert_eq!((load(0), load(499), load(500)), (100, 100, 0));
        for _ in 0..1_000 {
            load_stats.overloaded(NOW);
        }
        assert_eq!((load(0), load(2_500), load(5_000)), (1_000, 500, 0));
    }

    #[test]
    fn a_node_that_should_get_less_is_busy_sooner() {
        let load_stats = LoadStats::default();
        assert_eq!(
            load_stats.load(10, NOW),
            0,
            "with nothing to do all are alike"
        );
        load_stats.begin();
        assert_eq!(load_stats.load(100, NOW), 100);
        assert_eq!(load_stats.load(10, NOW), 1_000);
    }
}
