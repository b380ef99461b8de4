//! The primary node of a key.

use super::*;
use crate::routing::routing_info::RoutingKey;
use crate::routing::{Token, TokenMap};

fn key(token: i64) -> RoutingKey {
    RoutingKey {
        token: Token::new(token),
        map: None,
    }
}

pub(super) fn primary_plan(token: i64) -> Plan<()> {
    Plan::preferring(RoutingInfo::one(key(token), Preference::Primary))
}

/// A plan for a key with these replicas.
pub(super) fn plan_for(preference: Preference, token: i64, replicas: &[u8]) -> Plan<()> {
    let key = RoutingKey {
        map: Some(token_map(replicas)),
        ..key(token)
    };
    Plan::preferring(RoutingInfo::one(key, preference))
}

pub(super) fn token_map(replicas: &[u8]) -> Arc<TokenMap> {
    let replicas: Vec<_> = replicas
        .iter()
        .map(|&last| [127, 0, 0, last].into())
        .collect();
    let replicas: [(Token, Vec<std::net::IpAddr>); 1] = [(Token::MAX, replicas)];
    Arc::new(TokenMap::of_tablets(replicas).unwrap())
}

pub(super) fn tokens() -> impl Iterator<Item = i64> {
    (0..1_000).map(|key: i64| Token::of_bytes(&key.to_be_bytes()).value())
}

pub(super) fn primary_node(router: &Router<()>, token: i64) -> NodeUrl {
    next(router, &mut primary_plan(token), NOW)
}

#[test]
fn key_has_one_primary_node_whatever_the_load() {
    let router = router(5, Policy::default());
    let primary = primary_node(&router, 7);
    for _ in 0..50 {
        distribute(&router, 3, NOW);
    }
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let mut plan = primary_plan(7);
            assert_eq!(next(&router, &mut plan, NOW), primary);
            plan
        })
        .collect();
    assert_eq!(waiting.len(), 50);
    let all: HashSet<_> = tokens().map(|token| primary_node(&router, token)).collect();
    assert_eq!(all.len(), 5, "keys are spread");
}

#[test]
fn primary_node_takes_no_turn_of_round_robin() {
    let router = router(4, Policy::default());
    let others: Vec<_> = tokens()
        .take(8)
        .map(|token| {
            primary_node(&router, token);
            next(&router, &mut Plan::default(), NOW)
        })
        .collect();
    assert_eq!(others, [1, 2, 3, 4, 1, 2, 3, 4].map(url));
}

#[test]
fn ejected_primary_is_replaced_by_the_second_until_it_is_restored() {
    for token in tokens().take(20) {
        let routers = [3, 9, 17]
            .map(|start| Router::new(RoutingSnapshot::new(topology(6)), Policy::default(), start));
        let mut plan = primary_plan(token);
        let order = [(); 3].map(|()| next_untried(&routers[0], &mut plan, NOW));
        for router in &routers {
            assert_eq!(primary_node(router, token), order[0]);
            make_unreachable(router, &order[0]);
            assert_eq!(primary_node(router, token), order[1]);
            make_unreachable(router, &order[1]);
            assert_eq!(primary_node(router, token), order[2]);
            for node in &order[..2] {
                let node = router.snapshot().topology().find(node).unwrap().clone();
                let permit = node.health().acquire_probe_permit(true, LATER).unwrap();
                router.probed(node, true, permit, LATER);
            }
            assert_eq!(primary_node(router, token), order[0]);
        }
    }
}

#[test]
fn ejected_node_is_probed_only_by_keys_whose_primary_it_is() {
    let router = router(4, Policy::default());
    let (own, others): (Vec<_>, Vec<_>) =
        tokens().partition(|&token| primary_node(&router, token) == url(1));
    fail_requests(&router, &url(1), 9);
    for &token in others.iter().chain(&own) {
        assert_ne!(primary_node(&router, token), url(1));
    }
    for &token in &others {
        assert_ne!(next(&router, &mut primary_plan(token), LATER), url(1));
    }
    let mut permit = primary_plan(own[0]);
    assert_eq!(next(&router, &mut permit, LATER), url(1));
    assert_ne!(
        next(&router, &mut primary_plan(own[1]), LATER),
        url(1),
        "one at a time"
    );
    settle(&router, &mut permit, Outcome::Responded, LATER);
    assert_eq!(next(&router, &mut primary_plan(own[1]), LATER), url(1));
}

#[test]
fn panic_mode_ends_through_primary_operations_alone() {
    let router = router(3, Policy::default());
    for last in [1, 2] {
        fail_requests(&router, &url(last), 9);
    }
    assert!(router.snapshot().is_in_panic);
    for token in tokens().take(20) {
        let mut plan = primary_plan(token);
        next(&router, &mut plan, LATER);
        settle(&router, &mut plan, Outcome::Responded, LATER);
    }
    let snapshot = router.snapshot();
    assert!(!snapshot.is_in_panic);
    assert_eq!(snapshot.ejected().len(), 0);
}

#[test]
fn primary_node_is_the_same_with_any_map_and_without_one() {
    let router = router(9, Policy::default());
    for token in tokens().take(50) {
        let order_of = |mut plan: Plan<()>| {
            let order = (0..9).map(|_| next_untried(&router, &mut plan, NOW));
            let order = order.collect::<Vec<_>>();
            assert_eq!(router.retry_target(&plan, NOW), RetryTarget::SameNode);
            settle(&router, &mut plan, Outcome::NotSent, NOW);
            assert_eq!(router.retry_target(&plan, NOW), RetryTarget::TriedNode);
            order
        };
        let order = order_of(primary_plan(token));
        let distinct: HashSet<_> = order.iter().collect();
        assert_eq!(distinct.len(), 9, "no node twice before all were tried");
        for replicas in [[2, 5, 8], [1, 2, 3]] {
            assert_eq!(
                order_of(plan_for(Preference::Primary, token, &replicas)),
                order
            );
        }
    }
}

#[test]
fn key_without_usable_node_tries_all_ejected_nodes() {
    let router = router(3, Policy::default());
    for last in 1..=3 {
        make_unreachable(&router, &url(last));
    }
    let mut plan = primary_plan(7);
    let tried: HashSet<_> = (0..3)
        .map(|_| next_untried(&router, &mut plan, NOW))
        .collect();
    assert_eq!(tried.len(), 3);
    assert_eq!(router.retry_target(&plan, NOW), RetryTarget::NoNode);
}

#[test]
fn batch_goes_to_the_primary_node_of_most_of_its_keys() {
    let router = router(5, Policy::default());
    let of = |last| tokens().filter(move |&token| primary_node(&router, token) == url(last));
    let few = of(4).take(2).collect::<Vec<_>>();
    let router = super::router(5, Policy::default());
    let many: Vec<_> = tokens()
        .filter(|&token| primary_node(&router, token) == url(2))
        .take(3)
        .collect();
    let keys: Vec<_> = few.iter().chain(&many).copied().map(key).collect();
    let batch = || Plan::preferring(RoutingInfo::many(keys.clone(), Preference::Primary).unwrap());
    assert_eq!(next(&router, &mut batch(), NOW), url(2));
    let mut plan = batch();
    let tried: HashSet<_> = (0..5)
        .map(|_| next_untried(&router, &mut plan, NOW))
        .collect();
    assert_eq!(tried.len(), 5);
    make_unreachable(&router, &url(2));
    assert_ne!(next(&router, &mut batch(), NOW), url(2));
}

fn lists() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::btree_set(1u8..60, 1..30).prop_map(|list| list.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn routers_agree_whatever_their_list_order_and_round_robin_position(
        list in lists(), tokens in prop::collection::vec(any::<i64>(), 1..4), replicas in prop::collection::btree_set(1u8..70, 0..4),
        down in prop::collection::btree_set(1u8..60, 0..8), starts in any::<[usize; 2]>(), seed in any::<u64>(),
    ) {
        let map = token_map(&replicas.into_iter().collect::<Vec<_>>());
        let keys: Vec<_> = tokens.iter().map(|&token| RoutingKey { map: Some(Arc::clone(&map)), ..key(token) }).collect();
        let mut rng = fastrand::Rng::with_seed(seed);
        let orders = starts.map(|start| {
            let mut urls: Vec<_> = list.iter().copied().map(url).collect();
            rng.shuffle(&mut urls);
            let topology = Topology::new(&[urls], |_| EndpointState::new(()));
            let router = Router::new(RoutingSnapshot::new(Arc::new(topology)), Policy::default(), start);
            distribute_with(&router, start % 5, NOW, &mut rng);
            for &last in down.iter().filter(|&last| list.contains(last)).take(list.len() - 1) {
                make_unreachable(&router, &url(last));
            }
            let mut keys = keys.clone();
            rng.shuffle(&mut keys);
            let usable = router.snapshot().usable().count();
            let mut plan = Plan::preferring(RoutingInfo::many(keys, Preference::Primary).unwrap());
            (0..usable).map(|_| next_untried(&router, &mut plan, NOW)).collect::<Vec<_>>()
        });
        prop_assert_eq!(&orders[0], &orders[1]);
        let distinct: HashSet<_> = orders[0].iter().collect();
        prop_assert_eq!(distinct.len(), orders[0].len());
        prop_assert!(orders[0].iter().all(|node| list.iter().any(|&last| url(last) == *node)));
    }
}
