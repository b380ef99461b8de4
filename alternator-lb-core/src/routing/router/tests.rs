mod ejection;
mod least_loaded;
mod load;
mod local;
mod primary;
mod properties;
mod trace;

use super::*;
use crate::health::EjectionCause;
use crate::routing::EndpointState;
use crate::topology::{Host, NodeUrl, Scheme, Topology};
use proptest::prelude::*;
use std::collections::HashMap;

const NOW: Duration = Duration::from_secs(10);
/// All rests and the precedence of probes are over.
const LATER: Duration = Duration::from_secs(1_000);

fn url(last: u8) -> NodeUrl {
    NodeUrl::new(Scheme::Http, Host::Ip([127, 0, 0, last].into()), 8000)
}

fn topology(nodes: u8) -> Arc<Topology<EndpointState<()>>> {
    let urls: Vec<_> = (1..=nodes).map(url).collect();
    Arc::new(Topology::new(&[urls], |_| EndpointState::new(())))
}

fn router(nodes: u8, policy: Policy) -> Router<()> {
    Router::new(RoutingSnapshot::new(topology(nodes)), policy, 0)
}

/// Advances the plan and says where to.
fn next(router: &Router<()>, plan: &mut Plan<()>, now: Duration) -> NodeUrl {
    router
        .advance(plan, true, now, &mut fastrand::Rng::with_seed(1))
        .unwrap();
    plan.current().unwrap().node().url().clone()
}

/// The same where nobody watches over the nodes.
fn next_unwatched(router: &Router<()>, plan: &mut Plan<()>, now: Duration) -> NodeUrl {
    router
        .advance(plan, false, now, &mut fastrand::Rng::with_seed(1))
        .unwrap();
    plan.current().unwrap().node().url().clone()
}

fn settle(router: &Router<()>, plan: &mut Plan<()>, outcome: Outcome, now: Duration) {
    router.settle(plan, outcome, now);
}

/// Takes a node down by sending it one request.
fn take_down(router: &Router<()>, node: &NodeUrl) {
    take_down_at(router, node, NOW);
}

fn take_down_at(router: &Router<()>, node: &NodeUrl, now: Duration) {
    let mut plan = pinned(router, node);
    next(router, &mut plan, now);
    settle(router, &mut plan, Outcome::NotConnected, now);
}

/// Lets a node answer so many requests with errors.
fn fail(router: &Router<()>, node: &NodeUrl, requests: usize) -> Vec<Option<bool>> {
    let mut panic_mode_entries = Vec::new();
    for _ in 0..requests {
        let mut plan = pinned(router, node);
        next(router, &mut plan, NOW);
        let change = router.settle(&mut plan, Outcome::ServerError, NOW);
        panic_mode_entries.extend(change.map(|change| change.panic));
    }
    panic_mode_entries
}

fn pinned(router: &Router<()>, node: &NodeUrl) -> Plan<()> {
    Plan::pinned_to(router.snapshot().topology().find(node).unwrap().clone())
}

/// Where single requests go.
fn spread(router: &Router<()>, requests: usize, now: Duration) -> HashMap<NodeUrl, usize> {
    spread_with(router, requests, now, &mut fastrand::Rng::with_seed(1))
}

fn spread_with(
    router: &Router<()>,
    requests: usize,
    now: Duration,
    rng: &mut fastrand::Rng,
) -> HashMap<NodeUrl, usize> {
    let mut spread = HashMap::new();
    for _ in 0..requests {
        let mut plan = Plan::default();
        router.advance(&mut plan, true, now, rng).unwrap();
        let node = plan.current().unwrap().node().url().clone();
        *spread.entry(node).or_default() += 1;
    }
    spread
}

#[test]
fn rotation_is_exactly_even() {
    let router = router(7, Policy::default());
    let spread = spread(&router, 700, NOW);
    assert_eq!(spread.len(), 7);
    assert!(spread.values().all(|&requests| requests == 100));
}

#[test]
fn random_reaches_every_node() {
    let router = router(5, Policy::random());
    let mut rng = fastrand::Rng::with_seed(3);
    let mut reached = std::collections::HashSet::new();
    for _ in 0..200 {
        reached.insert(router.pick_one(NOW, &mut rng).unwrap().id());
    }
    assert_eq!(reached.len(), 5);
}

#[test]
fn where_to_go_on_to_depends_on_what_was_tried_and_what_is_up() {
    let router = router(2, Policy::default());
    let mut plan = Plan::default();
    next(&router, &mut plan, NOW);
    assert_eq!(router.retry_target(&plan), RetryTarget::UntriedNode);
    next(&router, &mut plan, NOW);
    assert_eq!(router.retry_target(&plan), RetryTarget::TriedNode);
    take_down(&router, &url(1));
    assert_eq!(router.retry_target(&plan), RetryTarget::TriedNode);
    take_down(&router, &url(2));
    assert_eq!(router.retry_target(&plan), RetryTarget::NoNode);

    let mut plan = Plan::default();
    next(&router, &mut plan, NOW);
    assert_eq!(router.retry_target(&plan), RetryTarget::EjectedNode);
}

#[test]
fn a_dropped_operation_is_in_flight_no_more() {
    let router = router(2, Policy::default());
    let in_flight = || {
        let table = router.snapshot();
        let nodes = table.topology().nodes().iter();
        nodes.map(|node| node.in_flight()).sum::<u32>()
    };
    let mut plans: Vec<_> = (0..10).map(|_| Plan::default()).collect();
    for plan in &mut plans {
        next(&router, plan, NOW);
    }
    assert_eq!(in_flight(), 10);
    // A retry leaves the former node.
    next(&router, &mut plans[0], NOW);
    assert_eq!(in_flight(), 10);
    plans[0].end_attempt();
    assert_eq!(in_flight(), 9);
    drop(plans);
    assert_eq!(in_flight(), 0);
}

#[test]
fn a_pinned_plan_stays_where_it_is() {
    let router = router(3, Policy::default());
    let node = router.snapshot().topology().find(&url(2)).unwrap().clone();
    let mut plan = Plan::pinned_to(node);
    for _ in 0..5 {
        assert_eq!(next(&router, &mut plan, NOW), url(2));
        assert_eq!(router.retry_target(&plan), RetryTarget::NoNode);
    }
}

#[test]
fn a_refusing_router_lets_nothing_through_until_there_is_a_list() {
    let router = router(2, Policy::default());
    let scope = "datacenter `dc1`".to_owned();
    router.refuse(SelectionError::ScopeUnsupported { scope });
    take_nothing(&router);
    // Not even after a node has changed its state.
    router.resort();
    take_nothing(&router);

    router.publish(RoutingSnapshot::new(topology(2)));
    next(&router, &mut Plan::default(), NOW);
}

fn take_nothing(router: &Router<()>) {
    let mut rng = fastrand::Rng::with_seed(1);
    let advance = router.advance(&mut Plan::default(), true, NOW, &mut rng);
    assert!(matches!(
        advance,
        Err(SelectionError::ScopeUnsupported { .. })
    ));
    assert!(router.pick_one(NOW, &mut rng).is_err());
}

#[test]
fn plain_rotation_does_not_look_at_what_is_in_flight() {
    let router = router(3, Policy::round_robin());
    let mut plans: Vec<_> = (0..300).map(|_| Plan::default()).collect();
    for plan in &mut plans {
        next(&router, plan, NOW);
    }
    let table = router.snapshot();
    assert!(table.usable().all(|node| node.in_flight() == 100));
}

/// A router over a rack and the rest of its datacenter.
fn racks(rack: std::ops::RangeInclusive<u8>, rest: std::ops::RangeInclusive<u8>) -> Router<()> {
    let levels = [rack.map(url).collect::<Vec<_>>(), rest.map(url).collect()];
    let topology = Topology::new(&levels, |_| EndpointState::new(()));
    Router::new(
        RoutingSnapshot::new(Arc::new(topology)),
        Policy::default(),
        0,
    )
}

#[test]
fn nodes_that_have_never_served_are_not_missed() {
    let router = racks(1..=2, 3..=6);
    let levels = [
        vec![url(1), url(2), url(7), url(8)],
        (3..=6).map(url).collect(),
    ];
    let topology = router.snapshot().topology().clone();
    let grown = topology.refreshed(&levels, |_| EndpointState::pending((), NOW));
    router.publish(RoutingSnapshot::new(Arc::new(grown)));
    let spread = spread(&router, 400, NOW);
    assert_eq!(spread.len(), 2, "the rack is whole: {spread:?}");
}

#[test]
fn the_most_wanted_scope_serves_alone_while_enough_of_it_can_be_used() {
    let router = racks(1..=4, 5..=10);
    assert_eq!(spread(&router, 400, NOW).len(), 4);
    take_down(&router, &url(1));
    assert_eq!(spread(&router, 300, NOW).len(), 3);
    take_down(&router, &url(2));
    let spread = spread_with(&router, 10_000, NOW, &mut fastrand::Rng::with_seed(4));
    let rack: usize = [3, 4].iter().map(|&last| spread[&url(last)]).sum();
    assert!(rack.abs_diff(7_000) < 200, "1.4 times a half: {rack}");
    let rest: Vec<_> = (5..=10).map(|last| spread[&url(last)]).collect();
    assert!(
        rest.iter().all(|&requests| requests.abs_diff(500) < 100),
        "{rest:?}"
    );
}

#[test]
fn a_retry_leaves_a_rack_of_one_node() {
    let router = racks(1..=1, 2..=3);
    for _ in 0..10 {
        let mut plan = Plan::default();
        assert_eq!(next(&router, &mut plan, NOW), url(1));
        assert_eq!(router.retry_target(&plan), RetryTarget::UntriedNode);
        let tried = [next(&router, &mut plan, NOW), next(&router, &mut plan, NOW)];
        assert!(
            tried.contains(&url(2)) && tried.contains(&url(3)),
            "{tried:?}"
        );
    }
}

#[test]
fn a_rack_that_is_gone_is_replaced_by_the_next_scope() {
    let router = racks(1..=2, 3..=5);
    take_down(&router, &url(1));
    take_down(&router, &url(2));
    let spread = spread(&router, 300, NOW);
    assert!(
        (3..=5).all(|last| spread.get(&url(last)) == Some(&100)),
        "{spread:?}"
    );
}

#[test]
fn concurrent_requests_are_even_too() {
    let router = router(3, Policy::round_robin());
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                for _ in 0..3_000 {
                    next(&router, &mut Plan::default(), NOW);
                }
            });
        }
    });
    let table = router.snapshot();
    for node in table.topology().nodes() {
        assert_eq!((node.requests(), node.in_flight()), (8_000, 0));
    }
}
