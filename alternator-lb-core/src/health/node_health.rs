//! The life of one node.

use super::backoff;
use super::consecutive_ejections::ConsecutiveEjections;
use super::outcome::Outcome;
use super::outcome_window::OutcomeWindow;
use super::state::{EjectionCause, State};
use crate::clock::millis;
use crate::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Whether one node is used, and when it is tried again if not.
///
/// | state | used | changes when | to |
/// |---|---|---|---|
/// | up | yes | it cannot be connected, or is silent | unreachable |
/// | | | it answers mostly with errors | failing |
/// | pending: new in the list | no | it answers a probe | warming up |
/// | unreachable | no | it answers a probe, which comes after each rest | warming up |
/// | failing | no | the one request that tries it after each rest gets no error of its own | warming up |
/// | | | it cannot be connected | unreachable |
/// | warming up | more and more | ten seconds have passed | up |
/// | | | as from up | |
///
/// Where a try fails, the next rest is longer.
///
/// Times are durations since a moment that the caller chose once and keeps to.
#[derive(Debug)]
pub struct NodeHealth {
    /// A [`State`].
    state: AtomicU64,
    /// Ejections and failed trials for the same cause, without it having been up for long in between.
    consecutive_ejections: ConsecutiveEjections,
    /// Since when the node is out, in milliseconds. Means nothing while it is not.
    ejected_since: AtomicU64,
    outcomes: OutcomeWindow,
}

/// The right to try a node. It ends by itself: what tries may hang, and the node be back long before that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbePermit {
    packed: u64,
    cause: EjectionCause,
}

/// A change of a node's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// A node that was used rests for so long; or one that rests does so for a graver cause now.
    Ejected {
        cause: EjectionCause,
        backoff: Duration,
    },
    /// A node that was tried rests again.
    ProbeFailed {
        cause: EjectionCause,
        backoff: Duration,
    },
    /// A new node has answered, and is used from now on.
    Admitted,
    /// A node that was out is used again.
    Restored,
}

/// How long a node that came back is watched more closely: its share grows over this time, and if it is ejected again,
/// that counts as the same trouble. Envoy's slow start and the window of the record are as long.
const SLOW_START: Duration = Duration::from_secs(10);

/// What a node that comes back takes of its share at first, in percent, as in envoy.
const INITIAL_SHARE: u32 = 10;

impl NodeHealth {
    /// A node that is used from the beginning.
    pub fn new() -> Self {
        Self::in_state(State::Up, Duration::ZERO)
    }

    /// A node that is new, and has answered a probe.
    pub fn slow_starting(now: Duration) -> Self {
        Self::in_state(State::SlowStart { since: now }, now)
    }

    /// A node that must answer a probe before it is used.
    pub fn pending(now: Duration) -> Self {
        let cause = EjectionCause::Pending;
        Self::in_state(State::Ejected { cause, until: now }, now)
    }

    fn in_state(state: State, now: Duration) -> Self {
        Self {
            state: AtomicU64::new(state.pack()),
            consecutive_ejections: ConsecutiveEjections::default(),
            ejected_since: AtomicU64::new(millis(now)),
            outcomes: OutcomeWindow::new(),
        }
    }

    pub fn state(&self) -> State {
        State::unpack(self.state.load(Ordering::Relaxed))
    }

    /// How often it was ejected, or failed a permit, in a row for the same cause.
    pub fn consecutive_ejections(&self) -> u32 {
        self.consecutive_ejections.count()
    }

    /// Since when the node is out, if it is.
    pub fn ejected_since(&self) -> Duration {
        Duration::from_millis(self.ejected_since.load(Ordering::Relaxed))
    }

    /// What the node should get of the share that another gets, in percent, when there is so much to do that it matters.
    pub fn share(&self, now: Duration) -> u32 {
        let State::SlowStart { since } = self.state() else {
            return 100;
        };
        let grown = now.saturating_sub(since).as_millis() * 100 / SLOW_START.as_millis();
        u32::try_from(grown).map_or(100, |grown| grown.clamp(INITIAL_SHARE, 100))
    }

    /// The end of its rest, or of the time that somebody has who finds out whether it is well.
    pub fn ejected_until(&self) -> Duration {
        match self.state() {
            State::Ejected { until, .. } | State::HalfOpen { until, .. } => until,
            State::Up | State::SlowStart { .. } => Duration::ZERO,
        }
    }

    /// Makes a request the one that tries the node, if its rest is over and nobody tries it yet, or not any more.
    ///
    /// Whoever has it owes an [`Outcome`] or [`release_permit`](Self::release_permit).
    pub fn acquire_request_permit(&self, now: Duration) -> Option<ProbePermit> {
        self.claim(now, |_, until| until <= now)
    }

    /// The same for a probe, which says nothing of a node that answers, but badly. `is_forced` says not to wait for
    /// the end of a rest.
    ///
    /// Whoever has it owes [`probed`](Self::probed) or [`release_permit`](Self::release_permit).
    pub fn acquire_probe_permit(&self, is_forced: bool, now: Duration) -> Option<ProbePermit> {
        self.claim(now, |cause, until| match cause {
            EjectionCause::Failing => false,
            EjectionCause::Pending | EjectionCause::Unreachable => is_forced || until <= now,
        })
    }

    fn claim(
        &self,
        now: Duration,
        is_due: impl Fn(EjectionCause, Duration) -> bool,
    ) -> Option<ProbePermit> {
        let packed = self.state.load(Ordering::Relaxed);
        let cause = match State::unpack(packed) {
            State::Up | State::SlowStart { .. } => return None,
            State::Ejected { cause, until } if is_due(cause, until) => cause,
            // The former permit took too long.
            State::HalfOpen { cause, until } if until <= now && is_due(cause, until) => cause,
            State::Ejected { .. } | State::HalfOpen { .. } => return None,
        };
        let until = now + backoff::PERMIT_LIFETIME;
        let permit = State::HalfOpen { cause, until }.pack();
        self.change(packed, permit).then_some(ProbePermit {
            packed: permit,
            cause,
        })
    }

    /// The permit ended before anything was tried: another may try the node.
    pub fn release_permit(&self, permit: ProbePermit) {
        let cause = permit.cause;
        let until = Duration::ZERO;
        // Lost to news of the same node that came another way: then there is nothing to give back.
        self.change(permit.packed, State::Ejected { cause, until }.pack());
    }

    /// Takes note of what became of an attempt that began at a moment, and of its permit if it had one.
    pub fn settle(
        &self,
        outcome: Outcome,
        permit: Option<ProbePermit>,
        began: Duration,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        if let Some(permit) = permit {
            return self.settle_permit(permit, outcome, now, rng);
        }
        match self.state() {
            // What went wrong before the node came back says nothing of it now.
            State::SlowStart { since } if began < since && outcome.is_failure() => return None,
            // Nor does an answer that was on its way before it went.
            State::Ejected { .. } | State::HalfOpen { .. }
                if began < self.ejected_since() && outcome.was_answered() =>
            {
                return None;
            }
            _ => {}
        }
        let is_below_threshold = self.outcomes.record(outcome.evidence(), now);
        if outcome == Outcome::NotConnected {
            self.unreachable(now, rng)
        } else if is_below_threshold {
            self.failing(now, rng)
        } else if outcome.was_answered() {
            self.answered(now)
        } else {
            None
        }
    }

    /// Takes note of what became of a probe.
    pub fn probed(
        &self,
        answered: bool,
        permit: ProbePermit,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        match answered {
            true => self.restore(permit.packed, permit.cause, now),
            false => self.extend_ejection(permit, permit.cause, now, rng),
        }
    }

    /// The node is not there: it could not be connected, or does not answer the question whether it is there.
    ///
    /// Of the many requests that find out at once that a node has died, one makes it rest; the others change nothing,
    /// or they would drive up its rest.
    pub fn unreachable(&self, now: Duration, rng: &mut fastrand::Rng) -> Option<Transition> {
        let packed = self.state.load(Ordering::Relaxed);
        match State::unpack(packed).cause() {
            None | Some(EjectionCause::Failing) => {
                self.eject(packed, EjectionCause::Unreachable, now, rng)
            }
            Some(EjectionCause::Pending | EjectionCause::Unreachable) => None,
        }
    }

    /// The node answers, but mostly with errors.
    fn failing(&self, now: Duration, rng: &mut fastrand::Rng) -> Option<Transition> {
        let packed = self.state.load(Ordering::Relaxed);
        match State::unpack(packed).cause() {
            None => self.eject(packed, EjectionCause::Failing, now, rng),
            Some(_) => None,
        }
    }

    fn eject(
        &self,
        packed: u64,
        cause: EjectionCause,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        let consecutive_ejections = match State::unpack(packed) {
            State::SlowStart { since } if now < since + SLOW_START => {
                self.consecutive_ejections.after_next(cause)
            }
            _ => 1,
        };
        let backoff = backoff::after(cause, consecutive_ejections, rng);
        let until = now + backoff;
        if !self.change(packed, State::Ejected { cause, until }.pack()) {
            return None;
        }
        self.consecutive_ejections.set(cause, consecutive_ejections);
        if State::unpack(packed).is_up() {
            self.ejected_since.store(millis(now), Ordering::Relaxed);
        }
        Some(Transition::Ejected { cause, backoff })
    }

    fn settle_permit(
        &self,
        permit: ProbePermit,
        outcome: Outcome,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        let cause = permit.cause;
        let is_failing = cause == EjectionCause::Failing;
        match outcome {
            Outcome::Answered | Outcome::Overloaded => self.restore(permit.packed, cause, now),
            Outcome::ServerError if is_failing => self.extend_ejection(permit, cause, now, rng),
            Outcome::SlowServerError if is_failing => {
                self.release_permit(permit);
                None
            }
            Outcome::ServerError | Outcome::SlowServerError => {
                self.restore(permit.packed, cause, now)
            }
            Outcome::NotConnected if is_failing => {
                self.extend_ejection(permit, EjectionCause::Unreachable, now, rng)
            }
            Outcome::NotConnected | Outcome::Cut | Outcome::TimedOut => {
                self.extend_ejection(permit, cause, now, rng)
            }
            Outcome::NotSent | Outcome::Neutral => {
                self.release_permit(permit);
                None
            }
        }
    }

    /// An answer came that was not waited for in particular: whoever answers can be reached.
    fn answered(&self, now: Duration) -> Option<Transition> {
        let packed = self.state.load(Ordering::Relaxed);
        match State::unpack(packed) {
            State::Up => None,
            State::SlowStart { since } => {
                if since + SLOW_START <= now {
                    self.change(packed, State::Up.pack());
                }
                None
            }
            State::Ejected { cause, .. } | State::HalfOpen { cause, .. } => match cause {
                EjectionCause::Pending | EjectionCause::Unreachable => {
                    self.restore(packed, cause, now)
                }
                // That says little: it may have been asked long ago, or be one good answer among many bad ones.
                EjectionCause::Failing => None,
            },
        }
    }

    fn restore(&self, packed: u64, cause: EjectionCause, now: Duration) -> Option<Transition> {
        if !self.change(packed, State::SlowStart { since: now }.pack()) {
            return None;
        }
        self.outcomes.clear();
        Some(match cause {
            EjectionCause::Pending => Transition::Admitted,
            EjectionCause::Unreachable | EjectionCause::Failing => Transition::Restored,
        })
    }

    fn extend_ejection(
        &self,
        permit: ProbePermit,
        cause: EjectionCause,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        let consecutive_ejections = self.consecutive_ejections.after_next(cause);
        let backoff = backoff::after(cause, consecutive_ejections, rng);
        let until = now + backoff;
        if !self.change(permit.packed, State::Ejected { cause, until }.pack()) {
            // It came too late: by now the node is up, or another tries it.
            return None;
        }
        self.consecutive_ejections.set(cause, consecutive_ejections);
        Some(match cause == permit.cause {
            true => Transition::ProbeFailed { cause, backoff },
            false => Transition::Ejected { cause, backoff },
        })
    }

    /// Changes the state, unless it is no longer what it was.
    fn change(&self, from: u64, to: u64) -> bool {
        self.state
            .compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

#[cfg(test)]
mod tests;
