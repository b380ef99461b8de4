//! The phases of a scenario: before, during and after a fault.

use std::ops::Range;
use std::time::Duration;

/// The period of the fault, and the end of the scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    fault: Range<Duration>,
    end: Duration,
}

/// A part of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Before the fault.
    Before,
    /// From the beginning of the first fault to the end of the last.
    During,
    /// After the fault.
    After,
}

impl Timeline {
    /// A scenario with a fault.
    pub fn new(fault: Range<Duration>, end: Duration) -> Self {
        Self { fault, end }
    }

    /// A scenario without a fault.
    pub fn without_fault(end: Duration) -> Self {
        Self::new(end..end, end)
    }

    /// Returns the end of the scenario.
    pub fn end(&self) -> Duration {
        self.end
    }

    /// Returns the beginning of the fault.
    pub fn fault(&self) -> Duration {
        self.fault.start
    }

    pub(super) fn has_fault(&self) -> bool {
        self.fault.start < self.end
    }

    /// Returns the period of a phase. The warm-up before the first phase does not count.
    pub(super) fn period(&self, phase: Phase) -> Range<Duration> {
        match phase {
            Phase::Before => WARM_UP.min(self.fault.start)..self.fault.start,
            Phase::During => self.fault.clone(),
            Phase::After => self.fault.end..self.end,
        }
    }

    pub(super) fn phase(&self, moment: Duration) -> Option<Phase> {
        let mut all = Phase::ALL.into_iter();
        all.find(|phase| self.period(*phase).contains(&moment))
    }
}

impl Phase {
    pub(super) const ALL: [Self; 3] = [Self::Before, Self::During, Self::After];
}

/// The time until queues and schedules reach their steady state: each client has refreshed its list once.
const WARM_UP: Duration = Duration::from_secs(6);

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn every_moment_after_the_warm_up_has_its_phase() {
        let timeline = Timeline::new(seconds(10)..seconds(20), seconds(30));
        let phase = |n| timeline.phase(seconds(n));
        assert_eq!(phase(5), None);
        assert_eq!(phase(6), Some(Phase::Before));
        assert_eq!(phase(10), Some(Phase::During));
        assert_eq!(phase(20), Some(Phase::After));
        assert_eq!(phase(30), None);
    }

    #[test]
    fn timeline_without_a_fault_has_only_the_first_phase() {
        let timeline = Timeline::without_fault(seconds(30));
        assert!(!timeline.has_fault());
        assert_eq!(timeline.phase(seconds(29)), Some(Phase::Before));
    }
}
