//! The life of one node.

use super::outcome::Outcome;
use super::record::Record;
use super::rest;
use super::setbacks::Setbacks;
use super::word::{Cause, State};
use crate::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Whether one node is used, and when it is tried again if not.
///
/// | state | used | changes when | to |
/// |---|---|---|---|
/// | up | yes | it cannot be connected, or is silent | unreachable |
/// | | | it answers mostly with errors | failing |
/// | unproven: new in the list | no | it answers a probe | warming up |
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
    setbacks: Setbacks,
    /// Since when the node is out, in milliseconds. Means nothing while it is not.
    out_since: AtomicU64,
    record: Record,
}

/// The right to try a node. It ends by itself: what tries may hang, and the node be back long before that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    word: u64,
    cause: Cause,
}

/// A change of a node's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// A node that was used rests for so long; or one that rests does so for a graver cause now.
    Ejected { cause: Cause, rest: Duration },
    /// A node that was tried rests again.
    StillOut { cause: Cause, rest: Duration },
    /// A new node has answered, and is used from now on.
    Admitted,
    /// A node that was out is used again.
    Restored,
}

/// How long a node that came back is watched more closely: its share grows over this time, and if it is ejected again,
/// that counts as the same trouble. Envoy's slow start and the window of the record are as long.
const WARMING: Duration = Duration::from_secs(10);

/// What a node that comes back takes of its share at first, in percent, as in envoy.
const FIRST_SHARE: u32 = 10;

impl NodeHealth {
    /// A node that is used from the beginning.
    pub fn new() -> Self {
        Self::in_state(State::Up, Duration::ZERO)
    }

    /// A node that is new, and has answered a probe.
    pub fn proven(now: Duration) -> Self {
        Self::in_state(State::Warming { since: now }, now)
    }

    /// A node that must answer a probe before it is used.
    pub fn unproven(now: Duration) -> Self {
        let cause = Cause::Unproven;
        Self::in_state(State::Resting { cause, until: now }, now)
    }

    fn in_state(state: State, now: Duration) -> Self {
        Self {
            state: AtomicU64::new(state.word()),
            setbacks: Setbacks::default(),
            out_since: AtomicU64::new(millis(now)),
            record: Record::new(),
        }
    }

    pub fn state(&self) -> State {
        State::of(self.state.load(Ordering::Relaxed))
    }

    /// How often it was ejected, or failed a trial, in a row for the same cause.
    pub fn setbacks(&self) -> u32 {
        self.setbacks.count()
    }

    /// Since when the node is out, if it is.
    pub fn out_since(&self) -> Duration {
        Duration::from_millis(self.out_since.load(Ordering::Relaxed))
    }

    /// What the node should get of the share that another gets, in percent, when there is so much to do that it matters.
    pub fn share(&self, now: Duration) -> u32 {
        let State::Warming { since } = self.state() else {
            return 100;
        };
        let grown = now.saturating_sub(since).as_millis() * 100 / WARMING.as_millis();
        u32::try_from(grown).map_or(100, |grown| grown.clamp(FIRST_SHARE, 100))
    }

    /// The end of its rest, or of the time that somebody has who finds out whether it is well.
    pub fn out_until(&self) -> Duration {
        match self.state() {
            State::Resting { until, .. } | State::OnTrial { until, .. } => until,
            State::Up | State::Warming { .. } => Duration::ZERO,
        }
    }

    /// Makes a request the one that tries the node, if its rest is over and nobody tries it yet, or not any more.
    ///
    /// Whoever has it owes an [`Outcome`] or [`abandon_trial`](Self::abandon_trial).
    pub fn claim_trial(&self, now: Duration) -> Option<Trial> {
        self.claim(now, |_, until| until <= now)
    }

    /// The same for a probe, which says nothing of a node that answers, but badly. `is_pressing` says not to wait for
    /// the end of a rest.
    ///
    /// Whoever has it owes [`probed`](Self::probed) or [`abandon_trial`](Self::abandon_trial).
    pub fn claim_probe(&self, is_pressing: bool, now: Duration) -> Option<Trial> {
        self.claim(now, |cause, until| match cause {
            Cause::Failing => false,
            Cause::Unproven | Cause::Unreachable => is_pressing || until <= now,
        })
    }

    fn claim(&self, now: Duration, is_due: impl Fn(Cause, Duration) -> bool) -> Option<Trial> {
        let word = self.state.load(Ordering::Relaxed);
        let cause = match State::of(word) {
            State::Up | State::Warming { .. } => return None,
            State::Resting { cause, until } if is_due(cause, until) => cause,
            // The former trial took too long.
            State::OnTrial { cause, until } if until <= now && is_due(cause, until) => cause,
            State::Resting { .. } | State::OnTrial { .. } => return None,
        };
        let until = now + rest::TRIAL;
        let trial = State::OnTrial { cause, until }.word();
        self.change(word, trial)
            .then_some(Trial { word: trial, cause })
    }

    /// The trial ended before anything was tried: another may try the node.
    pub fn abandon_trial(&self, trial: Trial) {
        let cause = trial.cause;
        let until = Duration::ZERO;
        // Lost to news of the same node that came another way: then there is nothing to give back.
        self.change(trial.word, State::Resting { cause, until }.word());
    }

    /// Takes note of what became of an attempt that began at a moment, and of its trial if it had one.
    pub fn settle(
        &self,
        outcome: Outcome,
        trial: Option<Trial>,
        began: Duration,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        if let Some(trial) = trial {
            return self.end_trial(trial, outcome, now, rng);
        }
        match self.state() {
            // What went wrong before the node came back says nothing of it now.
            State::Warming { since } if began < since && outcome.is_failure() => return None,
            // Nor does an answer that was on its way before it went.
            State::Resting { .. } | State::OnTrial { .. }
                if began < self.out_since() && outcome.was_answered() =>
            {
                return None;
            }
            _ => {}
        }
        let is_poor = self.record.note(outcome.evidence(), now);
        if outcome == Outcome::NotConnected {
            self.unreachable(now, rng)
        } else if is_poor {
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
        trial: Trial,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        match answered {
            true => self.restore(trial.word, trial.cause, now),
            false => self.rest_again(trial, trial.cause, now, rng),
        }
    }

    /// The node is not there: it could not be connected, or does not answer the question whether it is there.
    ///
    /// Of the many requests that find out at once that a node has died, one makes it rest; the others change nothing,
    /// or they would drive up its rest.
    pub fn unreachable(&self, now: Duration, rng: &mut fastrand::Rng) -> Option<Transition> {
        let word = self.state.load(Ordering::Relaxed);
        match State::of(word).cause() {
            None | Some(Cause::Failing) => self.eject(word, Cause::Unreachable, now, rng),
            Some(Cause::Unproven | Cause::Unreachable) => None,
        }
    }

    /// The node answers, but mostly with errors.
    fn failing(&self, now: Duration, rng: &mut fastrand::Rng) -> Option<Transition> {
        let word = self.state.load(Ordering::Relaxed);
        match State::of(word).cause() {
            None => self.eject(word, Cause::Failing, now, rng),
            Some(_) => None,
        }
    }

    fn eject(
        &self,
        word: u64,
        cause: Cause,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        let setbacks = match State::of(word) {
            State::Warming { since } if now < since + WARMING => self.setbacks.after_another(cause),
            _ => 1,
        };
        let rest = rest::after(cause, setbacks, rng);
        let until = now + rest;
        if !self.change(word, State::Resting { cause, until }.word()) {
            return None;
        }
        self.setbacks.set(cause, setbacks);
        if State::of(word).is_up() {
            self.out_since.store(millis(now), Ordering::Relaxed);
        }
        Some(Transition::Ejected { cause, rest })
    }

    fn end_trial(
        &self,
        trial: Trial,
        outcome: Outcome,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        let cause = trial.cause;
        let is_failing = cause == Cause::Failing;
        match outcome {
            Outcome::Answered | Outcome::Overloaded => self.restore(trial.word, cause, now),
            Outcome::ServerError if is_failing => self.rest_again(trial, cause, now, rng),
            Outcome::SlowServerError if is_failing => {
                self.abandon_trial(trial);
                None
            }
            Outcome::ServerError | Outcome::SlowServerError => self.restore(trial.word, cause, now),
            Outcome::NotConnected if is_failing => {
                self.rest_again(trial, Cause::Unreachable, now, rng)
            }
            Outcome::NotConnected | Outcome::Cut | Outcome::TimedOut => {
                self.rest_again(trial, cause, now, rng)
            }
            Outcome::NotSent | Outcome::Neutral => {
                self.abandon_trial(trial);
                None
            }
        }
    }

    /// An answer came that was not waited for in particular: whoever answers can be reached.
    fn answered(&self, now: Duration) -> Option<Transition> {
        let word = self.state.load(Ordering::Relaxed);
        match State::of(word) {
            State::Up => None,
            State::Warming { since } => {
                if since + WARMING <= now {
                    self.change(word, State::Up.word());
                }
                None
            }
            State::Resting { cause, .. } | State::OnTrial { cause, .. } => match cause {
                Cause::Unproven | Cause::Unreachable => self.restore(word, cause, now),
                // That says little: it may have been asked long ago, or be one good answer among many bad ones.
                Cause::Failing => None,
            },
        }
    }

    fn restore(&self, word: u64, cause: Cause, now: Duration) -> Option<Transition> {
        if !self.change(word, State::Warming { since: now }.word()) {
            return None;
        }
        self.record.clear();
        Some(match cause {
            Cause::Unproven => Transition::Admitted,
            Cause::Unreachable | Cause::Failing => Transition::Restored,
        })
    }

    fn rest_again(
        &self,
        trial: Trial,
        cause: Cause,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        let setbacks = self.setbacks.after_another(cause);
        let rest = rest::after(cause, setbacks, rng);
        let until = now + rest;
        if !self.change(trial.word, State::Resting { cause, until }.word()) {
            // It came too late: by now the node is up, or another tries it.
            return None;
        }
        self.setbacks.set(cause, setbacks);
        Some(match cause == trial.cause {
            true => Transition::StillOut { cause, rest },
            false => Transition::Ejected { cause, rest },
        })
    }

    /// Changes the state, unless it is no longer what it was.
    fn change(&self, from: u64, to: u64) -> bool {
        self.state
            .compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

fn millis(moment: Duration) -> u64 {
    u64::try_from(moment.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
