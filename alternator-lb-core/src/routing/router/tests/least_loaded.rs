//! The less loaded of two replicas.

use super::local::router_of_rack;
use super::primary::{plan_for, token_map};
use super::*;
use crate::routing::Token;
use crate::routing::routing_info::RoutingKey;

fn replica_plan(token: i64, replicas: &[u8]) -> Plan<()> {
    plan_for(Preference::LeastLoaded, token, replicas)
}

fn next_replica(router: &Router<()>, token: i64, replicas: &[u8]) -> NodeUrl {
    next(router, &mut replica_plan(token, replicas), NOW)
}

fn batch(keys: &[(i64, &[u8])]) -> Plan<()> {
    let key = |(token, replicas): &(i64, &[u8])| RoutingKey {
        token: Token::new(*token),
        map: Some(token_map(replicas)),
    };
    Plan::preferring(
        RoutingInfo::many(keys.iter().map(key).collect(), Preference::LeastLoaded).unwrap(),
    )
}

/// The number of requests to each of these nodes.
fn counts(router: &Router<()>, last: &[u8]) -> Vec<u64> {
    let snapshot = router.snapshot();
    let node = |&last| snapshot.topology().find(&url(last)).unwrap().requests();
    last.iter().map(node).collect()
}

#[test]
fn requests_go_evenly_to_the_replicas_alone() {
    for policy in [Policy::default(), Policy::round_robin()] {
        let router = router(12, policy);
        for _ in 0..300 {
            next_replica(&router, -7, &[3, 4, 9, 99]);
        }
        assert_eq!(counts(&router, &[3, 4, 9]), [100, 100, 100]);
    }
    let router = router(12, Policy::random());
    let mut rng = fastrand::Rng::with_seed(8);
    for _ in 0..3_000 {
        let mut plan = replica_plan(-7, &[3, 4, 9]);
        router.advance(&mut plan, true, NOW, &mut rng).unwrap();
    }
    let counts = counts(&router, &[3, 4, 9]);
    assert!(
        counts.iter().all(|count| count.abs_diff(1_000) < 100),
        "{counts:?}"
    );
}

#[test]
fn requests_in_threes_are_even_over_three_replicas() {
    let router = router(3, Policy::default());
    let users = (0..3_000_i64).map(|key| Token::of_bytes(&key.to_be_bytes()).value());
    let mut counts = HashMap::<_, usize>::new();
    for user in users {
        *counts
            .entry(next_replica(&router, user, &[1, 2, 3]))
            .or_default() += 1;
        // Two other requests, for tables without a token map.
        distribute(&router, 2, NOW);
    }
    assert!(
        counts.values().all(|count| count.abs_diff(1_000) < 100),
        "{counts:?}"
    );
}

#[test]
fn requests_for_replicas_take_no_turn_of_other_requests() {
    let router = router(4, Policy::default());
    let others: Vec<_> = (0..8)
        .map(|token| {
            next_replica(&router, token, &[2, 3]);
            next(&router, &mut Plan::default(), NOW)
        })
        .collect();
    assert_eq!(others, [1, 2, 3, 4, 1, 2, 3, 4].map(url));
}

#[test]
fn less_loaded_replica_is_preferred_unless_the_policy_is_round_robin() {
    let router = router(6, Policy::default());
    // Requests to the first replica get no response.
    let mut waiting = Vec::new();
    for _ in 0..200 {
        let mut plan = replica_plan(5, &[1, 2, 3]);
        if next(&router, &mut plan, NOW) == url(1) {
            waiting.push(plan);
        }
    }
    assert_eq!(waiting.len(), 1, "the others have none in flight");
    let router = super::router(6, Policy::round_robin());
    let mut waiting: Vec<_> = (0..30).map(|_| replica_plan(5, &[1, 2, 3])).collect();
    for plan in &mut waiting {
        next(&router, plan, NOW);
    }
    assert_eq!(counts(&router, &[1, 2, 3]), [10, 10, 10]);
}

#[test]
fn plan_tries_all_other_nodes_once_after_the_replicas() {
    let router = router(7, Policy::default());
    let mut plan = replica_plan(5, &[2, 4]);
    let tried: Vec<_> = (0..7).map(|_| next(&router, &mut plan, NOW)).collect();
    assert!(tried[..2].iter().all(|node| [2, 4].map(url).contains(node)));
    let distinct: HashSet<_> = tried.iter().collect();
    assert_eq!(distinct.len(), 7);
    assert_eq!(router.retry_target(&plan, NOW), RetryTarget::TriedNode);
    let again = next(&router, &mut plan, NOW);
    assert!([2, 4].map(url).contains(&again));
}

#[test]
fn ejected_replicas_receive_no_requests() {
    let router = router(5, Policy::default());
    make_unreachable(&router, &url(2));
    for _ in 0..20 {
        assert_eq!(next_replica(&router, 5, &[2, 4]), url(4));
    }
    make_unreachable(&router, &url(4));
    let all: HashSet<_> = (0..20).map(|_| next_replica(&router, 5, &[2, 4])).collect();
    assert_eq!(all, [1, 3, 5].map(url).into());
}

#[test]
fn key_without_known_replicas_is_routed_round_robin() {
    let router = router(4, Policy::default());
    for _ in 0..40 {
        next_replica(&router, 5, &[]);
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
fn replica_in_the_preferred_rack_is_always_selected_first() {
    let router = router_with_levels(1..=3, 4..=9);
    for token in 0..100 {
        assert_eq!(next_replica(&router, token, &[2, 5, 8]), url(2));
    }
    let mut plan = replica_plan(5, &[2, 5, 8]);
    assert_eq!(next(&router, &mut plan, NOW), url(2));
    let then = [next(&router, &mut plan, NOW), next(&router, &mut plan, NOW)];
    assert!(then.contains(&url(5)) && then.contains(&url(8)), "{then:?}");
}

#[test]
fn out_of_scope_replica_receives_no_ordinary_requests() {
    let router = router_of_rack(&[1, 2], &[1, 2, 3]);
    for _ in 0..20 {
        assert_ne!(next_replica(&router, 5, &[3]), url(3));
    }
}

#[test]
fn spill_over_to_replicas_follows_the_shares_of_the_levels() {
    let router = router_with_levels(1..=4, 5..=10);
    make_unreachable(&router, &url(1));
    make_unreachable(&router, &url(2));
    let mut rng = fastrand::Rng::with_seed(4);
    for _ in 0..10_000 {
        let mut plan = replica_plan(5, &[3, 6, 7]);
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
fn batch_goes_to_the_replica_of_most_of_its_keys() {
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
        "equal replicas take turns"
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
    fn plan_tries_replicas_first_then_each_other_listed_node_once(
        rack in prop::collection::btree_set(1u8..20, 1..6), rest in prop::collection::btree_set(1u8..20, 0..8),
        keys in prop::collection::vec((any::<i64>(), prop::collection::btree_set(1u8..25, 0..5)), 1..4),
        down in prop::collection::btree_set(1u8..20, 0..6), start in any::<usize>(),
    ) {
        let urls = |list: &std::collections::BTreeSet<u8>| list.iter().copied().map(url).collect::<Vec<_>>();
        let topology = Topology::new(&[urls(&rack), urls(&rest)], |_| EndpointState::new(()));
        let router = Router::new(RoutingSnapshot::new(Arc::new(topology)), Policy::default(), start);
        for &last in &down {
            if router.snapshot().topology().find(&url(last)).is_some() && router.snapshot().usable().count() > 1 {
                make_unreachable(&router, &url(last));
            }
        }
        let lists: Vec<(i64, Vec<u8>)> = keys.into_iter().map(|(token, replicas)| (token, replicas.into_iter().collect())).collect();
        let keys: Vec<(i64, &[u8])> = lists.iter().map(|(token, replicas)| (*token, replicas.as_slice())).collect();
        let usable: Vec<_> = router.snapshot().usable().map(|node| node.url().clone()).collect();
        let mut plan = batch(&keys);
        let tried: Vec<_> = usable.iter().map(|_| next(&router, &mut plan, NOW)).collect();
        let mut distinct = tried.clone();
        distinct.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        distinct.dedup();
        prop_assert_eq!(distinct.len(), usable.len());
        prop_assert!(tried.iter().all(|node| usable.contains(node)));
        let is_replica = |node: &NodeUrl| lists.iter().any(|(_, replicas)| replicas.iter().any(|&last| url(last) == *node));
        prop_assert!(tried.is_sorted_by_key(|node| !is_replica(node)), "{:?} of {:?}", tried, lists);
    }
}
