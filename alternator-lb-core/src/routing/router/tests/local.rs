//! One coordinator for a key in the whole datacenter, where the scope is a part of it.

use super::primary::{first, info, tokens, wish_for};
use super::*;

/// A router whose scope is a rack, in a datacenter with more nodes.
fn rack_at_home(rack: &[u8], local: &[u8]) -> Router<()> {
    let urls = |last: &[u8]| last.iter().copied().map(url).collect::<Vec<_>>();
    router_around(&[urls(rack)], &urls(local))
}

fn router_around(levels: &[Vec<NodeUrl>], local: &[NodeUrl]) -> Router<()> {
    let nothing = Topology::new(&[], |_| EndpointState::new(()));
    let topology = nothing.refreshed_with_local(levels, local, |_| EndpointState::new(()));
    Router::new(
        RoutingSnapshot::new(Arc::new(topology)),
        Policy::default(),
        0,
    )
}

#[test]
fn a_rack_is_no_border() {
    let (one, other) = (
        rack_at_home(&[1, 2], &[1, 2, 3, 4]),
        rack_at_home(&[4, 3], &[4, 3, 2, 1]),
    );
    let mut coordinators = HashMap::<_, usize>::new();
    for token in tokens() {
        let coordinator = first(&one, token);
        assert_eq!(first(&other, token), coordinator);
        *coordinators.entry(coordinator).or_default() += 1;
    }
    assert!(
        coordinators.values().all(|&keys| keys > 200),
        "{coordinators:?}"
    );
    // Ordinary requests stay.
    assert_eq!(spread(&one, 100, NOW).len(), 2);
    let mut plan = Plan::default();
    for _ in 0..6 {
        assert!([1, 2].map(url).contains(&next(&one, &mut plan, NOW)));
    }
}

#[test]
fn those_aside_are_no_part_of_spill_over_and_of_panic() {
    let router = rack_at_home(&[1, 2, 3], &[1, 2, 3, 4, 5, 6, 7]);
    for last in 4..=7 {
        assert!(
            fail(&router, &url(last), 9)
                .iter()
                .all(|panic| panic.is_none())
        );
    }
    assert!(!router.snapshot().is_in_panic());
    assert_eq!(spread(&router, 30, NOW).len(), 3);
    // At local more fail than not: there all are used.
    let coordinators: std::collections::HashSet<_> =
        tokens().map(|token| first(&router, token)).collect();
    assert_eq!(coordinators.len(), 7);

    for last in 1..=3 {
        take_down(&router, &url(last));
    }
    let mut plan = Plan::default();
    assert!([1, 2, 3].map(url).contains(&next(&router, &mut plan, NOW)));
    assert_eq!(router.retry_target(&plan), RetryTarget::EjectedNode);
}

#[test]
fn a_node_aside_comes_back_by_the_requests_of_its_keys() {
    let router = rack_at_home(&[1], &[1, 2, 3, 4]);
    let mine = tokens()
        .find(|&token| first(&router, token) == url(2))
        .unwrap();
    fail(&router, &url(2), 9);
    assert_ne!(first(&router, mine), url(2));
    assert_eq!(
        spread(&router, 10, LATER).len(),
        1,
        "no ordinary request tries it"
    );
    let mut permit = info(mine);
    assert_eq!(next(&router, &mut permit, LATER), url(2));
    settle(&router, &mut permit, Outcome::Answered, LATER);
    assert_eq!(next(&router, &mut info(mine), LATER), url(2));
}

#[test]
fn a_silent_node_aside_makes_way_for_another_at_home() {
    let router = rack_at_home(&[1], &[1, 2, 3]);
    let node = |last| {
        router
            .snapshot()
            .topology()
            .find(&url(last))
            .unwrap()
            .clone()
    };
    take_down(&router, &url(1));
    assert!(router.eject_unresponsive(node(2), NOW).is_some());
    assert!(
        router.eject_unresponsive(node(3), NOW).is_none(),
        "the last one"
    );

    let router = rack_at_home(&[1], &[1, 2]);
    let node = router.snapshot().topology().find(&url(1)).unwrap().clone();
    assert!(
        router.eject_unresponsive(node, NOW).is_none(),
        "ordinary requests have no other"
    );
}

#[test]
fn transactions_leave_the_datacenter_only_when_it_has_no_usable_node() {
    let urls = |last: &[u8]| last.iter().copied().map(url).collect::<Vec<_>>();
    let router = router_around(&[urls(&[1]), urls(&[11, 12])], &urls(&[1, 2]));
    for token in tokens().take(50) {
        let mut plan = info(token);
        let tried: Vec<_> = (0..4).map(|_| next(&router, &mut plan, NOW)).collect();
        assert!(
            tried.iter().all(|node| [1, 2].map(url).contains(node)),
            "{tried:?}"
        );
        assert_ne!(tried[0], tried[1]);
        assert_ne!(tried[1], tried[2], "not the one that was tried last");
        assert_eq!(router.retry_target(&plan), RetryTarget::TriedNode);
    }
    take_down(&router, &url(1));
    let mut plan = info(7);
    for _ in 0..3 {
        assert_eq!(
            next(&router, &mut plan, NOW),
            url(2),
            "the only one at home"
        );
    }
    take_down(&router, &url(2));
    let away: Vec<_> = tokens().map(|token| first(&router, token)).collect();
    assert!(away.iter().all(|node| [11, 12].map(url).contains(node)));
    let mut plan = info(7);
    assert_ne!(next(&router, &mut plan, NOW), next(&router, &mut plan, NOW));
    assert!(tokens().all(|token| first(&router, token) == first(&router, token)));
}

/// Nodes of one datacenter, some of them by rack, and those of another.
fn datacenters() -> impl Strategy<Value = ([Vec<u8>; 2], Vec<u8>, Vec<u8>)> {
    let local = prop::collection::btree_set(1u8..20, 1..10);
    let local = local.prop_map(|local| local.into_iter().collect::<Vec<_>>());
    let away = prop::collection::vec(30u8..33, 0..3);
    (local, away).prop_flat_map(|(local, away)| {
        let rack = || prop::sample::subsequence(local.clone(), 1..=local.len());
        ([rack(), rack()], Just(local.clone()), Just(away))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn clients_of_all_racks_agree_and_stay_at_home(
        (racks, local, away) in datacenters(), token in any::<i64>(), replicas in prop::collection::vec(1u8..33, 0..4),
        unreachable in prop::collection::btree_set(1u8..33, 0..6), failing in prop::collection::btree_set(1u8..33, 0..6),
    ) {
        let urls = |list: &[u8]| list.iter().copied().map(url).collect::<Vec<_>>();
        let routers = racks.map(|rack| router_around(&[urls(&rack), urls(&away)], &urls(&local)));
        let orders = routers.map(|router| {
            let is_known = |last: &&u8| router.snapshot().topology().find(&url(**last)).is_some();
            for &last in unreachable.iter().filter(is_known) {
                take_down(&router, &url(last));
            }
            for &last in failing.difference(&unreachable).filter(is_known) {
                fail(&router, &url(last), 9);
            }
            let usable = router.snapshot().local().nodes().count();
            let mut plan = wish_for(Preference::Primary, token, &replicas);
            let order: Vec<_> = (0..usable).map(|_| next(&router, &mut plan, NOW)).collect();
            assert!(order.iter().all(|node| urls(&local).contains(node)), "{order:?}");
            let different: std::collections::HashSet<_> = order.iter().collect();
            assert_eq!(different.len(), usable);
            order
        });
        prop_assert_eq!(&orders[0], &orders[1]);
    }
}
