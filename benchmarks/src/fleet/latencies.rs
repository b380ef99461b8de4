//! The latencies of operations.

use hdrhistogram::Histogram;
use std::time::Duration;

/// A histogram of latencies.
#[derive(Clone, Debug, Default)]
pub(super) struct Latencies {
    /// In microseconds. None until there is one.
    histogram: Option<Histogram<u64>>,
}

impl Latencies {
    pub(super) fn add(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        if self.histogram.is_none() {
            // Three significant digits; only more than five are an error.
            self.histogram = Histogram::new(3).ok();
        }
        if let Some(histogram) = &mut self.histogram {
            // The histogram resizes itself, so no value is too large.
            let _ = histogram.record(micros);
        }
    }

    /// Returns a quantile of the latencies.
    pub(super) fn quantile(&self, share: f64) -> Option<Duration> {
        let histogram = self.histogram.as_ref()?;
        Some(Duration::from_micros(histogram.value_at_quantile(share)))
    }

    pub(super) fn longest(&self) -> Option<Duration> {
        self.histogram
            .as_ref()
            .map(|histogram| Duration::from_micros(histogram.max()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_match_the_added_latencies() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantile(0.5), None);
        for millis in 1..=100 {
            latencies.add(Duration::from_millis(millis));
        }
        let close = |found: Option<Duration>, millis: u64| {
            let expected = Duration::from_millis(millis);
            found.unwrap().abs_diff(expected) <= expected / 500
        };
        assert!(close(latencies.quantile(0.5), 50));
        assert!(close(latencies.quantile(0.99), 99));
        assert!(close(latencies.longest(), 100));
    }
}
