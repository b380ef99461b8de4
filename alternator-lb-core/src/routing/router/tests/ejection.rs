//! Nodes that are out, and how they are tried.

use super::*;

#[test]
fn a_node_that_is_down_gets_nothing_and_the_others_share_its_part() {
    let router = router(4, Policy::default());
    take_down(&router, &url(2));
    let spread = spread(&router, 300, NOW);
    assert_eq!(spread.get(&url(2)), None);
    assert!(
        spread.values().all(|&requests| requests == 100),
        "{spread:?}"
    );
}

#[test]
fn one_request_at_a_time_tries_a_node_whose_rest_is_over() {
    let router = router(3, Policy::default());
    fail(&router, &url(1), 9);
    let mut permit = Plan::default();
    assert_eq!(next(&router, &mut permit, LATER), url(1));
    assert_eq!(spread(&router, 20, LATER).get(&url(1)), None);

    settle(&router, &mut permit, Outcome::Answered, LATER);
    drop(permit);
    assert_eq!(spread(&router, 30, LATER).get(&url(1)), Some(&10));
}

#[test]
fn a_node_that_cannot_be_reached_is_tried_by_requests_only_where_nobody_watches() {
    let router = router(3, Policy::default());
    take_down(&router, &url(1));
    assert_eq!(spread(&router, 20, LATER).get(&url(1)), None);
    let mut permit = Plan::default();
    assert_eq!(next_unwatched(&router, &mut permit, LATER), url(1));
    for _ in 0..9 {
        let another = next_unwatched(&router, &mut Plan::default(), LATER);
        assert_ne!(another, url(1), "one at a time");
    }
}

#[test]
fn a_trial_that_has_not_left_goes_to_the_next_request_and_one_that_has_ends_by_itself() {
    let router = router(3, Policy::default());
    fail(&router, &url(1), 9);
    for _ in 0..3 {
        let mut dropped = Plan::default();
        assert_eq!(next(&router, &mut dropped, LATER), url(1));
    }
    let mut dropped = Plan::default();
    assert_eq!(next(&router, &mut dropped, LATER), url(1));
    dropped.mark_sent();
    drop(dropped);
    assert_eq!(spread(&router, 30, LATER).get(&url(1)), None);
    let much_later = LATER + Duration::from_secs(10);
    assert_eq!(next(&router, &mut Plan::default(), much_later), url(1));
}

#[test]
fn a_retry_is_no_trial() {
    let router = router(3, Policy::default());
    let mut plan = Plan::default();
    next(&router, &mut plan, NOW);
    take_down(&router, &url(3));
    let later = NOW + Duration::from_secs(3);
    for _ in 0..3 {
        assert_ne!(next(&router, &mut plan, later), url(3));
    }
}

#[test]
fn when_all_are_down_the_one_that_was_first_is_tried_first() {
    let router = router(3, Policy::default());
    let soon = |millis| NOW + Duration::from_millis(millis);
    for (last, after) in [(2, 0), (3, 100), (1, 200)] {
        take_down_at(&router, &url(last), soon(after));
    }
    let mut plan = Plan::default();
    let tried = [2, 3, 1].map(|last| (next(&router, &mut plan, soon(200)), url(last)));
    assert!(
        tried.iter().all(|(tried, expected)| tried == expected),
        "{tried:?}"
    );

    // One of them answers: from now on it is the only one.
    settle(&router, &mut plan, Outcome::Answered, soon(200));
    assert_eq!(
        spread(&router, 10, soon(200))
            .into_keys()
            .collect::<Vec<_>>(),
        [url(1)]
    );
}

#[test]
fn when_all_are_down_those_that_were_asked_in_vain_are_tried_last() {
    let router = router(2, Policy::default());
    take_down(&router, &url(1));
    for second in 20..30 {
        let now = Duration::from_secs(second);
        let node = router.snapshot().topology().find(&url(1)).unwrap().clone();
        if let Some(permit) = node.health().acquire_probe_permit(false, now) {
            router.probed(node, false, permit, now);
        }
    }
    let now = Duration::from_secs(30);
    take_down_at(&router, &url(2), now);
    assert_eq!(next(&router, &mut Plan::default(), now), url(2));
}

#[test]
fn more_than_half_are_never_ejected_for_their_errors() {
    let router = router(5, Policy::default());
    assert_eq!(fail(&router, &url(1), 9), [None]);
    assert_eq!(fail(&router, &url(2), 9), [None]);
    assert_eq!(spread(&router, 30, NOW).len(), 3);
    // The third is one too many: none is left out any more.
    assert_eq!(fail(&router, &url(3), 9), [Some(true)]);
    assert_eq!(
        (spread(&router, 50, NOW).len(), router.panic_mode_entries()),
        (5, 1)
    );

    // A request that tries one of them finds it well, and two may be left out again.
    let mut permit = Plan::default();
    let tried = next(&router, &mut permit, LATER);
    assert!([1, 2, 3].map(url).contains(&tried));
    let change = router
        .settle(&mut permit, Outcome::Answered, LATER)
        .unwrap();
    assert_eq!(change.panic, Some(false));
    assert_eq!(router.snapshot().usable().count(), 3);
}

#[test]
fn nodes_that_cannot_be_reached_are_no_part_of_that() {
    let router = router(4, Policy::default());
    take_down(&router, &url(1));
    take_down(&router, &url(2));
    assert_eq!(fail(&router, &url(3), 9), [None]);
    assert_eq!(spread(&router, 30, NOW).len(), 1, "one of two fails");
    take_down(&router, &url(4));
    assert!(router.snapshot().is_in_panic(), "one of one");
    assert_eq!(
        spread(&router, 30, NOW).into_keys().collect::<Vec<_>>(),
        [url(3)]
    );
}

#[test]
fn silence_never_takes_the_last_node_out() {
    let router = router(2, Policy::default());
    let node = |last| {
        router
            .snapshot()
            .topology()
            .find(&url(last))
            .unwrap()
            .clone()
    };
    assert!(router.eject_unresponsive(node(1), NOW).is_some());
    assert!(router.eject_unresponsive(node(2), NOW).is_none());
    assert!(router.snapshot().has_usable());
}
