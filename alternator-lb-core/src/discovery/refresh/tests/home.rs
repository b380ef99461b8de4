//! The datacenter around a rack.

use super::*;
use crate::health::Cause;

/// Three racks of one datacenter, and another datacenter.
const CLUSTER: [Member<'_>; 5] = [
    ("dc1", "r1", 1),
    ("dc1", "r1", 2),
    ("dc1", "r2", 3),
    ("dc1", "r3", 4),
    ("dc2", "r1", 11),
];

async fn known(scope: Scope) -> Bench {
    let bench = Bench::with_settings(urls(&[1]), Some(scope), |settings| {
        settings.knows_datacenter = true;
    });
    bench.network.cluster(&CLUSTER);
    for _ in 0..32 {
        // Until whoever is asked has shown that it knows racks.
        bench.refresh().await.unwrap();
    }
    bench.network.asked();
    bench
}

fn rack() -> Scope {
    Scope::rack("dc1", "r1")
}

fn paths(bench: &Bench) -> Vec<String> {
    let asked = bench.network.asked();
    asked.into_iter().map(|(_, path)| path).collect()
}

#[tokio::test(start_paused = true)]
async fn the_others_of_its_datacenter_stand_aside() {
    let bench = known(rack()).await;
    assert_eq!(bench.tiers(), [[1, 2]]);
    assert_eq!(bench.home(), (vec![1, 2, 3, 4], vec![3, 4]));
    let one = bench
        .router
        .pick_one(Duration::ZERO, &mut fastrand::Rng::with_seed(1));
    assert!(urls(&[1, 2]).contains(one.unwrap().url()));
}

#[tokio::test(start_paused = true)]
async fn it_costs_one_question_more_and_only_where_it_is_wanted() {
    let bench = known(rack()).await;
    bench.refresh().await.unwrap();
    let rack_alone = "/localnodes?dc=dc1&rack=r1";
    assert_eq!(paths(&bench), [rack_alone, "/localnodes?dc=dc1"]);

    let bench = Bench::new(urls(&[1]), Some(rack()));
    bench.network.cluster(&CLUSTER);
    for _ in 0..8 {
        bench.refresh().await.unwrap();
        bench.network.asked();
    }
    bench.refresh().await.unwrap();
    assert_eq!(paths(&bench), [rack_alone]);
    assert_eq!(bench.home(), (vec![1, 2], vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_chain_that_brings_the_datacenter_costs_nothing_more() {
    let chain = rack()
        .or(Scope::datacenter("dc2"))
        .or(Scope::datacenter("dc1"));
    let bench = known(chain).await;
    bench.refresh().await.unwrap();
    assert_eq!(paths(&bench).len(), 3);
    assert_eq!(bench.tiers(), [vec![1, 2], vec![11], vec![3, 4]]);
    assert_eq!(bench.home(), (vec![1, 2, 3, 4], vec![]));

    let bench = known(Scope::datacenter("dc1").or(rack())).await;
    assert_eq!(bench.home(), (vec![1, 2, 3, 4], vec![]));
    let bench = known(Scope::cluster()).await;
    assert_eq!(bench.home(), (vec![1, 2, 3, 4], vec![]));
}

#[tokio::test(start_paused = true)]
async fn home_is_the_datacenter_of_the_first_link() {
    let chain = rack()
        .or(Scope::rack("dc1", "r3"))
        .or(Scope::datacenter("dc2"));
    let bench = known(chain).await;
    assert_eq!(bench.tiers(), [vec![1, 2], vec![4], vec![11]]);
    assert_eq!(bench.home(), (vec![1, 2, 3, 4], vec![3]));
}

#[tokio::test(start_paused = true)]
async fn without_spill_over_it_is_known_too() {
    let scope = rack().or(Scope::datacenter("dc2"));
    let bench = Bench::with_settings(urls(&[1]), Some(scope), |settings| {
        settings.knows_datacenter = true;
        settings.spill_over = false;
    });
    bench.network.cluster(&CLUSTER);
    bench.refresh().await.unwrap();
    assert_eq!(bench.tiers(), [[1, 2]]);
    assert_eq!(bench.home(), (vec![1, 2, 3, 4], vec![3, 4]));
}

#[tokio::test(start_paused = true)]
async fn a_datacenter_of_which_nobody_tells_keeps_its_nodes_and_fails_nothing() {
    let bench = known(rack()).await;
    bench.network.unanswerable("dc=dc1$");
    for _ in 0..3 {
        assert_eq!(bench.refresh_tiers().await.unwrap(), [[1, 2]]);
        assert_eq!(bench.home(), (vec![1, 2, 3, 4], vec![3, 4]));
    }
}

#[tokio::test(start_paused = true)]
async fn of_those_aside_nobody_is_dropped_on_the_word_of_one_node() {
    let bench = known(rack()).await;
    let rest = [CLUSTER[0], CLUSTER[1]];
    bench.network.sees(1, "dc1", &rest);
    for _ in 0..8 {
        bench.refresh().await.unwrap();
        assert_eq!(bench.home().1, [3, 4], "the other does not say so");
    }
    bench.network.sees(2, "dc1", &rest);
    bench.refresh().await.unwrap();
    assert_eq!(bench.home(), (vec![1, 2], vec![]));
}

#[tokio::test(start_paused = true)]
async fn whoever_is_new_aside_has_to_answer_first() {
    let bench = known(rack()).await;
    let mut more = CLUSTER.to_vec();
    more.push(("dc1", "r2", 5));
    bench.network.cluster(&more).dead(5);
    bench.refresh().await.unwrap();
    assert_eq!(bench.home().1, [3, 4, 5]);
    assert_eq!(bench.state(5).cause(), Some(Cause::Unproven));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_changes_its_rack_stays_the_node_that_it_is() {
    let bench = known(rack()).await;
    let id = |last| {
        let table = bench.router.table();
        table.topology().find(&url(last)).unwrap().id()
    };
    let before = id(3);
    let mut moved = CLUSTER.to_vec();
    moved[2] = ("dc1", "r1", 3);
    bench.network.cluster(&moved);
    bench.refresh().await.unwrap();
    assert_eq!(bench.tiers(), [[1, 2, 3]]);
    assert_eq!((bench.home().1, id(3)), (vec![4], before));
}

#[tokio::test(start_paused = true)]
async fn servers_that_know_no_racks_are_asked_nothing_more() {
    let asked = |knows_datacenter| async move {
        let scope = rack().or(Scope::cluster());
        let bench = Bench::with_settings(urls(&[1]), Some(scope), |settings| {
            settings.knows_datacenter = knows_datacenter;
        });
        bench.network.cluster(&CLUSTER);
        for last in [1, 2, 3, 4] {
            bench.network.ignores_scopes(last);
        }
        let mut counts = Vec::new();
        for _ in 0..3 {
            assert_eq!(bench.refresh_tiers().await.unwrap(), [[1, 2, 3, 4]]);
            counts.push(bench.network.asked().len());
        }
        counts
    };
    fastrand::seed(1);
    let without = asked(false).await;
    fastrand::seed(1);
    assert_eq!(asked(true).await, without);
}
