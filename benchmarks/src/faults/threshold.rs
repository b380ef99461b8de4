//! The thresholds of the plugin.

use std::time::Duration;

use super::contender::ReportedState;
use super::figures::{Figures, SLOW};
use crate::text::{percent, time};

/// A requirement that the plugin must meet in a case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Threshold {
    /// At least this share of the healthy throughput.
    Throughput(f64),
    /// No operation fails or is stuck.
    NoFailures,
    /// Every operation is faster than this.
    SlowestBelow(Duration),
    /// All but one operation in a thousand are faster than this.
    P999Below(Duration),
    /// At most this number of requests are sent for each operation.
    RequestsPerOperation(f64),
    /// Slow operations do not outnumber the callers at the beginning of the fault plus the probes during it.
    FewSlow,
    /// Node 1 still gets requests.
    StillUsed,
    /// Node 1 gets less than this share of the requests.
    ShareBelow(f64),
    /// Node 1 gets at most this number of requests.
    RequestsAtMost(u64),
    /// Node 1 is not ejected.
    NotEjected,
    /// Node 1 is ejected.
    Ejected,
    /// The first success follows the return of a node within this time.
    RecoveryWithin(Duration),
}

/// The measurement that thresholds are checked against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measurement<'a> {
    pub(super) figures: &'a Figures,
    /// The throughput without a fault.
    pub(super) baseline: f64,
    /// The slowest operation without a fault, which is the share of the machine itself.
    pub(super) baseline_slowest: Duration,
    pub(super) reported_state: Option<&'a ReportedState>,
    pub(super) callers: usize,
    /// The duration of the fault.
    pub(super) fault_length: Duration,
}

impl Threshold {
    /// Returns whether the threshold concerns the request share of node 1.
    pub(super) fn concerns_share(self) -> bool {
        match self {
            Self::StillUsed | Self::ShareBelow(_) | Self::RequestsAtMost(_) => true,
            Self::Throughput(_)
            | Self::NoFailures
            | Self::SlowestBelow(_)
            | Self::P999Below(_)
            | Self::RequestsPerOperation(_)
            | Self::FewSlow
            | Self::NotEjected
            | Self::Ejected
            | Self::RecoveryWithin(_) => false,
        }
    }

    /// Returns a description of the miss, or `None` if the threshold is reached.
    pub(super) fn miss(self, measurement: Measurement<'_>) -> Option<String> {
        let figures = measurement.figures;
        match self {
            Self::Throughput(least) => {
                let ratio = figures.ratio(measurement.baseline).unwrap_or_default();
                (ratio < least).then(|| {
                    format!(
                        "throughput {} (at least {})",
                        percent(ratio),
                        percent(least)
                    )
                })
            }
            Self::NoFailures => {
                let (failed, stuck) = (figures.failed, figures.stuck);
                (failed + stuck > 0).then(|| format!("{failed} failed, {stuck} stuck (none)"))
            }
            Self::SlowestBelow(bound) => (figures.slowest >= bound).then(|| {
                let (slowest, baseline) =
                    (time(figures.slowest), time(measurement.baseline_slowest));
                format!(
                    "slowest {slowest} (below {}; {baseline} without a fault)",
                    time(bound)
                )
            }),
            Self::P999Below(bound) => (figures.p999 >= bound)
                .then(|| format!("p99.9 {} (below {})", time(figures.p999), time(bound))),
            Self::RequestsPerOperation(most) => {
                let requests = figures.requests_per_operation.unwrap_or(f64::INFINITY);
                (requests > most)
                    .then(|| format!("{requests:.3} requests for each operation (at most {most})"))
            }
            Self::FewSlow => {
                let most = measurement.callers + probe_count(measurement.fault_length);
                let slow = figures.slow;
                (slow > most)
                    .then(|| format!("{slow} took more than {} (at most {most})", time(SLOW)))
            }
            Self::StillUsed => (figures.share.unwrap_or_default() == 0.0)
                .then(|| "node 1 got no requests (some)".to_owned()),
            Self::ShareBelow(bound) => {
                let share = figures.share.unwrap_or(1.0);
                (share >= bound).then(|| {
                    format!(
                        "node 1 got {} of the requests (below {})",
                        percent(share),
                        percent(bound)
                    )
                })
            }
            Self::RequestsAtMost(most) => {
                let requests = figures.requests.unwrap_or(u64::MAX);
                (requests > most)
                    .then(|| format!("node 1 got {requests} requests (at most {most})"))
            }
            Self::NotEjected => match measurement.reported_state {
                Some(reported_state) => reported_state
                    .is_ejected
                    .then(|| format!("node 1 is {} (usable)", reported_state.state)),
                None => Some("node 1 is not listed (usable)".to_owned()),
            },
            Self::Ejected => match measurement.reported_state {
                Some(reported_state) => (!reported_state.is_ejected)
                    .then(|| format!("node 1 is {} (ejected)", reported_state.state)),
                None => Some("node 1 is not listed (ejected)".to_owned()),
            },
            Self::RecoveryWithin(bound) => match figures.recovery_time {
                Some(after) => (after > bound).then(|| {
                    format!(
                        "first success after {} (within {})",
                        time(after),
                        time(bound)
                    )
                }),
                None => Some(format!("no success (within {})", time(bound))),
            },
        }
    }
}

/// Returns the number of probes in this time with a backoff that begins at 100 ms and doubles, as the plugin documents.
fn probe_count(fault_length: Duration) -> usize {
    let mut probes = 0;
    let mut pause = FIRST_BACKOFF;
    let mut passed = pause;
    while passed <= fault_length {
        probes += 1;
        pause *= 2;
        passed += pause;
    }
    probes
}

const FIRST_BACKOFF: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    fn miss(threshold: Threshold, figures: &Figures) -> Option<String> {
        threshold.miss(Measurement {
            figures,
            baseline: 100.0,
            baseline_slowest: Duration::from_millis(5),
            reported_state: None,
            callers: 16,
            fault_length: Duration::from_secs(7),
        })
    }

    #[test]
    fn throughput_is_compared_with_the_baseline() {
        let figures = |throughput| Figures {
            throughput,
            ..Figures::default()
        };
        assert_eq!(miss(Threshold::Throughput(0.95), &figures(95.0)), None);
        let missed = miss(Threshold::Throughput(0.95), &figures(94.4));
        assert_eq!(missed.unwrap(), "throughput 94.4 % (at least 95 %)");
    }

    #[test]
    fn stuck_operations_count_as_failures() {
        let figures = Figures {
            stuck: 2,
            ..Figures::default()
        };
        let missed = miss(Threshold::NoFailures, &figures);
        assert_eq!(missed.unwrap(), "0 failed, 2 stuck (none)");
        assert_eq!(miss(Threshold::NoFailures, &Figures::default()), None);
    }

    #[test]
    fn each_probe_allows_one_slow_operation() {
        // After 0.1, 0.3, 0.7, 1.5, 3.1 and 6.3 s.
        assert_eq!(probe_count(Duration::from_secs(7)), 6);
        let figures = |slow| Figures {
            slow,
            ..Figures::default()
        };
        assert_eq!(miss(Threshold::FewSlow, &figures(22)), None);
        assert!(miss(Threshold::FewSlow, &figures(23)).is_some());
    }

    #[test]
    fn slow_node_gets_few_requests() {
        let figures = |requests| Figures {
            requests: Some(requests),
            ..Figures::default()
        };
        let threshold = Threshold::RequestsAtMost(150);
        assert_eq!(miss(threshold, &figures(150)), None);
        let missed = miss(threshold, &figures(151));
        assert_eq!(missed.unwrap(), "node 1 got 151 requests (at most 150)");
    }

    #[test]
    fn tail_and_its_price_have_bounds() {
        let figures = |p999, requests| Figures {
            p999: Duration::from_millis(p999),
            requests_per_operation: Some(requests),
            ..Figures::default()
        };
        let (tail, price) = (
            Threshold::P999Below(Duration::from_millis(20)),
            Threshold::RequestsPerOperation(1.06),
        );
        let good = figures(19, 1.05);
        assert_eq!((miss(tail, &good), miss(price, &good)), (None, None));
        let bad = figures(100, 1.2);
        assert_eq!(miss(tail, &bad).unwrap(), "p99.9 100 ms (below 20 ms)");
        assert!(miss(price, &bad).is_some());
    }

    #[test]
    fn throttled_node_keeps_some_requests() {
        let figures = |share| Figures {
            share: Some(share),
            ..Figures::default()
        };
        assert!(miss(Threshold::StillUsed, &figures(0.0)).is_some());
        assert_eq!(miss(Threshold::StillUsed, &figures(0.01)), None);
        assert_eq!(miss(Threshold::ShareBelow(0.25), &figures(0.2)), None);
        assert!(miss(Threshold::ShareBelow(0.25), &figures(0.33)).is_some());
    }

    #[test]
    fn state_of_the_node_is_judged() {
        let figures = Figures::default();
        let misses = |threshold: Threshold, is_ejected| {
            let reported_state = ReportedState {
                is_ejected,
                state: "Whatever".to_owned(),
            };
            let measurement = Measurement {
                figures: &figures,
                baseline: 100.0,
                baseline_slowest: Duration::ZERO,
                reported_state: Some(&reported_state),
                callers: 16,
                fault_length: Duration::from_secs(7),
            };
            threshold.miss(measurement).is_some()
        };
        assert!(misses(Threshold::Ejected, false) && !misses(Threshold::Ejected, true));
        assert!(misses(Threshold::NotEjected, true) && !misses(Threshold::NotEjected, false));
    }

    #[test]
    fn missing_observations_miss_their_thresholds() {
        let nothing = Figures::default();
        for threshold in [
            Threshold::Throughput(0.1),
            Threshold::StillUsed,
            Threshold::RequestsPerOperation(1.06),
            Threshold::ShareBelow(0.25),
            Threshold::RequestsAtMost(150),
            Threshold::NotEjected,
            Threshold::Ejected,
            Threshold::RecoveryWithin(Duration::from_secs(1)),
        ] {
            assert!(miss(threshold, &nothing).is_some(), "{threshold:?}");
        }
    }
}
