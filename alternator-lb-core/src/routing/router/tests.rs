mod attempt_log;
mod bounded_load;
mod coordinator;
mod ejection;
mod exclusion;
mod hedge;
mod least_loaded;
mod load;
mod local;
mod primary;
mod properties;
mod slow_node;
mod trace;

use super::*;
use crate::health::{EjectionCause, NodeHealth};
use crate::routing::{EndpointState, Preference};
use crate::topology::{Host, NodeUrl, Scheme, Topology};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

const NOW: Duration = Duration::from_secs(10);
/// All ejections are over, and the precedence of probes over requests too.
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

fn router_of(topology: Topology<EndpointState<()>>) -> Router<()> {
    let snapshot = RoutingSnapshot::new(Arc::new(topology));
    Router::new(snapshot, Policy::default(), 0)
}

fn node_at(router: &Router<()>, last: u8) -> Arc<Endpoint<()>> {
    let snapshot = router.snapshot();
    Arc::clone(snapshot.topology().find(&url(last)).unwrap())
}

/// Advances the plan and returns the node of the new attempt.
fn next(router: &Router<()>, plan: &mut Plan<()>, now: Duration) -> NodeUrl {
    router
        .advance(plan, true, now, &mut fastrand::Rng::with_seed(1))
        .unwrap();
    plan.current().unwrap().node().url().clone()
}

/// The same after an attempt that was not sent, so that any plan leaves its node.
fn next_untried(router: &Router<()>, plan: &mut Plan<()>, now: Duration) -> NodeUrl {
    settle(router, plan, Outcome::NotSent, now);
    next(router, plan, now)
}

/// The same without a health checker.
fn next_without_health_checker(router: &Router<()>, plan: &mut Plan<()>, now: Duration) -> NodeUrl {
    router
        .advance(plan, false, now, &mut fastrand::Rng::with_seed(1))
        .unwrap();
    plan.current().unwrap().node().url().clone()
}

fn settle(router: &Router<()>, plan: &mut Plan<()>, outcome: Outcome, now: Duration) {
    router.settle(plan, outcome, None, now);
}

/// Sends a node one request, which cannot connect.
fn make_unreachable(router: &Router<()>, node: &NodeUrl) {
    make_unreachable_at(router, node, NOW);
}

fn make_unreachable_at(router: &Router<()>, node: &NodeUrl, now: Duration) {
    let mut plan = pinned(router, node);
    next(router, &mut plan, now);
    settle(router, &mut plan, Outcome::NotConnected, now);
}

/// Sends a node requests, all of which it fails. Returns the changes of panic mode.
fn fail_requests(router: &Router<()>, node: &NodeUrl, requests: usize) -> Vec<Option<bool>> {
    let mut changes = Vec::new();
    for _ in 0..requests {
        let mut plan = pinned(router, node);
        next(router, &mut plan, NOW);
        let change = router.settle(&mut plan, Outcome::ServerError, Some(500), NOW);
        changes.extend(change.map(|change| change.panic_mode));
    }
    changes
}

fn pinned(router: &Router<()>, node: &NodeUrl) -> Plan<()> {
    Plan::pinned_to(router.snapshot().topology().find(node).unwrap().clone())
}

/// Sends single requests and counts them by node.
fn distribute(router: &Router<()>, requests: usize, now: Duration) -> HashMap<NodeUrl, usize> {
    distribute_with(router, requests, now, &mut fastrand::Rng::with_seed(1))
}

fn distribute_with(
    router: &Router<()>,
    requests: usize,
    now: Duration,
    rng: &mut fastrand::Rng,
) -> HashMap<NodeUrl, usize> {
    let mut counts = HashMap::new();
    for _ in 0..requests {
        let mut plan = Plan::default();
        router.advance(&mut plan, true, now, rng).unwrap();
        let node = plan.current().unwrap().node().url().clone();
        *counts.entry(node).or_default() += 1;
    }
    counts
}

#[test]
fn round_robin_is_exactly_even() {
    let router = router(7, Policy::default());
    let counts = distribute(&router, 700, NOW);
    assert_eq!(counts.len(), 7);
    assert!(counts.values().all(|&requests| requests == 100));
}

#[test]
fn random_policy_reaches_every_node() {
    let router = router(5, Policy::random());
    let mut rng = fastrand::Rng::with_seed(3);
    let mut reached = HashSet::new();
    for _ in 0..200 {
        reached.insert(router.pick_one(NOW, &mut rng).unwrap().id());
    }
    assert_eq!(reached.len(), 5);
}

#[test]
fn retry_target_depends_on_tried_and_ejected_nodes() {
    let router = router(2, Policy::default());
    let mut plan = Plan::default();
    next(&router, &mut plan, NOW);
    assert_eq!(router.retry_target(&plan, NOW), RetryTarget::UntriedNode);
    next(&router, &mut plan, NOW);
    assert_eq!(router.retry_target(&plan, NOW), RetryTarget::TriedNode);
    make_unreachable(&router, &url(1));
    assert_eq!(router.retry_target(&plan, NOW), RetryTarget::TriedNode);
    make_unreachable(&router, &url(2));
    assert_eq!(router.retry_target(&plan, NOW), RetryTarget::NoNode);

    let mut plan = Plan::default();
    next(&router, &mut plan, NOW);
    assert_eq!(router.retry_target(&plan, NOW), RetryTarget::EjectedNode);
}

#[test]
fn dropped_plan_is_no_longer_in_flight() {
    let router = router(2, Policy::default());
    let in_flight = || {
        let snapshot = router.snapshot();
        let nodes = snapshot.topology().nodes().iter();
        nodes.map(|node| node.in_flight()).sum::<u32>()
    };
    let mut plans: Vec<_> = (0..10).map(|_| Plan::default()).collect();
    for plan in &mut plans {
        next(&router, plan, NOW);
    }
    assert_eq!(in_flight(), 10);
    // A retry ends the attempt on the former node.
    next(&router, &mut plans[0], NOW);
    assert_eq!(in_flight(), 10);
    plans[0].end_attempt();
    assert_eq!(in_flight(), 9);
    drop(plans);
    assert_eq!(in_flight(), 0);
}

#[test]
fn pinned_plan_stays_on_its_node() {
    let router = router(3, Policy::default());
    let node = node_at(&router, 2);
    let mut plan = Plan::pinned_to(node);
    for _ in 0..5 {
        assert_eq!(next(&router, &mut plan, NOW), url(2));
        assert_eq!(router.retry_target(&plan, NOW), RetryTarget::NoNode);
    }
}

#[test]
fn router_refuses_requests_until_a_list_is_published() {
    let router = router(2, Policy::default());
    let scope = "datacenter `dc1`".to_owned();
    router.refuse(SelectionError::ScopeUnsupported { scope });
    assert_refused(&router);
    // A change of a node's health does not end it.
    router.update_health();
    assert_refused(&router);

    router.publish(RoutingSnapshot::new(topology(2)));
    next(&router, &mut Plan::default(), NOW);
}

fn assert_refused(router: &Router<()>) {
    let mut rng = fastrand::Rng::with_seed(1);
    let advance = router.advance(&mut Plan::default(), true, NOW, &mut rng);
    assert!(matches!(
        advance,
        Err(SelectionError::ScopeUnsupported { .. })
    ));
    assert!(router.pick_one(NOW, &mut rng).is_err());
}

#[test]
fn round_robin_policy_ignores_requests_in_flight() {
    let router = router(3, Policy::round_robin());
    let mut plans: Vec<_> = (0..300).map(|_| Plan::default()).collect();
    for plan in &mut plans {
        next(&router, plan, NOW);
    }
    let snapshot = router.snapshot();
    assert!(snapshot.usable().all(|node| node.in_flight() == 100));
}

/// A router with a rack and, at the next priority level, the rest of its datacenter.
fn router_with_levels(rack: RangeInclusive<u8>, rest: RangeInclusive<u8>) -> Router<()> {
    let levels = [rack.map(url).collect::<Vec<_>>(), rest.map(url).collect()];
    router_of(Topology::new(&levels, |_| EndpointState::new(())))
}

#[test]
fn pending_nodes_cause_no_spill_over() {
    let router = router_with_levels(1..=2, 3..=6);
    let levels = [
        vec![url(1), url(2), url(7), url(8)],
        (3..=6).map(url).collect(),
    ];
    let topology = router.snapshot().topology().clone();
    let grown = topology.refreshed(&levels, |_| {
        EndpointState::with_health((), NodeHealth::pending(NOW))
    });
    router.publish(RoutingSnapshot::new(Arc::new(grown)));
    let counts = distribute(&router, 400, NOW);
    assert_eq!(counts.len(), 2, "no spill-over: {counts:?}");
}

#[test]
fn preferred_scope_spills_over_only_when_too_few_nodes_are_usable() {
    let router = router_with_levels(1..=4, 5..=10);
    assert_eq!(distribute(&router, 400, NOW).len(), 4);
    make_unreachable(&router, &url(1));
    assert_eq!(distribute(&router, 300, NOW).len(), 3);
    make_unreachable(&router, &url(2));
    let counts = distribute_with(&router, 10_000, NOW, &mut fastrand::Rng::with_seed(4));
    let rack: usize = [3, 4].iter().map(|&last| counts[&url(last)]).sum();
    assert!(rack.abs_diff(7_000) < 200, "1.4 times a half: {rack}");
    let rest: Vec<_> = (5..=10).map(|last| counts[&url(last)]).collect();
    assert!(
        rest.iter().all(|&requests| requests.abs_diff(500) < 100),
        "{rest:?}"
    );
}

#[test]
fn retry_leaves_a_rack_of_one_node() {
    let router = router_with_levels(1..=1, 2..=3);
    for _ in 0..10 {
        let mut plan = Plan::default();
        assert_eq!(next(&router, &mut plan, NOW), url(1));
        assert_eq!(router.retry_target(&plan, NOW), RetryTarget::UntriedNode);
        let tried = [next(&router, &mut plan, NOW), next(&router, &mut plan, NOW)];
        assert!(
            tried.contains(&url(2)) && tried.contains(&url(3)),
            "{tried:?}"
        );
    }
}

#[test]
fn unreachable_rack_is_replaced_by_the_next_scope() {
    let router = router_with_levels(1..=2, 3..=5);
    make_unreachable(&router, &url(1));
    make_unreachable(&router, &url(2));
    let counts = distribute(&router, 300, NOW);
    assert!(
        (3..=5).all(|last| counts.get(&url(last)) == Some(&100)),
        "{counts:?}"
    );
}

#[test]
fn concurrent_requests_are_exactly_even() {
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
    let snapshot = router.snapshot();
    for node in snapshot.topology().nodes() {
        assert_eq!((node.requests(), node.in_flight()), (8_000, 0));
    }
}
