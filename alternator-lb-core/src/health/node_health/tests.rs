mod trials;

use super::*;
use proptest::prelude::*;

const START: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(1_000);

/// A node, its generator of random numbers, and the time.
struct Bench {
    health: NodeHealth,
    rng: fastrand::Rng,
    now: Duration,
}

impl Bench {
    fn new() -> Self {
        Self {
            health: NodeHealth::new(),
            rng: fastrand::Rng::with_seed(1),
            now: START,
        }
    }

    /// A node that cannot be connected.
    fn unreachable() -> Self {
        let mut bench = Self::new();
        let rest = bench.ejected(Outcome::NotConnected, Cause::Unreachable);
        bench.now += rest;
        bench
    }

    /// A node that was ejected for its errors, at the end of its rest.
    fn failing() -> Self {
        let mut bench = Self::new();
        bench.fail();
        bench
    }

    /// Ejects the node for its errors, and lets it rest. Returns how long that was.
    fn fail(&mut self) -> Duration {
        for _ in 1..crate::health::record::IN_A_ROW {
            assert_eq!(self.settle(Outcome::ServerError, None), None);
        }
        let rest = self.ejected(Outcome::ServerError, Cause::Failing);
        self.now += rest;
        rest
    }

    fn ejected(&mut self, outcome: Outcome, why: Cause) -> Duration {
        match self.settle(outcome, None) {
            Some(Transition::Ejected { cause, rest }) if cause == why => rest,
            other => panic!("{outcome:?} should eject the node as {why:?}, not {other:?}"),
        }
    }

    /// What comes of an attempt that takes no time.
    fn settle(&mut self, outcome: Outcome, trial: Option<Trial>) -> Option<Transition> {
        self.settle_old(outcome, trial, self.now)
    }

    /// The same of one that began earlier.
    fn settle_old(
        &mut self,
        outcome: Outcome,
        trial: Option<Trial>,
        began: Duration,
    ) -> Option<Transition> {
        let (now, rng) = (self.now, &mut self.rng);
        self.health.settle(outcome, trial, began, now, rng)
    }

    fn probed(&mut self, answered: bool) -> Option<Transition> {
        let trial = self
            .health
            .claim_probe(false, self.now)
            .expect("its rest is over");
        self.health.probed(answered, trial, self.now, &mut self.rng)
    }

    fn trial(&self) -> Trial {
        self.health.claim_trial(self.now).expect("its rest is over")
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
    let mut bench = Bench::new();
    let rest = bench.ejected(Outcome::NotConnected, Cause::Unreachable);
    for _ in 0..100 {
        assert_eq!(bench.settle(Outcome::NotConnected, None), None);
    }
    let State::Resting { until, .. } = bench.health.state() else {
        panic!("it rests");
    };
    assert!(until.abs_diff(START + rest) <= Duration::from_millis(1));
}

#[test]
fn five_bad_attempts_in_a_row_eject_the_node() {
    for outcome in [Outcome::ServerError, Outcome::Cut, Outcome::TimedOut] {
        let mut bench = Bench::new();
        for _ in 0..4 {
            assert_eq!(bench.settle(outcome, None), None);
        }
        bench.ejected(outcome, Cause::Failing);
        assert_eq!(bench.settle(outcome, None), None, "it is out already");
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
        let mut bench = Bench::new();
        for _ in 0..1_000 {
            bench.now += Duration::from_millis(10);
            assert_eq!(bench.settle(outcome, None), None);
        }
        assert_eq!(bench.health.state(), State::Up);
    }
}

#[test]
fn a_probe_brings_an_unreachable_node_back_and_it_warms_up() {
    let mut bench = Bench::unreachable();
    assert_eq!(bench.probed(true), Some(Transition::Restored));
    let shares = [0, 500, 5_000, 10_000].map(|after| {
        let now = bench.now + Duration::from_millis(after);
        bench.health.share(now)
    });
    assert_eq!(shares, [10, 10, 50, 100]);

    bench.now += WARMING;
    assert_eq!(bench.settle(Outcome::Answered, None), None);
    assert_eq!(bench.health.state(), State::Up);
}

#[test]
fn rests_grow_while_probes_fail_and_when_a_node_fails_again_soon() {
    let mut bench = Bench::unreachable();
    let mut rests = Vec::new();
    for _ in 0..4 {
        let Some(Transition::StillOut { cause, rest }) = bench.probed(false) else {
            panic!("it is still out");
        };
        assert_eq!(cause, Cause::Unreachable);
        rests.push(rest);
        bench.now += rest;
    }
    assert!(rests.windows(2).all(|pair| pair[1] > pair[0]), "{rests:?}");

    bench.probed(true);
    let soon = bench.ejected(Outcome::NotConnected, Cause::Unreachable);
    assert!(soon > rests[3], "the same trouble");
    bench.now += soon;
    bench.probed(true);
    bench.now += WARMING;
    bench.settle(Outcome::Answered, None);
    let later = bench.ejected(Outcome::NotConnected, Cause::Unreachable);
    assert!(later < rests[0], "{later:?}: that is another story");
}

#[test]
fn only_a_request_brings_a_failing_node_back() {
    let mut bench = Bench::failing();
    assert_eq!(bench.health.claim_probe(true, LONG), None);
    for outcome in ALL.into_iter().filter(|outcome| outcome.was_answered()) {
        assert_eq!(bench.settle(outcome, None), None, "an older request");
    }
    let trial = bench.trial();
    assert_eq!(
        bench.settle(Outcome::Answered, Some(trial)),
        Some(Transition::Restored)
    );
}

#[test]
fn a_node_that_fails_again_rests_longer() {
    let mut bench = Bench::failing();
    let trial = bench.trial();
    let still = bench.settle(Outcome::ServerError, Some(trial));
    let Some(Transition::StillOut {
        cause: Cause::Failing,
        rest: second,
    }) = still
    else {
        panic!("{still:?}");
    };
    assert!(second >= Duration::from_secs(1));
    bench.now += second;
    let trial = bench.trial();
    bench.settle(Outcome::Answered, Some(trial));
    // What was bad before says nothing now: it takes five again.
    let third = bench.fail();
    assert!(third >= Duration::from_secs(2), "{third:?}");
}

#[test]
fn any_answer_shows_that_a_node_can_be_reached() {
    for outcome in ALL.into_iter().filter(|outcome| outcome.was_answered()) {
        let mut bench = Bench::unreachable();
        assert_eq!(bench.settle(outcome, None), Some(Transition::Restored));
        assert_eq!(bench.settle(outcome, None), None);
    }
}

#[test]
fn an_answer_that_was_on_its_way_before_the_node_went_brings_it_not_back() {
    let mut bench = Bench::unreachable();
    let before = START - Duration::from_millis(1);
    assert_eq!(bench.settle_old(Outcome::Answered, None, before), None);
    assert!(!bench.health.state().is_up());
}

#[test]
fn what_went_wrong_before_a_node_came_back_is_not_held_against_it() {
    for outcome in [
        Outcome::NotConnected,
        Outcome::TimedOut,
        Outcome::ServerError,
    ] {
        let mut bench = Bench::unreachable();
        bench.probed(true);
        bench.now += Duration::from_secs(1);
        for _ in 0..100 {
            assert_eq!(bench.settle_old(outcome, None, START), None);
        }
        assert!(bench.health.state().is_up());
    }
}

#[test]
fn what_kept_a_node_from_starting_makes_no_later_rest_longer() {
    let mut bench = Bench {
        health: NodeHealth::unproven(START),
        ..Bench::new()
    };
    for _ in 0..8 {
        let Some(Transition::StillOut { rest, .. }) = bench.probed(false) else {
            panic!("it does not listen yet");
        };
        bench.now += rest;
    }
    bench.probed(true);
    assert!(bench.fail() < Duration::from_secs(2));
}

#[test]
fn a_node_that_was_left_alone_for_long_has_no_setbacks() {
    let mut bench = Bench::unreachable();
    for _ in 0..8 {
        let Some(Transition::StillOut { rest, .. }) = bench.probed(false) else {
            panic!("it is out");
        };
        bench.now += rest;
    }
    bench.probed(true);
    bench.now += LONG;
    let rest = bench.ejected(Outcome::NotConnected, Cause::Unreachable);
    assert!(rest < Duration::from_millis(200), "{rest:?}");
}

#[test]
fn a_failing_node_that_dies_is_unreachable_from_then_on() {
    let mut bench = Bench::failing();
    let out_since = bench.health.out_since();
    bench.ejected(Outcome::NotConnected, Cause::Unreachable);
    assert_eq!(bench.health.out_since(), out_since);
    assert!(bench.health.claim_probe(true, bench.now).is_some());
}

#[test]
fn a_new_node_is_asked_at_once() {
    let mut bench = Bench {
        health: NodeHealth::unproven(START),
        ..Bench::new()
    };
    assert!(!bench.health.state().is_up());
    assert_eq!(bench.probed(true), Some(Transition::Admitted));
    assert_eq!(bench.health.share(bench.now), FIRST_SHARE);
}

proptest! {
    /// Whatever happens to a node, it is up, or will be tried: nothing leaves it out for good.
    #[test]
    fn no_node_is_forgotten(events in prop::collection::vec((0usize..11, 0u64..3_000), 1..80)) {
        let mut bench = Bench::new();
        let mut trial = None;
        for (event, pause) in events {
            bench.now += Duration::from_millis(pause);
            match event {
                9 => trial = trial.or_else(|| bench.health.claim_trial(bench.now)),
                10 => trial = trial.or_else(|| bench.health.claim_probe(true, bench.now)),
                outcome => {
                    bench.settle(ALL[outcome], trial.take());
                }
            }
        }
        prop_assert!(bench.health.state().is_up() || bench.health.claim_trial(bench.now + LONG).is_some());
    }
}
