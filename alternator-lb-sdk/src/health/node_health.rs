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
    /// [`UP`], [`ON_TRIAL`], or the moment in milliseconds from which the node may be tried.
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
    /// One request finds out whether the node is back.
    OnTrial,
}

/// What became of an attempt, as far as the node is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The node answered, whatever it said.
    Answered,
    /// There was no connection to the node.
    NotConnected,
    /// There was a connection, but no answer came over it: cut, or too slow for the application.
    Unanswered,
    /// The attempt ended for reasons that are not the node's.
    Neutral,
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
const ON_TRIAL: u64 = u64::MAX - 1;
const DUE: u64 = 0;

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
            ON_TRIAL => State::OnTrial,
            until => State::Resting {
                until: Duration::from_millis(until),
            },
        }
    }

    /// Makes the caller the one who tries the node, if its rest is over and nobody tries it yet.
    ///
    /// Whoever was told `true` owes an [`Outcome`] or [`abandon_trial`](Self::abandon_trial).
    pub(crate) fn claim_trial(&self, now: Duration) -> bool {
        let until = self.state.load(Ordering::Relaxed);
        until <= millis(now)
            && self
                .state
                .compare_exchange(until, ON_TRIAL, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// The trial ended without telling anything about the node: the next request may try it.
    pub(crate) fn abandon_trial(&self) {
        // Lost to an answer of the same node that came by another request: then there is nothing to try any more.
        let _ = self
            .state
            .compare_exchange(ON_TRIAL, DUE, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Takes note of what became of an attempt; `trial` says whether the attempt had claimed the trial.
    pub(crate) fn settle(
        &self,
        outcome: Outcome,
        trial: bool,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) -> Option<Transition> {
        match outcome {
            Outcome::Answered => self.answered(),
            Outcome::NotConnected | Outcome::Unanswered if trial => Some(Transition::StillDown {
                rest: self.rest(now, rng),
            }),
            Outcome::NotConnected => self.refused(now, rng),
            Outcome::Neutral if trial => {
                self.abandon_trial();
                None
            }
            Outcome::Unanswered | Outcome::Neutral => None,
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
        self.state
            .compare_exchange(UP, millis(now + rest), Ordering::Relaxed, Ordering::Relaxed)
            .ok()?;
        self.setbacks.store(1, Ordering::Relaxed);
        Some(Transition::Down { rest })
    }

    fn rest(&self, now: Duration, rng: &mut fastrand::Rng) -> Duration {
        let setbacks = self.setbacks.fetch_add(1, Ordering::Relaxed) + 1;
        let rest = rest::after(setbacks, rng);
        self.state.store(millis(now + rest), Ordering::Relaxed);
        rest
    }
}

fn millis(moment: Duration) -> u64 {
    // Half a billion years fit; the two highest values have a meaning of their own.
    u64::try_from(moment.as_millis())
        .unwrap_or(u64::MAX)
        .min(ON_TRIAL - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(1);

    fn down_at_start(rng: &mut fastrand::Rng) -> (NodeHealth, Duration) {
        let health = NodeHealth::new();
        let Some(Transition::Down { rest }) =
            health.settle(Outcome::NotConnected, false, START, rng)
        else {
            panic!("a refused connection takes a node down");
        };
        (health, rest)
    }

    #[test]
    fn a_refused_connection_takes_the_node_down_once() {
        let mut rng = fastrand::Rng::with_seed(1);
        let (health, rest) = down_at_start(&mut rng);
        for _ in 0..100 {
            assert_eq!(
                health.settle(Outcome::NotConnected, false, START, &mut rng),
                None
            );
        }
        let until = Duration::from_millis(u64::try_from((START + rest).as_millis()).unwrap());
        assert_eq!(health.state(), State::Resting { until });
    }

    #[test]
    fn one_request_tries_the_node_when_its_rest_is_over() {
        let mut rng = fastrand::Rng::with_seed(2);
        let (health, rest) = down_at_start(&mut rng);
        assert!(!health.claim_trial(START));
        assert!(health.claim_trial(START + rest));
        assert!(
            !health.claim_trial(START + rest),
            "somebody tries it already"
        );
        assert_eq!(health.state(), State::OnTrial);
    }

    #[test]
    fn a_failed_trial_rests_longer_and_an_answer_forgets_it_all() {
        let mut rng = fastrand::Rng::with_seed(3);
        let (health, first) = down_at_start(&mut rng);
        let later = START + first;
        assert!(health.claim_trial(later));
        let Some(Transition::StillDown { rest }) =
            health.settle(Outcome::NotConnected, true, later, &mut rng)
        else {
            panic!("the node is still down");
        };
        assert!(rest > first);

        assert!(health.claim_trial(later + rest));
        assert_eq!(
            health.settle(Outcome::Answered, true, later + rest, &mut rng),
            Some(Transition::Up)
        );
        assert_eq!(health.state(), State::Up);

        let Some(Transition::Down { rest: again }) =
            health.settle(Outcome::NotConnected, false, later, &mut rng)
        else {
            panic!("down anew");
        };
        assert!(again < rest);
    }

    #[test]
    fn a_trial_without_a_result_leaves_the_trial_to_the_next() {
        let mut rng = fastrand::Rng::with_seed(4);
        for outcome in [Some(Outcome::Neutral), None] {
            let (health, rest) = down_at_start(&mut rng);
            assert!(health.claim_trial(START + rest));
            match outcome {
                Some(outcome) => {
                    assert_eq!(health.settle(outcome, true, START + rest, &mut rng), None);
                }
                None => health.abandon_trial(),
            }
            assert!(health.claim_trial(START + rest), "{outcome:?}");
        }
    }

    #[test]
    fn a_trial_without_an_answer_has_failed() {
        let mut rng = fastrand::Rng::with_seed(8);
        let (health, rest) = down_at_start(&mut rng);
        assert!(health.claim_trial(START + rest));
        let transition = health.settle(Outcome::Unanswered, true, START + rest, &mut rng);
        assert!(matches!(transition, Some(Transition::StillDown { .. })));
    }

    #[test]
    fn an_answer_on_an_older_connection_counts_too() {
        let mut rng = fastrand::Rng::with_seed(5);
        let (health, _) = down_at_start(&mut rng);
        assert_eq!(
            health.settle(Outcome::Answered, false, START, &mut rng),
            Some(Transition::Up)
        );
        assert_eq!(
            health.settle(Outcome::Answered, false, START, &mut rng),
            None
        );
    }

    #[test]
    fn what_is_not_the_nodes_fault_changes_nothing() {
        let mut rng = fastrand::Rng::with_seed(6);
        let health = NodeHealth::new();
        for outcome in [Outcome::Neutral, Outcome::Unanswered] {
            assert_eq!(health.settle(outcome, false, START, &mut rng), None);
        }
        assert_eq!(health.state(), State::Up);
    }
}
