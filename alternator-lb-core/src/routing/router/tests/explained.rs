//! What a wish comes to, and that asking for it changes nothing.

use super::fixed::map;
use super::*;
use crate::routing::wish::Key;
use crate::routing::{Reason, Token};

fn wish(order: Order, token: i64, replicas: &[u8]) -> Wish {
    let key = Key {
        token: Token::new(token),
        map: Some(map(replicas)),
    };
    Wish::one(key, order)
}

fn explain(router: &Router<()>, wish: &Wish) -> (Option<NodeUrl>, Reason) {
    let explained = router.explain(wish, NOW);
    (
        explained.chosen.map(|node| node.url().clone()),
        explained.reason,
    )
}

#[test]
fn it_is_what_the_next_request_finds() {
    let router = router(6, Policy::round_robin());
    for (order, replicas, reason) in [
        (Order::Fixed, [2, 3, 4].as_slice(), Reason::FirstReplica),
        (Order::Fixed, &[9], Reason::FirstNode),
        (Order::ByLoad, &[2, 3, 4], Reason::Replica),
        (Order::ByLoad, &[], Reason::InTurn),
    ] {
        for token in 0..20 {
            let wish = wish(order, token, replicas);
            let explained = explain(&router, &wish);
            assert_eq!(explain(&router, &wish), explained);
            let chosen = next(&router, &mut Plan::wishing(wish), NOW);
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
        let table = router.table();
        let nodes = table.topology().nodes().iter();
        let nodes: Vec<_> = nodes
            .map(|node| (node.requests(), node.in_flight(), node.traffic().deficit()))
            .collect();
        (nodes, format!("{:?}", router.rotation))
    };
    let before = state();
    for token in 0..50 {
        explain(&router, &wish(Order::ByLoad, token, &[1, 2, 3]));
        explain(&router, &wish(Order::Fixed, token, &[1, 2, 3]));
    }
    assert_eq!(state(), before);
}

#[test]
fn the_replicas_are_told_with_whether_they_would_do() {
    let nothing = Topology::new(&[], |_| Peer::new(()));
    let home = [1, 2, 3, 4].map(url);
    let topology = nothing.refreshed_around(&[vec![url(1), url(2)]], &home, |_| Peer::new(()));
    let router = Router::new(Table::new(Arc::new(topology)), Policy::default(), 0);
    take_down(&router, &url(2));
    let told: Vec<_> = router
        .explain(&wish(Order::Fixed, 7, &[2, 3, 8]), NOW)
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
    let (chosen, reason) = explain(&router, &wish(Order::Fixed, 7, &[2, 3, 8]));
    assert_eq!((chosen, reason), (Some(url(3)), Reason::FirstReplica));
    let (chosen, reason) = explain(&router, &wish(Order::ByLoad, 7, &[2, 3, 8]));
    assert_eq!((chosen, reason), (Some(url(1)), Reason::InTurn));
}

#[test]
fn where_nothing_can_be_used_that_is_told() {
    let router = router(2, Policy::default());
    take_down(&router, &url(1));
    take_down(&router, &url(2));
    for order in [Order::Fixed, Order::ByLoad] {
        let (chosen, reason) = explain(&router, &wish(order, 7, &[1, 2]));
        assert_eq!((chosen, reason), (Some(url(1)), Reason::LastHope));
    }
    router.refuse(SelectionError::NoNodes);
    let wish = wish(Order::Fixed, 7, &[1, 2]);
    assert_eq!(explain(&router, &wish), (None, Reason::Nobody));
}
