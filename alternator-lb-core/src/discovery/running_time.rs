//! The time in which this process runs.

use crate::clock::Clock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The interval of the checks while there is anything to check. It bounds how late a node that is back or a request
/// that hangs is noticed, and is small beside the times that these take themselves.
pub const TICK: Duration = Duration::from_millis(25);

/// The longest time that one lap counts. Whoever measures takes a lap each [`TICK`], so a longer one is due to this
/// process: it was suspended, its container was throttled, or its runtime was blocked.
const MAX_LAP: Duration = TICK.saturating_mul(2);

/// Measures the time in which this process runs, lap by lap: only that may be held against a node.
///
/// A lap counts no more than the system's clock says either. While a test pauses tokio's clock, that jumps from timer
/// to timer, and no response can arrive within such a jump.
#[derive(Debug)]
pub(super) struct RunningTime {
    clock: Clock,
    lap_began: Duration,
    lap_began_by_system: Option<Duration>,
}

impl RunningTime {
    /// Begins the first lap.
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            lap_began: clock.now(),
            lap_began_by_system: clock.system_now(),
        }
    }

    /// Returns the time since the lap began, and begins the next.
    pub(super) fn lap(&mut self) -> Duration {
        let before = std::mem::replace(self, Self::new(self.clock));
        let lap = self.lap_began.saturating_sub(before.lap_began);
        let by_system = self.lap_began_by_system.zip(before.lap_began_by_system);
        let by_system = by_system.map(|(now, began)| now.saturating_sub(began));
        lap.min(by_system.unwrap_or(lap)).min(MAX_LAP)
    }
}

/// The time in which this process has run while it checked the nodes: a clock that stands still with the process.
#[derive(Debug, Default)]
pub(super) struct RunningClock {
    micros: AtomicU64,
}

impl RunningClock {
    pub(super) fn advance(&self, lap: Duration) {
        let lap = u64::try_from(lap.as_micros()).unwrap_or_default();
        self.micros.fetch_add(lap, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> Duration {
        Duration::from_micros(self.micros.load(Ordering::Relaxed))
    }
}

/// Waits while this process runs for so long.
pub(super) async fn sleep(duration: Duration, clock: Clock) {
    let mut running_time = RunningTime::new(clock);
    let mut waited = Duration::ZERO;
    while waited < duration {
        tokio::time::sleep(TICK).await;
        waited += running_time.lap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{advance, sleep};

    #[tokio::test(start_paused = true)]
    async fn lap_counts_no_time_in_which_the_process_stood_still() {
        let mut running_time = RunningTime::new(Clock::simulated());
        sleep(TICK).await;
        assert_eq!(running_time.lap(), TICK);
        advance(Duration::from_secs(9)).await;
        assert_eq!(running_time.lap(), 2 * TICK);
        assert_eq!(running_time.lap(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn lap_counts_no_time_by_which_a_paused_clock_has_jumped() {
        let clock = Clock::new();
        let mut running_time = RunningTime::new(clock);
        let mut counted = Duration::ZERO;
        for _ in 0..1_000 {
            sleep(TICK).await;
            counted += running_time.lap();
        }
        assert!(counted <= clock.system_now().unwrap());
        assert!(counted < clock.now());
    }
}
