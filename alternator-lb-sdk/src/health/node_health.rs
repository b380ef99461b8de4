//! The state of one node.

use super::rest;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// Whether one node is used, and when it is tried again if not.
///
/// ```text
///       could not be connected             its rest is over: one request claims the trial
///   up ───────────────────────▶ resting ─────────────────────────────────────────────────▶ on trial
///   ▲                           ▲     │                                                     │    │
///   │                           └─────┼──────────────────── no answer ──────────────────────┘    │
///   └────────── any answer ───────────┴──────────────────── any answer ──────────────────────────┘
/// ```
///
/// Times are durations since a moment that the caller chose once and keeps to.
#[derive(Debug)]
pub(crate) struct NodeHealth {
    /// [`UP`]; or the moment in milliseconds from which the node may be tried, with [`TRIAL`] set while somebody does.
    state: AtomicU64,
    /// Connect failures in a row.
    setbacks: AtomicU32,
}

/// What [`NodeHealth`] says of a node at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Up,
    /// Not to be used before this moment.
    Resting {
        until: Duration,
    },
    /// One request finds out whether the node is back, unless it takes too long.
    OnTrial,
}

/// The right to try a node. It ends by itself: the request may hang, and the node be back long before that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trial(u64);

/// What became of an attempt, as far as the node is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The node answered, whatever it said.
    Answered,
    /// There was no connection to the node.
    NotConnected,
    /// The request was not sent, but that need not be the node's fault: there was hardly time to connect.
    NotSent,
    /// There was a connection, and it broke before the answer was there.
    Cut,
    /// The answer took longer than the application waits.
    TimedOut,
    /// The attempt ended for reasons that are not the node's.
    Neutral,
}

impl Outcome {
    /// Whether the request certainly did not reach the node.
    pub(crate) fn was_not_sent(self) -> bool {
        match self {
            Self::NotConnected | Self::NotSent => true,
            Self::Answered | Self::Cut | Self::TimedOut | Self::Neutral => false,
        }
    }
}

/// A change of a node's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transition {
    /// A node that was up rests for so long.
    Down { rest: Duration },
    /// A node that was tried rests again.
    StillDown { rest: Duration },
    /// A node that was down is used again.
    Up,
}

const UP: u64 = u64::MAX;
const DUE: u64 = 0;
const TRIAL: u64 = 1 << 62;

impl NodeHealth {
    pub(crate) fn new() -> Self {
        Self {
            state: AtomicU64::new(UP),
            setbacks: AtomicU32::new(0),
        }
    }

    pub(crate) fn state(&self) -> State {
        match self.state.load(Ordering::Relaxed) {
            UP => State::Up,
            trial if trial & TRIAL != 0 => State::OnTrial,
            until => State::Resting {
                until: Duration::from_millis(until),
            },
        }
    }

    /// Makes the caller the one who tries the node, if its rest is over and nobody tries it yet, or not any more.
    ///
    /// Whoever has it owes an [`Outcome`] or [`abandon_trial`](Self::abandon_trial).
    pub(crate) fn claim_trial(&self, now: Duration) -> Option<Trial> {
        let state = self.state.load(Ordering::Relaxed);
        if state == UP || state & !TRIAL > millis(now) {
            return None;
        }
        let trial = TRIAL | millis(now + rest::LONGEST);
        self.change(state, trial).then_some(Trial(trial))
    }

    /// The trial ended without telling anything about the node: the next request may try it.
    pub(crate) fn abandon_trial(&self, trial: Trial) {
        // Lost to news of the same node that came by another request: then there is nothing to give back.
        self.change(trial.0, DUE);
    }

    /// Takes note of what became of an attempt, and of its trial if it had one.
    pub(crate) fn settle(
        &self,
        outcome: Outcome,
        trial: Option<Trial>,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        match (outcome, trial) {
            (Outcome::Answered, _) => self.answered(),
            (Outcome::NotConnected | Outcome::Cut | Outcome::TimedOut, Some(trial)) => {
                self.rest_again(trial, now, rng)
            }
            (Outcome::NotConnected, None) => self.refused(now, rng),
            (Outcome::NotSent | Outcome::Neutral, Some(trial)) => {
                self.abandon_trial(trial);
                None
            }
            (Outcome::NotSent | Outcome::Cut | Outcome::TimedOut | Outcome::Neutral, None) => None,
        }
    }

    fn answered(&self) -> Option<Transition> {
        if self.state.load(Ordering::Relaxed) == UP {
            return None;
        }
        self.setbacks.store(0, Ordering::Relaxed);
        (self.state.swap(UP, Ordering::Relaxed) != UP).then_some(Transition::Up)
    }

    /// Of the many requests that find out at once that a node has died, one makes it rest; the others change nothing,
    /// or they would drive up its rest.
    fn refused(&self, now: Duration, rng: &mut fastrand::Rng) -> Option<Transition> {
        let rest = rest::after(1, rng);
        if !self.change(UP, millis(now + rest)) {
            return None;
        }
        self.setbacks.store(1, Ordering::Relaxed);
        Some(Transition::Down { rest })
    }

    fn rest_again(
        &self,
        trial: Trial,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        let setbacks = self.setbacks.load(Ordering::Relaxed).saturating_add(1);
        let rest = rest::after(setbacks, rng);
        if !self.change(trial.0, millis(now + rest)) {
            // It came too late: by now the node is up, or another tries it.
            return None;
        }
        self.setbacks.store(setbacks, Ordering::Relaxed);
        Some(Transition::StillDown { rest })
    }

    /// Changes the state, unless it is no longer what it was.
    fn change(&self, from: u64, to: u64) -> bool {
        self.state
            .compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

fn millis(moment: Duration) -> u64 {
    // A hundred million years fit below the bits that have a meaning of their own.
    u64::try_from(moment.as_millis())
        .unwrap_or(u64::MAX)
        .min(TRIAL - 1)
}

#[cfg(test)]
mod tests;
