//! The load of a node: its requests in flight, and how fast it serves them.

use super::ewma::next_average;
use super::operation_latency::{OperationKind, OperationLatencies, Slowness};
use super::recent_latencies::RecentLatencies;
use super::traffic::TrafficCounters;
use crate::clock::millis;
use crate::health::Outcome;
use crate::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// The counters of one node. On cache lines of their own: every request writes here, while all threads read the node's
/// address.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct LoadStats {
    pub(super) in_flight: AtomicU32,
    pub(super) responses: AtomicU64,
    pub(super) traffic: TrafficCounters,
    pub(super) recent_latencies: RecentLatencies,
    /// The moving average of the time to a response, in nanoseconds; zero before the first response.
    latency: AtomicU64,
    /// The longest time to a response, in milliseconds, rounded up.
    slowest_response: AtomicU64,
    /// The number of turns that the node ceded to others, less the number that it received from them.
    fairness_credit: AtomicI32,
    /// The end of the overload penalty, in milliseconds.
    overloaded_until: AtomicU64,
    operation_latencies: OperationLatencies,
}

/// One request in flight, in the unit of [`LoadStats::load`].
pub(super) const ONE_REQUEST: u64 = 100;

/// The limit of the fairness credit in either direction. It is enough for what chance does to equal nodes, and small
/// beside the turns that a slow node cedes, which it must not receive all at once when it has recovered.
const MAX_FAIRNESS_CREDIT: i32 = 16;

/// How far one overload response extends the overload penalty, in milliseconds, and the longest penalty. The penalty is
/// one more request in flight for each of these steps that is still to come: one such response, which may be due to the
/// limit of a single table, hardly shows; a node that reports overload all the time looks as if ten more requests were
/// waiting, and receives what the others are too loaded for.
const OVERLOAD_STEP: u64 = 500;
const MAX_OVERLOAD: u64 = 10 * OVERLOAD_STEP;

/// How long after the penalty a broken connection may still be due to a body that was left unread, in milliseconds: as
/// long as the outcome window, in which its evidence would count.
const AFTER_SHEDDING: u64 = 10_000;

impl LoadStats {
    /// Counts an attempt that begins.
    #[inline]
    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.traffic.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an attempt that ends.
    #[inline]
    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn latency(&self) -> Option<Duration> {
        let nanos = self.latency.load(Ordering::Relaxed);
        (nanos > 0).then(|| Duration::from_nanos(nanos))
    }

    pub(super) fn slowest_response(&self) -> Duration {
        Duration::from_millis(self.slowest_response.load(Ordering::Relaxed))
    }

    /// Returns whether the node may be slow for this kind of operation beside another one.
    #[inline]
    pub(super) fn may_be_slow(&self, kind: Option<OperationKind>) -> bool {
        kind.is_some_and(|kind| self.operation_latencies.may_be_slow(kind))
    }

    /// Records the outcome of an attempt that took so long. `kind` is that of an operation whose node was selected by
    /// load: others say which operations the node gets, and not how fast it serves them.
    #[inline]
    pub(super) fn record(
        &self,
        outcome: Outcome,
        kind: Option<OperationKind>,
        duration: Duration,
        now: Duration,
    ) {
        self.traffic.record_outcome(outcome);
        if outcome.has_response() {
            self.responses.fetch_add(1, Ordering::Relaxed);
            let duration_ms = millis(duration).saturating_add(1);
            if duration_ms > self.slowest_response.load(Ordering::Relaxed) {
                self.slowest_response
                    .fetch_max(duration_ms, Ordering::Relaxed);
            }
            // An error of replicas took the time of other nodes; where there are none, the node did not even ask them.
            let is_of_replicas = matches!(
                outcome,
                Outcome::ReplicaError
                    | Outcome::Contention
                    | Outcome::NoReplicas
                    | Outcome::NoLiveReplica
            );
            if !is_of_replicas {
                self.record_latency(duration);
            }
            self.recent_latencies.record(duration, now);
        }
        if outcome == Outcome::Responded
            && let Some(kind) = kind
        {
            self.operation_latencies.record(kind, duration, now);
        }
        if outcome == Outcome::Overloaded {
            let now = millis(now);
            let until = self.overloaded_until.load(Ordering::Relaxed).max(now) + OVERLOAD_STEP;
            let until = until.min(now + MAX_OVERLOAD);
            self.overloaded_until.store(until, Ordering::Relaxed);
        }
    }

    /// Records that an attempt has taken this long without a response, when the response to a second request came from
    /// another node: without that, a slow node would look as fast as its fast responses.
    pub(super) fn record_outrun(
        &self,
        kind: Option<OperationKind>,
        duration: Duration,
        now: Duration,
    ) {
        self.record_latency(duration);
        self.recent_latencies.record(duration, now);
        if let Some(kind) = kind {
            self.operation_latencies.record(kind, duration, now);
        }
    }

    /// Returns whether the node has shed load in the last seconds.
    pub(super) fn has_shed(&self, now: Duration) -> bool {
        let until = self.overloaded_until.load(Ordering::Relaxed);
        until > 0 && until + AFTER_SHEDDING > millis(now)
    }

    fn record_latency(&self, latency: Duration) {
        let latency = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        let average = next_average(self.latency.load(Ordering::Relaxed), latency);
        // Of two responses at the same instant one may be lost, which an average can bear.
        self.latency.store(average, Ordering::Relaxed);
    }

    /// Returns whether this node owes the other one a turn: a turn that changes hands then brings their credits closer
    /// together.
    #[inline]
    pub(super) fn owes_turn_to(&self, other: &Self) -> bool {
        other.fairness_credit() - self.fairness_credit() >= 2
    }

    /// The number of turns that this node has ceded to others and not received back; negative if it has received more.
    #[inline]
    pub(super) fn fairness_credit(&self) -> i32 {
        self.fairness_credit.load(Ordering::Relaxed)
    }

    /// Records that another node receives a turn of this one.
    pub(super) fn cede_turn_to(&self, other: &Self) {
        for (stats, change) in [(self, 1), (other, -1)] {
            let credit = stats.fairness_credit() + change;
            if credit.abs() <= MAX_FAIRNESS_CREDIT {
                // Of two changes at the same instant one may be lost.
                stats.fairness_credit.store(credit, Ordering::Relaxed);
            }
        }
    }

    /// The load in hundredths of a request. `share` is the node's share of what others receive, in percent.
    #[inline]
    pub(super) fn load(&self, share: u32, now: Duration) -> u64 {
        let until = self.overloaded_until.load(Ordering::Relaxed);
        let penalty = until.saturating_sub(millis(now)).div_ceil(OVERLOAD_STEP);
        let waiting = u64::from(self.in_flight.load(Ordering::Relaxed)) + penalty;
        waiting * ONE_REQUEST * 100 / u64::from(share.max(1))
    }

    /// Returns how slow the node is for this kind of operation, if it is slow beside another one.
    #[inline]
    pub(super) fn slowness_beside(
        &self,
        other: &Self,
        kind: Option<OperationKind>,
        now: Duration,
    ) -> Option<Slowness> {
        let others = &other.operation_latencies;
        kind.and_then(|kind| self.operation_latencies.slowness_beside(others, kind, now))
    }

    pub(super) fn operation_latencies(&self) -> &OperationLatencies {
        &self.operation_latencies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    #[test]
    fn latency_is_a_moving_average_of_the_responses() {
        let stats = LoadStats::default();
        assert_eq!(stats.latency(), None);
        stats.record_latency(Duration::from_millis(80));
        assert_eq!(stats.latency(), Some(Duration::from_millis(80)));
        stats.record_latency(Duration::ZERO);
        assert_eq!(stats.latency(), Some(Duration::from_millis(70)));
        for _ in 0..50 {
            stats.record_latency(Duration::from_millis(20));
        }
        let average = stats.latency().unwrap_or_default();
        assert!(average.abs_diff(Duration::from_millis(20)) < Duration::from_millis(1));
    }

    #[test]
    fn overload_counts_as_requests_in_flight_and_fades() {
        let stats = LoadStats::default();
        let load = |after: u64| stats.load(100, NOW + Duration::from_millis(after));
        stats.record(Outcome::Overloaded, None, Duration::ZERO, NOW);
        assert_eq!((load(0), load(499), load(500)), (100, 100, 0));
        for _ in 0..1_000 {
            stats.record(Outcome::Overloaded, None, Duration::ZERO, NOW);
        }
        assert_eq!((load(0), load(2_500), load(5_000)), (1_000, 500, 0));
    }

    #[test]
    fn load_grows_as_the_share_shrinks() {
        let stats = LoadStats::default();
        assert_eq!(stats.load(10, NOW), 0, "idle nodes are equal");
        stats.begin();
        assert_eq!(stats.load(100, NOW), 100);
        assert_eq!(stats.load(10, NOW), 1_000);
    }
}
