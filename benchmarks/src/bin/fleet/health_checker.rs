//! The state of a client's health checker: that of the library, in simulated time.

use crate::operations::Token;
use alternator_lb_core::discovery::StallDetector;
use alternator_lb_core::discovery::parameters::{FORCED_PROBE_INTERVAL, MAX_PROBES, TICK};
use alternator_lb_core::health::{EjectionCause, State};
use alternator_lb_core::routing::RoutingSnapshot;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct HealthChecker {
    pub(crate) stall_detector: StallDetector<u32>,
    /// The number of probes in flight.
    pub(crate) probes: usize,
    pub(crate) last_tick: Duration,
    pub(crate) is_idle: bool,
    /// The attempt that ended the idle state, and the wait that the library would assume for it at that time.
    pub(crate) woken_by: Option<(Token, Duration)>,
    /// The time of the next tick.
    pub(crate) next_tick: Option<Duration>,
    /// The time of the next probe of an ejected node.
    pub(crate) next_probe: Duration,
    /// The last time that nodes were probed before the end of their ejection.
    pub(crate) last_forced_probe: Duration,
}

impl HealthChecker {
    pub(crate) fn new() -> Self {
        Self {
            stall_detector: StallDetector::default(),
            probes: 0,
            last_tick: Duration::ZERO,
            is_idle: true,
            woken_by: None,
            next_tick: None,
            next_probe: Duration::MAX,
            last_forced_probe: Duration::ZERO,
        }
    }

    pub(crate) fn may_probe(&self) -> bool {
        self.probes < MAX_PROBES
    }

    /// Returns the first tick at or after `time`.
    pub(crate) fn tick_at_or_after(&self, time: Duration) -> Duration {
        let passed = time.saturating_sub(self.last_tick).as_nanos();
        let ticks = passed.div_ceil(TICK.as_nanos());
        self.last_tick + TICK * u32::try_from(ticks).unwrap_or(u32::MAX)
    }

    /// Returns the time at which the next ejected node may be probed, or a pending probe expires.
    pub(crate) fn next_probe_time(&self, snapshot: &RoutingSnapshot<u32>) -> Duration {
        if !self.may_probe() {
            return Duration::MAX;
        }
        let ejected = snapshot.ejected().iter();
        let ends = ejected.filter_map(|node| match node.health().state() {
            State::Ejected { cause, until } | State::HalfOpen { cause, until } => match cause {
                EjectionCause::Pending | EjectionCause::Unreachable => Some(until),
                EjectionCause::Failing => None,
            },
            State::Up | State::SlowStart { .. } => None,
        });
        let end = ends.min().unwrap_or(Duration::MAX);
        match snapshot.has_usable() {
            true => end,
            false => end.min(self.last_forced_probe + FORCED_PROBE_INTERVAL),
        }
    }
}
