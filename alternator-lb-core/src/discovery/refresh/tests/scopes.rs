//! Datacenters, racks, and chains of them.

use super::*;

fn harness(seeds: &[u8], scope: Scope) -> Harness {
    Harness::new(urls(seeds), Some(scope))
}

#[tokio::test(start_paused = true)]
async fn a_datacenter_is_asked_for_by_its_name() {
    let harness = harness(&[11], Scope::datacenter("dc & 1"));
    harness.network.view(11, "dc & 1", &[("r1", 1), ("r2", 2)]);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2]);
    let asked = harness.network.asked();
    assert_eq!(asked.last().unwrap().1, "/localnodes?dc=dc+%26+1");
}

#[tokio::test(start_paused = true)]
async fn a_node_shows_once_that_it_knows_racks() {
    let harness = harness(&[1], Scope::rack("dc1", "r1"));
    harness.network.datacenter("dc1", &[("r1", 1), ("r2", 2)]);
    assert_eq!(harness.refresh().await.unwrap(), [1]);
    assert_eq!(harness.network.asked().len(), 2);
    assert_eq!(harness.refresh().await.unwrap(), [1]);
    assert_eq!(
        harness.network.asked(),
        [(1, "/localnodes?dc=dc1&rack=r1".to_owned())]
    );
}

#[tokio::test(start_paused = true)]
async fn silence_is_no_reason_to_leave_a_rack() {
    let scope = Scope::rack("dc1", "r1").or(Scope::cluster());
    let harness = harness(&[1], scope);
    harness.network.datacenter("dc1", &[("r1", 1), ("r2", 2)]);
    harness.refresh().await.unwrap();
    harness.network.dead(1).dead(2);
    let error = harness.refresh().await.unwrap_err();
    assert!(matches!(error, RefreshError::NoAnswer { .. }));
    assert_eq!(harness.levels(), [[1], [2]]);
}

#[tokio::test(start_paused = true)]
async fn a_chain_without_nodes_keeps_the_last_list() {
    let harness = harness(&[1], Scope::datacenter("dc1"));
    harness.network.datacenter("dc1", &[("r1", 1)]);
    harness.refresh().await.unwrap();
    harness.network.view(1, "dc2", &[("r1", 1)]);
    let error = harness.refresh().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no node in datacenter `dc1`; check the names with `nodetool status`, or add a scope to fall back on \
         with `.or(..)`"
    );
    assert_eq!(harness.nodes(), [1]);
}

#[tokio::test(start_paused = true)]
async fn an_old_server_serves_the_cluster_in_the_chain_only() {
    let scope = Scope::rack("dc1", "r1").or(Scope::cluster());
    let harness = harness(&[1], scope);
    harness.network.datacenter("dc1", &[("r1", 1), ("r2", 2)]);
    harness.network.ignores_scopes(1).ignores_scopes(2);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn an_old_server_without_a_cluster_in_the_chain_lets_nothing_through() {
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
async fn in_a_half_upgraded_cluster_a_node_that_knows_racks_is_found() {
    let harness = harness(&[1, 2], Scope::rack("dc1", "r2"));
    harness.network.datacenter("dc1", &[("r1", 1), ("r2", 2)]);
    harness.network.ignores_scopes(1);
    for _ in 0..8 {
        assert_eq!(harness.refresh().await.unwrap(), [2]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_cut_off_does_not_empty_a_datacenter() {
    let harness = harness(&[1], Scope::datacenter("dc1"));
    harness
        .network
        .datacenter("dc1", &[("r1", 1), ("r1", 2), ("r1", 3)]);
    harness.refresh().await.unwrap();
    for last in 1..=3 {
        harness
            .network
            .datacenter("dc1", &[("r1", 1), ("r1", 2), ("r1", 3)]);
        harness.network.view(last, "dc1", &[("r1", last)]);
        for _ in 0..8 {
            assert_eq!(harness.refresh().await.unwrap(), [1, 2, 3]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_cut_off_is_not_believed_even_if_it_is_asked_first() {
    for _ in 0..8 {
        let harness = harness(&[1, 2, 3], Scope::datacenter("dc1"));
        harness
            .network
            .datacenter("dc1", &[("r1", 1), ("r1", 2), ("r1", 3)]);
        harness.network.view(1, "dc1", &[("r1", 1)]);
        assert_eq!(harness.refresh().await.unwrap(), [1, 2, 3]);
    }
}
