//! The record of a scenario.

use super::counts::{Counts, TENTH, tenth};
use super::latencies::Latencies;
use super::{NodeSet, Phase, Timeline};
use std::ops::Range;
use std::time::Duration;

/// The events of a scenario, from which the figures are computed.
#[derive(Clone, Debug)]
pub struct Record {
    pub(super) timeline: Timeline,
    /// Attempts of operations.
    pub(super) requests: Counts,
    /// Requests of discovery.
    pub(super) discovery_requests: Counts,
    /// Health checks.
    pub(super) probes: Counts,
    /// The periods in which each node did not serve.
    pub(super) outages: Vec<Vec<Range<Duration>>>,
    /// Nodes that were faulty at any time.
    pub(super) ever_faulty: NodeSet,
    /// The nodes that recovered, and when.
    pub(super) recoveries: Vec<(usize, Duration)>,
    /// The operations of each tenth of a second.
    pub(super) tenth_totals: Vec<TenthTotals>,
    phases: [PhaseTotals; 3],
    /// The limit of slow operations. No operation is slow before the fault.
    slow: Duration,
}

/// The operations that began in a tenth of a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TenthTotals {
    pub(super) operations: u32,
    pub(super) failed: u32,
    pub(super) slow: u32,
}

/// The operations that began in a phase, and the ejections in it.
#[derive(Clone, Debug, Default)]
pub(super) struct PhaseTotals {
    pub(super) operations: u64,
    pub(super) failed: u64,
    /// Not ended at the end of the scenario.
    pub(super) stuck: u64,
    pub(super) latencies: Latencies,
    /// Ejections of faulty nodes.
    pub(super) rightly_ejected: u64,
    /// Ejections of healthy nodes.
    pub(super) wrongly_ejected: u64,
    /// How often a client entered panic mode, in which it ignores ejections.
    pub(super) panic_mode_entries: u64,
}

/// The limit of slow operations as a multiple of the p99 before the fault. A cluster that has lost a third of its nodes
/// is permanently twice as slow, which must not count as slow.
const SLOW: u32 = 3;

/// The age of stuck operations at the end of the scenario; younger ones may still succeed.
const STUCK: Duration = Duration::from_secs(5);

impl Record {
    /// An empty record.
    pub fn new(nodes: u32, timeline: Timeline) -> Self {
        let nodes = nodes as usize;
        let length = timeline.end();
        Self {
            requests: Counts::new(nodes, length),
            discovery_requests: Counts::new(nodes, length),
            probes: Counts::new(nodes, length),
            outages: vec![Vec::new(); nodes],
            ever_faulty: NodeSet::default(),
            recoveries: Vec::new(),
            tenth_totals: vec![TenthTotals::default(); tenth(length) + 1],
            phases: Default::default(),
            slow: Duration::MAX,
            timeline,
        }
    }

    /// Returns the beginning of the fault.
    pub fn fault(&self) -> Duration {
        self.timeline.fault()
    }

    /// Returns the number of attempts.
    pub fn requests(&self) -> u64 {
        let tenths = 0..self.tenth_totals.len();
        let nodes = self.requests.nodes();
        nodes
            .map(|node| u64::from(self.requests.sum(node, tenths.clone())))
            .sum()
    }

    /// Counts an attempt that goes to a node.
    pub fn request(&mut self, node: u32, now: Duration) {
        self.requests.count(node as usize, now);
    }

    /// Counts a request of discovery.
    pub fn discovery_request(&mut self, node: u32, now: Duration) {
        self.discovery_requests.count(node as usize, now);
    }

    /// Counts a health check.
    pub fn probe(&mut self, node: u32, now: Duration) {
        self.probes.count(node as usize, now);
    }

    /// Records the end of an operation.
    pub fn operation_ended(&mut self, began: Duration, now: Duration, succeeded: bool) {
        let took = now.saturating_sub(began);
        self.add(began, !succeeded, took > self.slow);
        if let Some(part) = self.phase_totals_mut(began) {
            match succeeded {
                true => part.latencies.add(took),
                false => part.failed += 1,
            }
        }
    }

    /// Records an operation that is pending at the end of the scenario.
    pub fn operation_unfinished(&mut self, began: Duration) {
        if began + STUCK > self.timeline.end() {
            return;
        }
        self.add(began, true, true);
        if let Some(part) = self.phase_totals_mut(began) {
            part.stuck += 1;
        }
    }

    fn add(&mut self, began: Duration, failed: bool, slow: bool) {
        if let Some(moment) = self.tenth_totals.get_mut(tenth(began)) {
            moment.operations += 1;
            moment.failed += u32::from(failed);
            moment.slow += u32::from(slow);
        }
        if let Some(part) = self.phase_totals_mut(began) {
            part.operations += 1;
        }
    }

    /// Sets the limit of slow operations when the fault begins.
    pub fn start_fault(&mut self) {
        let usual = self.phase_totals(Phase::Before).latencies.quantile(0.99);
        self.slow = usual.map_or(Duration::MAX, |usual| usual * SLOW);
    }

    /// Marks a node as faulty.
    pub fn mark_faulty(&mut self, node: u32) {
        self.ever_faulty.insert(node);
    }

    /// Begins an outage of a node.
    pub fn node_down(&mut self, node: u32, now: Duration) {
        self.mark_faulty(node);
        if let Some(outages) = self.outages.get_mut(node as usize) {
            outages.push(now..Duration::MAX);
        }
    }

    /// Records the recovery of a node, and ends its outage.
    pub fn node_recovered(&mut self, node: u32, now: Duration) {
        self.recoveries.push((node as usize, now));
        let outages = self.outages.get_mut(node as usize);
        if let Some(last) = outages.and_then(|outages| outages.last_mut()) {
            last.end = last.end.min(now);
        }
    }

    /// Counts an ejection.
    pub fn ejection(&mut self, justified: bool, now: Duration) {
        if let Some(part) = self.phase_totals_mut(now) {
            match justified {
                true => part.rightly_ejected += 1,
                false => part.wrongly_ejected += 1,
            }
        }
    }

    /// Counts a client that enters panic mode.
    pub fn panic_mode_entered(&mut self, now: Duration) {
        if let Some(part) = self.phase_totals_mut(now) {
            part.panic_mode_entries += 1;
        }
    }

    /// Returns whether a node serves throughout these tenths.
    pub(super) fn serves(&self, node: usize, tenths: &Range<usize>) -> bool {
        let (begin, end) = (
            super::counts::start(tenths.start),
            super::counts::start(tenths.end),
        );
        let outages = self.outages.get(node).map(Vec::as_slice);
        let mut outages = outages.unwrap_or_default().iter();
        !outages.any(|outage| outage.start < end && begin < outage.end)
    }

    pub(super) fn phase_totals(&self, phase: Phase) -> &PhaseTotals {
        let [before, during, after] = &self.phases;
        match phase {
            Phase::Before => before,
            Phase::During => during,
            Phase::After => after,
        }
    }

    fn phase_totals_mut(&mut self, moment: Duration) -> Option<&mut PhaseTotals> {
        let [before, during, after] = &mut self.phases;
        Some(match self.timeline.phase(moment)? {
            Phase::Before => before,
            Phase::During => during,
            Phase::After => after,
        })
    }
}

/// A second, in tenths.
pub(super) const SECOND: usize = (1_000 / TENTH.as_millis()) as usize;

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn record() -> Record {
        Record::new(2, Timeline::new(seconds(10)..seconds(20), seconds(30)))
    }

    #[test]
    fn operations_count_where_they_began() {
        let mut record = record();
        record.operation_ended(seconds(9), seconds(11), true);
        record.operation_ended(seconds(12), seconds(13), false);
        record.operation_unfinished(seconds(19));
        record.operation_unfinished(seconds(29));
        assert_eq!(record.phase_totals(Phase::Before).operations, 1);
        let during = record.phase_totals(Phase::During);
        assert_eq!((during.operations, during.failed, during.stuck), (2, 1, 1));
        assert_eq!(record.phase_totals(Phase::After).operations, 0);
    }

    #[test]
    fn what_is_slow_is_known_when_the_start_fault() {
        let mut record = record();
        let slow = |record: &Record| -> u32 { record.tenth_totals.iter().map(|it| it.slow).sum() };
        record.operation_ended(seconds(7), seconds(8), true);
        assert_eq!(slow(&record), 0);
        record.start_fault();
        record.operation_ended(seconds(10), seconds(12), true);
        assert_eq!(slow(&record), 0);
        record.operation_ended(seconds(10), seconds(14), true);
        assert_eq!(slow(&record), 1);
    }

    #[test]
    fn node_does_not_serve_during_an_outage() {
        let mut record = record();
        record.node_down(1, seconds(10));
        record.node_recovered(1, seconds(12));
        assert!(record.serves(0, &(0..300)));
        assert!(record.serves(1, &(90..100)) && record.serves(1, &(120..130)));
        assert!(!record.serves(1, &(95..101)) && !record.serves(1, &(119..130)));
        assert!(record.ever_faulty.contains(1) && !record.ever_faulty.contains(0));
    }
}
