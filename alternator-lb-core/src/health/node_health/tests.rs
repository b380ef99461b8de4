mod permits;

use super::*;
use proptest::prelude::*;

const START: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(1_000);

/// A node, a random number generator, and the time.
struct Harness {
    health: NodeHealth,
    rng: fastrand::Rng,
    now: Duration,
}

impl Harness {
    fn new() -> Self {
        Self {
            health: NodeHealth::default(),
            rng: fastrand::Rng::with_seed(1),
            now: START,
        }
    }

    /// A node that cannot be connected, at the end of its backoff.
    fn unreachable() -> Self {
        let mut harness = Self::new();
        let backoff = harness.ejected(Outcome::NotConnected, EjectionCause::Unreachable);
        harness.now += backoff;
        harness
    }

    /// A node ejected for its errors, at the end of its backoff.
    fn failing() -> Self {
        let mut harness = Self::new();
        harness.fail();
        harness
    }

    /// Ejects the node for its errors, and waits out the backoff. Returns the backoff.
    fn fail(&mut self) -> Duration {
        for _ in 1..crate::health::outcome_window::CONSECUTIVE_FAILURES {
            assert_eq!(self.settle(Outcome::ServerError, None), None);
        }
        let backoff = self.ejected(Outcome::ServerError, EjectionCause::Failing);
        self.now += backoff;
        backoff
    }

    fn ejected(&mut self, outcome: Outcome, expected: EjectionCause) -> Duration {
        match self.settle(outcome, None) {
            Some(Transition::Ejected { cause, backoff }) if cause == expected => backoff,
            other => panic!("{outcome:?} should eject the node as {expected:?}, not {other:?}"),
        }
    }

    /// Settles an attempt that takes no time.
    fn settle(&mut self, outcome: Outcome, permit: Option<ProbePermit>) -> Option<Transition> {
        self.settle_begun(outcome, permit, self.now)
    }

    /// Settles an attempt that began earlier.
    fn settle_begun(
        &mut self,
        outcome: Outcome,
        permit: Option<ProbePermit>,
        began: Duration,
    ) -> Option<Transition> {
        let (now, rng) = (self.now, &mut self.rng);
        self.health.settle(outcome, permit, began, now, rng)
    }

    fn probed(&mut self, has_responded: bool) -> Option<Transition> {
        let permit = self
            .health
            .acquire_probe_permit(false, self.now)
            .expect("its backoff is over");
        self.health
            .probed(has_responded, permit, self.now, &mut self.rng)
    }

    fn permit(&self) -> ProbePermit {
        self.health
            .acquire_request_permit(self.now)
            .expect("its backoff is over")
    }
}

const ALL: [Outcome; 12] = [
    Outcome::Responded,
    Outcome::Overloaded,
    Outcome::ServerError,
    Outcome::Contention,
    Outcome::ReplicaError,
    Outcome::ClockSkew,
    Outcome::Foreign,
    Outcome::NotConnected,
    Outcome::NotSent,
    Outcome::ConnectionLost,
    Outcome::TimedOut,
    Outcome::Neutral,
];

#[test]
fn refused_connection_ejects_the_node_once() {
    let mut harness = Harness::new();
    let backoff = harness.ejected(Outcome::NotConnected, EjectionCause::Unreachable);
    for _ in 0..100 {
        assert_eq!(harness.settle(Outcome::NotConnected, None), None);
    }
    let State::Ejected { until, .. } = harness.health.state() else {
        panic!("it should be ejected");
    };
    assert!(until.abs_diff(START + backoff) <= Duration::from_millis(1));
}

#[test]
fn five_consecutive_failures_eject_the_node() {
    for outcome in [
        Outcome::ServerError,
        Outcome::Foreign,
        Outcome::ConnectionLost,
        Outcome::TimedOut,
    ] {
        let mut harness = Harness::new();
        for _ in 0..4 {
            assert_eq!(harness.settle(outcome, None), None);
        }
        harness.ejected(outcome, EjectionCause::Failing);
        assert_eq!(harness.settle(outcome, None), None, "it is ejected already");
    }
}

#[test]
fn outcomes_that_are_not_the_nodes_fault_never_eject_it() {
    for outcome in [
        Outcome::Responded,
        Outcome::Overloaded,
        Outcome::Contention,
        Outcome::ReplicaError,
        Outcome::ClockSkew,
        Outcome::NotSent,
        Outcome::Neutral,
    ] {
        let mut harness = Harness::new();
        for _ in 0..1_000 {
            harness.now += Duration::from_millis(10);
            assert_eq!(harness.settle(outcome, None), None);
        }
        assert_eq!(harness.health.state(), State::Up);
    }
}

#[test]
fn probe_restores_an_unreachable_node_which_starts_slowly() {
    let mut harness = Harness::unreachable();
    assert_eq!(harness.probed(true), Some(Transition::Restored));
    let shares = [0, 500, 5_000, 10_000].map(|after| {
        let now = harness.now + Duration::from_millis(after);
        harness.health.share(now)
    });
    assert_eq!(shares, [10, 10, 50, 100]);

    harness.now += SLOW_START;
    assert_eq!(harness.settle(Outcome::Responded, None), None);
    assert_eq!(harness.health.state(), State::Up);
}

#[test]
fn backoff_grows_with_failed_probes_and_with_an_ejection_during_slow_start() {
    let mut harness = Harness::unreachable();
    let mut backoffs = Vec::new();
    for _ in 0..4 {
        let Some(Transition::ProbeFailed { cause, backoff }) = harness.probed(false) else {
            panic!("it should still be ejected");
        };
        assert_eq!(cause, EjectionCause::Unreachable);
        backoffs.push(backoff);
        harness.now += backoff;
    }
    assert!(
        backoffs.windows(2).all(|pair| pair[1] > pair[0]),
        "{backoffs:?}"
    );

    harness.probed(true);
    let soon = harness.ejected(Outcome::NotConnected, EjectionCause::Unreachable);
    assert!(soon > backoffs[3], "it is consecutive");
    harness.now += soon;
    harness.probed(true);
    harness.now += SLOW_START;
    harness.settle(Outcome::Responded, None);
    let later = harness.ejected(Outcome::NotConnected, EjectionCause::Unreachable);
    assert!(later < backoffs[0], "{later:?}: it is not consecutive");
}

#[test]
fn only_a_request_with_a_permit_restores_a_failing_node() {
    let mut harness = Harness::failing();
    assert_eq!(harness.health.acquire_probe_permit(true, LONG), None);
    for outcome in ALL.into_iter().filter(|outcome| outcome.has_response()) {
        assert_eq!(harness.settle(outcome, None), None, "it has no permit");
    }
    let permit = harness.permit();
    assert_eq!(
        harness.settle(Outcome::Responded, Some(permit)),
        Some(Transition::Restored)
    );
}

#[test]
fn node_that_fails_again_backs_off_longer() {
    let mut harness = Harness::failing();
    let permit = harness.permit();
    let transition = harness.settle(Outcome::ServerError, Some(permit));
    let Some(Transition::ProbeFailed {
        cause: EjectionCause::Failing,
        backoff: second,
    }) = transition
    else {
        panic!("{transition:?}");
    };
    assert!(second >= Duration::from_secs(1));
    harness.now += second;
    let permit = harness.permit();
    harness.settle(Outcome::Responded, Some(permit));
    // Earlier failures do not count: it takes five again.
    let third = harness.fail();
    assert!(third >= Duration::from_secs(2), "{third:?}");
}

#[test]
fn any_response_restores_an_unreachable_node() {
    for outcome in ALL.into_iter().filter(|outcome| outcome.has_response()) {
        let mut harness = Harness::unreachable();
        assert_eq!(harness.settle(outcome, None), Some(Transition::Restored));
        assert_eq!(harness.settle(outcome, None), None);
    }
}

#[test]
fn response_to_an_attempt_begun_before_the_ejection_does_not_restore_the_node() {
    let mut harness = Harness::unreachable();
    let began = START - Duration::from_millis(1);
    assert_eq!(harness.settle_begun(Outcome::Responded, None, began), None);
    assert!(!harness.health.state().is_up());
}

#[test]
fn failures_of_attempts_begun_before_the_restoration_do_not_count() {
    for outcome in [
        Outcome::NotConnected,
        Outcome::TimedOut,
        Outcome::ServerError,
    ] {
        let mut harness = Harness::unreachable();
        harness.probed(true);
        harness.now += Duration::from_secs(1);
        for _ in 0..100 {
            assert_eq!(harness.settle_begun(outcome, None, START), None);
        }
        assert!(harness.health.state().is_up());
    }
}

#[test]
fn failed_initial_probes_do_not_lengthen_the_backoff_of_a_failing_node() {
    let mut harness = Harness {
        health: NodeHealth::pending(START),
        ..Harness::new()
    };
    for _ in 0..8 {
        let Some(Transition::ProbeFailed { backoff, .. }) = harness.probed(false) else {
            panic!("it should be pending");
        };
        harness.now += backoff;
    }
    harness.probed(true);
    assert!(harness.fail() < Duration::from_secs(2));
}

#[test]
fn ejection_after_the_slow_start_is_not_consecutive() {
    let mut harness = Harness::unreachable();
    for _ in 0..8 {
        let Some(Transition::ProbeFailed { backoff, .. }) = harness.probed(false) else {
            panic!("it should be ejected");
        };
        harness.now += backoff;
    }
    harness.probed(true);
    harness.now += LONG;
    let backoff = harness.ejected(Outcome::NotConnected, EjectionCause::Unreachable);
    assert!(backoff < Duration::from_millis(200), "{backoff:?}");
}

#[test]
fn failing_node_that_dies_becomes_unreachable() {
    let mut harness = Harness::failing();
    let ejected_since = harness.health.since();
    harness.ejected(Outcome::NotConnected, EjectionCause::Unreachable);
    assert_eq!(harness.health.since(), ejected_since);
    assert!(
        harness
            .health
            .acquire_probe_permit(true, harness.now)
            .is_some()
    );
}

#[test]
fn pending_node_is_probed_at_once() {
    let mut harness = Harness {
        health: NodeHealth::pending(START),
        ..Harness::new()
    };
    assert!(!harness.health.state().is_up());
    assert_eq!(harness.probed(true), Some(Transition::Admitted));
    assert_eq!(harness.health.share(harness.now), INITIAL_SHARE);
}

proptest! {
    /// Whatever happens to a node, it is up, or a permit is due at some time: no ejection is for good.
    #[test]
    fn no_node_is_ejected_for_good(events in prop::collection::vec((0usize..11, 0u64..3_000), 1..80)) {
        let mut harness = Harness::new();
        let mut permit = None;
        for (event, pause) in events {
            harness.now += Duration::from_millis(pause);
            match event {
                9 => permit = permit.or_else(|| harness.health.acquire_request_permit(harness.now)),
                10 => permit = permit.or_else(|| harness.health.acquire_probe_permit(true, harness.now)),
                outcome => {
                    harness.settle(ALL[outcome], permit.take());
                }
            }
        }
        let health = harness.health;
        prop_assert!(health.state().is_up() || health.acquire_request_permit(harness.now + LONG).is_some());
    }
}
