//! The primary node of a key in the local datacenter, where the scope is a part of it.

use super::primary::{plan_for, primary_node, primary_plan, tokens};
use super::*;

/// A router whose scope is a rack of a datacenter.
pub(super) fn router_of_rack(rack: &[u8], local: &[u8]) -> Router<()> {
    let urls = |last: &[u8]| last.iter().copied().map(url).collect::<Vec<_>>();
    router_with_local(&[urls(rack)], &urls(local))
}

fn router_with_local(levels: &[Vec<NodeUrl>], local: &[NodeUrl]) -> Router<()> {
    let empty = Topology::new(&[], |_| EndpointState::new(()));
    router_of(empty.refreshed_with_local(levels, local, [], |_| EndpointState::new(())))
}

#[test]
fn clients_of_different_racks_agree_on_the_primary_node() {
    let (one, other) = (
        router_of_rack(&[1, 2], &[1, 2, 3, 4]),
        router_of_rack(&[4, 3], &[4, 3, 2, 1]),
    );
    let mut primaries = HashMap::<_, usize>::new();
    for token in tokens() {
        let primary = primary_node(&one, token);
        assert_eq!(primary_node(&other, token), primary);
        *primaries.entry(primary).or_default() += 1;
    }
    assert!(primaries.values().all(|&keys| keys > 200), "{primaries:?}");
    // Ordinary requests stay in the rack.
    assert_eq!(distribute(&one, 100, NOW).len(), 2);
    let mut plan = Plan::default();
    for _ in 0..6 {
        assert!([1, 2].map(url).contains(&next(&one, &mut plan, NOW)));
    }
}

#[test]
fn out_of_scope_nodes_do_not_count_for_spill_over_and_panic_mode() {
    let router = router_of_rack(&[1, 2, 3], &[1, 2, 3, 4, 5, 6, 7]);
    for last in 4..=7 {
        assert!(
            fail_requests(&router, &url(last), 9)
                .iter()
                .all(|panic| panic.is_none())
        );
    }
    assert!(!router.snapshot().is_in_panic);
    assert_eq!(distribute(&router, 30, NOW).len(), 3);
    // In the local datacenter more than half fail: there all nodes are used.
    let primaries: HashSet<_> = tokens().map(|token| primary_node(&router, token)).collect();
    assert_eq!(primaries.len(), 7);

    for last in 1..=3 {
        make_unreachable(&router, &url(last));
    }
    let mut plan = Plan::default();
    assert!([1, 2, 3].map(url).contains(&next(&router, &mut plan, NOW)));
    assert_eq!(router.retry_target(&plan, NOW), RetryTarget::EjectedNode);
}

#[test]
fn out_of_scope_node_is_restored_by_a_request_of_its_keys() {
    let router = router_of_rack(&[1], &[1, 2, 3, 4]);
    let token = tokens()
        .find(|&token| primary_node(&router, token) == url(2))
        .unwrap();
    fail_requests(&router, &url(2), 9);
    assert_ne!(primary_node(&router, token), url(2));
    assert_eq!(
        distribute(&router, 10, LATER).len(),
        1,
        "no ordinary request probes it"
    );
    let mut permit = primary_plan(token);
    assert_eq!(next(&router, &mut permit, LATER), url(2));
    settle(&router, &mut permit, Outcome::Responded, LATER);
    assert_eq!(next(&router, &mut primary_plan(token), LATER), url(2));
}

#[test]
fn unresponsive_out_of_scope_node_is_ejected_if_another_local_node_is_usable() {
    let router = router_of_rack(&[1], &[1, 2, 3]);
    let node = |last| node_at(&router, last);
    make_unreachable(&router, &url(1));
    assert!(router.eject_unresponsive(node(2), NOW).is_some());
    assert!(
        router.eject_unresponsive(node(3), NOW).is_none(),
        "the last usable node"
    );

    let router = router_of_rack(&[1], &[1, 2]);
    let node = node_at(&router, 1);
    assert!(
        router.eject_unresponsive(node, NOW).is_none(),
        "ordinary requests have no alternative"
    );
}

#[test]
fn primary_operations_leave_the_datacenter_only_without_usable_node() {
    let urls = |last: &[u8]| last.iter().copied().map(url).collect::<Vec<_>>();
    let router = router_with_local(&[urls(&[1]), urls(&[11, 12])], &urls(&[1, 2]));
    for token in tokens().take(50) {
        let mut plan = primary_plan(token);
        let tried: Vec<_> = (0..4)
            .map(|_| next_untried(&router, &mut plan, NOW))
            .collect();
        assert!(
            tried.iter().all(|node| [1, 2].map(url).contains(node)),
            "{tried:?}"
        );
        assert_ne!(tried[0], tried[1]);
        assert_ne!(tried[1], tried[2], "not the one that was tried last");
        settle(&router, &mut plan, Outcome::NotSent, NOW);
        assert_eq!(router.retry_target(&plan, NOW), RetryTarget::TriedNode);
    }
    make_unreachable(&router, &url(1));
    let mut plan = primary_plan(7);
    for _ in 0..3 {
        assert_eq!(
            next_untried(&router, &mut plan, NOW),
            url(2),
            "the only usable local node"
        );
    }
    make_unreachable(&router, &url(2));
    let remote: Vec<_> = tokens().map(|token| primary_node(&router, token)).collect();
    assert!(remote.iter().all(|node| [11, 12].map(url).contains(node)));
    let mut plan = primary_plan(7);
    let first = next(&router, &mut plan, NOW);
    assert_ne!(first, next_untried(&router, &mut plan, NOW));
    assert!(tokens().all(|token| primary_node(&router, token) == primary_node(&router, token)));
}

/// Two lists of nodes of one datacenter, all of its nodes, and nodes of another datacenter.
fn datacenters() -> impl Strategy<Value = ([Vec<u8>; 2], Vec<u8>, Vec<u8>)> {
    let local = prop::collection::btree_set(1u8..20, 1..10);
    let local = local.prop_map(|local| local.into_iter().collect::<Vec<_>>());
    let remote = prop::collection::vec(30u8..33, 0..3);
    (local, remote).prop_flat_map(|(local, remote)| {
        let rack = || prop::sample::subsequence(local.clone(), 1..=local.len());
        ([rack(), rack()], Just(local.clone()), Just(remote))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn clients_of_all_racks_agree_and_stay_in_the_local_datacenter(
        (racks, local, remote) in datacenters(), token in any::<i64>(), replicas in prop::collection::vec(1u8..33, 0..4),
        unreachable in prop::collection::btree_set(1u8..33, 0..6), failing in prop::collection::btree_set(1u8..33, 0..6),
    ) {
        let urls = |list: &[u8]| list.iter().copied().map(url).collect::<Vec<_>>();
        let routers = racks.map(|rack| router_with_local(&[urls(&rack), urls(&remote)], &urls(&local)));
        let orders = routers.map(|router| {
            let is_known = |last: &&u8| router.snapshot().topology().find(&url(**last)).is_some();
            for &last in unreachable.iter().filter(is_known) {
                make_unreachable(&router, &url(last));
            }
            for &last in failing.difference(&unreachable).filter(is_known) {
                fail_requests(&router, &url(last), 9);
            }
            let usable = router.snapshot().usable_local.nodes().count();
            let mut plan = plan_for(Preference::Primary, token, &replicas);
            let order: Vec<_> = (0..usable).map(|_| next_untried(&router, &mut plan, NOW)).collect();
            assert!(order.iter().all(|node| urls(&local).contains(node)), "{order:?}");
            let distinct: HashSet<_> = order.iter().collect();
            assert_eq!(distinct.len(), usable);
            order
        });
        prop_assert_eq!(&orders[0], &orders[1]);
    }
}
