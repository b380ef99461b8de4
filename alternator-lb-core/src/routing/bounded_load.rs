//! The bound of a primary node's load.
//!
//! Consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, 2016): a key whose node has more than
//! *c* times the mean load goes to the next node in its order. A node that is slow, throttles or is in slow start then
//! receives the requests of its keys that it has room for, instead of all callers, one after the other.
//!
//! The bound alone leaves a slow node *c* times the mean, which among three nodes is most of the callers. So its
//! requests count as those that an ordinary node serves meanwhile, as in the comparison of two nodes by their load.

use super::endpoint::weighted;
use super::healthy_set::HealthySet;
use super::load_stats::ONE_REQUEST;
use super::operation_latency::AverageLatency;
use super::{Endpoint, OperationKind};
use std::time::Duration;

/// The load that a node of a set may have for another request, and the latency of an ordinary node of the set.
#[derive(Clone, Copy, Debug)]
pub(super) struct LoadBound {
    /// In [hundredths of a request](ONE_REQUEST).
    limit: u64,
    ordinary: Option<(OperationKind, AverageLatency)>,
}

/// The bound as a multiple of the mean load, the *c* of the paper.
///
/// Keys are spread by chance, so a smaller one would move keys although all nodes are equal. In a simulated closed loop
/// on 12 nodes, 1.25 moves 41 % of the requests of 16 callers and 22 % of those of 64, 1.5 moves 41 and 10 %, 2 moves 2
/// and 1 %. Where one of the nodes takes 2 s instead of 1 ms, the callers get 75 to 83 % of their throughput, whereas
/// 1.25 leaves them 87 to 89 %, and no bound 1 %.
const MEAN_FACTOR: u64 = 2;

/// The number of requests in flight that are never too many: of a few, chance makes up most.
const MIN_BOUND: u64 = 4;

/// The number of nodes whose mean is taken. Of more nodes these are a sample, whose error is small beside the factor.
const MAX_SAMPLE: usize = 16;

impl LoadBound {
    /// The bound for another request, by the mean load including that request, and by the median of the nodes' average
    /// latencies for operations of its kind.
    pub(super) fn of<E>(set: &HealthySet<E>, kind: Option<OperationKind>, now: Duration) -> Self {
        let step = set.candidates.len().div_ceil(MAX_SAMPLE).max(1);
        let (mut nodes, mut sum) = (0, ONE_REQUEST);
        let mut latencies = [None; MAX_SAMPLE];
        for (node, latency) in set.nodes().step_by(step).zip(&mut latencies) {
            nodes += 1;
            sum += node.load(now);
            *latency = kind.and_then(|kind| node.load_stats().operation_latencies().average(kind));
        }
        let bound = (MEAN_FACTOR * sum).div_ceil(nodes.max(1) * ONE_REQUEST);
        Self {
            limit: bound.max(MIN_BOUND) * ONE_REQUEST,
            ordinary: kind.zip(median(&mut latencies)),
        }
    }

    /// Returns whether another request would exceed the bound on this node.
    pub(super) fn is_exceeded_by<E>(&self, node: &Endpoint<E>, now: Duration) -> bool {
        let latencies = node.load_stats().operation_latencies();
        let slowness = self
            .ordinary
            .and_then(|(kind, average)| latencies.slowness_over(average, kind, now));
        weighted(node.load(now), slowness) >= self.limit
    }

    /// Returns whether another request would exceed no bound on this node, whatever the load of the others.
    #[inline]
    pub(super) fn admits_by_itself<E>(
        node: &Endpoint<E>,
        kind: Option<OperationKind>,
        now: Duration,
    ) -> bool {
        node.load(now) < MIN_BOUND * ONE_REQUEST && !node.load_stats().may_be_slow(kind)
    }
}

/// Returns the median of those that are known; of two in the middle the lower one.
fn median(latencies: &mut [Option<AverageLatency>]) -> Option<AverageLatency> {
    latencies.sort_unstable();
    let unknown = latencies.iter().filter(|it| it.is_none()).count();
    let known = latencies.get(unknown..)?;
    known
        .get(known.len().saturating_sub(1) / 2)
        .copied()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::operation_latency::OperationLatencies;

    #[test]
    fn median_is_that_of_the_known_latencies() {
        let latency = |millis| {
            let latencies = OperationLatencies::default();
            let kind = OperationKind::GetItem;
            latencies.record(kind, Duration::from_millis(millis), Duration::ZERO);
            latencies.average(kind)
        };
        for (known, expected) in [
            (vec![], None),
            (vec![3], Some(3)),
            (vec![9, 3], Some(3)),
            (vec![9, 1, 3], Some(3)),
        ] {
            let mut latencies: Vec<_> = known.into_iter().map(latency).collect();
            latencies.extend([None, None]);
            assert_eq!(median(&mut latencies), expected.and_then(latency));
        }
    }
}
