//! What a info comes to, and that asking for it changes nothing.

use super::primary::map;
use super::*;
use crate::routing::routing_info::RoutingKey;
use crate::routing::{Reason, Token};

fn info(order: Preference, token: i64, replicas: &[u8]) -> RoutingInfo {
    let key = RoutingKey {
        token: Token::new(token),
        map: Some(map(replicas)),
    };
    RoutingInfo::one(key, order)
}

fn explain(router: &Router<()>, info: &RoutingInfo) -> (Option<NodeUrl>, Reason) {
    let explained = router.explain(info, NOW);
    (
        explained.chosen.map(|node| node.url().clone()),
        explained.reason,
    )
}

#[test]
fn it_is_what_the_next_request_finds() {
    let router = router(6, Policy::round_robin());
    for (order, replicas, reason) in [
        (
            Preference::Primary,
            [2, 3, 4].as_slice(),
            Reason::PrimaryReplica,
        ),
        (Preference::Primary, &[9], Reason::PrimaryNode),
        (Preference::LeastLoaded, &[2, 3, 4], Reason::Replica),
        (Preference::LeastLoaded, &[], Reason::RoundRobin),
    ] {
        for token in 0..20 {
            let info = info(order, token, replicas);
            let explained = explain(&router, &info);
            assert_eq!(explain(&router, &info), explained);
            let chosen = next(&router, &mut Plan::preferring(info), NOW);
            assert_eq!(explained, (Some(chosen), reason));
        }
    }
}

#[test]
fn nothing_changes_by_it() {
    let router = router(3, Policy::default());
    let _waiting: Vec<_> = (0..9)
        .map(|_| {
            let mut plan = Plan::default();
            next(&router, &mut plan, NOW);
            plan
        })
        .collect();
    let state = || {
        let table = router.snapshot();
        let nodes = table.topology().nodes().iter();
        let nodes: Vec<_> = nodes
            .map(|node| {
                (
                    node.requests(),
                    node.in_flight(),
                    node.load_stats().fairness_credit(),
                )
            })
            .collect();
        (nodes, format!("{:?}", router.rotation))
    };
    let before = state();
    for token in 0..50 {
        explain(&router, &info(Preference::LeastLoaded, token, &[1, 2, 3]));
        explain(&router, &info(Preference::Primary, token, &[1, 2, 3]));
    }
    assert_eq!(state(), before);
}

#[test]
fn the_replicas_are_told_with_whether_they_would_do() {
    let nothing = Topology::new(&[], |_| EndpointState::new(()));
    let local = [1, 2, 3, 4].map(url);
    let topology =
        nothing.refreshed_with_local(&[vec![url(1), url(2)]], &local, |_| EndpointState::new(()));
    let router = Router::new(
        RoutingSnapshot::new(Arc::new(topology)),
        Policy::default(),
        0,
    );
    take_down(&router, &url(2));
    let told: Vec<_> = router
        .explain(&info(Preference::Primary, 7, &[2, 3, 8]), NOW)
        .replicas
        .into_iter()
        .map(|replica| {
            (
                replica.node.url().clone(),
                replica.is_in_scope,
                replica.is_usable,
            )
        })
        .collect();
    assert_eq!(told, [(url(2), true, false), (url(3), false, true)]);
    let (chosen, reason) = explain(&router, &info(Preference::Primary, 7, &[2, 3, 8]));
    assert_eq!((chosen, reason), (Some(url(3)), Reason::PrimaryReplica));
    let (chosen, reason) = explain(&router, &info(Preference::LeastLoaded, 7, &[2, 3, 8]));
    assert_eq!((chosen, reason), (Some(url(1)), Reason::RoundRobin));
}

#[test]
fn where_nothing_can_be_used_that_is_told() {
    let router = router(2, Policy::default());
    take_down(&router, &url(1));
    take_down(&router, &url(2));
    for order in [Preference::Primary, Preference::LeastLoaded] {
        let (chosen, reason) = explain(&router, &info(order, 7, &[1, 2]));
        assert_eq!((chosen, reason), (Some(url(1)), Reason::Fallback));
    }
    router.refuse(SelectionError::NoNodes);
    let info = info(Preference::Primary, 7, &[1, 2]);
    assert_eq!(explain(&router, &info), (None, Reason::NoNode));
}
