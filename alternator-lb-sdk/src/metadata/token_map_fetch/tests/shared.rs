//! Requests that are not made: refused ones, those that other tables have made, and those that gain nothing.

use super::*;
use futures_util::future::join_all;

#[tokio::test]
async fn refused_request_is_not_repeated_with_the_same_credentials() {
    let cache = cache();
    let mut server = Server::default()
        .with("system.tablets", [tablet(1, 0, 1)])
        .with_nodes(2);
    server.refused_table = Some("system.tablets");
    for _ in 0..3 {
        let refused = fetch(&cache, &server, "t", &[]).await;
        assert!(matches!(refused, Err(FetchError::Refused { .. })));
    }
    assert_eq!(server.queries_of("system.tablets"), 1);
    server.credentials = Credentials::for_tests();
    server.refused_table = None;
    assert!(fetch(&cache, &server, "t", &[]).await.is_ok());
}

#[tokio::test]
async fn no_map_is_read_where_every_node_is_a_replica() {
    for (factor, gains) in [(3, false), (4, false), (2, true)] {
        let server = Server::default()
            .with("system_schema.keyspaces", keyspaces(&["t"], factor))
            .with("system.tablets", [tablet(1, 0, 1)])
            .with_nodes(3);
        let outcome = fetch(&cache_with_nodes(3), &server, "t", &[])
            .await
            .unwrap();
        assert_eq!(matches!(outcome, FetchOutcome::Read(_)), gains, "{factor}");
        assert_eq!(server.queries_of("system.tablets") > 0, gains, "{factor}");
        assert_eq!(server.queries_of("system_schema.keyspaces"), 1);
    }
}

#[tokio::test]
async fn map_that_gains_nothing_is_noticed_where_the_replication_is_refused() {
    let all = (1..=3).map(|node| vnode("t", 0, 0, node));
    for (rows, gains) in [
        (all.clone().collect(), false),
        (all.take(2).collect::<Vec<_>>(), true),
    ] {
        let server = Server {
            refused_table: Some("system_schema.keyspaces"),
            ..Server::default()
        };
        let server = server.with("system.token_ring", rows).with_nodes(3);
        let outcome = fetch(&cache_with_nodes(3), &server, "t", &[])
            .await
            .unwrap();
        let FetchOutcome::Read(readings) = outcome else {
            panic!("no map was read");
        };
        assert_eq!(readings[0].1.as_ref().unwrap().gains, gains);
    }
}

#[tokio::test]
async fn tables_of_equal_replication_share_a_ring() {
    let tables = ["t", "u", "v", "w"];
    let server = Server::default()
        .with("system_schema.keyspaces", keyspaces(&tables, 2))
        .with(
            "system.token_ring",
            tables.map(|table| vnode(table, 0, 0, 1)),
        )
        .with_nodes(3);
    let cache = cache_with_nodes(3);
    let fetching = tables.map(|table| fetch(&cache, &server, table, &[]));
    for outcome in join_all(fetching).await {
        let FetchOutcome::Read(readings) = outcome.unwrap() else {
            panic!("no map was read");
        };
        assert_eq!(replica(&readings[0].1, 7), "10.0.0.1");
    }
    assert_eq!(server.queries_of("system.token_ring"), 1);
    assert_eq!(server.queries_of("system_schema.keyspaces"), 2, "two pages");
    assert_eq!(server.queries_of("system.tablets"), 4);
    // A node that joins takes a part of the ring.
    let nodes: [IpAddr; 4] = [1, 2, 3, 4].map(|node| [10, 0, 0, node].into());
    cache.observe_generation(2, || nodes);
    fetch(&cache, &server, "t", &[]).await.unwrap();
    assert_eq!(server.queries_of("system.token_ring"), 2);
}

#[tokio::test]
async fn addresses_that_cannot_be_found_are_asked_for_once() {
    let server = Server::default()
        .with("system.tablets", [tablet(1, 0, 1), tablet(1, 7, 77)])
        .with_nodes(3);
    let cache = cache();
    fetch(&cache, &server, "t", &[]).await.unwrap();
    let asked = server.queries_of("system.peers");
    fetch(&cache, &server, "t", &[]).await.unwrap();
    assert_eq!(server.queries_of("system.peers"), asked);
}
