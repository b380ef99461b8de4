//! Before, during and after a fault.

use std::ops::Range;
use std::time::Duration;

/// When the fault of a scenario begins and ends, and when the scenario does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    fault: Range<Duration>,
    end: Duration,
}

/// A part of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Nothing is wrong yet.
    Before,
    /// From the beginning of the fault to its end, or from the first to the last.
    During,
    /// What was wrong is over.
    After,
}

impl Timeline {
    /// A scenario with a fault.
    pub fn new(fault: Range<Duration>, end: Duration) -> Self {
        Self { fault, end }
    }

    /// A scenario in which nothing goes wrong.
    pub fn without_fault(end: Duration) -> Self {
        Self::new(end..end, end)
    }

    /// When the scenario ends.
    pub fn end(&self) -> Duration {
        self.end
    }

    /// When the fault begins.
    pub fn fault(&self) -> Duration {
        self.fault.start
    }

    pub(super) fn has_fault(&self) -> bool {
        self.fault.start < self.end
    }

    /// When a phase begins and ends. What comes before the first is not counted.
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

/// What passes until queues and schedules are as they would be after a long time: each client has refreshed its list once.
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
    fn without_a_fault_it_is_before_it_all_the_time() {
        let timeline = Timeline::without_fault(seconds(30));
        assert!(!timeline.has_fault());
        assert_eq!(timeline.phase(seconds(29)), Some(Phase::Before));
    }
}
