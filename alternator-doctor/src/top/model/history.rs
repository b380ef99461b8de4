//! The last samples of counters that only grow, and of a latency.

use std::collections::VecDeque;
use std::time::Duration;

/// The time over which rates are averages: long enough for the one probe a second, short enough to be of the present.
const RATE_WINDOW: Duration = Duration::from_secs(5);

/// Documents that follow each other faster, as after an event, share a sample.
const MIN_INTERVAL: Duration = Duration::from_millis(800);

/// The number of points: those of a wide screen.
const MAX_POINTS: usize = 240;

/// The requests between two samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::top) enum Point {
    /// Responses, which take this many milliseconds.
    Latency(f64),
    /// Requests failed.
    Failed,
    /// There were no requests.
    Silent,
}

/// The history of a node, or of all nodes.
#[derive(Clone, Debug, Default)]
pub(in crate::top) struct History {
    counters: VecDeque<Counters>,
    /// From the oldest to the newest.
    points: VecDeque<Point>,
}

#[derive(Clone, Copy, Debug)]
struct Counters {
    at: Duration,
    requests: u64,
    failures: u64,
}

impl History {
    /// Records the counters of requests and failures at a time, and the latency of late, in milliseconds.
    pub(in crate::top) fn record(
        &mut self,
        at: Duration,
        (requests, failures): (u64, u64),
        latency: Option<f64>,
    ) {
        let new = Counters {
            at,
            requests,
            failures,
        };
        let growth = self.counters.back().and_then(|last| new.since(last));
        let Some(growth) = growth else {
            // It is the first sample, the application was restarted, or the clock was set.
            self.counters.clear();
            self.counters.push_back(new);
            return;
        };
        if growth.at < MIN_INTERVAL {
            return;
        }
        self.counters.push_back(new);
        self.points.push_back(match latency {
            _ if growth.failures > 0 => Point::Failed,
            Some(latency) if growth.requests > 0 => Point::Latency(latency),
            Some(_) | None => Point::Silent,
        });
        if self.points.len() > MAX_POINTS {
            self.points.pop_front();
        }
        // The one before the window is its beginning.
        while self
            .counters
            .get(1)
            .is_some_and(|next| at - next.at >= RATE_WINDOW)
        {
            self.counters.pop_front();
        }
    }

    /// The requests per second of late. `None` before the second sample.
    pub(in crate::top) fn rate(&self) -> Option<f64> {
        self.rate_of(|counters| counters.requests)
    }

    /// The failures per second of late. `None` before the second sample.
    pub(in crate::top) fn failure_rate(&self) -> Option<f64> {
        self.rate_of(|counters| counters.failures)
    }

    fn rate_of(&self, counter: fn(&Counters) -> u64) -> Option<f64> {
        let (first, last) = (self.counters.front()?, self.counters.back()?);
        let time = (last.at - first.at).as_secs_f64();
        let count = counter(last) - counter(first);
        (time > 0.0).then(|| float(count) / time)
    }

    /// The last `count` points, from the oldest to the newest.
    pub(in crate::top) fn last_points(&self, count: usize) -> impl Iterator<Item = Point> + Clone {
        let skipped = self.points.len().saturating_sub(count);
        self.points.iter().copied().skip(skipped)
    }
}

impl Counters {
    /// The growth since `earlier`. `None` if one of them is lower.
    fn since(&self, earlier: &Self) -> Option<Self> {
        Some(Self {
            at: self.at.checked_sub(earlier.at)?,
            requests: self.requests.checked_sub(earlier.requests)?,
            failures: self.failures.checked_sub(earlier.failures)?,
        })
    }
}

fn float(count: u64) -> f64 {
    // Exact up to 2^53.
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(samples: &[(u64, u64, u64)]) -> History {
        let mut history = History::default();
        for &(milliseconds, requests, failures) in samples {
            let at = Duration::from_millis(milliseconds);
            history.record(at, (requests, failures), Some(2.0));
        }
        history
    }

    fn points(history: &History) -> Vec<Point> {
        history.last_points(usize::MAX).collect()
    }

    #[test]
    fn rate_is_that_of_the_last_five_seconds() {
        assert_eq!(history(&[(1_000, 7, 0)]).rate(), None);
        assert_eq!(history(&[(1_000, 7, 0), (3_000, 17, 4)]).rate(), Some(5.0));
        let mut samples: Vec<_> = (0..10)
            .map(|second| (second * 1_000, second * 100, 0))
            .collect();
        samples.extend((10..16).map(|second| (second * 1_000, 900, second - 9)));
        let history = history(&samples);
        assert_eq!(history.rate(), Some(0.0));
        assert_eq!(history.failure_rate(), Some(1.0));
        assert!(history.counters.len() <= 6, "{history:?}");
    }

    #[test]
    fn rate_of_a_file_is_that_between_its_last_two_versions() {
        let history = history(&[(0, 0, 0), (10_000, 1_000, 0), (20_000, 1_500, 0)]);
        assert_eq!(history.rate(), Some(50.0));
    }

    #[test]
    fn point_says_what_happened_since_the_one_before() {
        let history = history(&[(0, 5, 0), (1_000, 6, 0), (2_000, 6, 0), (3_000, 8, 1)]);
        assert_eq!(
            points(&history),
            [Point::Latency(2.0), Point::Silent, Point::Failed]
        );
        let last: Vec<_> = history.last_points(1).collect();
        assert_eq!(last, [Point::Failed]);
    }

    #[test]
    fn documents_in_quick_succession_share_a_sample() {
        let history = history(&[(0, 0, 0), (1_000, 1, 0), (1_100, 2, 1), (2_000, 3, 1)]);
        assert_eq!(points(&history), [Point::Latency(2.0), Point::Failed]);
        assert_eq!(history.rate(), Some(1.5));
    }

    #[test]
    fn restart_of_the_application_begins_anew() {
        let mut history = history(&[(0, 1_000, 0), (1_000, 1_100, 0), (2_000, 3, 0)]);
        assert_eq!(history.rate(), None);
        history.record(Duration::from_secs(3), (13, 0), None);
        assert_eq!(history.rate(), Some(10.0));
        // A clock that was set back.
        history.record(Duration::from_secs(1), (20, 0), None);
        assert_eq!(history.rate(), None);
    }

    #[test]
    fn number_of_points_is_limited() {
        let samples: Vec<_> = (0..2_000)
            .map(|second| (second * 1_000, second, 0))
            .collect();
        assert_eq!(points(&history(&samples)).len(), MAX_POINTS);
    }
}
