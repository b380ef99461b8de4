//! Ejected nodes, and the requests that probe them.

use super::*;

#[test]
fn ejected_node_receives_no_requests_and_the_others_share_them_evenly() {
    let router = router(4, Policy::default());
    make_unreachable(&router, &url(2));
    let counts = distribute(&router, 300, NOW);
    assert_eq!(counts.get(&url(2)), None);
    assert!(
        counts.values().all(|&requests| requests == 100),
        "{counts:?}"
    );
}

#[test]
fn one_request_at_a_time_probes_a_failing_node_after_its_ejection() {
    let router = router(3, Policy::default());
    fail_requests(&router, &url(1), 9);
    let mut permit = Plan::default();
    assert_eq!(next(&router, &mut permit, LATER), url(1));
    assert_eq!(distribute(&router, 20, LATER).get(&url(1)), None);

    settle(&router, &mut permit, Outcome::Responded, LATER);
    drop(permit);
    assert_eq!(distribute(&router, 30, LATER).get(&url(1)), Some(&10));
}

#[test]
fn requests_probe_an_unreachable_node_only_without_a_health_checker() {
    let router = router(3, Policy::default());
    make_unreachable(&router, &url(1));
    assert_eq!(distribute(&router, 20, LATER).get(&url(1)), None);
    let mut permit = Plan::default();
    assert_eq!(
        next_without_health_checker(&router, &mut permit, LATER),
        url(1)
    );
    for _ in 0..9 {
        let another = next_without_health_checker(&router, &mut Plan::default(), LATER);
        assert_ne!(another, url(1), "one at a time");
    }
}

#[test]
fn dropped_permit_is_released_if_never_sent_and_otherwise_expires() {
    let router = router(3, Policy::default());
    fail_requests(&router, &url(1), 9);
    for _ in 0..3 {
        let mut dropped = Plan::default();
        assert_eq!(next(&router, &mut dropped, LATER), url(1));
    }
    let mut dropped = Plan::default();
    assert_eq!(next(&router, &mut dropped, LATER), url(1));
    dropped.mark_sent();
    drop(dropped);
    assert_eq!(distribute(&router, 30, LATER).get(&url(1)), None);
    let much_later = LATER + Duration::from_secs(10);
    assert_eq!(next(&router, &mut Plan::default(), much_later), url(1));
}

#[test]
fn retry_is_no_probe() {
    let router = router(3, Policy::default());
    let mut plan = Plan::default();
    next(&router, &mut plan, NOW);
    make_unreachable(&router, &url(3));
    let later = NOW + Duration::from_secs(3);
    for _ in 0..3 {
        assert_ne!(next(&router, &mut plan, later), url(3));
    }
}

#[test]
fn node_ejected_first_is_tried_first_when_all_are_ejected() {
    let router = router(3, Policy::default());
    let soon = |millis| NOW + Duration::from_millis(millis);
    for (last, after) in [(2, 0), (3, 100), (1, 200)] {
        make_unreachable_at(&router, &url(last), soon(after));
    }
    let mut plan = Plan::default();
    let tried = [2, 3, 1].map(|last| (next(&router, &mut plan, soon(200)), url(last)));
    assert!(
        tried.iter().all(|(tried, expected)| tried == expected),
        "{tried:?}"
    );

    // The last one responds: it becomes the only usable node.
    settle(&router, &mut plan, Outcome::Responded, soon(200));
    assert_eq!(
        distribute(&router, 10, soon(200))
            .into_keys()
            .collect::<Vec<_>>(),
        [url(1)]
    );
}

#[test]
fn node_with_most_failed_probes_is_tried_last_when_all_are_ejected() {
    let router = router(2, Policy::default());
    make_unreachable(&router, &url(1));
    for second in 20..30 {
        let now = Duration::from_secs(second);
        let node = node_at(&router, 1);
        if let Some(permit) = node.health().acquire_probe_permit(false, now) {
            router.probed(node, false, permit, now);
        }
    }
    let now = Duration::from_secs(30);
    make_unreachable_at(&router, &url(2), now);
    assert_eq!(next(&router, &mut Plan::default(), now), url(2));
}

#[test]
fn panic_mode_uses_all_nodes_when_more_than_half_fail() {
    let router = router(5, Policy::default());
    assert_eq!(fail_requests(&router, &url(1), 9), [None]);
    assert_eq!(fail_requests(&router, &url(2), 9), [None]);
    assert_eq!(distribute(&router, 30, NOW).len(), 3);
    // The third is one too many: no failing node is excluded any more.
    assert_eq!(fail_requests(&router, &url(3), 9), [Some(true)]);
    assert_eq!(
        (
            distribute(&router, 50, NOW).len(),
            router.panic_mode_entries()
        ),
        (5, 1)
    );

    // A probing request restores one of them, and two may be excluded again.
    let mut permit = Plan::default();
    let tried = next(&router, &mut permit, LATER);
    assert!([1, 2, 3].map(url).contains(&tried));
    let change = router
        .settle(&mut permit, Outcome::Responded, None, LATER)
        .unwrap();
    assert_eq!(change.panic_mode, Some(false));
    assert_eq!(router.snapshot().usable().count(), 3);
}

#[test]
fn unreachable_nodes_do_not_count_for_panic_mode() {
    let router = router(4, Policy::default());
    make_unreachable(&router, &url(1));
    make_unreachable(&router, &url(2));
    assert_eq!(fail_requests(&router, &url(3), 9), [None]);
    assert_eq!(distribute(&router, 30, NOW).len(), 1, "one of two fails");
    make_unreachable(&router, &url(4));
    assert!(router.snapshot().is_in_panic, "one of one");
    assert_eq!(
        distribute(&router, 30, NOW).into_keys().collect::<Vec<_>>(),
        [url(3)]
    );
}

#[test]
fn last_usable_node_is_never_ejected_as_unresponsive() {
    let router = router(2, Policy::default());
    let node = |last| node_at(&router, last);
    assert!(router.eject_unresponsive(node(1), NOW).is_some());
    assert!(router.eject_unresponsive(node(2), NOW).is_none());
    assert!(router.snapshot().has_usable());
}
