//! One coordinator for a key.

use super::*;
use crate::routing::routing_info::RoutingKey;
use crate::routing::{Token, TokenMap};

fn key(token: i64) -> RoutingKey {
    RoutingKey {
        token: Token::new(token),
        map: None,
    }
}

pub(super) fn info(token: i64) -> Plan<()> {
    Plan::preferring(RoutingInfo::one(key(token), Preference::Primary))
}

/// A plan for a key whose replicas are these, wherever its token is.
pub(super) fn wish_for(order: Preference, token: i64, replicas: &[u8]) -> Plan<()> {
    let key = RoutingKey {
        map: Some(map(replicas)),
        ..key(token)
    };
    Plan::preferring(RoutingInfo::one(key, order))
}

pub(super) fn map(replicas: &[u8]) -> Arc<TokenMap> {
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

pub(super) fn first(router: &Router<()>, token: i64) -> NodeUrl {
    next(router, &mut info(token), NOW)
}

#[test]
fn a_key_has_one_coordinator_whatever_else_goes_on() {
    let router = router(5, Policy::default());
    let coordinator = first(&router, 7);
    let busy: Vec<_> = (0..50).map(|_| spread(&router, 3, NOW)).collect();
    drop(busy);
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let mut plan = info(7);
            assert_eq!(next(&router, &mut plan, NOW), coordinator);
            plan
        })
        .collect();
    assert_eq!(waiting.len(), 50);
    let all: std::collections::HashSet<_> = tokens().map(|token| first(&router, token)).collect();
    assert_eq!(all.len(), 5, "keys are spread");
}

#[test]
fn it_is_nobodys_turn() {
    let router = router(4, Policy::default());
    let others: Vec<_> = tokens()
        .take(8)
        .map(|token| {
            first(&router, token);
            next(&router, &mut Plan::default(), NOW)
        })
        .collect();
    assert_eq!(others, [1, 2, 3, 4, 1, 2, 3, 4].map(url));
}

#[test]
fn an_ejected_coordinator_makes_way_for_the_second_and_is_it_again_when_it_is_back() {
    for token in tokens().take(20) {
        let routers = [3, 9, 17]
            .map(|start| Router::new(RoutingSnapshot::new(topology(6)), Policy::default(), start));
        let mut plan = info(token);
        let order = [(); 3].map(|()| next(&routers[0], &mut plan, NOW));
        for router in &routers {
            assert_eq!(first(router, token), order[0]);
            take_down(router, &order[0]);
            assert_eq!(first(router, token), order[1]);
            take_down(router, &order[1]);
            assert_eq!(first(router, token), order[2]);
            for node in &order[..2] {
                let node = router.snapshot().topology().find(node).unwrap().clone();
                let permit = node.health().acquire_probe_permit(true, LATER).unwrap();
                router.probed(node, true, permit, LATER);
            }
            assert_eq!(first(router, token), order[0]);
        }
    }
}

#[test]
fn a_trial_is_only_for_the_keys_that_want_the_node_most() {
    let router = router(4, Policy::default());
    let (mine, others): (Vec<_>, Vec<_>) =
        tokens().partition(|&token| first(&router, token) == url(1));
    fail(&router, &url(1), 9);
    for &token in others.iter().chain(&mine) {
        assert_ne!(first(&router, token), url(1));
    }
    for &token in &others {
        assert_ne!(next(&router, &mut info(token), LATER), url(1));
    }
    let mut permit = info(mine[0]);
    assert_eq!(next(&router, &mut permit, LATER), url(1));
    assert_ne!(
        next(&router, &mut info(mine[1]), LATER),
        url(1),
        "one at a time"
    );
    settle(&router, &mut permit, Outcome::Answered, LATER);
    assert_eq!(next(&router, &mut info(mine[1]), LATER), url(1));
}

#[test]
fn a_panic_ends_by_operations_with_wishes_alone() {
    let router = router(3, Policy::default());
    for last in [1, 2] {
        fail(&router, &url(last), 9);
    }
    assert!(router.snapshot().is_in_panic());
    for token in tokens().take(20) {
        let mut plan = info(token);
        next(&router, &mut plan, LATER);
        settle(&router, &mut plan, Outcome::Answered, LATER);
    }
    let table = router.snapshot();
    assert!(!table.is_in_panic());
    assert_eq!(table.ejected().len(), 0);
}

#[test]
fn replicas_come_before_all_others() {
    let router = router(9, Policy::default());
    for token in tokens().take(50) {
        let replicas = [2, 5, 8].map(url);
        let mut plan = wish_for(Preference::Primary, token, &[2, 5, 8, 77]);
        let order: Vec<_> = (0..9).map(|_| next(&router, &mut plan, NOW)).collect();
        assert!(
            order[..3].iter().all(|node| replicas.contains(node)),
            "{order:?}"
        );
        let different: std::collections::HashSet<_> = order.iter().collect();
        assert_eq!(different.len(), 9, "none twice before all were tried");
        assert_eq!(router.retry_target(&plan), RetryTarget::TriedNode);

        // The same as without a map, but for those that are none.
        let mut without = info(token);
        let mut plain: Vec<_> = (0..9).map(|_| next(&router, &mut without, NOW)).collect();
        plain.retain(|node| replicas.contains(node));
        assert_eq!(order[..3], plain);
    }
}

#[test]
fn where_nothing_can_be_used_a_wish_is_like_any_other_request() {
    let router = router(3, Policy::default());
    for last in 1..=3 {
        take_down(&router, &url(last));
    }
    let mut plan = info(7);
    let tried: std::collections::HashSet<_> =
        (0..3).map(|_| next(&router, &mut plan, NOW)).collect();
    assert_eq!(tried.len(), 3);
    assert_eq!(router.retry_target(&plan), RetryTarget::NoNode);
}

#[test]
fn a_batch_goes_where_most_of_its_keys_want_to() {
    let router = router(5, Policy::default());
    let of = |last| tokens().filter(move |&token| first(&router, token) == url(last));
    let few = of(4).take(2).collect::<Vec<_>>();
    let router = super::router(5, Policy::default());
    let many: Vec<_> = tokens()
        .filter(|&token| first(&router, token) == url(2))
        .take(3)
        .collect();
    let keys: Vec<_> = few.iter().chain(&many).copied().map(key).collect();
    let batch = || Plan::preferring(RoutingInfo::many(keys.clone(), Preference::Primary).unwrap());
    assert_eq!(next(&router, &mut batch(), NOW), url(2));
    let mut plan = batch();
    let tried: std::collections::HashSet<_> =
        (0..5).map(|_| next(&router, &mut plan, NOW)).collect();
    assert_eq!(tried.len(), 5);
    take_down(&router, &url(2));
    assert_ne!(next(&router, &mut batch(), NOW), url(2));
}

fn lists() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::btree_set(1u8..60, 1..30).prop_map(|list| list.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn all_routers_agree_whatever_the_order_of_their_lists_and_their_rotation(
        list in lists(), tokens in prop::collection::vec(any::<i64>(), 1..4), replicas in prop::collection::btree_set(1u8..70, 0..4),
        down in prop::collection::btree_set(1u8..60, 0..8), starts in any::<[usize; 2]>(), seed in any::<u64>(),
    ) {
        let map = map(&replicas.into_iter().collect::<Vec<_>>());
        let keys: Vec<_> = tokens.iter().map(|&token| RoutingKey { map: Some(Arc::clone(&map)), ..key(token) }).collect();
        let mut rng = fastrand::Rng::with_seed(seed);
        let orders = starts.map(|start| {
            let mut urls: Vec<_> = list.iter().copied().map(url).collect();
            rng.shuffle(&mut urls);
            let topology = Topology::new(&[urls], |_| EndpointState::new(()));
            let router = Router::new(RoutingSnapshot::new(Arc::new(topology)), Policy::default(), start);
            spread_with(&router, start % 5, NOW, &mut rng);
            for &last in down.iter().filter(|&last| list.contains(last)).take(list.len() - 1) {
                take_down(&router, &url(last));
            }
            let mut keys = keys.clone();
            rng.shuffle(&mut keys);
            let usable = router.snapshot().usable().count();
            let mut plan = Plan::preferring(RoutingInfo::many(keys, Preference::Primary).unwrap());
            (0..usable).map(|_| next(&router, &mut plan, NOW)).collect::<Vec<_>>()
        });
        prop_assert_eq!(&orders[0], &orders[1]);
        let different: std::collections::HashSet<_> = orders[0].iter().collect();
        prop_assert_eq!(different.len(), orders[0].len());
        prop_assert!(orders[0].iter().all(|node| list.iter().any(|&last| url(last) == *node)));
    }
}
