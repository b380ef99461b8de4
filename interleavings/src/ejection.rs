//! A node that is ejected and restored.

use alternator_lb_core::health::{NodeHealth, Outcome, ProbePermit, State, Transition};
use loom::thread;
use std::sync::Arc;
use std::time::Duration;

const NOW: Duration = Duration::from_secs(1);
const LATER: Duration = Duration::from_secs(100);

fn rng() -> fastrand::Rng {
    fastrand::Rng::with_seed(1)
}

fn settle(
    health: &NodeHealth,
    outcome: Outcome,
    permit: Option<ProbePermit>,
    now: Duration,
) -> Option<Transition> {
    health.settle(outcome, permit, now, now, &mut rng())
}

fn ejected() -> Arc<NodeHealth> {
    let health = Arc::new(NodeHealth::default());
    settle(&health, Outcome::NotConnected, None, NOW);
    health
}

#[test]
fn one_of_the_requests_that_meet_a_dead_node_ejects_it() {
    loom::model(|| {
        let health = Arc::new(NodeHealth::default());
        let other = Arc::clone(&health);
        let other = thread::spawn(move || settle(&other, Outcome::NotConnected, None, NOW));
        let one = settle(&health, Outcome::NotConnected, None, NOW);
        let other = other.join().unwrap();
        assert!(one.is_some() != other.is_some());
        assert!(matches!(health.state(), State::Ejected { .. }));
    });
}

#[test]
fn one_of_the_requests_after_the_backoff_gets_the_permit() {
    loom::model(|| {
        let health = ejected();
        let other = Arc::clone(&health);
        let other = thread::spawn(move || other.acquire_request_permit(LATER));
        let one = health.acquire_request_permit(LATER);
        let other = other.join().unwrap();
        assert!(one.is_some() != other.is_some());
    });
}

#[test]
fn node_is_not_left_half_open_when_a_permit_ends_while_an_older_request_is_answered() {
    for end in [Some(Outcome::NotConnected), Some(Outcome::Responded), None] {
        loom::model(move || {
            let health = ejected();
            let other = Arc::clone(&health);
            let other = thread::spawn(move || {
                if let Some(permit) = other.acquire_request_permit(LATER) {
                    match end {
                        Some(outcome) => drop(settle(&other, outcome, Some(permit), LATER)),
                        None => other.release_permit(permit),
                    }
                }
            });
            settle(&health, Outcome::Responded, None, LATER);
            other.join().unwrap();
            assert!(!matches!(health.state(), State::HalfOpen { .. }));
        });
    }
}

#[test]
fn node_that_is_answering_while_its_probe_fails_is_up_or_probed_again() {
    loom::model(|| {
        let health = Arc::new(NodeHealth::default());
        let other = Arc::clone(&health);
        let probe = thread::spawn(move || other.unreachable(NOW, &mut rng()));
        let answered = settle(&health, Outcome::Responded, None, NOW);
        let unresponsive = probe.join().unwrap();
        assert!(matches!(unresponsive, Some(Transition::Ejected { .. })));
        let is_up = health.state().is_up();
        assert_eq!(is_up, answered == Some(Transition::Restored));
        assert!(is_up || health.acquire_probe_permit(false, LATER).is_some());
    });
}
