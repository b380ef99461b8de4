//! Datacenters that hold no replicas of a table.

use super::*;
use crate::routing::{Exclusion, RoutingKey, TRIAL_INTERVAL, Token};
use crate::topology::Locality;

/// The preferred datacenter has the nodes 11 and 12, the next one these.
fn router_of_two(next: &[u8]) -> Router<()> {
    let urls = |last: &[u8]| -> Vec<NodeUrl> { last.iter().copied().map(url).collect() };
    let levels = [urls(&[11, 12]), urls(next)];
    let localities = ["dc2", "dc1"].map(|name| Locality::Datacenter(name.into()));
    let empty = Topology::new(&[], |_| EndpointState::new(()));
    let attach = |_: &NodeUrl| EndpointState::new(());
    router_of(empty.refreshed_with_local(&levels, &levels[0], localities, attach))
}

/// The exclusion of the datacenter of node 11.
fn exclusion(router: &Router<()>) -> Arc<Exclusion> {
    let snapshot = router.snapshot();
    let node = node_at(router, 11);
    let exclusion = Exclusion::of_datacenter(snapshot.topology(), &node, None, NOW);
    assert_eq!(
        Exclusion::datacenter(snapshot.topology(), &node),
        Some("dc2")
    );
    Arc::new(exclusion)
}

fn plans() -> [Plan<()>; 3] {
    let info = |preference| {
        let token = Token::new(7);
        RoutingInfo::one(RoutingKey { token, map: None }, preference)
    };
    [
        Plan::default(),
        Plan::preferring(info(Preference::Primary)),
        Plan::preferring(info(Preference::LeastLoaded)),
    ]
}

#[test]
fn excluded_datacenter_is_skipped_as_long_as_another_node_is_left() {
    let router = router_of_two(&[1, 2]);
    for mut plan in plans() {
        plan.exclude(exclusion(&router));
        let mut tried: Vec<_> = (0..2)
            .map(|_| next_untried(&router, &mut plan, NOW))
            .collect();
        tried.sort_by_key(NodeUrl::to_string);
        assert_eq!(tried, [url(1), url(2)]);
        for _ in 0..4 {
            let again = next_untried(&router, &mut plan, NOW);
            assert!([url(1), url(2)].contains(&again), "{again}");
        }
        if let Some(info) = plan.routing_info() {
            let trace = router.explain(info, Some(exclusion(&router)), NOW);
            assert!([url(1), url(2)].contains(&trace.node.unwrap()));
        }
    }
}

#[test]
fn only_node_that_is_not_excluded_gets_all_attempts_even_if_it_is_ejected() {
    for is_ejected in [false, true] {
        let router = router_of_two(&[1]);
        if is_ejected {
            let mut plan = Plan::pinned_to(node_at(&router, 1));
            next(&router, &mut plan, NOW);
            settle(&router, &mut plan, Outcome::NotConnected, NOW);
        }
        for mut plan in plans() {
            plan.exclude(exclusion(&router));
            for _ in 0..3 {
                assert_eq!(next(&router, &mut plan, NOW), url(1));
            }
        }
    }
}

#[test]
fn operation_goes_somewhere_although_all_nodes_are_excluded() {
    let router = router_of_two(&[]);
    for mut plan in plans() {
        plan.exclude(exclusion(&router));
        let node = next(&router, &mut plan, NOW);
        assert!([url(11), url(12)].contains(&node));
        assert_eq!(router.retry_target(&plan, NOW), RetryTarget::TriedNode);
    }
}

#[test]
fn operation_that_finds_no_replicas_moves_to_another_datacenter_and_ejects_no_node() {
    let router = router_of_two(&[1, 2]);
    for mut plan in plans() {
        let first = next(&router, &mut plan, NOW);
        assert!([url(11), url(12)].contains(&first));
        settle(&router, &mut plan, Outcome::NoReplicas, NOW);
        plan.exclude(exclusion(&router));
        assert_eq!(router.retry_target(&plan, NOW), RetryTarget::UntriedNode);
        let second = next(&router, &mut plan, NOW);
        assert!([url(1), url(2)].contains(&second));
        assert_eq!(node_at(&router, 11).traffic().failures(), 0);
        assert!(router.snapshot().ejected().is_empty());
    }
}

#[test]
fn node_of_unknown_datacenter_is_excluded_alone_and_others_are_added() {
    let router = router(3, Policy::default());
    let snapshot = router.snapshot();
    let exclude = |last, former| {
        Exclusion::of_datacenter(snapshot.topology(), &node_at(&router, last), former, NOW)
    };
    let first = exclude(1, None);
    let second = exclude(2, Some(&first));
    let excluded = |it: &Exclusion| [1, 2, 3].map(|last| it.contains(&node_at(&router, last)));
    assert_eq!(excluded(&first), [true, false, false]);
    assert_eq!(excluded(&second), [true, true, false]);
}

#[test]
fn one_operation_in_a_minute_tries_excluded_nodes_again() {
    let exclusion = exclusion(&router_of_two(&[1]));
    assert!(!exclusion.begins_trial(NOW + TRIAL_INTERVAL / 2));
    for minute in 1..4 {
        let now = NOW + TRIAL_INTERVAL * minute;
        assert!(exclusion.begins_trial(now));
        assert!(!exclusion.begins_trial(now + TRIAL_INTERVAL / 2));
    }
}

#[test]
fn datacenter_of_a_node_is_that_of_its_level() {
    let router = router_of_two(&[1, 2]);
    let snapshot = router.snapshot();
    for (last, datacenter) in [(11, "dc2"), (12, "dc2"), (1, "dc1"), (2, "dc1")] {
        let found = Exclusion::datacenter(snapshot.topology(), &node_at(&router, last));
        assert_eq!(found, Some(datacenter), "node {last}");
    }
}
