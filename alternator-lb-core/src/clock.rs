//! The one clock of a cluster.

use std::time::Duration;
use tokio::time::Instant;

/// Tells the time as the duration since the clock was made: small enough for one atomic word, and never going back.
///
/// It is tokio's clock, so that a test that pauses the time of its runtime pauses this too.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    epoch: Instant,
}

impl Clock {
    pub fn new() -> Self {
        Self {
            epoch: Instant::now(),
        }
    }

    pub fn now(&self) -> Duration {
        self.epoch.elapsed()
    }
}
