//! Primary nodes under bounded load, in simulated time.

use super::primary::{primary_node, primary_plan, tokens};
use super::*;
use crate::routing::bounded_load::LoadBound;
use crate::routing::{OperationKind, Reason, RoutingKey, Token};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const NODES: u8 = 12;
const FAST: Duration = Duration::from_millis(1);

fn info(preference: Preference, token: i64) -> RoutingInfo {
    let token = Token::new(token);
    RoutingInfo::one(RoutingKey { token, map: None }, preference)
}

fn bounded_plan(token: i64) -> Plan<()> {
    Plan::preferring(info(Preference::BoundedPrimary, token))
}

/// The requests in a time of callers that make one request after the other for random keys, and of those the ones that
/// went to another node than their primary.
#[derive(Debug)]
struct Throughput {
    requests: u32,
    moved: u32,
}

impl Throughput {
    fn is_below(&self, share: f64, other: &Self) -> bool {
        f64::from(self.requests) < share * f64::from(other.requests)
    }
}

/// Callers that make one request after the other for random keys.
#[derive(Clone, Copy)]
struct ClosedLoop {
    nodes: u8,
    /// The nodes that take this long for each request.
    slow: &'static [u8],
    latency: Duration,
    callers: u32,
    preference: Preference,
    /// True if the router knows the kind of the operations, by which it compares latencies.
    knows_kind: bool,
    time: Duration,
}

const CLOSED_LOOP: ClosedLoop = ClosedLoop {
    nodes: 12,
    slow: &[],
    latency: Duration::from_secs(2),
    callers: 16,
    preference: Preference::BoundedPrimary,
    knows_kind: true,
    time: Duration::from_secs(4),
};

impl ClosedLoop {
    fn run(self) -> Throughput {
        let [router, idle] = [(); 2].map(|()| router(self.nodes, Policy::default()));
        let mut rng = fastrand::Rng::with_seed(5);
        let callers = 0..self.callers as usize;
        let mut plans: Vec<Option<Plan<()>>> = callers.clone().map(|_| None).collect();
        let mut ends: BinaryHeap<_> = callers.map(|caller| Reverse((NOW, caller))).collect();
        let (mut requests, mut moved) = (0, 0);
        while let Some(Reverse((now, caller))) = ends.pop() {
            if now > NOW + self.time {
                break;
            }
            if let Some(mut plan) = plans[caller].take() {
                settle(&router, &mut plan, Outcome::Responded, now);
                requests += 1;
            }
            let token = rng.i64(..);
            let mut plan = Plan::preferring(info(self.preference, token));
            plan.set_operation(Some(OperationKind::GetItem).filter(|_| self.knows_kind));
            router.advance(&mut plan, true, now, &mut rng).unwrap();
            let node = plan.current().unwrap().node().url().clone();
            moved += u32::from(node != primary_node(&idle, token));
            let latency = match self.slow.iter().any(|slow| node == url(*slow)) {
                true => self.latency,
                // Exponentially distributed, as of a server with a queue.
                false => FAST.mul_f64(-(1.0 - rng.f64()).ln()),
            };
            ends.push(Reverse((now + latency, caller)));
            plans[caller] = Some(plan);
        }
        Throughput { requests, moved }
    }
}

/// The operations on one hot key of a fleet in which each client makes one request after the other, a fifth of them for
/// that key, whose primary takes 100 ms for each request. Returns their number, and of those that began while another
/// one was in flight on another node.
fn hot_key_of_a_fleet(preference: Preference, clients: usize) -> (u32, u32) {
    const HOT: i64 = 7;
    let routers: Vec<_> = (0..clients)
        .map(|_| router(12, Policy::default()))
        .collect();
    let slow = primary_node(&routers[0], HOT);
    let mut rng = fastrand::Rng::with_seed(5);
    let mut plans: Vec<Option<(i64, Plan<()>)>> = routers.iter().map(|_| None).collect();
    let mut ends: BinaryHeap<_> = (0..clients).map(|client| Reverse((NOW, client))).collect();
    let mut in_flight: HashMap<NodeUrl, u32> = HashMap::new();
    let (mut operations, mut met) = (0, 0);
    while let Some(Reverse((now, client))) = ends.pop() {
        if now > NOW + Duration::from_secs(10) {
            break;
        }
        if let Some((token, mut plan)) = plans[client].take() {
            if token == HOT {
                let node = plan.current().unwrap().node().url();
                *in_flight.get_mut(node).unwrap() -= 1;
            }
            settle(&routers[client], &mut plan, Outcome::Responded, now);
        }
        let is_hot = rng.u8(..5) == 0;
        let token = if is_hot { HOT } else { rng.i64(..) };
        let mut plan = Plan::preferring(info(preference, token));
        plan.set_operation(Some(OperationKind::UpdateItem));
        let router = &routers[client];
        router.advance(&mut plan, true, now, &mut rng).unwrap();
        let node = plan.current().unwrap().node().url().clone();
        if is_hot {
            operations += 1;
            let others = in_flight.iter().filter(|(other, _)| **other != node);
            met += u32::from(others.map(|(_, count)| count).sum::<u32>() > 0);
            *in_flight.entry(node.clone()).or_default() += 1;
        }
        let latency = if node == slow { FAST * 100 } else { FAST };
        ends.push(Reverse((now + latency, client)));
        plans[client] = Some((token, plan));
    }
    (operations, met)
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
    let bounded = ClosedLoop {
        slow: &[3],
        knows_kind: false,
        ..CLOSED_LOOP
    };
    let unbounded = ClosedLoop {
        preference: Preference::Primary,
        ..bounded
    };
    let healthy = CLOSED_LOOP.run();
    assert!(unbounded.run().is_below(0.05, &healthy), "all callers wait");
    let bounded = bounded.run();
    assert!(!bounded.is_below(0.7, &healthy), "{bounded:?}");
}

#[test]
fn primaries_known_to_be_slow_get_few_requests_however_few_nodes_there_are() {
    for (nodes, slow) in [(3, &[2][..]), (12, &[3]), (12, &[3, 7, 8])] {
        let healthy = ClosedLoop {
            nodes,
            latency: FAST * 100,
            ..CLOSED_LOOP
        };
        let bounded = ClosedLoop { slow, ..healthy }.run();
        let healthy = healthy.run();
        assert!(
            !bounded.is_below(0.9, &healthy),
            "{nodes} nodes: {bounded:?} {healthy:?}"
        );
    }
}

#[test]
fn equal_nodes_keep_nearly_all_requests_of_their_keys() {
    for (callers, most_moved) in [(1, 0.0), (4, 0.0), (16, 0.04), (64, 0.02), (256, 0.001)] {
        let equal = ClosedLoop {
            callers,
            time: FAST * 10_000 / callers,
            ..CLOSED_LOOP
        };
        let run = equal.run();
        let share = f64::from(run.moved) / f64::from(run.requests);
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
fn retry_leaves_a_coordinator_that_throttles_unless_it_is_a_transaction() {
    for (preference, stays) in [
        (Preference::BoundedPrimary, false),
        (Preference::Primary, true),
    ] {
        let router = router(NODES, Policy::default());
        let mut plan = Plan::preferring(info(preference, 7));
        let primary = next(&router, &mut plan, NOW);
        settle(&router, &mut plan, Outcome::Overloaded, NOW);
        assert_eq!(next(&router, &mut plan, NOW) == primary, stays);
    }
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

/// Why transactions have no bound.
#[test]
fn bound_would_give_the_hot_key_of_a_fleet_two_coordinators() {
    let (_, met) = hot_key_of_a_fleet(Preference::Primary, 50);
    assert_eq!(met, 0);
    let (operations, met) = hot_key_of_a_fleet(Preference::BoundedPrimary, 50);
    assert!(met * 20 > operations, "{met} of {operations}");
}

#[test]
fn few_requests_are_admitted_whatever_the_load_of_other_nodes() {
    let router = router(1, Policy::default());
    let node = node_at(&router, 1);
    let mut under_way = Vec::new();
    for requests in 0..6 {
        let is_admitted = LoadBound::admits_by_itself(&node, None, NOW);
        assert_eq!(is_admitted, requests < 4, "{requests}");
        let mut plan = Plan::default();
        next(&router, &mut plan, NOW);
        under_way.push(plan);
    }
}
