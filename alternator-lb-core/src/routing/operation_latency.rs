//! The latency of a node by kind of operation, by which a slow node is told from one with heavy operations.
//!
//! A node is compared with another one for the same kind of operation only: where one serves scans and the other reads
//! single items, neither is slow. Operations of one kind differ as well, a query of one item from one of a thousand. So
//! the *floor* of the slower node, which a single fast response lowers, is compared with the *average* of the faster
//! one: a node that has served the heavy operations of a mix, by chance even several in a row, is not slow by that.

use super::ewma::next_average;
use crate::clock::millis;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// A kind of operation, whose latency is comparable between nodes. Only operations on data are: those on tables are
/// rare, and their latency is that of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the operations of DynamoDB, by their names")]
pub enum OperationKind {
    GetItem,
    PutItem,
    UpdateItem,
    DeleteItem,
    Query,
    Scan,
    BatchGetItem,
    BatchWriteItem,
    TransactGetItems,
    TransactWriteItems,
    ExecuteStatement,
    BatchExecuteStatement,
    ExecuteTransaction,
    GetRecords,
}

impl OperationKind {
    const COUNT: usize = Self::GetRecords as usize + 1;

    /// Returns the kind of the operation of this name, if it is one on data.
    #[must_use]
    pub fn named(operation: &str) -> Option<Self> {
        Some(match operation {
            "GetItem" => Self::GetItem,
            "PutItem" => Self::PutItem,
            "UpdateItem" => Self::UpdateItem,
            "DeleteItem" => Self::DeleteItem,
            "Query" => Self::Query,
            "Scan" => Self::Scan,
            "BatchGetItem" => Self::BatchGetItem,
            "BatchWriteItem" => Self::BatchWriteItem,
            "TransactGetItems" => Self::TransactGetItems,
            "TransactWriteItems" => Self::TransactWriteItems,
            "ExecuteStatement" => Self::ExecuteStatement,
            "BatchExecuteStatement" => Self::BatchExecuteStatement,
            "ExecuteTransaction" => Self::ExecuteTransaction,
            "GetRecords" => Self::GetRecords,
            _ => return None,
        })
    }
}

/// The latencies of one node.
#[derive(Debug, Default)]
pub(super) struct OperationLatencies([OperationLatency; OperationKind::COUNT]);

/// The latency of operations of one kind. Of two responses at the same instant one may be lost.
#[derive(Debug, Default)]
struct OperationLatency {
    /// A latency that the recent responses have all exceeded, in microseconds: it falls at once to that of a faster
    /// response, and rises by half at most with each slower one.
    floor: AtomicU32,
    /// The moving average, in microseconds; zero before the first response.
    average: AtomicU32,
    /// The time of the last response, in milliseconds.
    responded_at: AtomicU64,
}

/// The average latency of a node for one kind of operation, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AverageLatency(u32);

/// How a slow node compares with another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slowness {
    /// The number of operations that the other one serves in the time of one.
    pub(super) factor: u32,
    /// True if the node has responded lately, so that it is not yet time to try it again.
    pub(super) is_resting: bool,
}

/// How many times slower than another a node is to be called slow. Nodes in other racks, of other sizes, or in the
/// middle of a compaction differ by less, and are left to the comparison of requests in flight.
const SLOW_FACTOR: u32 = 4;

/// Latencies below it are no slower than one another: there, differences are due to the network and to scheduling. In
/// microseconds. The floor starts here, so that a node is slow after four slow responses in a row: the first ones of a
/// connection, and those after a pause of the process, are fewer.
const LEAST_COMPARED: u32 = 1_000;

/// How long an idle slow node rests after a response, in multiples of its floor: it takes up a seventeenth of one
/// caller's time, however many callers there are. A recovered node is noticed by the first response after the rest.
const REST_FACTOR: u64 = 16;

/// The longest rest, in milliseconds, as long as the longest pause between two probes of an ejected node.
const LONGEST_REST: u64 = 10_000;

impl OperationLatencies {
    /// Records a response to an operation.
    #[inline]
    pub(super) fn record(&self, kind: OperationKind, latency: Duration, now: Duration) {
        if let Some(latencies) = self.of(kind) {
            latencies.record(latency, now);
        }
    }

    /// Returns whether the node is slow beside one that responds at once. Cheaper than a comparison with another node.
    #[inline]
    pub(super) fn may_be_slow(&self, kind: OperationKind) -> bool {
        let limit = SLOW_FACTOR * LEAST_COMPARED;
        self.of(kind)
            .is_some_and(|this| this.floor.load(Ordering::Relaxed) > limit)
    }

    /// Returns how slow the node is for this kind of operation, if it is slow beside another one.
    #[inline]
    pub(super) fn slowness_beside(
        &self,
        other: &Self,
        kind: OperationKind,
        now: Duration,
    ) -> Option<Slowness> {
        self.slowness_over(other.average(kind)?, kind, now)
    }

    /// Returns how slow the node is for this kind of operation, if it is slow beside one with this average latency.
    #[inline]
    pub(super) fn slowness_over(
        &self,
        average: AverageLatency,
        kind: OperationKind,
        now: Duration,
    ) -> Option<Slowness> {
        let latencies = self.of(kind).filter(|_| self.may_be_slow(kind))?;
        latencies.slowness_over(average, now)
    }

    /// Returns the average latency of operations of this kind. `None` before the first response.
    #[inline]
    pub(super) fn average(&self, kind: OperationKind) -> Option<AverageLatency> {
        let average = self.of(kind)?.average.load(Ordering::Relaxed);
        (average > 0).then_some(AverageLatency(average))
    }

    #[inline]
    fn of(&self, kind: OperationKind) -> Option<&OperationLatency> {
        self.0.get(kind as usize)
    }
}

impl OperationLatency {
    #[inline]
    fn record(&self, latency: Duration, now: Duration) {
        let latency = u32::try_from(latency.as_micros()).map_or(u32::MAX, |micros| micros.max(1));
        let floor = self.floor.load(Ordering::Relaxed).max(LEAST_COMPARED);
        let floor = latency.min(floor.saturating_add(floor / 2));
        let average = next_average(self.average.load(Ordering::Relaxed).into(), latency.into());
        let average = u32::try_from(average).unwrap_or(u32::MAX);
        self.floor.store(floor, Ordering::Relaxed);
        self.average.store(average, Ordering::Relaxed);
        self.responded_at.store(millis(now), Ordering::Relaxed);
    }

    fn slowness_over(
        &self,
        AverageLatency(average): AverageLatency,
        now: Duration,
    ) -> Option<Slowness> {
        let floor = self.floor.load(Ordering::Relaxed);
        let factor = floor / average.max(LEAST_COMPARED);
        let rest = (u64::from(floor) * REST_FACTOR / 1_000).min(LONGEST_REST);
        let rested_at = self.responded_at.load(Ordering::Relaxed) + rest;
        (factor >= SLOW_FACTOR).then_some(Slowness {
            factor,
            is_resting: millis(now) < rested_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::OperationKind::{GetItem, Scan};
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn node(responses: &[(OperationKind, u64)]) -> OperationLatencies {
        let latencies = OperationLatencies::default();
        for &(kind, latency) in responses {
            latencies.record(kind, Duration::from_millis(latency), NOW);
        }
        latencies
    }

    fn factor(node: &OperationLatencies, other: &OperationLatencies) -> Option<u32> {
        let slowness = node.slowness_beside(other, GetItem, NOW)?;
        Some(slowness.factor)
    }

    #[test]
    fn node_is_slow_after_four_slow_responses_in_a_row_and_no_longer_after_one_fast() {
        let fast = node(&[(GetItem, 1)]);
        let slow = node(&[(GetItem, 100); 3]);
        assert_eq!(factor(&slow, &fast), None);
        slow.record(GetItem, Duration::from_millis(100), NOW);
        assert_eq!(factor(&slow, &fast), Some(5));
        for _ in 0..10 {
            slow.record(GetItem, Duration::from_millis(100), NOW);
        }
        assert_eq!(factor(&slow, &fast), Some(100));
        assert_eq!(factor(&fast, &slow), None);
        assert_eq!(factor(&slow, &slow), None);
        slow.record(GetItem, Duration::from_millis(1), NOW);
        assert_eq!(factor(&slow, &fast), None);
    }

    #[test]
    fn only_operations_of_the_same_kind_are_compared() {
        let scans = node(&[(Scan, 500); 20]);
        let items = node(&[(GetItem, 1); 20]);
        for kind in [GetItem, Scan] {
            assert_eq!(scans.slowness_beside(&items, kind, NOW), None);
        }
    }

    #[test]
    fn heavy_operations_of_a_mix_do_not_make_a_node_slow() {
        // The chance alone decides which node gets which operation, at every share of heavy ones.
        let mut rng = fastrand::Rng::with_seed(3);
        for heavy in 1..20 {
            let nodes = [node(&[]), node(&[])];
            let mut slow = 0;
            for _ in 0..100_000 {
                let millis = if rng.u8(..20) < heavy { 100 } else { 1 };
                let [one, other] = &nodes;
                one.record(GetItem, Duration::from_millis(millis), NOW);
                slow += usize::from(factor(one, other).is_some());
                other.record(
                    GetItem,
                    Duration::from_millis(if rng.u8(..20) < heavy { 100 } else { 1 }),
                    NOW,
                );
            }
            assert!(slow <= 10, "{heavy} of 20 are heavy: slow {slow} times");
        }
    }

    #[test]
    fn rest_after_a_response_is_a_multiple_of_the_floor_and_bounded() {
        let fast = node(&[(GetItem, 1)]);
        let is_resting = |slow: &OperationLatencies, after: u64| {
            let now = NOW + Duration::from_millis(after);
            slow.slowness_beside(&fast, GetItem, now)
                .unwrap()
                .is_resting
        };
        let slow = node(&[(GetItem, 100); 20]);
        assert!(is_resting(&slow, 1_599) && !is_resting(&slow, 1_600));
        let slower = node(&[(GetItem, 5_000); 40]);
        assert!(is_resting(&slower, 9_999) && !is_resting(&slower, 10_000));
    }

    #[test]
    fn node_without_responses_is_compared_with_none() {
        let unknown = node(&[]);
        let slow = node(&[(GetItem, 100); 20]);
        assert_eq!(factor(&slow, &unknown), None);
        assert_eq!(factor(&unknown, &slow), None);
    }

    #[test]
    fn operations_on_data_have_a_kind() {
        assert_eq!(OperationKind::named("Scan"), Some(Scan));
        assert_eq!(OperationKind::named("ListTables"), None);
        let last = OperationLatencies::default();
        last.record(OperationKind::GetRecords, Duration::from_millis(1), NOW);
        assert!(last.of(OperationKind::GetRecords).is_some());
    }

    #[test]
    fn operations_on_data_have_a_kind_each() {
        let names = [
            "GetItem",
            "PutItem",
            "UpdateItem",
            "DeleteItem",
            "Query",
            "Scan",
            "BatchGetItem",
            "BatchWriteItem",
            "TransactGetItems",
            "TransactWriteItems",
            "ExecuteStatement",
            "BatchExecuteStatement",
            "ExecuteTransaction",
            "GetRecords",
        ];
        let kinds: Vec<_> = names.into_iter().filter_map(OperationKind::named).collect();
        let names_of_kinds: Vec<_> = kinds.iter().map(|kind| format!("{kind:?}")).collect();
        assert_eq!(names_of_kinds, names);
        assert_eq!(kinds.len(), OperationKind::COUNT);
        for name in ["ListTables", "getitem", ""] {
            assert_eq!(OperationKind::named(name), None, "{name}");
        }
    }
}
