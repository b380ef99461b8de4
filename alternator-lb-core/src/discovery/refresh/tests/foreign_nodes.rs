//! Addresses that left the cluster, and belong to another one now.

use super::*;

/// The nodes of another cluster, the second at an address that was ours.
const FOREIGN: [Member<'_>; 3] = [("dc1", "r1", 2), ("dc1", "r1", 12), ("dc1", "r2", 13)];

fn scopes() -> [Scope; 5] {
    let rack = || Scope::rack("dc1", "r1");
    [
        Scope::cluster(),
        Scope::datacenter("dc1"),
        rack(),
        rack().or(Scope::datacenter("dc1")),
        rack().or(Scope::cluster()),
    ]
}

const CLUSTER: [Member<'_>; 4] = [
    ("dc1", "r1", 1),
    ("dc1", "r1", 2),
    ("dc1", "r1", 3),
    ("dc1", "r2", 4),
];

/// A cluster that is known, and that the second node leaves for another one.
async fn known(seeds: &[u8], scope: Scope) -> Harness {
    let harness = Harness::new(urls(seeds), Some(scope));
    harness.network.cluster(&CLUSTER);
    for _ in 0..8 {
        harness.refresh().await.unwrap();
    }
    take_events();
    harness
}

/// Lets the second node belong to another cluster.
fn leave(harness: &Harness) {
    let rest: Vec<_> = CLUSTER
        .into_iter()
        .filter(|(.., last)| *last != 2)
        .collect();
    harness.network.cluster(&rest).cluster(&FOREIGN);
}

fn is_ours(nodes: &[u8]) -> bool {
    nodes.iter().all(|last| [1, 3, 4].contains(last)) && nodes.starts_with(&[1, 3])
}

#[tokio::test(start_paused = true)]
async fn node_that_belongs_to_another_cluster_is_removed_by_the_next_refresh() {
    for scope in scopes() {
        // In any order of queries.
        for _ in 0..16 {
            for seeds in [&[1, 2, 3], [2, 2, 2].as_slice()] {
                let harness = known(seeds, scope.clone()).await;
                leave(&harness);
                for _ in 0..4 {
                    let nodes = harness.refresh().await.unwrap();
                    assert!(is_ours(&nodes), "{scope}, {seeds:?}: {nodes:?}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn seed_in_another_cluster_is_reported_once() {
    let harness = known(&[1, 2, 3], Scope::cluster()).await;
    leave(&harness);
    for _ in 0..4 {
        harness.refresh().await.unwrap();
    }
    let mut reports = take_events();
    reports.retain(|event| event.starts_with("Foreign("));
    assert_eq!(reports, ["Foreign([http://127.0.0.2:8000])"]);
}

#[tokio::test(start_paused = true)]
async fn seed_that_was_dead_before_it_belongs_to_another_cluster_is_not_used() {
    for scope in scopes() {
        let harness = known(&[1, 2, 3], scope.clone()).await;
        leave(&harness);
        harness.network.dead(2);
        for _ in 0..8 {
            harness.refresh().await.unwrap();
        }
        leave(&harness);
        for _ in 0..8 {
            let nodes = harness.refresh().await.unwrap();
            assert!(is_ours(&nodes), "{scope}: {nodes:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn seed_in_another_cluster_is_not_used_when_its_former_peers_do_not_respond() {
    for scope in scopes() {
        for was_dead in [true, false] {
            let harness = known(&[1, 2, 3], scope.clone()).await;
            leave(&harness);
            if was_dead {
                harness.network.dead(2);
            }
            while harness.nodes().contains(&2) {
                harness.refresh().await.unwrap();
            }
            leave(&harness);
            for last in [1, 3, 4] {
                harness.network.unresponsive(last);
            }
            for _ in 0..40 {
                tokio::time::advance(Duration::from_secs(3)).await;
                harness.refresh().await.unwrap_err();
                assert!(is_ours(&harness.nodes()), "{scope}: {:?}", harness.nodes());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn seed_that_returns_to_its_cluster_is_used_again() {
    let harness = known(&[1, 2, 3], Scope::cluster()).await;
    leave(&harness);
    harness.refresh().await.unwrap();
    harness.network.cluster(&CLUSTER);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2, 3, 4]);
    for last in [1, 3, 4] {
        harness.network.dead(last);
    }
    for _ in 0..3 {
        assert_eq!(harness.refresh().await.unwrap(), [1, 2, 3, 4]);
    }
}

#[tokio::test(start_paused = true)]
async fn node_of_a_small_cluster_that_belongs_to_another_one_is_removed() {
    for scope in [
        Scope::cluster(),
        Scope::datacenter("dc1"),
        Scope::rack("dc1", "r1"),
    ] {
        for _ in 0..16 {
            let harness = Harness::new(urls(&[1, 2]), Some(scope.clone()));
            let members = [("dc1", "r1", 1), ("dc1", "r1", 2)];
            harness.network.cluster(&members);
            harness.refresh().await.unwrap();
            harness.network.cluster(&members[..1]).cluster(&FOREIGN);
            for _ in 0..3 {
                assert_eq!(harness.refresh().await.unwrap(), [1], "{scope}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn seed_whose_cluster_has_another_name_is_not_used() {
    let names = |harness: &Harness| {
        harness.network.cluster(&CLUSTER);
        harness.network.cluster_name(&[1, 2, 3, 4], "ours");
        harness.network.cluster(&[("dc1", "r1", 12)]);
        harness.network.cluster_name(&[12], "theirs");
    };
    for _ in 0..8 {
        let harness = Harness::new(urls(&[1, 12]), None);
        names(&harness);
        take_events();
        for _ in 0..2 {
            assert_eq!(harness.refresh().await.unwrap(), [1, 2, 3, 4]);
        }
        let events = take_events();
        assert!(
            !events.iter().any(|event| event.starts_with("Spans")),
            "{events:?}"
        );
        let is_report = |event: &&String| *event == "Foreign([http://127.0.0.12:8000])";
        assert_eq!(events.iter().filter(is_report).count(), 1, "{events:?}");

        // The other cluster is found later.
        let harness = Harness::new(urls(&[12, 1]), None);
        names(&harness);
        harness.network.dead(12);
        harness.refresh().await.unwrap();
        harness.network.cluster(&[("dc1", "r1", 12)]);
        assert_eq!(harness.refresh().await.unwrap(), [1, 2, 3, 4]);
    }
}

#[tokio::test(start_paused = true)]
async fn datacenters_of_a_cluster_with_one_name_or_an_unknown_one_are_united() {
    for name in [None, Some("ours")] {
        let harness = Harness::new(urls(&[1, 11]), None);
        let cluster = [("dc1", "r1", 1), ("dc2", "r1", 11)];
        harness.network.cluster(&cluster);
        if let Some(name) = name {
            harness.network.cluster_name(&[1, 11], name);
        }
        assert_eq!(harness.refresh().await.unwrap(), [1, 11]);
        harness.network.take_queries();
        harness.refresh().await.unwrap();
        let queries = harness.network.take_queries();
        assert_eq!(queries.len(), 2, "the names are read once: {queries:?}");
    }
}
