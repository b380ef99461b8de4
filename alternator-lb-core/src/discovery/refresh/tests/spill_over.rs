//! The nodes of all levels of a chain, and of only one of them.

use super::*;

/// Two racks of one datacenter, and another datacenter.
const CLUSTER: [Member<'_>; 5] = [
    ("dc1", "r1", 1),
    ("dc1", "r1", 2),
    ("dc1", "r2", 3),
    ("dc2", "r1", 11),
    ("dc2", "r1", 12),
];

fn rack_and_datacenters() -> Scope {
    Scope::rack("dc1", "r1")
        .or(Scope::datacenter("dc1"))
        .or(Scope::datacenter("dc2"))
}

/// A cluster whose nodes are known.
async fn known(seeds: &[u8], scope: Scope) -> Harness {
    let harness = Harness::new(urls(seeds), Some(scope));
    harness.network.cluster(&CLUSTER);
    learn(&harness).await;
    harness
}

/// Refreshes until every node has shown that it knows racks, and forgets the queries.
async fn learn(harness: &Harness) {
    for _ in 0..32 {
        harness.refresh().await.unwrap();
    }
    harness.network.take_queries();
    take_events();
}

fn without(gone: &[u8]) -> Vec<Member<'static>> {
    let mut rest = CLUSTER.to_vec();
    rest.retain(|(_, _, last)| !gone.contains(last));
    rest
}

#[tokio::test(start_paused = true)]
async fn each_level_has_the_nodes_that_earlier_levels_do_not() {
    let harness = known(&[1], rack_and_datacenters()).await;
    assert_eq!(harness.levels(), [vec![1, 2], vec![3], vec![11, 12]]);
}

#[tokio::test(start_paused = true)]
async fn one_node_gets_one_query_for_each_level() {
    let harness = known(&[1, 3, 11], rack_and_datacenters()).await;
    for _ in 0..8 {
        harness.refresh().await.unwrap();
        let queries = harness.network.take_queries();
        let (node, _) = queries[0];
        assert!([1, 2].contains(&node), "the nearest: {node}");
        let expected = ["dc=dc1&rack=r1", "dc=dc1", "dc=dc2"];
        let expected = expected.map(|query| (node, format!("/localnodes?{query}")));
        assert_eq!(queries, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn cluster_after_the_preferred_level_costs_one_query_for_each_datacenter() {
    let scope = Scope::rack("dc1", "r1").or(Scope::cluster());
    let harness = known(&[1, 2, 3, 11, 12], scope).await;
    for _ in 0..8 {
        let levels = harness.refresh_levels().await.unwrap();
        assert_eq!(levels, [vec![1, 2], vec![3, 11, 12]]);
        let queries = harness.network.take_queries();
        assert_eq!(queries.len(), 3, "{queries:?}");
        assert_eq!(queries[1], (queries[0].0, "/localnodes".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn seed_that_is_no_node_is_skipped_while_its_datacenter_responds() {
    let scope = Scope::rack("dc1", "r1").or(Scope::cluster());
    let harness = Harness::new(urls(&[1, 9]), Some(scope));
    harness.network.cluster(&CLUSTER).lists(9, "dc2", &CLUSTER);
    learn(&harness).await;

    let levels = harness.refresh_levels().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3, 11, 12]]);
    assert!(!harness.network.take_queried_nodes().contains(&9));

    let moved = [("dc2", "r1", 11), ("dc2", "r1", 13)];
    harness.network.dead(11).dead(12).lists(9, "dc2", &moved);
    let levels = harness.refresh_levels().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3, 11, 12, 13]]);
}

#[tokio::test(start_paused = true)]
async fn later_level_without_a_response_keeps_its_nodes_and_fails_nothing() {
    let unresponsive = 21..40; // more than the time limit allows to wait for
    let seeds: Vec<_> = std::iter::once(1).chain(unresponsive.clone()).collect();
    let harness = known(&seeds, rack_and_datacenters()).await;
    harness.network.block_query("dc=dc2");
    for last in unresponsive {
        harness.network.unresponsive(last);
    }
    for _ in 0..3 {
        let before = Instant::now();
        let levels = harness.refresh_levels().await.unwrap();
        assert_eq!(levels, [vec![1, 2], vec![3], vec![11, 12]]);
        assert!(before.elapsed() < single_flight::LIMIT);
    }
    assert_eq!(take_events(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn preferred_level_without_a_response_fails_the_refresh_and_changes_nothing() {
    let harness = known(&[1, 3, 11], rack_and_datacenters()).await;
    harness.network.block_query("rack=r1");
    let error = harness.refresh().await.unwrap_err();
    assert!(matches!(error, RefreshError::NoResponse { .. }));
    assert_eq!(harness.levels(), [vec![1, 2], vec![3], vec![11, 12]]);
}

#[tokio::test(start_paused = true)]
async fn later_level_is_empty_until_its_first_response() {
    let harness = Harness::new(urls(&[1]), Some(rack_and_datacenters()));
    harness.network.cluster(&CLUSTER).block_query("dc=dc2");
    let levels = harness.refresh_levels().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3]]);
    harness.network.block_query("never");
    let levels = harness.refresh_levels().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3], vec![11, 12]]);
}

#[tokio::test(start_paused = true)]
async fn later_level_whose_nodes_left_is_empty() {
    let harness = known(&[1], rack_and_datacenters()).await;
    harness
        .network
        .cluster(&without(&[11, 12]))
        .dead(11)
        .dead(12);
    let levels = harness.refresh_levels().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3]]);

    harness.network.take_queries();
    harness.refresh().await.unwrap();
    assert_eq!(
        harness.network.take_queries().len(),
        3,
        "an empty level costs one query"
    );
    harness.network.cluster(&CLUSTER);
    let levels = harness.refresh_levels().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3], vec![11, 12]]);
}

#[tokio::test(start_paused = true)]
async fn partitioned_datacenters_are_both_kept() {
    let harness = known(&[1, 3], rack_and_datacenters()).await;
    for (datacenter, _, last) in CLUSTER {
        let mut own = CLUSTER.to_vec();
        own.retain(|(other, _, _)| *other == datacenter);
        harness.network.lists(last, datacenter, &own);
    }
    for far in [11, 12] {
        harness.network.slow(far, Duration::from_millis(900));
    }
    for _ in 0..8 {
        let levels = harness.refresh_levels().await.unwrap();
        assert_eq!(levels, [vec![1, 2], vec![3], vec![11, 12]]);
    }
}

#[tokio::test(start_paused = true)]
async fn partitioned_node_does_not_empty_an_unreachable_datacenter() {
    let harness = known(&[1], rack_and_datacenters()).await;
    // They are listed, but the client cannot reach them.
    harness.network.dead(11).dead(12);
    harness.network.lists(1, "dc1", &without(&[11, 12]));
    for _ in 0..8 {
        let levels = harness.refresh_levels().await.unwrap();
        assert_eq!(levels, [vec![1, 2], vec![3], vec![11, 12]]);
    }
}

#[tokio::test(start_paused = true)]
async fn dead_rack_is_reported_by_nodes_of_the_next_level() {
    let harness = known(&[1], rack_and_datacenters()).await;
    harness.network.dead(1).unresponsive(2);
    let levels = harness.refresh_levels().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3], vec![11, 12]]);
}

#[tokio::test(start_paused = true)]
async fn refresh_waits_once_for_an_unresponsive_node_and_not_for_each_level() {
    let harness = Harness::new(urls(&[1, 9]), Some(rack_and_datacenters()));
    harness.network.cluster(&CLUSTER).unresponsive(9);
    let before = Instant::now();
    harness.refresh().await.unwrap();
    assert!(before.elapsed() < Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn preferred_level_with_nodes_is_reported() {
    let harness = known(&[3], rack_and_datacenters()).await;
    harness.network.cluster(&without(&[1, 2])).dead(1).dead(2);
    let levels = harness.refresh_levels().await.unwrap();
    assert_eq!(levels, [vec![3], vec![11, 12]]);
    let events = take_events();
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(
        events[0].contains("nodes: 3, locality: \"datacenter `dc1`\""),
        "{events:?}"
    );
    let scopes =
        "ScopeChanged { from: \"rack `r1` of datacenter `dc1`\", to: \"datacenter `dc1`\" }";
    assert_eq!(events[1], scopes);

    harness.network.cluster(&CLUSTER);
    let levels = harness.refresh_levels().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3], vec![11, 12]]);
    assert!(take_events()[0].contains("locality: \"rack `r1`"));
}

#[tokio::test(start_paused = true)]
async fn old_server_is_checked_once_for_scope_support_and_serves_the_cluster() {
    let scope = rack_and_datacenters().or(Scope::cluster());
    let harness = Harness::new(urls(&[1]), Some(scope));
    harness.network.cluster(&CLUSTER);
    harness.network.ignores_scopes(1);
    assert_eq!(harness.refresh_levels().await.unwrap(), [[1, 2, 3]]);
    assert_eq!(harness.network.take_queries().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn later_level_is_empty_until_servers_know_scopes() {
    let scope = Scope::cluster().or(Scope::datacenter("dc2"));
    let harness = Harness::new(urls(&[1, 2]), Some(scope));
    harness.network.cluster(&CLUSTER);
    for last in [1, 2, 3] {
        harness.network.ignores_scopes(last);
    }
    assert_eq!(harness.refresh_levels().await.unwrap(), [[1, 2, 3]]);

    harness.network.cluster(&CLUSTER).ignores_scopes(1);
    let levels = harness.refresh_levels().await.unwrap();
    assert_eq!(levels, [vec![1, 2, 3], vec![11, 12]]);

    // The upgraded ones are dead.
    harness.network.dead(2).dead(3).dead(11).dead(12);
    let levels = harness.refresh_levels().await.unwrap();
    assert_eq!(levels, [vec![1, 2, 3], vec![11, 12]]);
}

#[tokio::test(start_paused = true)]
async fn only_the_first_level_with_nodes_is_listed_without_spill_over() {
    let scope = Some(rack_and_datacenters());
    let harness = Harness::with_config(urls(&[3]), scope, |config| config.spill_over = false);
    harness.network.cluster(&CLUSTER);
    learn(&harness).await;
    assert_eq!(harness.refresh_levels().await.unwrap(), [[1, 2]]);
    assert_eq!(harness.network.take_queries().len(), 1, "only for the rack");

    harness.network.cluster(&without(&[1, 2])).dead(1).dead(2);
    assert_eq!(harness.refresh_levels().await.unwrap(), [[3]]);
    harness.network.cluster(&CLUSTER);
    assert_eq!(harness.refresh_levels().await.unwrap(), [[1, 2]]);
}
