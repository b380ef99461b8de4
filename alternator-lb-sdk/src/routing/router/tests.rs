mod by_load;
mod explained;
mod fixed;
mod home;

use super::*;
use crate::health::Cause;
use crate::routing::Peer;
use crate::topology::{Host, NodeUrl, Scheme, Topology};
use proptest::prelude::*;
use std::collections::HashMap;

const NOW: Duration = Duration::from_secs(10);
/// All rests and the precedence of probes are over.
const LATER: Duration = Duration::from_secs(1_000);

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
    let mut panics = Vec::new();
    for _ in 0..requests {
        let mut plan = pinned(router, node);
        next(router, &mut plan, NOW);
        let change = router.settle(&mut plan, Outcome::ServerError, NOW);
        panics.extend(change.map(|change| change.panic));
    }
    panics
}

fn pinned(router: &Router<()>, node: &NodeUrl) -> Plan<()> {
    Plan::pinned_to(router.table().topology().find(node).unwrap().clone())
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
    let mut trial = Plan::default();
    assert_eq!(next(&router, &mut trial, LATER), url(1));
    assert_eq!(spread(&router, 20, LATER).get(&url(1)), None);

    settle(&router, &mut trial, Outcome::Answered, LATER);
    drop(trial);
    assert_eq!(spread(&router, 30, LATER).get(&url(1)), Some(&10));
}

#[test]
fn a_node_that_cannot_be_reached_is_tried_by_requests_only_where_nobody_watches() {
    let router = router(3, Policy::default());
    take_down(&router, &url(1));
    assert_eq!(spread(&router, 20, LATER).get(&url(1)), None);
    let mut trial = Plan::default();
    assert_eq!(next_unwatched(&router, &mut trial, LATER), url(1));
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
    dropped.depart();
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
        let node = router.table().topology().find(&url(1)).unwrap().clone();
        if let Some(trial) = node.health().claim_probe(false, now) {
            router.probed(node, false, trial, now);
        }
    }
    let now = Duration::from_secs(30);
    take_down_at(&router, &url(2), now);
    assert_eq!(next(&router, &mut Plan::default(), now), url(2));
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

    let mut plan = Plan::default();
    next(&router, &mut plan, NOW);
    assert_eq!(router.elsewhere(&plan), Elsewhere::Ejected);
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
    let advance = router.advance(&mut Plan::default(), true, NOW, &mut rng);
    assert!(matches!(advance, Err(RouteError::ScopeUnsupported { .. })));
    assert!(router.pick_one(NOW, &mut rng).is_err());
}

#[test]
fn a_slow_node_gets_what_it_can_carry() {
    let router = router(3, Policy::default());
    // Sixteen callers; what goes to the first node is not answered, what goes elsewhere is at once.
    let mut waiting = Vec::new();
    for _ in 0..200 {
        let mut plan = Plan::default();
        if next(&router, &mut plan, NOW) == url(1) {
            waiting.push(plan);
        }
    }
    assert_eq!(waiting.len(), 1, "the others have none in flight");
    drop(waiting);
    let spread = spread(&router, 300, NOW);
    assert!(
        spread.values().all(|&requests| requests == 100),
        "{spread:?}"
    );
}

/// Sixteen callers whose requests take a random time, the same on all nodes.
#[test]
fn nodes_that_are_alike_stay_even_whatever_chance_does() {
    let router = router(3, Policy::default());
    let mut rng = fastrand::Rng::with_seed(5);
    let mut under_way: Vec<Plan<()>> = (0..16).map(|_| Plan::default()).collect();
    for _ in 0..30_000 {
        let ended = rng.usize(..under_way.len());
        under_way[ended] = Plan::default();
        router
            .advance(&mut under_way[ended], true, NOW, &mut rng)
            .unwrap();
    }
    let table = router.table();
    let requests: Vec<_> = table.usable().map(|node| node.requests()).collect();
    let (least, most) = (
        requests.iter().min().unwrap(),
        requests.iter().max().unwrap(),
    );
    assert!(most - least <= 100, "{requests:?}");
}

#[test]
fn plain_rotation_does_not_look_at_what_is_in_flight() {
    let router = router(3, Policy::round_robin());
    let mut plans: Vec<_> = (0..300).map(|_| Plan::default()).collect();
    for plan in &mut plans {
        next(&router, plan, NOW);
    }
    let table = router.table();
    assert!(table.usable().all(|node| node.in_flight() == 100));
}

#[test]
fn an_overloaded_node_gets_less_and_is_not_ejected() {
    let router = router(3, Policy::default());
    let node = url(1);
    for _ in 0..50 {
        let mut plan = pinned(&router, &node);
        next(&router, &mut plan, NOW);
        settle(&router, &mut plan, Outcome::Overloaded, NOW);
    }
    assert_eq!(spread(&router, 300, NOW).get(&node), None);
    let soon = NOW + Duration::from_secs(6);
    assert_eq!(spread(&router, 300, soon).get(&node), Some(&100));
}

#[test]
fn more_than_half_are_never_ejected_for_their_errors() {
    let router = router(5, Policy::default());
    assert_eq!(fail(&router, &url(1), 9), [None]);
    assert_eq!(fail(&router, &url(2), 9), [None]);
    assert_eq!(spread(&router, 30, NOW).len(), 3);
    // The third is one too many: none is left out any more.
    assert_eq!(fail(&router, &url(3), 9), [Some(true)]);
    assert_eq!((spread(&router, 50, NOW).len(), router.panics()), (5, 1));

    // A request that tries one of them finds it well, and two may be left out again.
    let mut trial = Plan::default();
    let tried = next(&router, &mut trial, LATER);
    assert!([1, 2, 3].map(url).contains(&tried));
    let change = router.settle(&mut trial, Outcome::Answered, LATER).unwrap();
    assert_eq!(change.panic, Some(false));
    assert_eq!(router.table().usable().count(), 3);
}

#[test]
fn nodes_that_cannot_be_reached_are_no_part_of_that() {
    let router = router(4, Policy::default());
    take_down(&router, &url(1));
    take_down(&router, &url(2));
    assert_eq!(fail(&router, &url(3), 9), [None]);
    assert_eq!(spread(&router, 30, NOW).len(), 1, "one of two fails");
    take_down(&router, &url(4));
    assert!(router.table().is_in_panic(), "one of one");
    assert_eq!(
        spread(&router, 30, NOW).into_keys().collect::<Vec<_>>(),
        [url(3)]
    );
}

#[test]
fn silence_never_takes_the_last_node_out() {
    let router = router(2, Policy::default());
    let node = |last| router.table().topology().find(&url(last)).unwrap().clone();
    assert!(router.silent(node(1), NOW).is_some());
    assert!(router.silent(node(2), NOW).is_none());
    assert!(router.table().has_usable());
}

/// A router over a rack and the rest of its datacenter.
fn racks(rack: std::ops::RangeInclusive<u8>, rest: std::ops::RangeInclusive<u8>) -> Router<()> {
    let tiers = [rack.map(url).collect::<Vec<_>>(), rest.map(url).collect()];
    let topology = Topology::new(&tiers, |_| Peer::new(()));
    Router::new(Table::new(Arc::new(topology)), Policy::default(), 0)
}

#[test]
fn nodes_that_have_never_served_are_not_missed() {
    let router = racks(1..=2, 3..=6);
    let tiers = [
        vec![url(1), url(2), url(7), url(8)],
        (3..=6).map(url).collect(),
    ];
    let topology = router.table().topology().clone();
    let grown = topology.refreshed(&tiers, |_| Peer::unproven((), NOW));
    router.publish(Table::new(Arc::new(grown)));
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
        assert_eq!(router.elsewhere(&plan), Elsewhere::Untried);
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
        // Not so late that the nodes that are down would be tried.
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
        lists in prop::collection::vec(prop::collection::btree_set(1u8..10, 1..6), 1..5), outcomes in prop::collection::vec(0usize..6, 60),
    ) {
        let router = router(1, Policy::default());
        let mut now = NOW;
        let mut outcomes = outcomes.into_iter();
        for list in lists {
            let urls: Vec<_> = list.iter().copied().map(url).collect();
            let before = router.table();
            router.publish(Table::new(Arc::new(before.topology().refreshed(std::slice::from_ref(&urls), |_| Peer::new(())))));
            for _ in 0..12 {
                now += Duration::from_millis(77);
                let mut plan = Plan::default();
                let node = next(&router, &mut plan, now);
                prop_assert!(urls.contains(&node), "{} is not in {:?}", node, urls);
                let outcome = [Outcome::Answered, Outcome::NotConnected, Outcome::Cut, Outcome::Neutral, Outcome::ServerError, Outcome::Overloaded];
                settle(&router, &mut plan, outcome[outcomes.next().unwrap_or_default()], now);
            }
        }
    }

    /// Of the nodes that can be reached never more than half are left out, and never all.
    #[test]
    fn the_cap_holds(
        nodes in 1u8..10, events in prop::collection::vec((1u8..10, 0usize..3, 0u64..2_000), 0..120),
    ) {
        let router = router(nodes, Policy::default());
        let mut now = NOW;
        for (last, event, pause) in events {
            now += Duration::from_millis(pause);
            let node = url(1 + last % nodes);
            let mut plan = if event == 2 { Plan::default() } else { pinned(&router, &node) };
            next(&router, &mut plan, now);
            let outcome = [Outcome::NotConnected, Outcome::ServerError, Outcome::Answered][event];
            for _ in 0..5 {
                settle(&router, &mut plan, outcome, now);
            }
            let table = router.table();
            let usable = table.usable().count();
            let all = table.topology().nodes();
            let reachable = all.iter().filter(|node| {
                matches!(node.health().state().cause(), None | Some(Cause::Failing))
            });
            prop_assert!(usable * 2 >= reachable.count());
            let gone = usize::from(nodes) - usable;
            prop_assert!(gone == 0 || table.ejected().len() >= gone);
        }
    }
}
