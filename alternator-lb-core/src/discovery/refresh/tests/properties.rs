//! Properties of refreshes of any cluster with any chain of scopes.

use super::*;
use crate::topology::Locality;
use proptest::prelude::*;
use std::collections::BTreeSet;

const DATACENTERS: [&str; 3] = ["dc1", "dc2", "dc3"];
const RACKS: [&str; 2] = ["r1", "r2"];

/// A cluster of the nodes 1, 2, 3 and so on.
fn any_cluster() -> impl Strategy<Value = Vec<Member<'static>>> {
    let place = (
        prop::sample::select(&DATACENTERS),
        prop::sample::select(&RACKS),
    );
    prop::collection::vec(place, 1..9).prop_map(|places| {
        let places = places.into_iter().zip(1..);
        places
            .map(|((datacenter, rack), last)| (datacenter, rack, last))
            .collect()
    })
}

fn any_scope() -> impl Strategy<Value = Scope> {
    let level = prop_oneof![
        Just(Scope::cluster()),
        prop::sample::select(&DATACENTERS).prop_map(Scope::datacenter),
        (
            prop::sample::select(&DATACENTERS),
            prop::sample::select(&RACKS)
        )
            .prop_map(|(datacenter, rack)| Scope::rack(datacenter, rack)),
    ];
    prop::collection::vec(level, 1..5)
        .prop_map(|levels| levels.into_iter().reduce(Scope::or).unwrap_or_default())
}

/// The nodes whose bit is set.
fn subset(cluster: &[Member<'_>], bits: u16) -> Vec<u8> {
    let all = cluster.iter().map(|(_, _, last)| *last);
    all.filter(|last| bits & (1 << last) != 0).collect()
}

/// A cluster, a chain, and its seeds: at least one.
fn any_setting() -> impl Strategy<Value = (Vec<Member<'static>>, Scope, Vec<u8>)> {
    (any_cluster(), any_scope(), any::<u16>()).prop_map(|(cluster, scope, bits)| {
        let seeds = subset(&cluster, bits);
        let seeds = if seeds.is_empty() { vec![1] } else { seeds };
        (cluster, scope, seeds)
    })
}

/// The nodes of one level. The level `cluster` has the datacenters with a seed.
fn nodes_in(cluster: &[Member<'_>], locality: &Locality, seeds: &[u8]) -> Vec<u8> {
    let has_seed = |wanted: &str| {
        let mut members = cluster.iter();
        members.any(|(datacenter, _, last)| *datacenter == wanted && seeds.contains(last))
    };
    let is_in = |(datacenter, rack, _): &&Member<'_>| match locality {
        Locality::Cluster => has_seed(datacenter),
        Locality::Datacenter(wanted) => **wanted == **datacenter,
        Locality::Rack {
            datacenter: wanted,
            rack: wanted_rack,
        } => **wanted == **datacenter && **wanted_rack == **rack,
    };
    let members = cluster.iter().filter(is_in);
    members.map(|(_, _, last)| *last).collect()
}

/// For each level its nodes that no earlier level has; without the levels that have none.
fn expected(cluster: &[Member<'_>], scope: &Scope, seeds: &[u8]) -> Vec<Vec<u8>> {
    let mut placed = BTreeSet::new();
    let mut levels = Vec::new();
    for locality in scope.localities() {
        let mut level = nodes_in(cluster, locality, seeds);
        level.retain(|last| placed.insert(*last));
        levels.push(level);
    }
    levels.retain(|level| !level.is_empty());
    levels
}

/// A discovery after a first refresh, if some level has nodes.
async fn refreshed(cluster: &[Member<'_>], scope: Scope, seeds: &[u8]) -> Option<Harness> {
    let harness = Harness::new(urls(seeds), Some(scope));
    harness.network.cluster(cluster);
    harness.refresh().await.ok().map(|_| harness)
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(test);
}

proptest! {
    #[test]
    fn each_node_is_in_the_first_level_that_contains_it((cluster, scope, seeds) in any_setting()) {
        run(async {
            let harness = Harness::new(urls(&seeds), Some(scope.clone()));
            harness.network.cluster(&cluster);
            let expected = expected(&cluster, &scope, &seeds);
            for _ in 0..3 {
                match harness.refresh_levels().await {
                    Ok(levels) => assert_eq!(levels, expected),
                    Err(error) => {
                        assert!(matches!(error, RefreshError::NoNodes { .. }), "{error}");
                        assert_eq!(expected, Vec::<Vec<u8>>::new());
                    }
                }
            }
        });
    }

    #[test]
    fn local_datacenter_is_that_of_the_first_level_and_changes_no_level((cluster, scope, seeds) in any_setting()) {
        run(async {
            let harness = Harness::with_config(urls(&seeds), Some(scope.clone()), |config| config.discovers_local_datacenter = true);
            harness.network.cluster(&cluster);
            if harness.refresh().await.is_err() {
                return;
            }
            assert_eq!(harness.levels(), expected(&cluster, &scope, &seeds));
            let local = match &scope.localities()[0] {
                Locality::Rack { datacenter, .. } => Locality::Datacenter(Arc::clone(datacenter)),
                locality => locality.clone(),
            };
            let local = nodes_in(&cluster, &local, &seeds);
            let in_scope = harness.levels().concat();
            let out_of_scope: Vec<_> = local.iter().copied().filter(|last| !in_scope.contains(last)).collect();
            assert_eq!(harness.local_nodes(), (local, out_of_scope));
        });
    }

    #[test]
    fn refresh_costs_one_query_for_each_level_and_datacenter((cluster, scope, seeds) in any_setting()) {
        run(async {
            // As the first level with nodes the cluster costs a query for each seed.
            let scope = Scope::datacenter(cluster[0].0).or(scope);
            let cost = |locality: &Locality| match locality {
                Locality::Cluster => {
                    let datacenters = cluster.iter().map(|(datacenter, _, _)| datacenter);
                    datacenters.collect::<BTreeSet<_>>().len()
                }
                // A node that lists only itself is not trusted alone.
                Locality::Datacenter(_) | Locality::Rack { .. } if nodes_in(&cluster, locality, &seeds).len() == 1 => 2,
                Locality::Datacenter(_) | Locality::Rack { .. } => 1,
            };
            let limit: usize = scope.localities().iter().map(cost).sum();
            let harness = Harness::new(urls(&seeds), Some(scope));
            harness.network.cluster(&cluster);
            harness.refresh().await.unwrap();
            harness.network.take_queries();
            harness.refresh().await.unwrap();
            let mut queries = harness.network.take_queries();
            // Each node shows once that it knows racks.
            queries.retain(|(_, path)| !path.contains("asks+whether"));
            assert!(queries.len() <= limit, "{queries:?}");
        });
    }

    #[test]
    fn dead_nodes_keep_their_levels_while_they_are_listed((cluster, scope, seeds) in any_setting(), dead: u16) {
        run(async {
            let Some(harness) = refreshed(&cluster, scope, &seeds).await else {
                return;
            };
            let before = harness.levels();
            for last in subset(&cluster, dead) {
                harness.network.dead(last);
            }
            for _ in 0..3 {
                tokio::time::advance(Duration::from_secs(1)).await;
                // Fails if no node is left.
                let _ = harness.refresh().await;
                assert_eq!(harness.levels(), before);
            }
        });
    }

    #[test]
    fn partitioned_node_changes_no_level((cluster, scope, seeds) in any_setting(), index: prop::sample::Index) {
        run(async {
            let Some(harness) = refreshed(&cluster, scope, &seeds).await else {
                return;
            };
            let before = harness.levels();
            let (datacenter, rack, last) = *index.get(&cluster);
            harness.network.lists(last, datacenter, &[(datacenter, rack, last)]);
            for _ in 0..3 {
                tokio::time::advance(Duration::from_secs(1)).await;
                harness.refresh().await.unwrap();
                assert_eq!(harness.levels(), before);
            }
        });
    }
}
