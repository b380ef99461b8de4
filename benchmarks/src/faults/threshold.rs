//! What the plugin must reach, and whether it does.

use std::time::Duration;

use super::contender::ReportedState;
use super::figures::{Figures, SLOW};
use crate::text::{percent, time};

/// One thing that the plugin must reach in a case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Threshold {
    /// At least this share of the healthy throughput.
    Throughput(f64),
    /// No operation fails or is stuck.
    NoFailures,
    /// No operation takes as long.
    SlowestBelow(Duration),
    /// No more operations are slow than there are callers when the fault begins, and attempts to find out whether it is
    /// over.
    FewSlow,
    /// Node 1 still gets requests.
    StillUsed,
    /// Node 1 gets less than this share of the requests.
    ShareBelow(f64),
    /// Node 1 counts as usable.
    NotEjected,
    /// The first success is at most so long after the return of a node.
    RecoveryWithin(Duration),
}

/// What the thresholds are held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measurement<'a> {
    pub(super) figures: &'a Figures,
    /// The throughput without a fault.
    pub(super) baseline: f64,
    /// How long an operation took at most without a fault, which is what the machine itself makes of it.
    pub(super) baseline_slowest: Duration,
    pub(super) reported_state: Option<&'a ReportedState>,
    pub(super) callers: usize,
    /// How long the fault lasted.
    pub(super) fault_length: Duration,
}

impl Threshold {
    /// Whether what node 1 got of the requests is worth telling.
    pub(super) fn concerns_share(self) -> bool {
        matches!(self, Self::StillUsed | Self::ShareBelow(_))
    }

    /// Says what is missing, if something is.
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
            Self::NotEjected => match measurement.reported_state {
                Some(reported_state) => reported_state
                    .is_ejected
                    .then(|| format!("node 1 is {} (usable)", reported_state.state)),
                None => Some("node 1 is not listed (usable)".to_owned()),
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

/// How often a node is tried in this time if the pauses begin with 100 ms and double, which is what the plugin documents.
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
    fn throughput_is_held_against_that_without_a_fault() {
        let figures = |throughput| Figures {
            throughput,
            ..Figures::default()
        };
        assert_eq!(miss(Threshold::Throughput(0.95), &figures(95.0)), None);
        let missed = miss(Threshold::Throughput(0.95), &figures(94.4));
        assert_eq!(missed.unwrap(), "throughput 94.4 % (at least 95 %)");
    }

    #[test]
    fn what_is_stuck_has_failed_too() {
        let figures = Figures {
            stuck: 2,
            ..Figures::default()
        };
        let missed = miss(Threshold::NoFailures, &figures);
        assert_eq!(missed.unwrap(), "0 failed, 2 stuck (none)");
        assert_eq!(miss(Threshold::NoFailures, &Figures::default()), None);
    }

    #[test]
    fn each_probe_may_cost_one_slow_operation() {
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
    fn a_node_may_be_asked_less_but_not_never() {
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
    fn what_was_not_seen_is_missed() {
        let nothing = Figures::default();
        for threshold in [
            Threshold::Throughput(0.1),
            Threshold::StillUsed,
            Threshold::ShareBelow(0.25),
            Threshold::NotEjected,
            Threshold::RecoveryWithin(Duration::from_secs(1)),
        ] {
            assert!(miss(threshold, &nothing).is_some(), "{threshold:?}");
        }
    }
}
