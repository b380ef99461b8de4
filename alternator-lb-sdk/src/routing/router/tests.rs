use super::*;
use crate::routing::Peer;
use crate::topology::{Host, NodeUrl, Scheme, Topology};
use proptest::prelude::*;
use std::collections::HashMap;

const NOW: Duration = Duration::from_secs(1);

fn url(last: u8) -> NodeUrl {
    NodeUrl::new(Scheme::Http, Host::Ip([127, 0, 0, last].into()), 8000)
}

fn topology(nodes: u8) -> Arc<Topology<Peer<()>>> {
    let urls: Vec<_> = (1..=nodes).map(url).collect();
    Arc::new(Topology::new(&[urls], |_| Peer::new(())))
}

fn router(nodes: u8, policy: Policy) -> Router<()> {
    Router::new(Table::new(topology(nodes)), policy, 0)
}

/// Advances the plan and says where to.
fn next(router: &Router<()>, plan: &mut Plan<()>, now: Duration) -> NodeUrl {
    router
        .advance(plan, now, &mut fastrand::Rng::with_seed(1))
        .unwrap();
    plan.current().unwrap().node().url().clone()
}

fn settle(router: &Router<()>, plan: &mut Plan<()>, outcome: Outcome, now: Duration) {
    router.settle(plan, outcome, false, now);
}

/// Takes a node down by sending it one request.
fn take_down(router: &Router<()>, node: &NodeUrl) {
    let target = router.table().topology().find(node).unwrap().clone();
    let mut plan = Plan::pinned_to(target);
    next(router, &mut plan, NOW);
    settle(router, &mut plan, Outcome::NotConnected, NOW);
}

/// Where single requests go.
fn spread(router: &Router<()>, requests: usize, now: Duration) -> HashMap<NodeUrl, usize> {
    let mut spread = HashMap::new();
    for _ in 0..requests {
        *spread
            .entry(next(router, &mut Plan::default(), now))
            .or_default() += 1;
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
        reached.insert(router.pick_one(&mut rng).unwrap().id());
    }
    assert_eq!(reached.len(), 5);
}

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
    take_down(&router, &url(1));
    let later = NOW + Duration::from_secs(1);

    let mut trial = Plan::default();
    assert_eq!(next(&router, &mut trial, later), url(1));
    assert_eq!(spread(&router, 20, later).get(&url(1)), None);

    settle(&router, &mut trial, Outcome::Answered, later);
    assert_eq!(spread(&router, 30, later).get(&url(1)), Some(&10));
}

#[test]
fn a_trial_whose_future_is_dropped_goes_to_the_next_request() {
    let router = router(3, Policy::default());
    take_down(&router, &url(1));
    let later = NOW + Duration::from_secs(1);
    for _ in 0..3 {
        let mut dropped = Plan::default();
        assert_eq!(next(&router, &mut dropped, later), url(1));
    }
}

#[test]
fn a_retry_is_no_trial() {
    let router = router(3, Policy::default());
    let mut plan = Plan::default();
    next(&router, &mut plan, NOW);
    take_down(&router, &url(3));
    let later = NOW + Duration::from_secs(1);
    for _ in 0..3 {
        assert_ne!(next(&router, &mut plan, later), url(3));
    }
}

#[test]
fn when_all_are_down_all_are_tried() {
    let router = router(3, Policy::default());
    for last in 1..=3 {
        take_down(&router, &url(last));
    }
    assert_eq!(spread(&router, 30, NOW).len(), 3);

    // One of them answers: from now on it is the only one.
    let mut plan = Plan::default();
    let back = next(&router, &mut plan, NOW);
    settle(&router, &mut plan, Outcome::Answered, NOW);
    assert_eq!(
        spread(&router, 10, NOW).into_keys().collect::<Vec<_>>(),
        [back]
    );
}

#[test]
fn where_to_go_on_to_depends_on_what_was_tried_and_what_is_up() {
    let router = router(2, Policy::default());
    let mut plan = Plan::default();
    next(&router, &mut plan, NOW);
    assert_eq!(router.elsewhere(&plan), Elsewhere::Untried);
    next(&router, &mut plan, NOW);
    assert_eq!(router.elsewhere(&plan), Elsewhere::Tried);
    take_down(&router, &url(1));
    assert_eq!(router.elsewhere(&plan), Elsewhere::Tried);
    take_down(&router, &url(2));
    assert_eq!(router.elsewhere(&plan), Elsewhere::Nowhere);
}

#[test]
fn a_dropped_operation_is_in_flight_no_more() {
    let router = router(2, Policy::default());
    let in_flight = || {
        let table = router.table();
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
    let node = router.table().topology().find(&url(2)).unwrap().clone();
    let mut plan = Plan::pinned_to(node);
    for _ in 0..5 {
        assert_eq!(next(&router, &mut plan, NOW), url(2));
        assert_eq!(router.elsewhere(&plan), Elsewhere::Nowhere);
    }
}

#[test]
fn a_refusing_router_lets_nothing_through_until_there_is_a_list() {
    let router = router(2, Policy::default());
    let scope = "datacenter `dc1`".to_owned();
    router.refuse(RouteError::ScopeUnsupported { scope });
    take_nothing(&router);
    // Not even after a node has changed its state.
    router.resort();
    take_nothing(&router);

    router.publish(Table::new(topology(2)));
    next(&router, &mut Plan::default(), NOW);
}

fn take_nothing(router: &Router<()>) {
    let mut rng = fastrand::Rng::with_seed(1);
    let advance = router.advance(&mut Plan::default(), NOW, &mut rng);
    assert!(matches!(advance, Err(RouteError::ScopeUnsupported { .. })));
    assert!(router.pick_one(&mut rng).is_err());
}

#[test]
fn concurrent_requests_are_even_too() {
    let router = router(3, Policy::default());
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                for _ in 0..3_000 {
                    next(&router, &mut Plan::default(), NOW);
                }
            });
        }
    });
    let table = router.table();
    for node in table.topology().nodes() {
        assert_eq!((node.requests(), node.in_flight()), (8_000, 0));
    }
}

proptest! {
    #[test]
    fn a_plan_repeats_no_node_before_all_were_tried(
        nodes in 1u8..9, down in prop::collection::vec(any::<bool>(), 9), start in 0usize..100, random in any::<bool>(),
    ) {
        let policy = if random { Policy::random() } else { Policy::round_robin() };
        let router = Router::new(Table::new(topology(nodes)), policy, start);
        let down: Vec<_> = (1..=nodes).filter(|&last| down[usize::from(last)]).collect();
        for &last in &down {
            take_down(&router, &url(last));
        }
        let usable = match usize::from(nodes) - down.len() {
            0 => usize::from(nodes),
            up => up,
        };
        let mut plan = Plan::default();
        let tried: Vec<_> = (0..usable).map(|_| next(&router, &mut plan, NOW)).collect();
        let different: std::collections::HashSet<_> = tried.iter().collect();
        prop_assert_eq!(different.len(), usable, "{:?}", tried);
        prop_assert_ne!(router.elsewhere(&plan), Elsewhere::Untried);

        // And then it goes on, though not with the node that was tried last.
        let again = next(&router, &mut plan, NOW);
        prop_assert!(usable == 1 || Some(&again) != tried.last());
    }

    #[test]
    fn nothing_goes_anywhere_but_to_the_list(
        lists in prop::collection::vec(prop::collection::btree_set(1u8..10, 1..6), 1..5), outcomes in prop::collection::vec(0usize..4, 60),
    ) {
        let router = router(1, Policy::default());
        let mut now = NOW;
        let mut outcomes = outcomes.into_iter();
        for list in lists {
            let urls: Vec<_> = list.iter().copied().map(url).collect();
            let before = router.table();
            router.publish(Table::new(Arc::new(before.topology().refreshed(&[urls.clone()], |_| Peer::new(())))));
            for _ in 0..12 {
                now += Duration::from_millis(77);
                let mut plan = Plan::default();
                let node = next(&router, &mut plan, now);
                prop_assert!(urls.contains(&node), "{} is not in {:?}", node, urls);
                let outcome = [Outcome::Answered, Outcome::NotConnected, Outcome::Cut, Outcome::Neutral];
                settle(&router, &mut plan, outcome[outcomes.next().unwrap_or_default()], now);
            }
        }
    }
}
