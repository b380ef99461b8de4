//! Primary nodes under bounded load, in simulated time.

use super::primary::{primary_node, primary_plan, tokens};
use super::*;
use crate::routing::{Reason, RoutingKey, Token};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const NODES: u8 = 12;
const FAST: Duration = Duration::from_millis(1);
const SLOW: Duration = Duration::from_secs(2);

fn info(preference: Preference, token: i64) -> RoutingInfo {
    let token = Token::new(token);
    RoutingInfo::one(RoutingKey { token, map: None }, preference)
}

fn bounded_plan(token: i64) -> Plan<()> {
    Plan::preferring(info(Preference::BoundedPrimary, token))
}

/// The requests in a time of callers that make one request after the other for random keys, and of those the ones that
/// went to another node than their primary.
struct Throughput {
    requests: u32,
    moved: u32,
}

/// Runs a closed loop, in which the node `slow` takes two seconds for each request.
fn closed_loop(
    preference: Preference,
    callers: usize,
    slow: Option<u8>,
    time: Duration,
) -> Throughput {
    let (router, idle) = (
        router(NODES, Policy::default()),
        router(NODES, Policy::default()),
    );
    let mut rng = fastrand::Rng::with_seed(5);
    let mut ends: BinaryHeap<_> = (0..callers).map(|caller| Reverse((NOW, caller))).collect();
    let mut plans: Vec<Option<Plan<()>>> = (0..callers).map(|_| None).collect();
    let (mut requests, mut moved) = (0, 0);
    while let Some(Reverse((now, caller))) = ends.pop() {
        if now > NOW + time {
            break;
        }
        if let Some(mut plan) = plans[caller].take() {
            settle(&router, &mut plan, Outcome::Responded, now);
            requests += 1;
        }
        let token = rng.i64(..);
        let mut plan = Plan::preferring(info(preference, token));
        router.advance(&mut plan, true, now, &mut rng).unwrap();
        let node = plan.current().unwrap().node().url().clone();
        moved += u32::from(node != primary_node(&idle, token));
        let is_slow = slow.is_some_and(|slow| node == url(slow));
        // Exponentially distributed, as of a server with a queue.
        let latency = match is_slow {
            true => SLOW,
            false => FAST.mul_f64(-(1.0 - rng.f64()).ln()),
        };
        ends.push(Reverse((now + latency, caller)));
        plans[caller] = Some(plan);
    }
    Throughput { requests, moved }
}

/// Begins requests on a node until it has so many in flight.
fn occupy(router: &Router<()>, node: &NodeUrl, requests: usize) -> Vec<Plan<()>> {
    let plans = (0..requests).map(|_| {
        let mut plan = pinned(router, node);
        next(router, &mut plan, NOW);
        plan
    });
    plans.collect()
}

#[test]
fn slow_primary_does_not_hold_all_callers() {
    let run = |preference, slow| closed_loop(preference, 16, slow, SLOW * 2);
    let healthy = run(Preference::BoundedPrimary, None);
    let unbounded = run(Preference::Primary, Some(3));
    let bounded = run(Preference::BoundedPrimary, Some(3));
    assert!(
        unbounded.requests * 20 < healthy.requests,
        "all callers wait: {} of {}",
        unbounded.requests,
        healthy.requests
    );
    assert!(
        bounded.requests * 10 > healthy.requests * 7,
        "{} of {}",
        bounded.requests,
        healthy.requests
    );
}

#[test]
fn equal_nodes_keep_nearly_all_requests_of_their_keys() {
    for (callers, most_moved) in [(1, 0.0), (4, 0.0), (16, 0.04), (64, 0.02), (256, 0.001)] {
        let time = FAST * 10_000 / callers as u32;
        let Throughput { requests, moved } =
            closed_loop(Preference::BoundedPrimary, callers, None, time);
        let share = f64::from(moved) / f64::from(requests);
        assert!(share <= most_moved, "{callers} callers: {share}");
    }
}

#[test]
fn overloaded_primary_passes_its_keys_to_the_next_in_order_until_it_has_room() {
    let router = router(NODES, Policy::default());
    let primary = primary_node(&router, 7);
    let mut plan = primary_plan(7);
    let order = [(); 2].map(|()| next_untried(&router, &mut plan, NOW));
    drop(plan);
    let occupied = occupy(&router, &primary, 4);
    let explained = router.explain(&info(Preference::BoundedPrimary, 7), None, NOW);
    assert_eq!(explained.reason, Reason::NextPrimaryNode);
    assert_eq!(next(&router, &mut bounded_plan(7), NOW), order[1]);
    assert_eq!(primary_node(&router, 7), primary, "transactions stay");
    drop(occupied);
    assert_eq!(next(&router, &mut bounded_plan(7), NOW), primary);
}

#[test]
fn primary_in_slow_start_has_less_room() {
    let router = router(NODES, Policy::default());
    let primary = primary_node(&router, 7);
    make_unreachable(&router, &primary);
    let node = Arc::clone(router.snapshot().topology().find(&primary).unwrap());
    let permit = node.health().acquire_probe_permit(true, LATER).unwrap();
    router.probed(node, true, permit, LATER);
    let mut first = bounded_plan(7);
    assert_eq!(next(&router, &mut first, LATER), primary);
    assert_ne!(next(&router, &mut bounded_plan(7), LATER), primary);
}

#[test]
fn primary_that_throttles_has_less_room() {
    let router = router(NODES, Policy::default());
    let primary = primary_node(&router, 7);
    for _ in 0..20 {
        let mut plan = pinned(&router, &primary);
        next(&router, &mut plan, NOW);
        settle(&router, &mut plan, Outcome::Overloaded, NOW);
    }
    assert_ne!(next(&router, &mut bounded_plan(7), NOW), primary);
    let after = NOW + Duration::from_secs(6);
    assert_eq!(next(&router, &mut bounded_plan(7), after), primary);
}

#[test]
fn retry_leaves_a_coordinator_beyond_the_bound() {
    let router = router(NODES, Policy::default());
    let mut plan = bounded_plan(7);
    let primary = next(&router, &mut plan, NOW);
    settle(&router, &mut plan, Outcome::ServerError, NOW);
    assert_eq!(next(&router, &mut plan, NOW), primary);
    let _occupied = occupy(&router, &primary, 9);
    settle(&router, &mut plan, Outcome::ServerError, NOW);
    assert_eq!(router.retry_target(&plan, NOW), RetryTarget::UntriedNode);
    assert_ne!(next(&router, &mut plan, NOW), primary);
}

#[test]
fn batch_leaves_an_overloaded_primary_too() {
    let router = router(NODES, Policy::default());
    let primary = primary_node(&router, 7);
    let mut own = tokens().filter(|&token| primary_node(&router, token) == primary);
    let keys = [7, own.next().unwrap()].map(|token| RoutingKey {
        token: Token::new(token),
        map: None,
    });
    let batch = || {
        let info = RoutingInfo::many(keys.to_vec(), Preference::BoundedPrimary);
        Plan::preferring(info.unwrap())
    };
    assert_eq!(next(&router, &mut batch(), NOW), primary);
    let _occupied = occupy(&router, &primary, 9);
    assert_ne!(next(&router, &mut batch(), NOW), primary);
}

#[test]
fn bound_of_a_thousand_nodes_is_that_of_a_sample() {
    let ip = |node: u16| [10, 0, (node / 256) as u8, (node % 256) as u8].into();
    let urls = (0..1_000).map(|node| NodeUrl::new(Scheme::Http, Host::Ip(ip(node)), 8000));
    let router = router_of(Topology::new(&[urls.collect()], |_| EndpointState::new(())));
    let primary = primary_node(&router, 7);
    let _occupied = occupy(&router, &primary, 9);
    assert_ne!(next(&router, &mut bounded_plan(7), NOW), primary);
}
