//! Permits to probe an ejected node.

use super::*;

#[test]
fn only_one_permit_is_valid_at_a_time() {
    let harness = Harness::unreachable();
    assert_eq!(
        harness.health.acquire_probe_permit(false, START),
        None,
        "its backoff is not over"
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
fn request_gets_a_permit_once_the_backoff_is_over() {
    let harness = Harness::unreachable();
    assert!(harness.health.ejected_until() <= harness.now);
    assert_eq!(
        harness.health.acquire_request_permit(START),
        None,
        "its backoff is not over"
    );
    assert!(harness.health.acquire_request_permit(harness.now).is_some());
}

#[test]
fn forced_probe_does_not_wait_for_the_end_of_the_backoff() {
    let mut harness = Harness::new();
    harness.ejected(Outcome::NotConnected, EjectionCause::Unreachable);
    assert_eq!(harness.health.acquire_probe_permit(false, START), None);
    assert!(harness.health.acquire_probe_permit(true, START).is_some());
}

#[test]
fn outcome_with_a_permit_restores_the_node_or_extends_its_ejection() {
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
            (
                EjectionCause::Failing,
                Outcome::Contention | Outcome::ReplicaError | Outcome::ClockSkew,
            ) => transition.is_none(),
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
            (
                _,
                Outcome::Foreign
                | Outcome::NotConnected
                | Outcome::ConnectionLost
                | Outcome::TimedOut,
            ) => {
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
fn expired_permit_makes_room_for_another_and_changes_nothing_any_more() {
    let mut harness = Harness::unreachable();
    let expired = harness
        .health
        .acquire_probe_permit(false, harness.now)
        .unwrap();
    harness.now += backoff::PERMIT_LIFETIME;
    let valid = harness
        .health
        .acquire_probe_permit(false, harness.now)
        .unwrap();

    let (health, now, rng) = (&harness.health, harness.now, &mut harness.rng);
    assert_eq!(health.probed(false, expired, now, rng), None);
    health.release_permit(expired);
    assert_eq!(
        health.acquire_probe_permit(true, now),
        None,
        "another permit is valid"
    );
    assert_eq!(
        health.probed(true, valid, now, rng),
        Some(Transition::Restored)
    );
}

#[test]
fn released_permit_can_be_acquired_again_at_once() {
    for harness in [Harness::unreachable(), Harness::failing()] {
        let now = harness.now;
        for _ in 0..3 {
            let permit = harness.health.acquire_request_permit(now).unwrap();
            harness.health.release_permit(permit);
        }
    }
}
