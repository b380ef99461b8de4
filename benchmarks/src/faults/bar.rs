//! What the plugin must reach, and whether it does.

use std::time::Duration;

use super::contender::Opinion;
use super::figures::{Figures, SLOW};
use crate::text::{percent, time};

/// One thing that the plugin must reach in a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bar {
    /// At least this share of the healthy throughput.
    Throughput(f64),
    /// No operation fails or is stuck.
    NoneFailed,
    /// No operation takes as long.
    Slowest(Duration),
    /// No more operations are slow than there are callers when the fault begins, and attempts to find out whether it is
    /// over.
    FewSlow,
    /// Node 1 still gets requests.
    StillAsked,
    /// Node 1 gets less than this share of the requests.
    ShareBelow(f64),
    /// Node 1 counts as usable.
    NotLeftOut,
    /// The first success is at most so long after the return of a node.
    BackWithin(Duration),
}

/// What the bars are held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Result<'a> {
    pub(super) figures: &'a Figures,
    /// The throughput without a fault.
    pub(super) base: f64,
    /// How long an operation took at most without a fault, which is what the machine itself makes of it.
    pub(super) base_slowest: Duration,
    pub(super) opinion: Option<&'a Opinion>,
    pub(super) callers: usize,
    /// How long the fault lasted.
    pub(super) faulty: Duration,
}

impl Bar {
    /// Whether what node 1 got of the requests is worth telling.
    pub(super) fn is_about_the_share(self) -> bool {
        matches!(self, Self::StillAsked | Self::ShareBelow(_))
    }

    /// Says what is missing, if something is.
    pub(super) fn miss(self, result: Result<'_>) -> Option<String> {
        let figures = result.figures;
        match self {
            Self::Throughput(least) => {
                let ratio = figures.ratio(result.base).unwrap_or_default();
                (ratio < least).then(|| {
                    format!(
                        "throughput {} (at least {})",
                        percent(ratio),
                        percent(least)
                    )
                })
            }
            Self::NoneFailed => {
                let (failed, stuck) = (figures.failed, figures.stuck);
                (failed + stuck > 0).then(|| format!("{failed} failed, {stuck} stuck (none)"))
            }
            Self::Slowest(bound) => (figures.slowest >= bound).then(|| {
                let (slowest, base) = (time(figures.slowest), time(result.base_slowest));
                format!(
                    "slowest {slowest} (below {}; {base} without a fault)",
                    time(bound)
                )
            }),
            Self::FewSlow => {
                let most = result.callers + probes(result.faulty);
                let slow = figures.slow;
                (slow > most)
                    .then(|| format!("{slow} took more than {} (at most {most})", time(SLOW)))
            }
            Self::StillAsked => (figures.share.unwrap_or_default() == 0.0)
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
            Self::NotLeftOut => match result.opinion {
                Some(opinion) => opinion
                    .left_out
                    .then(|| format!("node 1 is {} (usable)", opinion.state)),
                None => Some("node 1 is not listed (usable)".to_owned()),
            },
            Self::BackWithin(bound) => match figures.back_after {
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
fn probes(faulty: Duration) -> usize {
    let mut probes = 0;
    let mut pause = FIRST_PAUSE;
    let mut passed = pause;
    while passed <= faulty {
        probes += 1;
        pause *= 2;
        passed += pause;
    }
    probes
}

const FIRST_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    fn miss(bar: Bar, figures: &Figures) -> Option<String> {
        bar.miss(Result {
            figures,
            base: 100.0,
            base_slowest: Duration::from_millis(5),
            opinion: None,
            callers: 16,
            faulty: Duration::from_secs(7),
        })
    }

    #[test]
    fn throughput_is_held_against_that_without_a_fault() {
        let figures = |throughput| Figures {
            throughput,
            ..Figures::default()
        };
        assert_eq!(miss(Bar::Throughput(0.95), &figures(95.0)), None);
        let missed = miss(Bar::Throughput(0.95), &figures(94.4));
        assert_eq!(missed.unwrap(), "throughput 94.4 % (at least 95 %)");
    }

    #[test]
    fn what_is_stuck_has_failed_too() {
        let figures = Figures {
            stuck: 2,
            ..Figures::default()
        };
        let missed = miss(Bar::NoneFailed, &figures);
        assert_eq!(missed.unwrap(), "0 failed, 2 stuck (none)");
        assert_eq!(miss(Bar::NoneFailed, &Figures::default()), None);
    }

    #[test]
    fn each_probe_may_cost_one_slow_operation() {
        // After 0.1, 0.3, 0.7, 1.5, 3.1 and 6.3 s.
        assert_eq!(probes(Duration::from_secs(7)), 6);
        let figures = |slow| Figures {
            slow,
            ..Figures::default()
        };
        assert_eq!(miss(Bar::FewSlow, &figures(22)), None);
        assert!(miss(Bar::FewSlow, &figures(23)).is_some());
    }

    #[test]
    fn a_node_may_be_asked_less_but_not_never() {
        let figures = |share| Figures {
            share: Some(share),
            ..Figures::default()
        };
        assert!(miss(Bar::StillAsked, &figures(0.0)).is_some());
        assert_eq!(miss(Bar::StillAsked, &figures(0.01)), None);
        assert_eq!(miss(Bar::ShareBelow(0.25), &figures(0.2)), None);
        assert!(miss(Bar::ShareBelow(0.25), &figures(0.33)).is_some());
    }

    #[test]
    fn what_was_not_seen_is_missed() {
        let nothing = Figures::default();
        for bar in [
            Bar::Throughput(0.1),
            Bar::StillAsked,
            Bar::ShareBelow(0.25),
            Bar::NotLeftOut,
            Bar::BackWithin(Duration::from_secs(1)),
        ] {
            assert!(miss(bar, &nothing).is_some(), "{bar:?}");
        }
    }
}
