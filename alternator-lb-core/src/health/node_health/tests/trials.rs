//! Who finds out whether a node is back.

use super::*;

#[test]
fn one_at_a_time_finds_out_whether_a_node_is_back() {
    let harness = Harness::unreachable();
    assert_eq!(
        harness.health.acquire_probe_permit(false, START),
        None,
        "it rests"
    );
    assert!(
        harness
            .health
            .acquire_probe_permit(false, harness.now)
            .is_some()
    );
    assert_eq!(harness.health.acquire_probe_permit(true, harness.now), None);
    assert_eq!(harness.health.acquire_request_permit(harness.now), None);
}

#[test]
fn where_nobody_probes_a_request_tries_the_node() {
    let harness = Harness::unreachable();
    assert!(harness.health.ejected_until() <= harness.now);
    assert_eq!(
        harness.health.acquire_request_permit(START),
        None,
        "it rests"
    );
    assert!(harness.health.acquire_request_permit(harness.now).is_some());
}

#[test]
fn a_pressing_probe_does_not_wait_for_the_end_of_a_rest() {
    let mut harness = Harness::new();
    harness.ejected(Outcome::NotConnected, EjectionCause::Unreachable);
    assert_eq!(harness.health.acquire_probe_permit(false, START), None);
    assert!(harness.health.acquire_probe_permit(true, START).is_some());
}

#[test]
fn what_becomes_of_a_trial() {
    use Transition::{Admitted, Ejected, ProbeFailed, Restored};
    for (cause, outcome) in [
        EjectionCause::Pending,
        EjectionCause::Unreachable,
        EjectionCause::Failing,
    ]
    .into_iter()
    .flat_map(|cause| ALL.map(|outcome| (cause, outcome)))
    {
        let mut harness = match cause {
            EjectionCause::Pending => Harness {
                health: NodeHealth::pending(START),
                ..Harness::new()
            },
            EjectionCause::Unreachable => Harness::unreachable(),
            EjectionCause::Failing => Harness::failing(),
        };
        let permit = harness.permit();
        let transition = harness.settle(outcome, Some(permit));
        let as_expected = match (cause, outcome) {
            (EjectionCause::Failing, Outcome::ServerError) => {
                matches!(transition, Some(ProbeFailed { .. }))
            }
            (EjectionCause::Failing, Outcome::SlowServerError) => transition.is_none(),
            (EjectionCause::Failing, Outcome::NotConnected) => {
                matches!(
                    transition,
                    Some(Ejected {
                        cause: EjectionCause::Unreachable,
                        ..
                    })
                )
            }
            (_, Outcome::NotSent | Outcome::Neutral) => transition.is_none(),
            (_, Outcome::NotConnected | Outcome::Cut | Outcome::TimedOut) => {
                matches!(transition, Some(ProbeFailed { .. }))
            }
            (EjectionCause::Pending, _) => transition == Some(Admitted),
            _ => transition == Some(Restored),
        };
        assert!(as_expected, "{cause:?} {outcome:?}: {transition:?}");
        if transition.is_none() {
            harness.permit();
        }
    }
}

#[test]
fn a_trial_that_hangs_makes_room_for_another_and_has_no_say_any_more() {
    let mut harness = Harness::unreachable();
    let hung = harness
        .health
        .acquire_probe_permit(false, harness.now)
        .unwrap();
    harness.now += backoff::PERMIT_LIFETIME;
    let next = harness
        .health
        .acquire_probe_permit(false, harness.now)
        .unwrap();

    let (health, now, rng) = (&harness.health, harness.now, &mut harness.rng);
    assert_eq!(health.probed(false, hung, now, rng), None);
    health.release_permit(hung);
    assert_eq!(
        health.acquire_probe_permit(true, now),
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
    for harness in [Harness::unreachable(), Harness::failing()] {
        let now = harness.now;
        for _ in 0..3 {
            let permit = harness.health.acquire_request_permit(now).unwrap();
            harness.health.release_permit(permit);
        }
    }
}
