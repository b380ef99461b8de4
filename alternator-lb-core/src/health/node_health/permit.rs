//! Permits to probe an ejected node: at most one is valid at a time.

use super::{NodeHealth, Transition};
use crate::health::backoff;
use crate::health::outcome::Outcome;
use crate::health::state::{EjectionCause, State};
use crate::sync::atomic::Ordering;
use std::time::Duration;

/// The permission to probe an ejected node, or to send it a single request.
///
/// It expires by itself: what holds it may hang, while the node recovers long before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbePermit {
    /// The packed state that the permit put the node in.
    packed: u64,
    cause: EjectionCause,
}

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

    pub(super) fn settle_permit(
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
            Outcome::ServerError | Outcome::SlowServerError if !is_failing => {
                self.restore(packed, cause, now)
            }
            Outcome::NotConnected if is_failing => {
                self.eject(packed, EjectionCause::Unreachable, now, rng)
            }
            Outcome::ServerError
            | Outcome::NotConnected
            | Outcome::ConnectionLost
            | Outcome::TimedOut => self.eject(packed, cause, now, rng),
            Outcome::SlowServerError | Outcome::NotSent | Outcome::Neutral => {
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
