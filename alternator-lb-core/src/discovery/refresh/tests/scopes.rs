//! Datacenters, racks, and chains of them.

use super::*;

fn bench(seeds: &[u8], scope: Scope) -> Bench {
    Bench::new(urls(seeds), Some(scope))
}

#[tokio::test(start_paused = true)]
async fn a_datacenter_is_asked_for_by_its_name() {
    let bench = bench(&[11], Scope::datacenter("dc & 1"));
    bench.network.view(11, "dc & 1", &[("r1", 1), ("r2", 2)]);
    assert_eq!(bench.refresh().await.unwrap(), [1, 2]);
    let asked = bench.network.asked();
    assert_eq!(asked.last().unwrap().1, "/localnodes?dc=dc+%26+1");
}

#[tokio::test(start_paused = true)]
async fn a_node_shows_once_that_it_knows_racks() {
    let bench = bench(&[1], Scope::rack("dc1", "r1"));
    bench.network.datacenter("dc1", &[("r1", 1), ("r2", 2)]);
    assert_eq!(bench.refresh().await.unwrap(), [1]);
    assert_eq!(bench.network.asked().len(), 2);
    assert_eq!(bench.refresh().await.unwrap(), [1]);
    assert_eq!(
        bench.network.asked(),
        [(1, "/localnodes?dc=dc1&rack=r1".to_owned())]
    );
}

#[tokio::test(start_paused = true)]
async fn silence_is_no_reason_to_leave_a_rack() {
    let scope = Scope::rack("dc1", "r1").or(Scope::cluster());
    let bench = bench(&[1], scope);
    bench.network.datacenter("dc1", &[("r1", 1), ("r2", 2)]);
    bench.refresh().await.unwrap();
    bench.network.dead(1).dead(2);
    let error = bench.refresh().await.unwrap_err();
    assert!(matches!(error, RefreshError::NoAnswer { .. }));
    assert_eq!(bench.tiers(), [[1], [2]]);
}

#[tokio::test(start_paused = true)]
async fn a_chain_without_nodes_keeps_the_last_list() {
    let bench = bench(&[1], Scope::datacenter("dc1"));
    bench.network.datacenter("dc1", &[("r1", 1)]);
    bench.refresh().await.unwrap();
    bench.network.view(1, "dc2", &[("r1", 1)]);
    let error = bench.refresh().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no node in datacenter `dc1`; check the names with `nodetool status`, or add a scope to fall back on \
         with `.or(..)`"
    );
    assert_eq!(bench.nodes(), [1]);
}

#[tokio::test(start_paused = true)]
async fn an_old_server_serves_the_cluster_in_the_chain_only() {
    let scope = Scope::rack("dc1", "r1").or(Scope::cluster());
    let bench = bench(&[1], scope);
    bench.network.datacenter("dc1", &[("r1", 1), ("r2", 2)]);
    bench.network.ignores_scopes(1).ignores_scopes(2);
    assert_eq!(bench.refresh().await.unwrap(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn an_old_server_without_a_cluster_in_the_chain_lets_nothing_through() {
    let bench = bench(&[1], Scope::datacenter("dc1"));
    bench.network.datacenter("dc1", &[("r1", 1)]);
    bench.network.ignores_scopes(1);
    for _ in 0..2 {
        let error = bench.refresh().await.unwrap_err();
        assert!(matches!(error, RefreshError::ScopeUnsupported { .. }));
        let pick = bench
            .router
            .pick_one(Duration::ZERO, &mut fastrand::Rng::new());
        assert!(matches!(pick, Err(SelectionError::ScopeUnsupported { .. })));
    }

    // Upgraded.
    bench.network.datacenter("dc1", &[("r1", 1)]);
    bench.refresh().await.unwrap();
    bench
        .router
        .pick_one(Duration::ZERO, &mut fastrand::Rng::new())
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn in_a_half_upgraded_cluster_a_node_that_knows_racks_is_found() {
    let bench = bench(&[1, 2], Scope::rack("dc1", "r2"));
    bench.network.datacenter("dc1", &[("r1", 1), ("r2", 2)]);
    bench.network.ignores_scopes(1);
    for _ in 0..8 {
        assert_eq!(bench.refresh().await.unwrap(), [2]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_cut_off_does_not_empty_a_datacenter() {
    let bench = bench(&[1], Scope::datacenter("dc1"));
    bench
        .network
        .datacenter("dc1", &[("r1", 1), ("r1", 2), ("r1", 3)]);
    bench.refresh().await.unwrap();
    for last in 1..=3 {
        bench
            .network
            .datacenter("dc1", &[("r1", 1), ("r1", 2), ("r1", 3)]);
        bench.network.view(last, "dc1", &[("r1", last)]);
        for _ in 0..8 {
            assert_eq!(bench.refresh().await.unwrap(), [1, 2, 3]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_cut_off_is_not_believed_even_if_it_is_asked_first() {
    for _ in 0..8 {
        let bench = bench(&[1, 2, 3], Scope::datacenter("dc1"));
        bench
            .network
            .datacenter("dc1", &[("r1", 1), ("r1", 2), ("r1", 3)]);
        bench.network.view(1, "dc1", &[("r1", 1)]);
        assert_eq!(bench.refresh().await.unwrap(), [1, 2, 3]);
    }
}
