//! The recent 95th percentile of the latency of one kind of read.

use crate::clock::millis;
use crate::routing::recent_latencies::RecentLatencies;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// The 95th percentile, computed anew from time to time by one of the reads that ask for it.
#[derive(Debug, Default)]
pub(super) struct RecentDelay {
    latencies: RecentLatencies,
    /// In microseconds; zero if it is not known.
    p95: AtomicU32,
    /// The time of the next computation, in milliseconds.
    next_update: AtomicU64,
}

/// The time between two computations, in milliseconds: each reads 700 counters, and the window of 15 to 30 seconds
/// changes little in it.
const UPDATE_INTERVAL: u64 = 1_000;

/// The least number of responses: five of them exceed the percentile.
const LEAST_RESPONSES: u64 = 100;

/// The shortest delay, in microseconds: the resolution of timers.
const SHORTEST: u32 = 1_000;

impl RecentDelay {
    pub(super) fn record(&self, latency: Duration, now: Duration) {
        self.latencies.record(latency, now);
    }

    /// Returns the 95th percentile; none if there are too few responses.
    pub(super) fn p95(&self, now: Duration) -> Option<Duration> {
        let now_ms = millis(now);
        let due = self.next_update.load(Ordering::Relaxed);
        let next = now_ms.saturating_add(UPDATE_INTERVAL);
        if due <= now_ms
            && self
                .next_update
                .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            self.p95.store(self.compute(now), Ordering::Relaxed);
        }
        let p95 = self.p95.load(Ordering::Relaxed);
        (p95 > 0).then(|| Duration::from_micros(p95.into()))
    }

    fn compute(&self, now: Duration) -> u32 {
        let recent = self.latencies.percentile(95, now);
        let enough = recent.filter(|&(responses, _)| responses >= LEAST_RESPONSES);
        enough.map_or(0, |(_, latency)| {
            let micros = u32::try_from(latency.as_micros()).unwrap_or(u32::MAX);
            micros.max(SHORTEST)
        })
    }
}
