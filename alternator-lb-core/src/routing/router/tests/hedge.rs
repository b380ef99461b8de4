//! Second requests of attempts that take long.

use super::*;
use crate::routing::{AttemptEnd, AttemptResult, OperationKind, RoutingKey, Token};

fn begin_hedge(router: &Router<()>, plan: &mut Plan<()>) -> bool {
    router.begin_hedge(plan, NOW, &mut fastrand::Rng::with_seed(1))
}

fn in_flight(router: &Router<()>) -> Vec<u32> {
    (1..=3)
        .map(|last| node_at(router, last).in_flight())
        .collect()
}

/// A first attempt that is under way, and its node.
fn first_attempt(router: &Router<()>) -> (Plan<()>, NodeUrl) {
    let mut plan = Plan::default();
    plan.set_operation(Some(OperationKind::GetItem));
    let node = next(router, &mut plan, NOW);
    plan.mark_sent();
    (plan, node)
}

fn outrun() -> AttemptEnd {
    AttemptEnd::without_evidence(AttemptResult::Outrun)
}

#[test]
fn hedge_goes_to_another_node_and_is_in_flight_there() {
    let router = router(3, Policy::default());
    for _ in 0..9 {
        let (plan, node) = first_attempt(&router);
        let mut hedge = plan.hedge().unwrap();
        assert!(begin_hedge(&router, &mut hedge));
        let attempt = hedge.current().unwrap();
        assert_ne!(*attempt.node().url(), node);
        assert_eq!(attempt.reason(), Reason::Hedge);
        assert_eq!(in_flight(&router).iter().sum::<u32>(), 2);
    }
    assert_eq!(in_flight(&router), [0, 0, 0]);
    assert_eq!(router.traffic().requests, 18);
    assert_eq!(router.traffic().failovers, 0);
}

#[test]
fn hedge_that_won_is_the_attempt_and_the_first_is_over() {
    let router = router(3, Policy::default());
    let (mut plan, first) = first_attempt(&router);
    let mut hedge = plan.hedge().unwrap();
    assert!(begin_hedge(&router, &mut hedge));
    let second = hedge.current().unwrap().node().url().clone();
    plan.adopt_hedge(hedge, outrun(), NOW);
    assert_eq!(*plan.current().unwrap().node().url(), second);
    assert_eq!(in_flight(&router).iter().sum::<u32>(), 1);
    settle(&router, &mut plan, Outcome::ServerError, NOW);
    // A retry goes to the third one.
    let third = next(&router, &mut plan, NOW);
    assert!(third != first && third != second);
}

#[test]
fn ejected_node_gets_no_hedge() {
    let router = router(3, Policy::default());
    make_unreachable(&router, &url(2));
    for _ in 0..20 {
        let (plan, node) = first_attempt(&router);
        let mut hedge = plan.hedge().unwrap();
        assert!(begin_hedge(&router, &mut hedge));
        let other = hedge.current().unwrap().node().url().clone();
        assert!(other != url(2) && other != node);
    }
    make_unreachable(&router, &url(3));
    let (plan, _) = first_attempt(&router);
    assert!(!begin_hedge(&router, &mut plan.hedge().unwrap()));
}

#[test]
fn there_is_no_hedge_in_panic_mode() {
    let router = router(5, Policy::default());
    for last in 1..=3 {
        fail_requests(&router, &url(last), 9);
    }
    assert!(router.is_in_panic_mode());
    let (plan, _) = first_attempt(&router);
    assert!(!begin_hedge(&router, &mut plan.hedge().unwrap()));
    assert_eq!(in_flight(&router).iter().sum::<u32>(), 1);
}

#[test]
fn pinned_plans_and_those_of_one_coordinator_have_no_hedge() {
    let router = router(3, Policy::default());
    let mut plan = pinned(&router, &url(1));
    next(&router, &mut plan, NOW);
    assert!(plan.hedge().is_none());
    for (preference, is_hedged) in [
        (Preference::Primary, false),
        (Preference::BoundedPrimary, false),
        (Preference::LeastLoaded, true),
    ] {
        let key = RoutingKey {
            token: Token::new(7),
            map: None,
        };
        let mut plan = Plan::preferring(RoutingInfo::one(key, preference));
        next(&router, &mut plan, NOW);
        assert_eq!(plan.hedge().is_some(), is_hedged, "{preference:?}");
    }
}

#[test]
fn node_that_is_outrun_looks_as_slow_as_it_was() {
    let router = router(3, Policy::default());
    let (plan, node) = first_attempt(&router);
    let late = NOW + Duration::from_millis(40);
    plan.record_outrun(late);
    let snapshot = router.snapshot();
    let node = snapshot.topology().find(&node).unwrap();
    assert!(node.latency().unwrap() >= Duration::from_millis(40));
    assert_eq!(node.responses(), 0);
}
