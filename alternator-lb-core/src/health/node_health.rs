//! The health state machine of one node.

use super::backoff::{self, ConsecutiveEjections};
use super::outcome_window::OutcomeWindow;
use super::{EjectionCause, Outcome, State};
use crate::clock::millis;
use crate::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The health of one node: whether it takes requests, and when it is probed if not.
///
/// | state | takes requests | event | next state |
/// |---|---|---|---|
/// | up | yes | no connection, or unresponsive | ejected as unreachable |
/// | | | mostly server errors | ejected as failing |
/// | ejected as pending: new in the topology | no | any response, as to a probe | slow start |
/// | ejected as unreachable | no | any response, as to the probe after each backoff | slow start |
/// | ejected as failing | no | no server error for the single request after each backoff | slow start |
/// | | | no connection | ejected as unreachable |
/// | slow start | a growing share | ten seconds have passed | up |
/// | | | as for up | as for up |
///
/// Each failed probe makes the next backoff longer.
///
/// Times are durations since one moment, which the caller chooses and keeps.
///
/// The default is the health of a node that takes requests from the beginning.
#[derive(Debug, Default)]
pub struct NodeHealth {
    /// A packed [`State`].
    state: AtomicU64,
    /// Ejections and failed probes for the same cause, without a whole slow start in between.
    consecutive_ejections: ConsecutiveEjections,
    /// The time of the ejection, or of the restoration since, in milliseconds.
    since: AtomicU64,
    outcomes: OutcomeWindow,
}

/// The permission to probe an ejected node, or to send it a single request.
///
/// It expires by itself: what holds it may hang, while the node recovers long before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbePermit {
    /// The packed state that the permit put the node in.
    packed: u64,
    cause: EjectionCause,
}

/// A change of a node's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// A node that was up is ejected, or an ejected one is so for a graver cause.
    Ejected {
        /// The reason of the ejection.
        cause: EjectionCause,
        /// The time until the next probe.
        backoff: Duration,
    },
    /// An ejected node failed its probe.
    ProbeFailed {
        /// The reason of the ejection.
        cause: EjectionCause,
        /// The time until the next probe.
        backoff: Duration,
    },
    /// A new node responded, and takes requests from now on.
    Admitted,
    /// An ejected node takes requests again.
    Restored,
}

/// The length of the slow start, in which the node's share grows, and another ejection counts as consecutive. As long
/// as envoy's slow start and as the outcome window.
const SLOW_START: Duration = Duration::from_secs(10);

/// The share of a node at the beginning of its slow start, in percent, as in envoy.
const INITIAL_SHARE: u32 = 10;

impl NodeHealth {
    /// Creates the health of a new node that has responded to a probe.
    pub fn slow_starting(now: Duration) -> Self {
        Self::in_state(State::SlowStart { since: now }, now)
    }

    /// Creates the health of a new node that must respond to a probe before it takes requests.
    pub fn pending(now: Duration) -> Self {
        let cause = EjectionCause::Pending;
        Self::in_state(State::Ejected { cause, until: now }, now)
    }

    fn in_state(state: State, now: Duration) -> Self {
        Self {
            state: AtomicU64::new(state.pack()),
            since: AtomicU64::new(millis(now)),
            ..Self::default()
        }
    }

    /// Returns the current state.
    pub fn state(&self) -> State {
        State::unpack(self.state.load(Ordering::Relaxed))
    }

    /// Returns the number of consecutive ejections and failed probes for the same cause.
    pub fn consecutive_ejections(&self) -> u32 {
        self.consecutive_ejections.count()
    }

    /// Returns since when the node is ejected or not: the time of the ejection, or that of the restoration or, before
    /// any ejection, of the beginning.
    pub fn since(&self) -> Duration {
        Duration::from_millis(self.since.load(Ordering::Relaxed))
    }

    /// Returns the share of the node under load, in percent of that of another node.
    pub fn share(&self, now: Duration) -> u32 {
        let State::SlowStart { since } = self.state() else {
            return 100;
        };
        let grown = now.saturating_sub(since).as_millis() * 100 / SLOW_START.as_millis();
        u32::try_from(grown).map_or(100, |grown| grown.clamp(INITIAL_SHARE, 100))
    }

    /// Returns the end of the backoff or of the permit's lifetime; zero while the node is up.
    pub fn ejected_until(&self) -> Duration {
        match self.state() {
            State::Ejected { until, .. } | State::HalfOpen { until, .. } => until,
            State::Up | State::SlowStart { .. } => Duration::ZERO,
        }
    }

    /// Records the outcome of an attempt that began at `began`, and settles its permit if it has one.
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
        let is_outdated = match self.state() {
            State::Up => false,
            State::SlowStart { since } => began < since && outcome.is_failure(),
            State::Ejected { .. } | State::HalfOpen { .. } => {
                began < self.since() && outcome.has_response()
            }
        };
        if is_outdated {
            return None;
        }
        let is_failing = self.outcomes.record(outcome, now);
        if outcome == Outcome::NotConnected {
            self.unreachable(now, rng)
        } else if is_failing {
            self.eject_for(EjectionCause::Failing, now, rng)
        } else if outcome.has_response() {
            self.responded(now)
        } else {
            None
        }
    }

    /// Ejects the node because it cannot be connected, or does not respond to a health check.
    ///
    /// Of the many requests that find a node dead at the same time, the first ejects it. The others change nothing,
    /// since they would drive up its backoff.
    pub fn unreachable(&self, now: Duration, rng: &mut fastrand::Rng) -> Option<Transition> {
        self.eject_for(EjectionCause::Unreachable, now, rng)
    }

    /// Ejects the node unless it is ejected already, for the same cause or a graver one.
    fn eject_for(
        &self,
        cause: EjectionCause,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        let before = self.state.load(Ordering::Relaxed);
        let is_graver = |former| former == EjectionCause::Failing && cause != former;
        let former = State::unpack(before).cause();
        match former.is_none_or(is_graver) {
            true => self.eject(before, cause, now, rng),
            false => None,
        }
    }

    /// Ejects the node, or extends its ejection, unless its state has changed since `before` was read: then the node is
    /// up by now, or another permit is valid.
    fn eject(
        &self,
        before: u64,
        cause: EjectionCause,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        let state = State::unpack(before);
        let count = match state {
            State::Up => 1,
            State::SlowStart { since } if since + SLOW_START <= now => 1,
            State::SlowStart { .. } | State::Ejected { .. } | State::HalfOpen { .. } => {
                self.consecutive_ejections.after_next(cause)
            }
        };
        let backoff = backoff::after(cause, count, rng);
        let until = now + backoff;
        if !self.change(before, State::Ejected { cause, until }) {
            return None;
        }
        self.consecutive_ejections.set(cause, count);
        if state.is_up() {
            self.since.store(millis(now), Ordering::Relaxed);
        }
        Some(match state.cause() == Some(cause) {
            true => Transition::ProbeFailed { cause, backoff },
            false => Transition::Ejected { cause, backoff },
        })
    }

    /// Admits a pending node, since it has responded.
    pub fn admit(&self, now: Duration) -> Option<Transition> {
        let before = self.state.load(Ordering::Relaxed);
        match State::unpack(before).cause() {
            Some(cause @ EjectionCause::Pending) => self.restore(before, cause, now),
            Some(EjectionCause::Unreachable | EjectionCause::Failing) | None => None,
        }
    }

    /// Records a response to an attempt without a permit.
    fn responded(&self, now: Duration) -> Option<Transition> {
        let before = self.state.load(Ordering::Relaxed);
        let state = State::unpack(before);
        match state.cause() {
            Some(cause @ (EjectionCause::Pending | EjectionCause::Unreachable)) => {
                self.restore(before, cause, now)
            }
            // It shows little: the request may be old, or the response a good one among many bad ones.
            Some(EjectionCause::Failing) => None,
            None => {
                if let State::SlowStart { since } = state
                    && since + SLOW_START <= now
                {
                    self.change(before, State::Up);
                }
                None
            }
        }
    }

    fn restore(&self, before: u64, cause: EjectionCause, now: Duration) -> Option<Transition> {
        if !self.change(before, State::SlowStart { since: now }) {
            return None;
        }
        self.since.store(millis(now), Ordering::Relaxed);
        self.outcomes.clear();
        Some(match cause {
            EjectionCause::Pending => Transition::Admitted,
            EjectionCause::Unreachable | EjectionCause::Failing => Transition::Restored,
        })
    }

    /// Changes the state, unless it has changed since `before` was read. Returns whether it did.
    fn change(&self, before: u64, after: State) -> bool {
        self.state
            .compare_exchange(before, after.pack(), Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

/// Permits to probe an ejected node: at most one is valid at a time.
impl NodeHealth {
    /// Permits one request to go to an ejected node, if its backoff is over and no other permit is valid.
    ///
    /// The caller must call [`settle`](Self::settle) or [`release_permit`](Self::release_permit).
    pub fn acquire_request_permit(&self, now: Duration) -> Option<ProbePermit> {
        self.acquire_permit(now, |_, until| until <= now)
    }

    /// Permits one probe of an ejected node, if its backoff is over or `is_forced`, and no other permit is valid. A
    /// failing node is not probed, since it responds to probes all the same.
    ///
    /// The caller must call [`probed`](Self::probed) or [`release_permit`](Self::release_permit).
    pub fn acquire_probe_permit(&self, is_forced: bool, now: Duration) -> Option<ProbePermit> {
        self.acquire_permit(now, |cause, until| match cause {
            EjectionCause::Failing => false,
            EjectionCause::Pending | EjectionCause::Unreachable => is_forced || until <= now,
        })
    }

    fn acquire_permit(
        &self,
        now: Duration,
        is_due: impl Fn(EjectionCause, Duration) -> bool,
    ) -> Option<ProbePermit> {
        let before = self.state.load(Ordering::Relaxed);
        let cause = match State::unpack(before) {
            State::Ejected { cause, until } if is_due(cause, until) => cause,
            // The former permit has expired.
            State::HalfOpen { cause, until } if until <= now && is_due(cause, until) => cause,
            _ => return None,
        };
        let until = now + backoff::PERMIT_LIFETIME;
        let state = State::HalfOpen { cause, until };
        let packed = state.pack();
        self.change(before, state)
            .then_some(ProbePermit { packed, cause })
    }

    /// Gives back an unused permit, so that another can be acquired at once.
    pub fn release_permit(&self, permit: ProbePermit) {
        let (cause, until) = (permit.cause, Duration::ZERO);
        // Fails if the state has changed since: then there is nothing to give back.
        self.change(permit.packed, State::Ejected { cause, until });
    }

    fn settle_permit(
        &self,
        permit: ProbePermit,
        outcome: Outcome,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        let ProbePermit { packed, cause } = permit;
        let is_failing = cause == EjectionCause::Failing;
        match outcome {
            Outcome::Responded | Outcome::Overloaded => self.restore(packed, cause, now),
            Outcome::ServerError
            | Outcome::Contention
            | Outcome::ReplicaError
            | Outcome::NoReplicas
            | Outcome::NoLiveReplica
            | Outcome::ClockSkew
                if !is_failing =>
            {
                self.restore(packed, cause, now)
            }
            Outcome::NotConnected if is_failing => {
                self.eject(packed, EjectionCause::Unreachable, now, rng)
            }
            Outcome::ServerError
            | Outcome::Foreign
            | Outcome::NotConnected
            | Outcome::ConnectionLost
            | Outcome::TimedOut => self.eject(packed, cause, now, rng),
            Outcome::Contention
            | Outcome::ReplicaError
            | Outcome::NoReplicas
            | Outcome::NoLiveReplica
            | Outcome::ClockSkew
            | Outcome::NotSent
            | Outcome::StaleConnection
            | Outcome::Neutral => {
                self.release_permit(permit);
                None
            }
        }
    }

    /// Records whether the node responded to a probe.
    pub fn probed(
        &self,
        has_responded: bool,
        permit: ProbePermit,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        match has_responded {
            true => self.restore(permit.packed, permit.cause, now),
            false => self.eject(permit.packed, permit.cause, now, rng),
        }
    }
}

#[cfg(test)]
mod tests;
