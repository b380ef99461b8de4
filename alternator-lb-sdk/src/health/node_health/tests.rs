use super::*;

const START: Duration = Duration::from_secs(1);

/// A node that is down since [`START`], and when it may be tried.
fn down(rng: &mut fastrand::Rng) -> (NodeHealth, Duration) {
    let health = NodeHealth::new();
    let Some(Transition::Down { rest }) = health.settle(Outcome::NotConnected, None, START, rng)
    else {
        panic!("a refused connection takes a node down");
    };
    (health, START + rest)
}

#[test]
fn a_refused_connection_takes_the_node_down_once() {
    let mut rng = fastrand::Rng::with_seed(1);
    let (health, due) = down(&mut rng);
    for _ in 0..100 {
        let again = health.settle(Outcome::NotConnected, None, START, &mut rng);
        assert_eq!(again, None);
    }
    let State::Resting { until } = health.state() else {
        panic!("it rests");
    };
    assert!(until.abs_diff(due) <= Duration::from_millis(1));
}

#[test]
fn one_request_tries_the_node_when_its_rest_is_over() {
    let mut rng = fastrand::Rng::with_seed(2);
    let (health, due) = down(&mut rng);
    assert_eq!(health.claim_trial(START), None);
    assert!(health.claim_trial(due).is_some());
    assert_eq!(health.claim_trial(due), None, "somebody tries it already");
    assert_eq!(health.state(), State::OnTrial);
}

#[test]
fn a_trial_that_hangs_makes_room_for_another_and_has_no_say_any_more() {
    let mut rng = fastrand::Rng::with_seed(9);
    let (health, due) = down(&mut rng);
    let hung = health.claim_trial(due);
    let later = due + rest::LONGEST;
    let next = health.claim_trial(later);
    assert!(hung.is_some() && next.is_some());

    assert_eq!(health.settle(Outcome::Cut, hung, later, &mut rng), None);
    health.abandon_trial(hung.unwrap());
    assert_eq!(
        health.claim_trial(later),
        None,
        "the other one is under way"
    );
    let up = health.settle(Outcome::Answered, next, later, &mut rng);
    assert_eq!(up, Some(Transition::Up));
}

#[test]
fn a_failed_trial_rests_longer_and_an_answer_forgets_it_all() {
    for failure in [Outcome::NotConnected, Outcome::Cut, Outcome::TimedOut] {
        let mut rng = fastrand::Rng::with_seed(3);
        let (health, due) = down(&mut rng);
        let trial = health.claim_trial(due);
        let still_down = health.settle(failure, trial, due, &mut rng);
        let Some(Transition::StillDown { rest }) = still_down else {
            panic!("the node is still down after {failure:?}");
        };
        assert!(rest > due - START);

        let trial = health.claim_trial(due + rest);
        assert!(trial.is_some());
        let up = health.settle(Outcome::Answered, trial, due + rest, &mut rng);
        assert_eq!(up, Some(Transition::Up));
        assert_eq!(health.state(), State::Up);

        let down_anew = health.settle(Outcome::NotConnected, None, due, &mut rng);
        let Some(Transition::Down { rest: again }) = down_anew else {
            panic!("down anew");
        };
        assert!(again < rest);
    }
}

#[test]
fn a_trial_without_a_result_leaves_the_trial_to_the_next() {
    let mut rng = fastrand::Rng::with_seed(4);
    for outcome in [Some(Outcome::Neutral), Some(Outcome::NotSent), None] {
        let (health, due) = down(&mut rng);
        let trial = health.claim_trial(due).unwrap();
        match outcome {
            Some(outcome) => {
                let transition = health.settle(outcome, Some(trial), due, &mut rng);
                assert_eq!(transition, None);
            }
            None => health.abandon_trial(trial),
        }
        assert!(health.claim_trial(due).is_some(), "{outcome:?}");
    }
}

#[test]
fn an_answer_on_an_older_connection_counts_too() {
    let mut rng = fastrand::Rng::with_seed(5);
    let (health, _) = down(&mut rng);
    let mut answered = || health.settle(Outcome::Answered, None, START, &mut rng);
    assert_eq!(answered(), Some(Transition::Up));
    assert_eq!(answered(), None);
}

#[test]
fn what_is_not_certainly_the_nodes_fault_changes_nothing() {
    let mut rng = fastrand::Rng::with_seed(6);
    let health = NodeHealth::new();
    for outcome in [
        Outcome::NotSent,
        Outcome::Cut,
        Outcome::TimedOut,
        Outcome::Neutral,
    ] {
        assert_eq!(health.settle(outcome, None, START, &mut rng), None);
    }
    assert_eq!(health.state(), State::Up);
}
