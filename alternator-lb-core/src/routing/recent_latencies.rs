//! The latencies of the last seconds.

use crate::sync::atomic::{AtomicU64, Ordering};
use histogram::{AtomicHistogram32, Histogram32};
use std::sync::OnceLock;
use std::time::Duration;

/// The latencies of one node, or of one kind of read, in a recent time, for their percentiles.
///
/// Two histograms take turns: while one records, the other holds the window before. Recording is one atomic increment.
/// A response that is recorded while a window begins may be lost.
#[derive(Debug, Default)]
pub(super) struct RecentLatencies {
    /// Made at the first response: a node that is never used costs nothing.
    windows: OnceLock<Option<[AtomicHistogram32; 2]>>,
    /// The number of the window that records: the time divided by its length.
    current: AtomicU64,
}

/// The latencies of the responses in a recent time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LatencySummary {
    /// The number of responses.
    pub responses: u64,
    /// The median.
    pub p50: Duration,
    /// The latency that one response in a hundred exceeds.
    pub p99: Duration,
}

/// The length of a window. The summary covers the last 15 to 30 seconds: as long as a scrape interval, so that
/// successive scrapes cover all of the time, and enough responses for a 99th percentile from four per second on.
const WINDOW: Duration = Duration::from_secs(15);

/// Sixteen buckets for each power of two, so that a percentile is too high by 6 % at most.
const GROUPING_POWER: u8 = 4;

/// Latencies are recorded in microseconds up to a minute; longer ones count as the longest. A window takes 1.5 KiB.
const MAX_VALUE_POWER: u8 = 26;

impl RecentLatencies {
    /// Records a response.
    #[inline]
    pub(super) fn record(&self, latency: Duration, now: Duration) {
        let windows = self.windows.get_or_init(|| {
            let window = || AtomicHistogram32::new(GROUPING_POWER, MAX_VALUE_POWER).ok();
            Some([window()?, window()?])
        });
        let Some(windows) = windows else {
            return;
        };
        let window = number(now);
        let before = self.current.load(Ordering::Relaxed);
        if before < window
            && self
                .current
                .compare_exchange(before, window, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            // The window before last, and the last one as well if nothing was recorded since.
            of_number(windows, window).drain();
            if before + 1 < window {
                of_number(windows, window + 1).drain();
            }
        }
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        // No value is above the maximum.
        let _ = of_number(windows, window).increment(micros.min((1 << MAX_VALUE_POWER) - 1));
    }

    /// Returns the latencies of the last 15 to 30 seconds; none if there was no response.
    pub(super) fn summary(&self, now: Duration) -> Option<LatencySummary> {
        let all = self.histogram(now)?;
        Some(LatencySummary {
            responses: responses(&all),
            p50: quantile(&all, 0.5)?,
            p99: quantile(&all, 0.99)?,
        })
    }

    /// Returns the number of the responses of the last 15 to 30 seconds, and a percentile of their latencies; none if
    /// there was no response.
    pub(super) fn percentile(&self, percentile: u8, now: Duration) -> Option<(u64, Duration)> {
        let all = self.histogram(now)?;
        let latency = quantile(&all, f64::from(percentile) / 100.0)?;
        Some((responses(&all), latency))
    }

    fn histogram(&self, now: Duration) -> Option<Histogram32> {
        let windows = self.windows.get()?.as_ref()?;
        let (recorded, window) = (self.current.load(Ordering::Relaxed), number(now));
        let latest = (recorded + 1 >= window).then(|| of_number(windows, recorded).load());
        let before = (recorded >= window).then(|| of_number(windows, recorded + 1).load());
        match (latest, before) {
            (Some(latest), Some(before)) => latest.wrapping_add(&before).ok(),
            (Some(all), None) | (None, Some(all)) => Some(all),
            (None, None) => None,
        }
    }
}

fn number(now: Duration) -> u64 {
    now.as_secs() / WINDOW.as_secs()
}

fn of_number(windows: &[AtomicHistogram32; 2], number: u64) -> &AtomicHistogram32 {
    let [even, odd] = windows;
    match number % 2 {
        0 => even,
        _ => odd,
    }
}

fn responses(histogram: &Histogram32) -> u64 {
    let counts = histogram.as_slice().iter();
    counts.map(|count| u64::from(*count)).sum()
}

/// Returns the upper bound of the bucket in which the quantile is; none without responses.
fn quantile(histogram: &Histogram32, quantile: f64) -> Option<Duration> {
    let bucket = histogram.quantile_bucket(quantile).ok()??;
    Some(Duration::from_micros(bucket.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000);

    fn millis(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn is_about(latency: Duration, millis: u64) -> bool {
        let exact = Duration::from_millis(millis);
        exact <= latency && latency <= exact.mul_f64(1.07)
    }

    #[test]
    fn percentiles_are_those_of_the_responses() {
        let latencies = RecentLatencies::default();
        assert_eq!(latencies.summary(NOW), None);
        for n in 1..=1_000 {
            latencies.record(millis(n), NOW);
        }
        let summary = latencies.summary(NOW).unwrap();
        assert_eq!(summary.responses, 1_000);
        assert!(
            is_about(summary.p50, 500) && is_about(summary.p99, 990),
            "{summary:?}"
        );
    }

    #[test]
    fn latencies_of_the_last_window_count_and_older_ones_do_not() {
        let latencies = RecentLatencies::default();
        let responses = |now| latencies.summary(now).map(|summary| summary.responses);
        latencies.record(millis(1), NOW);
        assert_eq!(responses(NOW + WINDOW), Some(1));
        latencies.record(millis(1), NOW + WINDOW);
        assert_eq!(responses(NOW + WINDOW), Some(2));
        assert_eq!(responses(NOW + 2 * WINDOW), Some(1));
        assert_eq!(responses(NOW + 3 * WINDOW), None);
        latencies.record(millis(1), NOW + 4 * WINDOW);
        assert_eq!(responses(NOW + 4 * WINDOW), Some(1));
        // A response that was late in the clock's time goes to its own window.
        latencies.record(millis(1), NOW + 3 * WINDOW);
        assert_eq!(responses(NOW + 4 * WINDOW), Some(2));
    }

    #[test]
    fn longest_latency_is_a_minute() {
        let latencies = RecentLatencies::default();
        latencies.record(Duration::MAX, NOW);
        let longest = latencies.summary(NOW).unwrap().p99;
        assert!((60..70).contains(&longest.as_secs()), "{longest:?}");
    }
}
