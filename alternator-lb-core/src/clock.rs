//! The one clock of a cluster.

use std::time::Duration;
use tokio::time::Instant;

/// Tells the time as the duration since the clock was made: small enough for one atomic word, and never going back.
///
/// It is tokio's clock, so that a test that pauses the time of its runtime pauses this too.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    /// A clock that begins now.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "two clocks differ, which `default()` would hide"
    )]
    pub fn new() -> Self {
        Self(Instant::now())
    }

    /// The time since the clock was made.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The milliseconds of a time, for an atomic word. Saturates at half of the largest number, so that a sum of two never
/// overflows.
#[must_use]
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).map_or(MAX_MILLIS, |millis| millis.min(MAX_MILLIS))
}

const MAX_MILLIS: u64 = u64::MAX / 2;
