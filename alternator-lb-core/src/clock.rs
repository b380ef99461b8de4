//! The one clock of a cluster.

use std::time::Duration;
use tokio::time::Instant;

/// Tells the time as the duration since the clock was made: small enough for one atomic word, and never going back.
///
/// It is tokio's clock, so that a test that pauses the time of its runtime pauses this too.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    /// The same instant by the system's clock, which is never paused. None in a simulation, where no such time passes.
    system_start: Option<std::time::Instant>,
}

impl Clock {
    /// A clock that begins now.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "two clocks differ, which `default()` would hide"
    )]
    pub fn new() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "beside the cluster's clock, to know when that is paused"
        )]
        let system_start = std::time::Instant::now();
        Self {
            start: Instant::now(),
            system_start: Some(system_start),
        }
    }

    /// A clock of a simulation, whose time is tokio's paused one alone.
    #[cfg(test)]
    pub(crate) fn simulated() -> Self {
        Self {
            start: Instant::now(),
            system_start: None,
        }
    }

    /// The time since the clock was made.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// The time since the clock was made, by the system's clock.
    pub(crate) fn system_now(&self) -> Option<Duration> {
        self.system_start.map(|start| start.elapsed())
    }
}

/// The milliseconds of a time, for an atomic word. Saturates at half of the largest number, so that a sum of two never
/// overflows.
#[must_use]
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).map_or(MAX_MILLIS, |millis| millis.min(MAX_MILLIS))
}

const MAX_MILLIS: u64 = u64::MAX / 2;
