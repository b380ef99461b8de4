//! Datacenters, racks, and chains of them.

use super::*;

fn harness(seeds: &[u8], scope: Scope) -> Harness {
    Harness::new(urls(seeds), Some(scope))
}

#[tokio::test(start_paused = true)]
async fn datacenter_name_is_encoded_in_the_query() {
    let harness = harness(&[11], Scope::datacenter("dc & 1"));
    let members = [("r1", 1), ("r2", 2)];
    harness.network.datacenter("dc & 1", &members);
    harness.network.lists_own(11, "dc & 1", &members);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2]);
    let queries = harness.network.take_queries();
    assert_eq!(queries.last().unwrap().1, "/localnodes?dc=dc+%26+1");
}

#[tokio::test(start_paused = true)]
async fn node_is_checked_once_for_scope_support() {
    let harness = harness(&[1], Scope::rack("dc1", "r1"));
    harness.network.datacenter("dc1", &[("r1", 1), ("r2", 2)]);
    assert_eq!(harness.refresh().await.unwrap(), [1]);
    assert_eq!(harness.network.take_queries().len(), 2);
    assert_eq!(harness.refresh().await.unwrap(), [1]);
    assert_eq!(
        harness.network.take_queries(),
        [(1, "/localnodes?dc=dc1&rack=r1".to_owned())]
    );
}

#[tokio::test(start_paused = true)]
async fn unresponsive_nodes_are_no_reason_to_leave_a_rack() {
    let scope = Scope::rack("dc1", "r1").or(Scope::cluster());
    let harness = harness(&[1], scope);
    harness.network.datacenter("dc1", &[("r1", 1), ("r2", 2)]);
    harness.refresh().await.unwrap();
    harness.network.dead(1).dead(2);
    let error = harness.refresh().await.unwrap_err();
    assert!(matches!(error, RefreshError::NoResponse { .. }));
    assert_eq!(harness.levels(), [[1], [2]]);
}

#[tokio::test(start_paused = true)]
async fn chain_without_nodes_keeps_the_last_list() {
    let harness = harness(&[1], Scope::datacenter("dc1"));
    harness.network.datacenter("dc1", &[("r1", 1)]);
    harness.refresh().await.unwrap();
    harness.network.lists_own(1, "dc2", &[("r1", 1)]);
    let error = harness.refresh().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no node in datacenter `dc1`; check the names with `nodetool status`, or add a scope to fall back on \
         with `.or(..)`"
    );
    assert_eq!(harness.nodes(), [1]);
}

#[tokio::test(start_paused = true)]
async fn old_server_serves_only_the_cluster_of_the_chain() {
    let scope = Scope::rack("dc1", "r1").or(Scope::cluster());
    let harness = harness(&[1], scope);
    harness.network.datacenter("dc1", &[("r1", 1), ("r2", 2)]);
    harness.network.ignores_scopes(1).ignores_scopes(2);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn requests_are_refused_with_an_old_server_and_no_cluster_in_the_chain() {
    let harness = harness(&[1], Scope::datacenter("dc1"));
    harness.network.datacenter("dc1", &[("r1", 1)]);
    harness.network.ignores_scopes(1);
    for _ in 0..2 {
        let error = harness.refresh().await.unwrap_err();
        assert!(matches!(error, RefreshError::ScopeUnsupported { .. }));
        let pick = harness
            .router
            .pick_one(Duration::ZERO, &mut fastrand::Rng::new());
        assert!(matches!(pick, Err(SelectionError::ScopeUnsupported { .. })));
    }

    // Upgraded.
    harness.network.datacenter("dc1", &[("r1", 1)]);
    harness.refresh().await.unwrap();
    harness
        .router
        .pick_one(Duration::ZERO, &mut fastrand::Rng::new())
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn scope_aware_node_is_found_in_a_half_upgraded_cluster() {
    let harness = harness(&[1, 2], Scope::rack("dc1", "r2"));
    harness.network.datacenter("dc1", &[("r1", 1), ("r2", 2)]);
    harness.network.ignores_scopes(1);
    for _ in 0..8 {
        assert_eq!(harness.refresh().await.unwrap(), [2]);
    }
}

#[tokio::test(start_paused = true)]
async fn partitioned_node_does_not_empty_a_datacenter() {
    let harness = harness(&[1], Scope::datacenter("dc1"));
    harness.network.datacenter("dc1", &THREE_NODES);
    harness.refresh().await.unwrap();
    for last in 1..=3 {
        harness.network.datacenter("dc1", &THREE_NODES);
        harness.network.lists_own(last, "dc1", &[("r1", last)]);
        for _ in 0..8 {
            assert_eq!(harness.refresh().await.unwrap(), [1, 2, 3]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn partitioned_node_that_is_queried_first_is_not_trusted() {
    for _ in 0..8 {
        let harness = harness(&[1, 2, 3], Scope::datacenter("dc1"));
        harness.network.datacenter("dc1", &THREE_NODES);
        harness.network.lists_own(1, "dc1", &[("r1", 1)]);
        assert_eq!(harness.refresh().await.unwrap(), [1, 2, 3]);
    }
}
