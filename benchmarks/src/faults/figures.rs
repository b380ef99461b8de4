//! Computes the reported figures of a run.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::load::{Completion, Operation};
use super::observations::Observations;

/// The reported figures of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Figures {
    /// Operations that succeeded in the window, per second.
    pub(super) throughput: f64,
    /// All operations of the run.
    pub(super) operations: usize,
    /// Those that returned an error, in the whole run.
    pub(super) failed: usize,
    /// Those still pending at the end of the run after more than the stuck time.
    pub(super) stuck: usize,
    /// The slowest operation that ended after the fault began, or was still pending.
    pub(super) slowest: Duration,
    /// True if the slowest operation had ended.
    pub(super) slowest_ended: bool,
    /// Operations slower than [`SLOW`] that ended after the fault began, or were still pending.
    pub(super) slow: usize,
    /// Latencies of those that succeeded in the window.
    pub(super) p50: Duration,
    pub(super) p99: Duration,
    pub(super) p999: Duration,
    /// The requests of all nodes for each operation of the window that ended there.
    pub(super) requests_per_operation: Option<f64>,
    /// The longest that returned an error.
    pub(super) longest_failure: Duration,
    /// From the return of a node to the first success.
    pub(super) recovery_time: Option<Duration>,
    /// The requests that node 1 got in the window.
    pub(super) requests: Option<u64>,
    /// The share of node 1 in all requests of the window, from 0 to 1.
    pub(super) share: Option<f64>,
    /// The share of all processors that other programs used, from 0 to 1.
    pub(super) other_programs: Option<f64>,
}

impl Figures {
    pub(super) fn of(run: &Observations) -> Self {
        let operations = &run.operations;
        let ends = |completion: Completion| {
            operations
                .iter()
                .filter(move |it| it.completion == completion)
        };
        let stuck = ends(Completion::Pending).filter(|it| it.took >= STUCK);
        let after = || operations.iter().filter(|it| it.ended() >= run.fault);
        let slowest = after().max_by_key(|it| it.took);
        let [p50, p99, p999] = percentiles(run);
        Self {
            throughput: throughput(run),
            operations: operations.len(),
            failed: ends(Completion::Failed).count(),
            stuck: stuck.count(),
            slowest: slowest.map(|it| it.took).unwrap_or_default(),
            slowest_ended: slowest.is_none_or(|it| it.completion != Completion::Pending),
            slow: after().filter(|it| it.took > SLOW).count(),
            p50,
            p99,
            p999,
            requests_per_operation: requests_per_operation(run),
            longest_failure: ends(Completion::Failed)
                .map(|it| it.took)
                .max()
                .unwrap_or_default(),
            recovery_time: recovery_time(run),
            requests: run.requests.first().copied(),
            share: share(&run.requests),
            other_programs: run.other_programs,
        }
    }

    /// Returns the throughput as a share of another's, where there is one.
    pub(super) fn ratio(&self, baseline: f64) -> Option<f64> {
        (baseline > 0.0).then(|| self.throughput / baseline)
    }
}

/// Returns the successes per second in each tenth of a second.
pub(super) fn throughput_series(operations: &[Operation], length: Duration) -> Vec<f64> {
    let buckets = length.as_millis() / BUCKET.as_millis();
    let mut counts = vec![0.0; usize::try_from(buckets).unwrap_or_default()];
    for operation in operations
        .iter()
        .filter(|it| it.completion == Completion::Succeeded)
    {
        let bucket = operation.ended().as_millis() / BUCKET.as_millis();
        if let Some(count) = usize::try_from(bucket)
            .ok()
            .and_then(|bucket| counts.get_mut(bucket))
        {
            *count += 1.0 / BUCKET.as_secs_f64();
        }
    }
    counts
}

fn in_window(run: &Observations) -> impl Iterator<Item = &Operation> {
    let done = run
        .operations
        .iter()
        .filter(|it| it.completion == Completion::Succeeded);
    done.filter(|it| run.window.contains(&it.ended()))
}

fn throughput(run: &Observations) -> f64 {
    let length = run.window.end.saturating_sub(run.window.start);
    if length.is_zero() {
        return 0.0;
    }
    in_window(run).count() as f64 / length.as_secs_f64()
}

fn percentiles(run: &Observations) -> [Duration; 3] {
    // Three significant digits; only more than five are an error.
    let Ok(mut histogram) = Histogram::<u64>::new(3) else {
        return Default::default();
    };
    for operation in in_window(run) {
        let micros = u64::try_from(operation.took.as_micros()).unwrap_or(u64::MAX);
        histogram += micros;
    }
    let at = |quantile| Duration::from_micros(histogram.value_at_quantile(quantile));
    [at(0.5), at(0.99), at(0.999)]
}

fn requests_per_operation(run: &Observations) -> Option<f64> {
    let ended = in_window(run).count();
    let requests: u64 = run.requests.iter().sum();
    (ended > 0 && requests > 0).then(|| requests as f64 / ended as f64)
}

fn recovery_time(run: &Observations) -> Option<Duration> {
    let returned = run.returned?;
    let done = run
        .operations
        .iter()
        .filter(|it| it.completion == Completion::Succeeded);
    let later = done.map(Operation::ended).filter(|it| *it >= returned);
    Some(later.min()? - returned)
}

fn share(requests: &[u64]) -> Option<f64> {
    let all: u64 = requests.iter().sum();
    let first = requests.first()?;
    (all > 0).then(|| *first as f64 / all as f64)
}

/// The limit of slow operations: a hundred times the usual latency here, and noticeable to a person.
pub(super) const SLOW: Duration = Duration::from_millis(100);
/// The limit of stuck operations: more than the pauses of the SDK in three attempts, which are at most 1 s and 2 s.
const STUCK: Duration = Duration::from_millis(3500);
pub(super) const BUCKET: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn operation(began: u64, took: u64, completion: Completion) -> Operation {
        Operation {
            began: ms(began),
            took: ms(took),
            completion,
        }
    }

    fn run(operations: Vec<Operation>) -> Observations {
        Observations {
            operations,
            fault: ms(1000),
            window: ms(2000)..ms(4000),
            requests: vec![1, 4, 5],
            returned: Some(ms(3000)),
            waiting: None,
            reported_state: None,
            other_programs: None,
        }
    }

    #[test]
    fn only_successes_in_the_window_are_throughput() {
        let figures = Figures::of(&run(vec![
            operation(100, 5, Completion::Succeeded),
            operation(1999, 5, Completion::Succeeded),
            operation(2500, 10, Completion::Failed),
            operation(3000, 10, Completion::Succeeded),
            operation(3999, 10, Completion::Succeeded),
        ]));
        assert_eq!(figures.throughput, 1.0);
        assert_eq!(figures.ratio(4.0), Some(0.25));
        assert_eq!(figures.ratio(0.0), None);
        assert_eq!((figures.operations, figures.failed), (5, 1));
        // The histogram keeps three digits.
        let p99 = figures.p99.as_secs_f64();
        assert!((p99 - 0.01).abs() < 0.000_01, "{p99}");
    }

    #[test]
    fn operations_that_ended_before_the_fault_are_not_slow() {
        let figures = Figures::of(&run(vec![
            operation(0, 900, Completion::Succeeded),
            operation(990, 150, Completion::Succeeded),
        ]));
        assert_eq!((figures.slowest, figures.slow), (ms(150), 1));
        assert!(figures.slowest_ended);
    }

    #[test]
    fn pending_operation_is_stuck_only_after_the_stuck_time() {
        let figures = Figures::of(&run(vec![
            operation(1000, 5000, Completion::Pending),
            operation(3900, 2100, Completion::Pending),
        ]));
        assert_eq!((figures.stuck, figures.failed, figures.slow), (1, 0, 2));
        assert_eq!((figures.slowest, figures.slowest_ended), (ms(5000), false));
    }

    #[test]
    fn recovery_time_ends_with_the_next_success() {
        let operations = vec![
            operation(2000, 10, Completion::Succeeded),
            operation(2900, 1000, Completion::Failed),
            operation(3100, 150, Completion::Succeeded),
            operation(3200, 10, Completion::Succeeded),
        ];
        let figures = Figures::of(&run(operations));
        assert_eq!(figures.recovery_time, Some(ms(210)));
        assert_eq!(figures.longest_failure, ms(1000));
        assert_eq!(Figures::of(&run(Vec::new())).recovery_time, None);
    }

    #[test]
    fn the_share_is_that_of_node_1() {
        let figures = Figures::of(&run(Vec::new()));
        assert_eq!((figures.requests, figures.share), (Some(1), Some(0.1)));
        assert_eq!(share(&[0, 0]), None);
        assert_eq!(share(&[]), None);
    }

    #[test]
    fn second_requests_show_in_the_requests_per_operation() {
        let operations = vec![operation(2500, 10, Completion::Succeeded); 8];
        let figures = Figures::of(&run(operations));
        assert_eq!(figures.requests_per_operation, Some(1.25));
        assert_eq!(Figures::of(&run(Vec::new())).requests_per_operation, None);
    }

    #[test]
    fn throughput_series_counts_successes_where_they_end() {
        let operations = [
            operation(0, 50, Completion::Succeeded),
            operation(90, 20, Completion::Succeeded),
            operation(100, 20, Completion::Failed),
            operation(990, 20, Completion::Succeeded),
        ];
        assert_eq!(throughput_series(&operations, ms(300)), [10.0, 10.0, 0.0]);
    }
}
