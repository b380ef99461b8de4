//! The intervals of refreshes.

use super::Builder;
use crate::build_error::BuildError;
use alternator_lb_core::discovery::RefreshIntervals;
use std::time::Duration;

/// The longest interval; a longer one makes no difference, and no sum of these overflows.
const LONGEST_INTERVAL: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The shortest interval; with a shorter one a process would do nothing else.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);

impl Builder {
    /// Sets the interval of refreshes of the list of nodes while there are requests, ±20 % so that processes drift
    /// apart.
    ///
    /// It bounds how long a node that joined waits for its first request. A node that died needs no refresh: the first
    /// request that cannot connect ejects it for all, and starts a refresh.
    ///
    /// # Default
    ///
    /// 5 seconds, and never less than 10 milliseconds: new nodes serve within seconds, and a thousand busy processes
    /// send 200 small requests a second together.
    pub fn refresh_interval(mut self, interval: Duration) -> Self {
        self.config.intervals.active = interval;
        self
    }

    /// Sets the interval of refreshes while there are no requests, ±20 %. The first request afterwards starts a refresh
    /// at once, and does not wait for it.
    ///
    /// # Default
    ///
    /// 60 seconds, as in all official clients: the list is not too old when requests come again, and an idle process
    /// costs its cluster next to nothing. An interval shorter than [`refresh_interval`](Self::refresh_interval) counts
    /// as that.
    pub fn idle_refresh_interval(mut self, interval: Duration) -> Self {
        self.config.intervals.idle = interval;
        self
    }
}

/// Bounds the intervals.
///
/// # Errors
///
/// [`BuildError::ZeroInterval`] for one that is zero.
pub(super) fn check(intervals: &mut RefreshIntervals) -> Result<(), BuildError> {
    intervals.active = interval("refresh_interval", intervals.active)?;
    intervals.idle = interval("idle_refresh_interval", intervals.idle)?;
    Ok(())
}

fn interval(setting: &'static str, interval: Duration) -> Result<Duration, BuildError> {
    match interval {
        Duration::ZERO => Err(BuildError::ZeroInterval { setting }),
        interval => Ok(interval.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL)),
    }
}
