//! Counters per node and tenth of a second.

use std::ops::Range;
use std::time::Duration;

/// The resolution of the counters: short enough to show a brief thundering herd.
pub(super) const TENTH: Duration = Duration::from_millis(100);

/// The number of events of each node in each tenth of a second.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    nodes: usize,
    /// Ordered by tenth, then by node.
    counts: Vec<u32>,
}

impl Counts {
    pub(super) fn new(nodes: usize, length: Duration) -> Self {
        Self {
            nodes,
            counts: vec![0; nodes * (tenth(length) + 1)],
        }
    }

    pub(super) fn count(&mut self, node: usize, now: Duration) {
        // Events after the end do not count.
        if let Some(count) = self.counts.get_mut(tenth(now) * self.nodes + node) {
            *count += 1;
        }
    }

    /// Returns the number of events of a node in these tenths.
    pub(super) fn sum(&self, node: usize, tenths: Range<usize>) -> u32 {
        tenths
            .filter_map(|tenth| self.counts.get(tenth * self.nodes + node))
            .sum()
    }

    pub(super) fn nodes(&self) -> Range<usize> {
        0..self.nodes
    }
}

/// Returns the index of the tenth of a second that contains a time.
pub(super) fn tenth(moment: Duration) -> usize {
    usize::try_from(moment.as_millis() / TENTH.as_millis()).unwrap_or(usize::MAX)
}

/// Returns the tenths of a second that lie entirely in a period.
pub(super) fn tenths(period: &Range<Duration>) -> Range<usize> {
    let first = period.start.as_millis().div_ceil(TENTH.as_millis());
    usize::try_from(first).unwrap_or(usize::MAX)..tenth(period.end)
}

/// Returns the beginning of a tenth of a second.
pub(super) fn start(tenth: usize) -> Duration {
    TENTH * u32::try_from(tenth).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_has_its_own_counts() {
        let mut counts = Counts::new(3, Duration::from_secs(1));
        for millis in [0, 99, 100, 950, 1_500] {
            counts.count(1, Duration::from_millis(millis));
        }
        assert_eq!(counts.sum(1, 0..1), 2);
        assert_eq!(counts.sum(1, 0..10), 4);
        assert_eq!(counts.sum(0, 0..10) + counts.sum(2, 0..10), 0);
    }

    #[test]
    fn a_period_has_the_tenths_that_lie_in_it_as_a_whole() {
        let period = Duration::from_millis(150)..Duration::from_millis(400);
        assert_eq!(tenths(&period), 2..4);
        assert_eq!(start(2), Duration::from_millis(200));
    }
}
