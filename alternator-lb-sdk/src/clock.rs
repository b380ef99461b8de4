//! The one clock of a cluster.

use std::time::Duration;
use tokio::time::Instant;

/// Tells the time as the duration since the clock was made: small enough for one atomic word, and never going back.
///
/// It is tokio's clock, so that a test that pauses the time of its runtime pauses this too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    epoch: Instant,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            epoch: Instant::now(),
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.epoch.elapsed()
    }
}
