//! Any replica of a key.

use super::primary::{map, wish_for};
use super::*;
use crate::routing::Token;
use crate::routing::routing_info::RoutingKey;

fn info(token: i64, replicas: &[u8]) -> Plan<()> {
    wish_for(Preference::LeastLoaded, token, replicas)
}

fn first(router: &Router<()>, token: i64, replicas: &[u8]) -> NodeUrl {
    next(router, &mut info(token, replicas), NOW)
}

fn batch(keys: &[(i64, &[u8])]) -> Plan<()> {
    let key = |(token, replicas): &(i64, &[u8])| RoutingKey {
        token: Token::new(*token),
        map: Some(map(replicas)),
    };
    Plan::preferring(
        RoutingInfo::many(keys.iter().map(key).collect(), Preference::LeastLoaded).unwrap(),
    )
}

/// How often each of these was chosen.
fn counts(router: &Router<()>, last: &[u8]) -> Vec<u64> {
    let table = router.snapshot();
    let node = |&last| table.topology().find(&url(last)).unwrap().requests();
    last.iter().map(node).collect()
}

#[test]
fn requests_go_evenly_to_the_replicas_and_nowhere_else() {
    for policy in [Policy::default(), Policy::round_robin()] {
        let router = router(12, policy);
        for _ in 0..300 {
            first(&router, -7, &[3, 4, 9, 99]);
        }
        assert_eq!(counts(&router, &[3, 4, 9]), [100, 100, 100]);
    }
    let router = router(12, Policy::random());
    let mut rng = fastrand::Rng::with_seed(8);
    for _ in 0..3_000 {
        let mut plan = info(-7, &[3, 4, 9]);
        router.advance(&mut plan, true, NOW, &mut rng).unwrap();
    }
    let counts = counts(&router, &[3, 4, 9]);
    assert!(
        counts.iter().all(|count| count.abs_diff(1_000) < 100),
        "{counts:?}"
    );
}

#[test]
fn an_application_that_asks_in_threes_does_not_find_the_same_of_three_replicas() {
    let router = router(3, Policy::default());
    let users = (0..3_000_i64).map(|key| Token::of_bytes(&key.to_be_bytes()).value());
    let mut counts = HashMap::<_, usize>::new();
    for user in users {
        *counts.entry(first(&router, user, &[1, 2, 3])).or_default() += 1;
        // Two others, of tables of which nothing is known.
        spread(&router, 2, NOW);
    }
    assert!(
        counts.values().all(|count| count.abs_diff(1_000) < 100),
        "{counts:?}"
    );
}

#[test]
fn other_requests_have_their_turns_as_if_there_were_no_keys() {
    let router = router(4, Policy::default());
    let others: Vec<_> = (0..8)
        .map(|token| {
            first(&router, token, &[2, 3]);
            next(&router, &mut Plan::default(), NOW)
        })
        .collect();
    assert_eq!(others, [1, 2, 3, 4, 1, 2, 3, 4].map(url));
}

#[test]
fn the_less_busy_replica_is_preferred() {
    let router = router(6, Policy::default());
    // What goes to the first is not answered.
    let mut waiting = Vec::new();
    for _ in 0..200 {
        let mut plan = info(5, &[1, 2, 3]);
        if next(&router, &mut plan, NOW) == url(1) {
            waiting.push(plan);
        }
    }
    assert_eq!(waiting.len(), 1, "the others have none in flight");
    let plain = super::router(6, Policy::round_robin());
    let waiting: Vec<_> = (0..30)
        .map(|_| info(5, &[1, 2, 3]))
        .map(|mut plan| {
            next(&plain, &mut plan, NOW);
            plan
        })
        .collect();
    assert_eq!(waiting.len(), 30);
    assert_eq!(counts(&plain, &[1, 2, 3]), [10, 10, 10]);
}

#[test]
fn after_its_replicas_a_plan_tries_all_others_once() {
    let router = router(7, Policy::default());
    let mut plan = info(5, &[2, 4]);
    let tried: Vec<_> = (0..7).map(|_| next(&router, &mut plan, NOW)).collect();
    assert!(tried[..2].iter().all(|node| [2, 4].map(url).contains(node)));
    let different: std::collections::HashSet<_> = tried.iter().collect();
    assert_eq!(different.len(), 7);
    assert_eq!(router.retry_target(&plan), RetryTarget::TriedNode);
    let again = next(&router, &mut plan, NOW);
    assert!([2, 4].map(url).contains(&again));
}

#[test]
fn ejected_replicas_are_left_out() {
    let router = router(5, Policy::default());
    take_down(&router, &url(2));
    for _ in 0..20 {
        assert_eq!(first(&router, 5, &[2, 4]), url(4));
    }
    take_down(&router, &url(4));
    let all: std::collections::HashSet<_> = (0..20).map(|_| first(&router, 5, &[2, 4])).collect();
    assert_eq!(all, [1, 3, 5].map(url).into());
}

#[test]
fn without_a_map_it_is_an_ordinary_request() {
    let router = router(4, Policy::default());
    for _ in 0..40 {
        first(&router, 5, &[]);
    }
    assert_eq!(counts(&router, &[1, 2, 3, 4]), [10; 4]);
    for _ in 0..40 {
        let key = RoutingKey {
            token: Token::new(5),
            map: None,
        };
        next(
            &router,
            &mut Plan::preferring(RoutingInfo::one(key, Preference::LeastLoaded)),
            NOW,
        );
    }
    assert_eq!(counts(&router, &[1, 2, 3, 4]), [20; 4]);
}

#[test]
fn with_one_replica_in_each_rack_it_is_always_the_local_one() {
    let router = racks(1..=3, 4..=9);
    for token in 0..100 {
        assert_eq!(first(&router, token, &[2, 5, 8]), url(2));
    }
    let mut plan = info(5, &[2, 5, 8]);
    assert_eq!(next(&router, &mut plan, NOW), url(2));
    let then = [next(&router, &mut plan, NOW), next(&router, &mut plan, NOW)];
    assert!(then.contains(&url(5)) && then.contains(&url(8)), "{then:?}");
}

#[test]
fn a_replica_aside_is_not_for_ordinary_requests() {
    let nothing = Topology::new(&[], |_| EndpointState::new(()));
    let local = [1, 2, 3].map(url);
    let topology =
        nothing.refreshed_with_local(&[vec![url(1), url(2)]], &local, |_| EndpointState::new(()));
    let router = Router::new(
        RoutingSnapshot::new(Arc::new(topology)),
        Policy::default(),
        0,
    );
    for _ in 0..20 {
        assert_ne!(first(&router, 5, &[3]), url(3));
    }
}

#[test]
fn a_spill_reaches_the_replicas_of_the_next_scope_as_often_as_others() {
    let router = racks(1..=4, 5..=10);
    take_down(&router, &url(1));
    take_down(&router, &url(2));
    let mut rng = fastrand::Rng::with_seed(4);
    for _ in 0..10_000 {
        let mut plan = info(5, &[3, 6, 7]);
        router.advance(&mut plan, true, NOW, &mut rng).unwrap();
    }
    let counts = counts(&router, &[3, 6, 7]);
    assert!(
        counts[0].abs_diff(7_000) < 200,
        "1.4 times a half: {counts:?}"
    );
    assert!(counts[1].abs_diff(counts[2]) < 200, "{counts:?}");
}

#[test]
fn a_batch_goes_to_the_node_that_has_most_of_its_keys() {
    let router = router(6, Policy::default());
    let keys: [(i64, &[u8]); 3] = [(1, &[1, 2, 3]), (2, &[2, 3, 4]), (3, &[3, 5, 6])];
    for _ in 0..10 {
        assert_eq!(next(&router, &mut batch(&keys), NOW), url(3));
    }
    let mut plan = batch(&keys);
    assert_eq!(next(&router, &mut plan, NOW), url(3));
    assert_eq!(next(&router, &mut plan, NOW), url(2), "the second most");
    drop(plan);

    let before = counts(&router, &[1, 2]);
    for _ in 0..20 {
        next(&router, &mut batch(&[(1, &[1, 2]), (2, &[2, 1])]), NOW);
    }
    let after = counts(&router, &[1, 2]);
    assert_eq!(
        [after[0] - before[0], after[1] - before[1]],
        [10, 10],
        "alike, in turn"
    );
    let mut waiting = batch(&[(1, &[1]), (2, &[1])]);
    next(&router, &mut waiting, NOW);
    for _ in 0..20 {
        assert_eq!(
            next(&router, &mut batch(&[(1, &[1, 2]), (2, &[2, 1])]), NOW),
            url(2)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn replicas_first_then_each_other_node_once_and_never_one_outside_the_list(
        rack in prop::collection::btree_set(1u8..20, 1..6), rest in prop::collection::btree_set(1u8..20, 0..8),
        keys in prop::collection::vec((any::<i64>(), prop::collection::btree_set(1u8..25, 0..5)), 1..4),
        down in prop::collection::btree_set(1u8..20, 0..6), start in any::<usize>(),
    ) {
        let urls = |list: &std::collections::BTreeSet<u8>| list.iter().copied().map(url).collect::<Vec<_>>();
        let topology = Topology::new(&[urls(&rack), urls(&rest)], |_| EndpointState::new(()));
        let router = Router::new(RoutingSnapshot::new(Arc::new(topology)), Policy::default(), start);
        for &last in &down {
            if router.snapshot().topology().find(&url(last)).is_some() && router.snapshot().usable().count() > 1 {
                take_down(&router, &url(last));
            }
        }
        let lists: Vec<(i64, Vec<u8>)> = keys.into_iter().map(|(token, replicas)| (token, replicas.into_iter().collect())).collect();
        let keys: Vec<(i64, &[u8])> = lists.iter().map(|(token, replicas)| (*token, replicas.as_slice())).collect();
        let usable: Vec<_> = router.snapshot().usable().map(|node| node.url().clone()).collect();
        let mut plan = batch(&keys);
        let tried: Vec<_> = usable.iter().map(|_| next(&router, &mut plan, NOW)).collect();
        let mut different = tried.clone();
        different.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        different.dedup();
        prop_assert_eq!(different.len(), usable.len());
        prop_assert!(tried.iter().all(|node| usable.contains(node)));
        let is_replica = |node: &NodeUrl| lists.iter().any(|(_, replicas)| replicas.iter().any(|&last| url(last) == *node));
        prop_assert!(tried.is_sorted_by_key(|node| !is_replica(node)), "{:?} of {:?}", tried, lists);
    }
}
