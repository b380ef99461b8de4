//! A node that goes down and comes back.

use crate::health::{NodeHealth, Outcome, State, Transition, Trial};
use loom::thread;
use std::sync::Arc;
use std::time::Duration;

const NOW: Duration = Duration::from_secs(1);
const LATER: Duration = Duration::from_secs(100);

fn settle(
    health: &NodeHealth,
    outcome: Outcome,
    trial: Option<Trial>,
    now: Duration,
) -> Option<Transition> {
    health.settle(outcome, trial, now, now, &mut fastrand::Rng::with_seed(1))
}

/// Of the requests that meet a dead node at the same time, one takes it down.
pub fn one_request_ejects() {
    let health = Arc::new(NodeHealth::new());
    let other = Arc::clone(&health);
    let other = thread::spawn(move || settle(&other, Outcome::NotConnected, None, NOW));
    let mine = settle(&health, Outcome::NotConnected, None, NOW);
    let theirs = other.join().unwrap_or_default();
    assert!(mine.is_some() != theirs.is_some());
    assert!(matches!(health.state(), State::Resting { .. }));
}

/// Of the requests that find a node's rest over, one tries it.
pub fn one_request_tries() {
    let health = Arc::new(NodeHealth::new());
    settle(&health, Outcome::NotConnected, None, NOW);
    let other = Arc::clone(&health);
    let other = thread::spawn(move || other.claim_trial(LATER));
    let mine = health.claim_trial(LATER);
    let theirs = other.join().unwrap_or_default();
    assert!(mine.is_some() != theirs.is_some());
}

/// However a trial ends while an older connection brings an answer, nobody is left waiting for it.
pub fn trials_end() {
    for end in [Some(Outcome::NotConnected), Some(Outcome::Answered), None] {
        let health = Arc::new(NodeHealth::new());
        settle(&health, Outcome::NotConnected, None, NOW);
        let other = Arc::clone(&health);
        let other = thread::spawn(move || {
            if let Some(trial) = other.claim_trial(LATER) {
                match end {
                    Some(outcome) => drop(settle(&other, outcome, Some(trial), LATER)),
                    None => other.abandon_trial(trial),
                }
            }
        });
        settle(&health, Outcome::Answered, None, LATER);
        assert!(other.join().is_ok());
        assert!(!matches!(health.state(), State::OnTrial { .. }));
    }
}

/// A node that answers a request while a probe finds it silent is up or will be asked again, and is reported as it is.
pub fn silence_and_answers_agree() {
    let health = Arc::new(NodeHealth::new());
    let other = Arc::clone(&health);
    let probe = thread::spawn(move || other.unreachable(NOW, &mut fastrand::Rng::with_seed(1)));
    let answered = settle(&health, Outcome::Answered, None, NOW);
    let silent = probe.join().unwrap_or_default();
    assert!(matches!(silent, Some(Transition::Ejected { .. })));
    let is_up = health.state().is_up();
    assert_eq!(is_up, answered == Some(Transition::Restored));
    assert!(is_up || health.claim_probe(false, LATER).is_some());
}
