//! A node that goes down and comes back.

use crate::health::{NodeHealth, Outcome, State, Transition};
use loom::thread;
use std::sync::Arc;
use std::time::Duration;

const NOW: Duration = Duration::from_secs(1);
const LATER: Duration = Duration::from_secs(100);

fn settle(health: &NodeHealth, outcome: Outcome, trial: bool, now: Duration) -> Option<Transition> {
    health.settle(outcome, trial, now, &mut fastrand::Rng::with_seed(1))
}

/// Of the requests that meet a dead node at the same time, one takes it down.
pub fn one_request_ejects() {
    let health = Arc::new(NodeHealth::new());
    let other = Arc::clone(&health);
    let other = thread::spawn(move || settle(&other, Outcome::NotConnected, false, NOW));
    let mine = settle(&health, Outcome::NotConnected, false, NOW);
    let theirs = other.join().unwrap_or_default();
    assert!(mine.is_some() != theirs.is_some());
    assert!(matches!(health.state(), State::Resting { .. }));
}

/// Of the requests that find a node's rest over, one tries it.
pub fn one_request_tries() {
    let health = Arc::new(NodeHealth::new());
    settle(&health, Outcome::NotConnected, false, NOW);
    let other = Arc::clone(&health);
    let other = thread::spawn(move || other.claim_trial(LATER));
    let mine = health.claim_trial(LATER);
    let theirs = other.join().unwrap_or_default();
    assert!(mine != theirs);
}

/// However a trial ends while an older connection brings an answer, nobody is left waiting for it.
pub fn trials_end() {
    for end in [Some(Outcome::NotConnected), Some(Outcome::Answered), None] {
        let health = Arc::new(NodeHealth::new());
        settle(&health, Outcome::NotConnected, false, NOW);
        let other = Arc::clone(&health);
        let other = thread::spawn(move || {
            if other.claim_trial(LATER) {
                match end {
                    Some(outcome) => drop(settle(&other, outcome, true, LATER)),
                    None => other.abandon_trial(),
                }
            }
        });
        settle(&health, Outcome::Answered, false, LATER);
        assert!(other.join().is_ok());
        assert_ne!(health.state(), State::OnTrial);
    }
}
