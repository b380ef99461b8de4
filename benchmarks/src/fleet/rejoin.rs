//! The load of nodes after their recovery.

use super::Record;
use super::balance::relative_load;
use super::counts::tenths;
use super::record::SECOND;
use std::time::Duration;

/// How recovered nodes regain their share of the requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rejoin {
    /// The highest load of any of them over the fair share, in any tenth of the first second.
    pub(super) first_second: f64,
    /// The highest load until all clients have detected the recovery.
    pub(super) while_detected: f64,
    /// The mean and the longest time until they have their share. `None` if one does not reach it.
    pub(super) share_after: Option<(Duration, Duration)>,
}

/// The time in which every client probes every node again: an ejection takes up to 11.5 s, and a list is refreshed
/// every five or six.
const DETECTION_TIME: usize = 30 * SECOND;

/// The part of a fair share that counts as the full share.
const SHARE: f64 = 0.9;

impl Rejoin {
    pub(super) fn of(record: &Record) -> Option<Self> {
        let (mut first_second, mut while_detected) = (0.0, 0.0);
        let mut waits = Some(Vec::new());
        for &(node, well) in &record.recoveries {
            let period = tenths(&(well..record.timeline.end()));
            let most = |length: usize| {
                let end = period.end.min(period.start + length);
                let tenths = (period.start..end)
                    .map(|tenth| relative_load(record, node, &(tenth..tenth + 1)));
                tenths.fold(0.0, f64::max)
            };
            first_second = f64::max(first_second, most(SECOND));
            while_detected = f64::max(while_detected, most(DETECTION_TIME));
            let ends = period.start + SECOND..=period.end;
            let mut ends =
                ends.filter(|end| relative_load(record, node, &(end - SECOND..*end)) >= SHARE);
            let wait = ends.next().map(|end| super::counts::start(end) - well);
            waits = waits.zip(wait).map(|(mut waits, wait)| {
                waits.push(wait);
                waits
            });
        }
        let count = u32::try_from(record.recoveries.len()).unwrap_or(u32::MAX);
        (count > 0).then(|| Self {
            first_second,
            while_detected,
            share_after: waits.and_then(|waits| {
                let sum: Duration = waits.iter().sum();
                Some((sum / count, waits.into_iter().max()?))
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Timeline;

    /// Two nodes that get ten requests each tenth of a second; the second comes back after one second, and gets `first`
    /// in the first second after that.
    fn record(first: usize) -> Record {
        let second = Duration::from_secs(1);
        let mut record = Record::new(2, Timeline::new(Duration::ZERO..second, second * 40));
        record.node_down(1, Duration::ZERO);
        record.node_recovered(1, second);
        for millis in (0..40_000).step_by(100) {
            let now = Duration::from_millis(millis);
            let returned = match millis {
                0..1_000 => 0,
                1_000..2_000 => first,
                _ => 10,
            };
            (0..10).for_each(|_| record.request(0, now));
            (0..returned).for_each(|_| record.request(1, now));
        }
        record
    }

    #[test]
    fn overload_of_a_rejoining_node_is_measured() {
        let returns = Rejoin::of(&record(30)).unwrap();
        assert_eq!(returns.first_second, 1.5, "thirty, where twenty are fair");
        assert_eq!(returns.while_detected, 1.5);
        let second = Duration::from_secs(1);
        assert_eq!(returns.share_after, Some((second, second)));
    }

    #[test]
    fn unused_rejoining_node_reaches_its_share_later() {
        let returns = Rejoin::of(&record(0)).unwrap();
        assert_eq!(returns.first_second, 0.0);
        let (mean, longest) = returns.share_after.unwrap();
        assert_eq!(mean, longest);
        assert_eq!(
            mean,
            Duration::from_millis(1_900),
            "nine tenths of a second are enough"
        );
    }

    #[test]
    fn scenario_without_recoveries_has_no_rejoin_figures() {
        let record = Record::new(2, Timeline::without_fault(Duration::from_secs(9)));
        assert_eq!(Rejoin::of(&record), None);
    }
}
