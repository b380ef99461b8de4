//! The state of a client's health checker: the library's `discovery/watch.rs`, in simulated time.

use crate::health::{Cause, State};
use crate::operations::Token;
use crate::routing::Table;
use crate::stalls::Stalls;
use std::time::Duration;

/// `TICK`, `MAX_PROBES` and `PRESSING` of the library's `discovery/watch.rs`.
pub(crate) const TICK: Duration = Duration::from_millis(25);
pub(crate) const MAX_PROBES: usize = 16;
pub(crate) const FORCED_PROBE_INTERVAL: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(crate) struct HealthChecker {
    pub(crate) stalls: Stalls<u32>,
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
            stalls: Stalls::default(),
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
    pub(crate) fn next_probe_time(&self, table: &Table<u32>) -> Duration {
        if !self.may_probe() {
            return Duration::MAX;
        }
        let ejected = table.ejected().iter();
        let ends = ejected.filter_map(|node| match node.health().state() {
            State::Resting { cause, until } | State::OnTrial { cause, until } => match cause {
                Cause::Unproven | Cause::Unreachable => Some(until),
                Cause::Failing => None,
            },
            State::Up | State::Warming { .. } => None,
        });
        let end = ends.min().unwrap_or(Duration::MAX);
        match table.has_usable() {
            true => end,
            false => end.min(self.last_forced_probe + FORCED_PROBE_INTERVAL),
        }
    }
}
