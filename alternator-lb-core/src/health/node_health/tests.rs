mod trials;

use super::*;
use proptest::prelude::*;

const START: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(1_000);

/// A node, its generator of random numbers, and the time.
struct Harness {
    health: NodeHealth,
    rng: fastrand::Rng,
    now: Duration,
}

impl Harness {
    fn new() -> Self {
        Self {
            health: NodeHealth::new(),
            rng: fastrand::Rng::with_seed(1),
            now: START,
        }
    }

    /// A node that cannot be connected.
    fn unreachable() -> Self {
        let mut harness = Self::new();
        let backoff = harness.ejected(Outcome::NotConnected, EjectionCause::Unreachable);
        harness.now += backoff;
        harness
    }

    /// A node that was ejected for its errors, at the end of its rest.
    fn failing() -> Self {
        let mut harness = Self::new();
        harness.fail();
        harness
    }

    /// Ejects the node for its errors, and lets it rest. Returns how long that was.
    fn fail(&mut self) -> Duration {
        for _ in 1..crate::health::outcome_window::CONSECUTIVE_FAILURES {
            assert_eq!(self.settle(Outcome::ServerError, None), None);
        }
        let backoff = self.ejected(Outcome::ServerError, EjectionCause::Failing);
        self.now += backoff;
        backoff
    }

    fn ejected(&mut self, outcome: Outcome, why: EjectionCause) -> Duration {
        match self.settle(outcome, None) {
            Some(Transition::Ejected { cause, backoff }) if cause == why => backoff,
            other => panic!("{outcome:?} should eject the node as {why:?}, not {other:?}"),
        }
    }

    /// What comes of an attempt that takes no time.
    fn settle(&mut self, outcome: Outcome, permit: Option<ProbePermit>) -> Option<Transition> {
        self.settle_old(outcome, permit, self.now)
    }

    /// The same of one that began earlier.
    fn settle_old(
        &mut self,
        outcome: Outcome,
        permit: Option<ProbePermit>,
        began: Duration,
    ) -> Option<Transition> {
        let (now, rng) = (self.now, &mut self.rng);
        self.health.settle(outcome, permit, began, now, rng)
    }

    fn probed(&mut self, answered: bool) -> Option<Transition> {
        let permit = self
            .health
            .acquire_probe_permit(false, self.now)
            .expect("its backoff is over");
        self.health
            .probed(answered, permit, self.now, &mut self.rng)
    }

    fn permit(&self) -> ProbePermit {
        self.health
            .acquire_request_permit(self.now)
            .expect("its backoff is over")
    }
}

const ALL: [Outcome; 9] = [
    Outcome::Answered,
    Outcome::Overloaded,
    Outcome::ServerError,
    Outcome::SlowServerError,
    Outcome::NotConnected,
    Outcome::NotSent,
    Outcome::Cut,
    Outcome::TimedOut,
    Outcome::Neutral,
];

#[test]
fn a_refused_connection_ejects_the_node_once() {
    let mut harness = Harness::new();
    let backoff = harness.ejected(Outcome::NotConnected, EjectionCause::Unreachable);
    for _ in 0..100 {
        assert_eq!(harness.settle(Outcome::NotConnected, None), None);
    }
    let State::Ejected { until, .. } = harness.health.state() else {
        panic!("it rests");
    };
    assert!(until.abs_diff(START + backoff) <= Duration::from_millis(1));
}

#[test]
fn five_bad_attempts_in_a_row_eject_the_node() {
    for outcome in [Outcome::ServerError, Outcome::Cut, Outcome::TimedOut] {
        let mut harness = Harness::new();
        for _ in 0..4 {
            assert_eq!(harness.settle(outcome, None), None);
        }
        harness.ejected(outcome, EjectionCause::Failing);
        assert_eq!(harness.settle(outcome, None), None, "it is out already");
    }
}

#[test]
fn what_is_not_the_nodes_fault_never_ejects_it() {
    for outcome in [
        Outcome::Answered,
        Outcome::Overloaded,
        Outcome::SlowServerError,
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
fn a_probe_brings_an_unreachable_node_back_and_it_warms_up() {
    let mut harness = Harness::unreachable();
    assert_eq!(harness.probed(true), Some(Transition::Restored));
    let shares = [0, 500, 5_000, 10_000].map(|after| {
        let now = harness.now + Duration::from_millis(after);
        harness.health.share(now)
    });
    assert_eq!(shares, [10, 10, 50, 100]);

    harness.now += SLOW_START;
    assert_eq!(harness.settle(Outcome::Answered, None), None);
    assert_eq!(harness.health.state(), State::Up);
}

#[test]
fn rests_grow_while_probes_fail_and_when_a_node_fails_again_soon() {
    let mut harness = Harness::unreachable();
    let mut rests = Vec::new();
    for _ in 0..4 {
        let Some(Transition::ProbeFailed { cause, backoff }) = harness.probed(false) else {
            panic!("it is still out");
        };
        assert_eq!(cause, EjectionCause::Unreachable);
        rests.push(backoff);
        harness.now += backoff;
    }
    assert!(rests.windows(2).all(|pair| pair[1] > pair[0]), "{rests:?}");

    harness.probed(true);
    let soon = harness.ejected(Outcome::NotConnected, EjectionCause::Unreachable);
    assert!(soon > rests[3], "the same trouble");
    harness.now += soon;
    harness.probed(true);
    harness.now += SLOW_START;
    harness.settle(Outcome::Answered, None);
    let later = harness.ejected(Outcome::NotConnected, EjectionCause::Unreachable);
    assert!(later < rests[0], "{later:?}: that is another story");
}

#[test]
fn only_a_request_brings_a_failing_node_back() {
    let mut harness = Harness::failing();
    assert_eq!(harness.health.acquire_probe_permit(true, LONG), None);
    for outcome in ALL.into_iter().filter(|outcome| outcome.was_answered()) {
        assert_eq!(harness.settle(outcome, None), None, "an older request");
    }
    let permit = harness.permit();
    assert_eq!(
        harness.settle(Outcome::Answered, Some(permit)),
        Some(Transition::Restored)
    );
}

#[test]
fn a_node_that_fails_again_rests_longer() {
    let mut harness = Harness::failing();
    let permit = harness.permit();
    let still = harness.settle(Outcome::ServerError, Some(permit));
    let Some(Transition::ProbeFailed {
        cause: EjectionCause::Failing,
        backoff: second,
    }) = still
    else {
        panic!("{still:?}");
    };
    assert!(second >= Duration::from_secs(1));
    harness.now += second;
    let permit = harness.permit();
    harness.settle(Outcome::Answered, Some(permit));
    // What was bad before says nothing now: it takes five again.
    let third = harness.fail();
    assert!(third >= Duration::from_secs(2), "{third:?}");
}

#[test]
fn any_answer_shows_that_a_node_can_be_reached() {
    for outcome in ALL.into_iter().filter(|outcome| outcome.was_answered()) {
        let mut harness = Harness::unreachable();
        assert_eq!(harness.settle(outcome, None), Some(Transition::Restored));
        assert_eq!(harness.settle(outcome, None), None);
    }
}

#[test]
fn an_answer_that_was_on_its_way_before_the_node_went_brings_it_not_back() {
    let mut harness = Harness::unreachable();
    let before = START - Duration::from_millis(1);
    assert_eq!(harness.settle_old(Outcome::Answered, None, before), None);
    assert!(!harness.health.state().is_up());
}

#[test]
fn what_went_wrong_before_a_node_came_back_is_not_held_against_it() {
    for outcome in [
        Outcome::NotConnected,
        Outcome::TimedOut,
        Outcome::ServerError,
    ] {
        let mut harness = Harness::unreachable();
        harness.probed(true);
        harness.now += Duration::from_secs(1);
        for _ in 0..100 {
            assert_eq!(harness.settle_old(outcome, None, START), None);
        }
        assert!(harness.health.state().is_up());
    }
}

#[test]
fn what_kept_a_node_from_starting_makes_no_later_rest_longer() {
    let mut harness = Harness {
        health: NodeHealth::pending(START),
        ..Harness::new()
    };
    for _ in 0..8 {
        let Some(Transition::ProbeFailed { backoff, .. }) = harness.probed(false) else {
            panic!("it does not listen yet");
        };
        harness.now += backoff;
    }
    harness.probed(true);
    assert!(harness.fail() < Duration::from_secs(2));
}

#[test]
fn a_node_that_was_left_alone_for_long_has_no_setbacks() {
    let mut harness = Harness::unreachable();
    for _ in 0..8 {
        let Some(Transition::ProbeFailed { backoff, .. }) = harness.probed(false) else {
            panic!("it is out");
        };
        harness.now += backoff;
    }
    harness.probed(true);
    harness.now += LONG;
    let backoff = harness.ejected(Outcome::NotConnected, EjectionCause::Unreachable);
    assert!(backoff < Duration::from_millis(200), "{backoff:?}");
}

#[test]
fn a_failing_node_that_dies_is_unreachable_from_then_on() {
    let mut harness = Harness::failing();
    let ejected_since = harness.health.ejected_since();
    harness.ejected(Outcome::NotConnected, EjectionCause::Unreachable);
    assert_eq!(harness.health.ejected_since(), ejected_since);
    assert!(
        harness
            .health
            .acquire_probe_permit(true, harness.now)
            .is_some()
    );
}

#[test]
fn a_new_node_is_asked_at_once() {
    let mut harness = Harness {
        health: NodeHealth::pending(START),
        ..Harness::new()
    };
    assert!(!harness.health.state().is_up());
    assert_eq!(harness.probed(true), Some(Transition::Admitted));
    assert_eq!(harness.health.share(harness.now), INITIAL_SHARE);
}

proptest! {
    /// Whatever happens to a node, it is up, or will be tried: nothing leaves it out for good.
    #[test]
    fn no_node_is_forgotten(events in prop::collection::vec((0usize..11, 0u64..3_000), 1..80)) {
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
        prop_assert!(harness.health.state().is_up() || harness.health.acquire_request_permit(harness.now + LONG).is_some());
    }
}
