//! The routing trace of an operation.

use super::local::router_of_rack;
use super::primary::{primary_node, token_map};
use super::*;
use crate::routing::routing_info::RoutingKey;
use crate::routing::{Reason, Token};

fn routing_info(preference: Preference, token: i64, replicas: &[u8]) -> RoutingInfo {
    let key = RoutingKey {
        token: Token::new(token),
        map: Some(token_map(replicas)),
    };
    RoutingInfo::one(key, preference)
}

fn trace(router: &Router<()>, info: &RoutingInfo) -> (Option<NodeUrl>, Reason) {
    let trace = router.explain(info, None, NOW);
    (trace.node, trace.reason)
}

#[test]
fn trace_is_where_the_next_request_goes() {
    let router = router(6, Policy::round_robin());
    for (preference, replicas, reason) in [
        (
            Preference::Primary,
            [2, 3, 4].as_slice(),
            Reason::PrimaryNode,
        ),
        (Preference::BoundedPrimary, &[9], Reason::PrimaryNode),
        (Preference::LeastLoaded, &[2, 3, 4], Reason::Replica),
        (Preference::LeastLoaded, &[], Reason::RoundRobin),
    ] {
        for token in 0..20 {
            let info = routing_info(preference, token, replicas);
            let traced = trace(&router, &info);
            assert_eq!(trace(&router, &info), traced);
            let node = next(&router, &mut Plan::preferring(info), NOW);
            assert_eq!(traced, (Some(node), reason));
        }
    }
}

#[test]
fn trace_changes_nothing() {
    let router = router(3, Policy::default());
    let _waiting: Vec<_> = (0..9)
        .map(|_| {
            let mut plan = Plan::default();
            next(&router, &mut plan, NOW);
            plan
        })
        .collect();
    let state = || {
        let snapshot = router.snapshot();
        let nodes = snapshot.topology().nodes().iter();
        let nodes: Vec<_> = nodes
            .map(|node| {
                (
                    node.requests(),
                    node.in_flight(),
                    node.load_stats().fairness_credit(),
                )
            })
            .collect();
        (nodes, format!("{:?}", router.round_robin))
    };
    let before = state();
    for token in 0..50 {
        trace(
            &router,
            &routing_info(Preference::LeastLoaded, token, &[1, 2, 3]),
        );
        trace(
            &router,
            &routing_info(Preference::Primary, token, &[1, 2, 3]),
        );
    }
    assert_eq!(state(), before);
}

#[test]
fn trace_has_the_listed_replicas_and_whether_they_are_usable() {
    let router = router_of_rack(&[1, 2], &[1, 2, 3, 4]);
    make_unreachable(&router, &url(2));
    let info = routing_info(Preference::Primary, 7, &[2, 3, 8]);
    let replicas = router.explain(&info, None, NOW).replicas;
    let replicas: Vec<_> = replicas
        .iter()
        .map(|replica| (replica.url(), replica.is_in_scope(), replica.is_usable()))
        .collect();
    let (url_2, url_3) = (url(2), url(3));
    let expected = [(url_2.as_str(), true, false), (url_3.as_str(), false, true)];
    assert_eq!(replicas, expected);
    let (node, reason) = trace(&router, &info);
    let primary = primary_node(&router, 7);
    assert_eq!((node, reason), (Some(primary), Reason::PrimaryNode));
    let (node, reason) = trace(
        &router,
        &routing_info(Preference::LeastLoaded, 7, &[2, 3, 8]),
    );
    assert_eq!((node, reason), (Some(url(1)), Reason::RoundRobin));
}

#[test]
fn trace_names_the_fallback_and_the_refusal() {
    let router = router(2, Policy::default());
    make_unreachable(&router, &url(1));
    make_unreachable(&router, &url(2));
    for preference in [Preference::Primary, Preference::LeastLoaded] {
        let (node, reason) = trace(&router, &routing_info(preference, 7, &[1, 2]));
        assert_eq!((node, reason), (Some(url(1)), Reason::Fallback));
    }
    router.refuse(SelectionError::NoNodes);
    let info = routing_info(Preference::Primary, 7, &[1, 2]);
    assert_eq!(trace(&router, &info), (None, Reason::NoNode));
}
