//! What holds for any cluster and any chain of scopes.

use super::*;
use crate::topology::Area;
use proptest::prelude::*;
use std::collections::BTreeSet;

const DATACENTERS: [&str; 3] = ["dc1", "dc2", "dc3"];
const RACKS: [&str; 2] = ["r1", "r2"];

/// Nodes 1, 2, 3 and so on.
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
    let link = prop_oneof![
        Just(Scope::cluster()),
        prop::sample::select(&DATACENTERS).prop_map(Scope::datacenter),
        (
            prop::sample::select(&DATACENTERS),
            prop::sample::select(&RACKS)
        )
            .prop_map(|(datacenter, rack)| Scope::rack(datacenter, rack)),
    ];
    prop::collection::vec(link, 1..5)
        .prop_map(|links| links.into_iter().reduce(Scope::or).unwrap_or_default())
}

/// Some of the nodes, by whether their bit is set.
fn some(cluster: &[Member<'_>], bits: u16) -> Vec<u8> {
    let all = cluster.iter().map(|(_, _, last)| *last);
    all.filter(|last| bits & (1 << last) != 0).collect()
}

/// A cluster, a chain, and which nodes are seeds: at least one.
fn any_setting() -> impl Strategy<Value = (Vec<Member<'static>>, Scope, Vec<u8>)> {
    (any_cluster(), any_scope(), any::<u16>()).prop_map(|(cluster, scope, bits)| {
        let seeds = some(&cluster, bits);
        let seeds = if seeds.is_empty() { vec![1] } else { seeds };
        (cluster, scope, seeds)
    })
}

/// The nodes of one link. Those of the cluster are those of the datacenters with a seed.
fn nodes_in(cluster: &[Member<'_>], area: &Area, seeds: &[u8]) -> Vec<u8> {
    let has_seed = |wanted: &str| {
        let mut members = cluster.iter();
        members.any(|(datacenter, _, last)| *datacenter == wanted && seeds.contains(last))
    };
    let is_in = |(datacenter, rack, _): &&Member<'_>| match area {
        Area::Cluster => has_seed(datacenter),
        Area::Datacenter(wanted) => **wanted == **datacenter,
        Area::Rack {
            datacenter: wanted,
            rack: one,
        } => **wanted == **datacenter && **one == **rack,
    };
    let members = cluster.iter().filter(is_in);
    members.map(|(_, _, last)| *last).collect()
}

/// For each link those of its nodes that no link before it has; without the links that have none.
fn expected(cluster: &[Member<'_>], scope: &Scope, seeds: &[u8]) -> Vec<Vec<u8>> {
    let mut placed = BTreeSet::new();
    let mut tiers = Vec::new();
    for area in scope.areas() {
        let mut tier = nodes_in(cluster, area, seeds);
        tier.retain(|last| placed.insert(*last));
        tiers.push(tier);
    }
    tiers.retain(|tier| !tier.is_empty());
    tiers
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
    fn each_node_is_in_the_most_wanted_scope_that_it_belongs_to((cluster, scope, seeds) in any_setting()) {
        run(async {
            let bench = Bench::new(urls(&seeds), Some(scope.clone()));
            bench.network.cluster(&cluster);
            let wanted = expected(&cluster, &scope, &seeds);
            for _ in 0..3 {
                match bench.refresh_tiers().await {
                    Ok(tiers) => assert_eq!(tiers, wanted),
                    Err(error) => {
                        assert!(matches!(error, RefreshError::NoNodes { .. }), "{error}");
                        assert_eq!(wanted, Vec::<Vec<u8>>::new());
                    }
                }
            }
        });
    }

    #[test]
    fn the_datacenter_of_the_first_link_is_home_and_changes_no_scope((cluster, scope, seeds) in any_setting()) {
        run(async {
            let bench = Bench::with_settings(urls(&seeds), Some(scope.clone()), |settings| settings.knows_datacenter = true);
            bench.network.cluster(&cluster);
            if bench.refresh().await.is_err() {
                return;
            }
            assert_eq!(bench.tiers(), expected(&cluster, &scope, &seeds));
            let home = match &scope.areas()[0] {
                Area::Rack { datacenter, .. } => Area::Datacenter(Arc::clone(datacenter)),
                area => area.clone(),
            };
            let home = nodes_in(&cluster, &home, &seeds);
            let in_scope = bench.tiers().concat();
            let aside: Vec<_> = home.iter().copied().filter(|last| !in_scope.contains(last)).collect();
            assert_eq!(bench.home(), (home, aside));
        });
    }

    #[test]
    fn a_healthy_refresh_asks_one_question_for_each_link_and_datacenter((cluster, scope, seeds) in any_setting()) {
        run(async {
            // As the first link with nodes the cluster costs a question for each seed.
            let scope = Scope::datacenter(cluster[0].0).or(scope);
            let questions = |area: &Area| match area {
                Area::Cluster => {
                    let datacenters = cluster.iter().map(|(datacenter, _, _)| datacenter);
                    datacenters.collect::<BTreeSet<_>>().len()
                }
                // Who names itself alone is not believed at once.
                Area::Datacenter(_) | Area::Rack { .. } if nodes_in(&cluster, area, &seeds).len() == 1 => 2,
                Area::Datacenter(_) | Area::Rack { .. } => 1,
            };
            let most: usize = scope.areas().iter().map(questions).sum();
            let bench = Bench::new(urls(&seeds), Some(scope));
            bench.network.cluster(&cluster);
            bench.refresh().await.unwrap();
            bench.network.asked();
            bench.refresh().await.unwrap();
            let mut asked = bench.network.asked();
            // Each node has to show once that it knows racks.
            asked.retain(|(_, path)| !path.contains("asks+whether"));
            assert!(asked.len() <= most, "{asked:?}");
        });
    }

    #[test]
    fn nodes_that_die_stay_in_place_until_the_others_notice((cluster, scope, seeds) in any_setting(), dead: u16) {
        run(async {
            let bench = Bench::new(urls(&seeds), Some(scope));
            bench.network.cluster(&cluster);
            if bench.refresh().await.is_err() {
                return;
            }
            let before = bench.tiers();
            for last in some(&cluster, dead) {
                bench.network.dead(last);
            }
            for _ in 0..3 {
                tokio::time::advance(Duration::from_secs(1)).await;
                // If nobody is left to ask it fails.
                let _ = bench.refresh().await;
                assert_eq!(bench.tiers(), before);
            }
        });
    }

    #[test]
    fn a_node_that_is_cut_off_moves_nobody((cluster, scope, seeds) in any_setting(), who: prop::sample::Index) {
        run(async {
            let bench = Bench::new(urls(&seeds), Some(scope));
            bench.network.cluster(&cluster);
            if bench.refresh().await.is_err() {
                return;
            }
            let before = bench.tiers();
            let (datacenter, rack, last) = *who.get(&cluster);
            bench.network.sees(last, datacenter, &[(datacenter, rack, last)]);
            for _ in 0..3 {
                tokio::time::advance(Duration::from_secs(1)).await;
                bench.refresh().await.unwrap();
                assert_eq!(bench.tiers(), before);
            }
        });
    }
}
