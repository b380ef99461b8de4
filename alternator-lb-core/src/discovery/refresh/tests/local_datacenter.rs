//! The datacenter around a rack.

use super::*;
use crate::health::EjectionCause;

/// Three racks of one datacenter, and another datacenter.
const CLUSTER: [Candidate<'_>; 5] = [
    ("dc1", "r1", 1),
    ("dc1", "r1", 2),
    ("dc1", "r2", 3),
    ("dc1", "r3", 4),
    ("dc2", "r1", 11),
];

async fn known(scope: Scope) -> Harness {
    let harness = Harness::with_settings(urls(&[1]), Some(scope), |settings| {
        settings.discovers_local_datacenter = true;
    });
    harness.network.cluster(&CLUSTER);
    for _ in 0..32 {
        // Until whoever is asked has shown that it knows racks.
        harness.refresh().await.unwrap();
    }
    harness.network.asked();
    harness
}

fn rack() -> Scope {
    Scope::rack("dc1", "r1")
}

fn paths(harness: &Harness) -> Vec<String> {
    let asked = harness.network.asked();
    asked.into_iter().map(|(_, path)| path).collect()
}

#[tokio::test(start_paused = true)]
async fn the_others_of_its_datacenter_stand_aside() {
    let harness = known(rack()).await;
    assert_eq!(harness.levels(), [[1, 2]]);
    assert_eq!(harness.home(), (vec![1, 2, 3, 4], vec![3, 4]));
    let one = harness
        .router
        .pick_one(Duration::ZERO, &mut fastrand::Rng::with_seed(1));
    assert!(urls(&[1, 2]).contains(one.unwrap().url()));
}

#[tokio::test(start_paused = true)]
async fn it_costs_one_question_more_and_only_where_it_is_wanted() {
    let harness = known(rack()).await;
    harness.refresh().await.unwrap();
    let rack_alone = "/localnodes?dc=dc1&rack=r1";
    assert_eq!(paths(&harness), [rack_alone, "/localnodes?dc=dc1"]);

    let harness = Harness::new(urls(&[1]), Some(rack()));
    harness.network.cluster(&CLUSTER);
    for _ in 0..8 {
        harness.refresh().await.unwrap();
        harness.network.asked();
    }
    harness.refresh().await.unwrap();
    assert_eq!(paths(&harness), [rack_alone]);
    assert_eq!(harness.home(), (vec![1, 2], vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_chain_that_brings_the_datacenter_costs_nothing_more() {
    let chain = rack()
        .or(Scope::datacenter("dc2"))
        .or(Scope::datacenter("dc1"));
    let harness = known(chain).await;
    harness.refresh().await.unwrap();
    assert_eq!(paths(&harness).len(), 3);
    assert_eq!(harness.levels(), [vec![1, 2], vec![11], vec![3, 4]]);
    assert_eq!(harness.home(), (vec![1, 2, 3, 4], vec![]));

    let harness = known(Scope::datacenter("dc1").or(rack())).await;
    assert_eq!(harness.home(), (vec![1, 2, 3, 4], vec![]));
    let harness = known(Scope::cluster()).await;
    assert_eq!(harness.home(), (vec![1, 2, 3, 4], vec![]));
}

#[tokio::test(start_paused = true)]
async fn home_is_the_datacenter_of_the_first_link() {
    let chain = rack()
        .or(Scope::rack("dc1", "r3"))
        .or(Scope::datacenter("dc2"));
    let harness = known(chain).await;
    assert_eq!(harness.levels(), [vec![1, 2], vec![4], vec![11]]);
    assert_eq!(harness.home(), (vec![1, 2, 3, 4], vec![3]));
}

#[tokio::test(start_paused = true)]
async fn without_spill_over_it_is_known_too() {
    let scope = rack().or(Scope::datacenter("dc2"));
    let harness = Harness::with_settings(urls(&[1]), Some(scope), |settings| {
        settings.discovers_local_datacenter = true;
        settings.spill_over = false;
    });
    harness.network.cluster(&CLUSTER);
    harness.refresh().await.unwrap();
    assert_eq!(harness.levels(), [[1, 2]]);
    assert_eq!(harness.home(), (vec![1, 2, 3, 4], vec![3, 4]));
}

#[tokio::test(start_paused = true)]
async fn a_datacenter_of_which_nobody_tells_keeps_its_nodes_and_fails_nothing() {
    let harness = known(rack()).await;
    harness.network.unanswerable("dc=dc1$");
    for _ in 0..3 {
        assert_eq!(harness.refresh_tiers().await.unwrap(), [[1, 2]]);
        assert_eq!(harness.home(), (vec![1, 2, 3, 4], vec![3, 4]));
    }
}

#[tokio::test(start_paused = true)]
async fn of_those_aside_nobody_is_dropped_on_the_word_of_one_node() {
    let harness = known(rack()).await;
    let rest = [CLUSTER[0], CLUSTER[1]];
    harness.network.sees(1, "dc1", &rest);
    for _ in 0..8 {
        harness.refresh().await.unwrap();
        assert_eq!(harness.home().1, [3, 4], "the other does not say so");
    }
    harness.network.sees(2, "dc1", &rest);
    harness.refresh().await.unwrap();
    assert_eq!(harness.home(), (vec![1, 2], vec![]));
}

#[tokio::test(start_paused = true)]
async fn whoever_is_new_aside_has_to_answer_first() {
    let harness = known(rack()).await;
    let mut more = CLUSTER.to_vec();
    more.push(("dc1", "r2", 5));
    harness.network.cluster(&more).dead(5);
    harness.refresh().await.unwrap();
    assert_eq!(harness.home().1, [3, 4, 5]);
    assert_eq!(harness.state(5).cause(), Some(EjectionCause::Pending));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_changes_its_rack_stays_the_node_that_it_is() {
    let harness = known(rack()).await;
    let id = |last| {
        let table = harness.router.snapshot();
        table.topology().find(&url(last)).unwrap().id()
    };
    let before = id(3);
    let mut moved = CLUSTER.to_vec();
    moved[2] = ("dc1", "r1", 3);
    harness.network.cluster(&moved);
    harness.refresh().await.unwrap();
    assert_eq!(harness.levels(), [[1, 2, 3]]);
    assert_eq!((harness.home().1, id(3)), (vec![4], before));
}

#[tokio::test(start_paused = true)]
async fn servers_that_know_no_racks_are_asked_nothing_more() {
    let asked = |discovers_local_datacenter| async move {
        let scope = rack().or(Scope::cluster());
        let harness = Harness::with_settings(urls(&[1]), Some(scope), |settings| {
            settings.discovers_local_datacenter = discovers_local_datacenter;
        });
        harness.network.cluster(&CLUSTER);
        for last in [1, 2, 3, 4] {
            harness.network.ignores_scopes(last);
        }
        let mut counts = Vec::new();
        for _ in 0..3 {
            assert_eq!(harness.refresh_tiers().await.unwrap(), [[1, 2, 3, 4]]);
            counts.push(harness.network.asked().len());
        }
        counts
    };
    fastrand::seed(1);
    let without = asked(false).await;
    fastrand::seed(1);
    assert_eq!(asked(true).await, without);
}
