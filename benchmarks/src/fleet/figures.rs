//! The figures of a phase.

use super::balance::peak_to_mean;
use super::counts::{Counts, tenths};
use super::record::SECOND;
use super::recovery::recovery_time;
use super::{Phase, Record};
use std::ops::Range;
use std::time::Duration;

/// The reported figures of a phase.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    pub(super) operations: u64,
    pub(super) failed: u64,
    pub(super) stuck: u64,
    /// Of the operations that succeeded.
    pub(super) p50: Option<Duration>,
    pub(super) p99: Option<Duration>,
    pub(super) longest: Option<Duration>,
    /// The requests of the busiest node over the mean, in any tenth of a second and in any second.
    pub(super) busiest_tenth: Option<f64>,
    pub(super) busiest_second: Option<f64>,
    /// Requests of discovery.
    pub(super) discovery_requests: Rates,
    /// Probes of nodes that were faulty at any time, and of the others.
    pub(super) probes: Option<Rates>,
    pub(super) other_probes: Rates,
    pub(super) rightly_ejected: u64,
    pub(super) wrongly_ejected: u64,
    pub(super) panic_mode_entries: u64,
    /// The time from the beginning of the phase until operations are normal.
    pub(super) recovery_time: Option<Duration>,
}

/// The events per second of a node, over several nodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rates {
    pub(super) mean: f64,
    /// The rate of the node with the most events.
    pub(super) most: f64,
    /// The most events of any node in any one second.
    pub(super) peak: u32,
}

impl Figures {
    pub(super) fn of(record: &Record, phase: Phase) -> Self {
        let period = tenths(&record.timeline.period(phase));
        let part = record.phase_totals(phase);
        let was_faulty =
            |node: &usize| u32::try_from(*node).is_ok_and(|node| record.ever_faulty.contains(node));
        let all = || record.requests.nodes();
        Self {
            operations: part.operations,
            failed: part.failed,
            stuck: part.stuck,
            p50: part.latencies.quantile(0.5),
            p99: part.latencies.quantile(0.99),
            longest: part.latencies.longest(),
            busiest_tenth: peak_to_mean(record, period.clone(), 1),
            busiest_second: peak_to_mean(record, period.clone(), SECOND),
            discovery_requests: rates(&record.discovery_requests, all(), &period)
                .unwrap_or(Rates::NONE),
            probes: rates(&record.probes, all().filter(was_faulty), &period),
            other_probes: rates(
                &record.probes,
                all().filter(|node| !was_faulty(node)),
                &period,
            )
            .unwrap_or(Rates::NONE),
            rightly_ejected: part.rightly_ejected,
            wrongly_ejected: part.wrongly_ejected,
            panic_mode_entries: part.panic_mode_entries,
            recovery_time: recovery_time(&record.tenth_totals, period),
        }
    }
}

impl Rates {
    const NONE: Self = Self {
        mean: 0.0,
        most: 0.0,
        peak: 0,
    };
}

fn rates(
    counts: &Counts,
    nodes: impl Iterator<Item = usize>,
    period: &Range<usize>,
) -> Option<Rates> {
    let seconds = period.len() as f64 / SECOND as f64;
    let mut rates: Option<Rates> = None;
    let mut number = 0.0;
    for node in nodes {
        let rate = f64::from(counts.sum(node, period.clone())) / seconds;
        let windows = period.clone().step_by(SECOND);
        let peak = windows.map(|first| counts.sum(node, first..period.end.min(first + SECOND)));
        let so_far = rates.get_or_insert(Rates::NONE);
        so_far.mean += rate;
        so_far.most = so_far.most.max(rate);
        so_far.peak = so_far.peak.max(peak.max().unwrap_or_default());
        number += 1.0;
    }
    rates.map(|sums| Rates {
        mean: sums.mean / number,
        ..sums
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_per_second_and_node() {
        let second = Duration::from_secs(1);
        let mut counts = Counts::new(3, second * 4);
        for _ in 0..6 {
            counts.count(0, second);
        }
        counts.count(0, second * 3);
        counts.count(1, second * 2);
        let found = rates(&counts, 0..2, &(0..40)).unwrap();
        assert_eq!((found.mean, found.most, found.peak), (1.0, 1.75, 6));
        assert_eq!(rates(&counts, 2..3, &(0..40)), Some(Rates::NONE));
        assert_eq!(rates(&counts, 3..3, &(0..40)), None);
    }
}
