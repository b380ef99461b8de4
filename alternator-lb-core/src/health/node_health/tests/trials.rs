//! Who finds out whether a node is back.

use super::*;

#[test]
fn one_at_a_time_finds_out_whether_a_node_is_back() {
    let bench = Bench::unreachable();
    assert_eq!(bench.health.claim_probe(false, START), None, "it rests");
    assert!(bench.health.claim_probe(false, bench.now).is_some());
    assert_eq!(bench.health.claim_probe(true, bench.now), None);
    assert_eq!(bench.health.claim_trial(bench.now), None);
}

#[test]
fn where_nobody_probes_a_request_tries_the_node() {
    let bench = Bench::unreachable();
    assert!(bench.health.out_until() <= bench.now);
    assert_eq!(bench.health.claim_trial(START), None, "it rests");
    assert!(bench.health.claim_trial(bench.now).is_some());
}

#[test]
fn a_pressing_probe_does_not_wait_for_the_end_of_a_rest() {
    let mut bench = Bench::new();
    bench.ejected(Outcome::NotConnected, Cause::Unreachable);
    assert_eq!(bench.health.claim_probe(false, START), None);
    assert!(bench.health.claim_probe(true, START).is_some());
}

#[test]
fn what_becomes_of_a_trial() {
    use Transition::{Admitted, Ejected, Restored, StillOut};
    for (cause, outcome) in [Cause::Unproven, Cause::Unreachable, Cause::Failing]
        .into_iter()
        .flat_map(|cause| ALL.map(|outcome| (cause, outcome)))
    {
        let mut bench = match cause {
            Cause::Unproven => Bench {
                health: NodeHealth::unproven(START),
                ..Bench::new()
            },
            Cause::Unreachable => Bench::unreachable(),
            Cause::Failing => Bench::failing(),
        };
        let trial = bench.trial();
        let transition = bench.settle(outcome, Some(trial));
        let as_expected = match (cause, outcome) {
            (Cause::Failing, Outcome::ServerError) => matches!(transition, Some(StillOut { .. })),
            (Cause::Failing, Outcome::SlowServerError) => transition.is_none(),
            (Cause::Failing, Outcome::NotConnected) => {
                matches!(
                    transition,
                    Some(Ejected {
                        cause: Cause::Unreachable,
                        ..
                    })
                )
            }
            (_, Outcome::NotSent | Outcome::Neutral) => transition.is_none(),
            (_, Outcome::NotConnected | Outcome::Cut | Outcome::TimedOut) => {
                matches!(transition, Some(StillOut { .. }))
            }
            (Cause::Unproven, _) => transition == Some(Admitted),
            _ => transition == Some(Restored),
        };
        assert!(as_expected, "{cause:?} {outcome:?}: {transition:?}");
        if transition.is_none() {
            bench.trial();
        }
    }
}

#[test]
fn a_trial_that_hangs_makes_room_for_another_and_has_no_say_any_more() {
    let mut bench = Bench::unreachable();
    let hung = bench.health.claim_probe(false, bench.now).unwrap();
    bench.now += rest::TRIAL;
    let next = bench.health.claim_probe(false, bench.now).unwrap();

    let (health, now, rng) = (&bench.health, bench.now, &mut bench.rng);
    assert_eq!(health.probed(false, hung, now, rng), None);
    health.abandon_trial(hung);
    assert_eq!(
        health.claim_probe(true, now),
        None,
        "the other one is under way"
    );
    assert_eq!(
        health.probed(true, next, now, rng),
        Some(Transition::Restored)
    );
}

#[test]
fn a_trial_that_is_given_up_goes_to_the_next() {
    for bench in [Bench::unreachable(), Bench::failing()] {
        let now = bench.now;
        for _ in 0..3 {
            let trial = bench.health.claim_trial(now).unwrap();
            bench.health.abandon_trial(trial);
        }
    }
}
