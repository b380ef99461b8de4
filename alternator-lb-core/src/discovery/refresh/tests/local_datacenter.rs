//! The datacenter around a rack.

use super::*;
use crate::health::EjectionCause;

/// Three racks of one datacenter, and another datacenter.
const CLUSTER: [Member<'_>; 5] = [
    ("dc1", "r1", 1),
    ("dc1", "r1", 2),
    ("dc1", "r2", 3),
    ("dc1", "r3", 4),
    ("dc2", "r1", 11),
];

async fn known(scope: Scope) -> Harness {
    let harness = Harness::with_config(urls(&[1]), Some(scope), |config| {
        config.discovers_local_datacenter = true;
    });
    harness.network.cluster(&CLUSTER);
    for _ in 0..32 {
        // Until every node has shown that it knows racks.
        harness.refresh().await.unwrap();
    }
    harness.network.take_queries();
    harness
}

fn rack() -> Scope {
    Scope::rack("dc1", "r1")
}

fn paths(harness: &Harness) -> Vec<String> {
    let queries = harness.network.take_queries();
    queries.into_iter().map(|(_, path)| path).collect()
}

#[tokio::test(start_paused = true)]
async fn other_racks_of_the_local_datacenter_are_out_of_scope() {
    let harness = known(rack()).await;
    assert_eq!(harness.levels(), [[1, 2]]);
    assert_eq!(harness.local_nodes(), (vec![1, 2, 3, 4], vec![3, 4]));
    let picked = harness
        .router
        .pick_one(Duration::ZERO, &mut fastrand::Rng::with_seed(1));
    assert!(urls(&[1, 2]).contains(picked.unwrap().url()));
}

#[tokio::test(start_paused = true)]
async fn local_datacenter_costs_one_more_query_and_only_where_it_is_needed() {
    let harness = known(rack()).await;
    harness.refresh().await.unwrap();
    let rack_query = "/localnodes?dc=dc1&rack=r1";
    assert_eq!(paths(&harness), [rack_query, "/localnodes?dc=dc1"]);

    let harness = Harness::new(urls(&[1]), Some(rack()));
    harness.network.cluster(&CLUSTER);
    for _ in 0..8 {
        harness.refresh().await.unwrap();
        harness.network.take_queries();
    }
    harness.refresh().await.unwrap();
    assert_eq!(paths(&harness), [rack_query]);
    assert_eq!(harness.local_nodes(), (vec![1, 2], vec![]));
}

#[tokio::test(start_paused = true)]
async fn chain_that_contains_the_local_datacenter_costs_no_query_more() {
    let chain = rack()
        .or(Scope::datacenter("dc2"))
        .or(Scope::datacenter("dc1"));
    let harness = known(chain).await;
    harness.refresh().await.unwrap();
    assert_eq!(paths(&harness).len(), 3);
    assert_eq!(harness.levels(), [vec![1, 2], vec![11], vec![3, 4]]);
    assert_eq!(harness.local_nodes(), (vec![1, 2, 3, 4], vec![]));

    let harness = known(Scope::datacenter("dc1").or(rack())).await;
    assert_eq!(harness.local_nodes(), (vec![1, 2, 3, 4], vec![]));
    let harness = known(Scope::cluster()).await;
    assert_eq!(harness.local_nodes(), (vec![1, 2, 3, 4], vec![]));
}

#[tokio::test(start_paused = true)]
async fn local_datacenter_is_that_of_the_first_level() {
    let chain = rack()
        .or(Scope::rack("dc1", "r3"))
        .or(Scope::datacenter("dc2"));
    let harness = known(chain).await;
    assert_eq!(harness.levels(), [vec![1, 2], vec![4], vec![11]]);
    assert_eq!(harness.local_nodes(), (vec![1, 2, 3, 4], vec![3]));
}

#[tokio::test(start_paused = true)]
async fn local_datacenter_is_known_without_spill_over() {
    let scope = rack().or(Scope::datacenter("dc2"));
    let harness = Harness::with_config(urls(&[1]), Some(scope), |config| {
        config.discovers_local_datacenter = true;
        config.spill_over = false;
    });
    harness.network.cluster(&CLUSTER);
    harness.refresh().await.unwrap();
    assert_eq!(harness.levels(), [[1, 2]]);
    assert_eq!(harness.local_nodes(), (vec![1, 2, 3, 4], vec![3, 4]));
}

#[tokio::test(start_paused = true)]
async fn local_datacenter_without_a_response_keeps_its_nodes_and_fails_nothing() {
    let harness = known(rack()).await;
    harness.network.block_query("dc=dc1$");
    for _ in 0..3 {
        assert_eq!(harness.refresh_levels().await.unwrap(), [[1, 2]]);
        assert_eq!(harness.local_nodes(), (vec![1, 2, 3, 4], vec![3, 4]));
    }
}

#[tokio::test(start_paused = true)]
async fn out_of_scope_nodes_are_not_removed_because_of_one_response() {
    let harness = known(rack()).await;
    let rest = [CLUSTER[0], CLUSTER[1]];
    harness.network.lists(1, "dc1", &rest);
    for _ in 0..8 {
        harness.refresh().await.unwrap();
        assert_eq!(
            harness.local_nodes().1,
            [3, 4],
            "the other node still lists them"
        );
    }
    harness.network.lists(2, "dc1", &rest);
    harness.refresh().await.unwrap();
    assert_eq!(harness.local_nodes(), (vec![1, 2], vec![]));
}

#[tokio::test(start_paused = true)]
async fn new_out_of_scope_node_is_pending_until_it_responds() {
    let harness = known(rack()).await;
    let mut more = CLUSTER.to_vec();
    more.push(("dc1", "r2", 5));
    harness.network.cluster(&more).dead(5);
    harness.refresh().await.unwrap();
    assert_eq!(harness.local_nodes().1, [3, 4, 5]);
    assert_eq!(harness.state(5).cause(), Some(EjectionCause::Pending));
}

#[tokio::test(start_paused = true)]
async fn node_that_changes_its_rack_keeps_its_identity() {
    let harness = known(rack()).await;
    let id = |last| {
        let snapshot = harness.router.snapshot();
        snapshot.topology().find(&url(last)).unwrap().id()
    };
    let before = id(3);
    let mut moved = CLUSTER.to_vec();
    moved[2] = ("dc1", "r1", 3);
    harness.network.cluster(&moved);
    harness.refresh().await.unwrap();
    assert_eq!(harness.levels(), [[1, 2, 3]]);
    assert_eq!((harness.local_nodes().1, id(3)), (vec![4], before));
}

#[tokio::test(start_paused = true)]
async fn servers_without_scope_support_get_no_query_for_the_local_datacenter() {
    let query_counts = |discovers_local_datacenter| async move {
        let scope = rack().or(Scope::cluster());
        let harness = Harness::with_config(urls(&[1]), Some(scope), |config| {
            config.discovers_local_datacenter = discovers_local_datacenter;
        });
        harness.network.cluster(&CLUSTER);
        for last in [1, 2, 3, 4] {
            harness.network.ignores_scopes(last);
        }
        let mut counts = Vec::new();
        for _ in 0..3 {
            assert_eq!(harness.refresh_levels().await.unwrap(), [[1, 2, 3, 4]]);
            counts.push(harness.network.take_queries().len());
        }
        counts
    };
    fastrand::seed(1);
    let without = query_counts(false).await;
    fastrand::seed(1);
    assert_eq!(query_counts(true).await, without);
}
