//! The nodes of all levels of a chain, and of only one of them.

use super::*;

/// Two racks of one datacenter, and another datacenter.
const CLUSTER: [Candidate<'_>; 5] = [
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

/// A list that is known.
async fn known(seeds: &[u8], scope: Scope) -> Harness {
    let harness = Harness::new(urls(seeds), Some(scope));
    harness.network.cluster(&CLUSTER);
    settle(&harness).await;
    harness
}

/// Refreshes until whoever is asked has shown that it knows racks, and forgets how it came to that.
async fn settle(harness: &Harness) {
    for _ in 0..32 {
        harness.refresh().await.unwrap();
    }
    harness.network.asked();
    reports();
}

fn without(gone: &[u8]) -> Vec<Candidate<'static>> {
    let mut rest = CLUSTER.to_vec();
    rest.retain(|(_, _, last)| !gone.contains(last));
    rest
}

#[tokio::test(start_paused = true)]
async fn each_link_brings_the_nodes_that_those_before_it_do_not() {
    let harness = known(&[1], rack_and_datacenters()).await;
    assert_eq!(harness.levels(), [vec![1, 2], vec![3], vec![11, 12]]);
}

#[tokio::test(start_paused = true)]
async fn one_node_is_asked_one_question_for_each_link() {
    let harness = known(&[1, 3, 11], rack_and_datacenters()).await;
    for _ in 0..8 {
        harness.refresh().await.unwrap();
        let asked = harness.network.asked();
        let (who, _) = asked[0];
        assert!([1, 2].contains(&who), "the nearest: {who}");
        let expected = ["dc=dc1&rack=r1", "dc=dc1", "dc=dc2"];
        let expected = expected.map(|query| (who, format!("/localnodes?{query}")));
        assert_eq!(asked, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_not_wanted_most_costs_one_question_for_each_datacenter() {
    let scope = Scope::rack("dc1", "r1").or(Scope::cluster());
    let harness = known(&[1, 2, 3, 11, 12], scope).await;
    for _ in 0..8 {
        let levels = harness.refresh_tiers().await.unwrap();
        assert_eq!(levels, [vec![1, 2], vec![3, 11, 12]]);
        let asked = harness.network.asked();
        assert_eq!(asked.len(), 3, "{asked:?}");
        assert_eq!(asked[1], (asked[0].0, "/localnodes".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_seed_that_is_no_node_is_spared_while_its_datacenter_answers() {
    let scope = Scope::rack("dc1", "r1").or(Scope::cluster());
    let harness = Harness::new(urls(&[1, 9]), Some(scope));
    harness.network.cluster(&CLUSTER).sees(9, "dc2", &CLUSTER);
    settle(&harness).await;

    let levels = harness.refresh_tiers().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3, 11, 12]]);
    assert!(!harness.network.asked_nodes().contains(&9));

    let moved = [("dc2", "r1", 11), ("dc2", "r1", 13)];
    harness.network.dead(11).dead(12).sees(9, "dc2", &moved);
    let levels = harness.refresh_tiers().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3, 11, 12, 13]]);
}

#[tokio::test(start_paused = true)]
async fn a_further_link_of_which_nobody_tells_keeps_its_nodes_and_fails_nothing() {
    let hanging = 21..40; // more than there is time to wait for
    let seeds: Vec<_> = std::iter::once(1).chain(hanging.clone()).collect();
    let harness = known(&seeds, rack_and_datacenters()).await;
    harness.network.unanswerable("dc=dc2");
    for last in hanging {
        harness.network.silent(last);
    }
    for _ in 0..3 {
        let before = Instant::now();
        let levels = harness.refresh_tiers().await.unwrap();
        assert_eq!(levels, [vec![1, 2], vec![3], vec![11, 12]]);
        assert!(before.elapsed() < single_flight::LIMIT);
    }
    assert_eq!(reports(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_preferred_link_of_which_nobody_tells_fails_the_refresh_and_changes_nothing() {
    let harness = known(&[1, 3, 11], rack_and_datacenters()).await;
    harness.network.unanswerable("rack=r1");
    let error = harness.refresh().await.unwrap_err();
    assert!(matches!(error, RefreshError::NoAnswer { .. }));
    assert_eq!(harness.levels(), [vec![1, 2], vec![3], vec![11, 12]]);
}

#[tokio::test(start_paused = true)]
async fn a_further_link_of_which_was_never_told_is_left_out_until_then() {
    let harness = Harness::new(urls(&[1]), Some(rack_and_datacenters()));
    harness.network.cluster(&CLUSTER).unanswerable("dc=dc2");
    let levels = harness.refresh_tiers().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3]]);
    harness.network.unanswerable("never");
    let levels = harness.refresh_tiers().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3], vec![11, 12]]);
}

#[tokio::test(start_paused = true)]
async fn a_further_link_that_has_no_nodes_any_more_is_empty() {
    let harness = known(&[1], rack_and_datacenters()).await;
    harness
        .network
        .cluster(&without(&[11, 12]))
        .dead(11)
        .dead(12);
    let levels = harness.refresh_tiers().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3]]);

    harness.network.asked();
    harness.refresh().await.unwrap();
    assert_eq!(
        harness.network.asked().len(),
        3,
        "that it is empty is known"
    );
    harness.network.cluster(&CLUSTER);
    let levels = harness.refresh_tiers().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3], vec![11, 12]]);
}

#[tokio::test(start_paused = true)]
async fn datacenters_that_lost_sight_of_each_other_are_both_kept() {
    let harness = known(&[1, 3], rack_and_datacenters()).await;
    for (datacenter, _, last) in CLUSTER {
        let mut own = CLUSTER.to_vec();
        own.retain(|(other, _, _)| *other == datacenter);
        harness.network.sees(last, datacenter, &own);
    }
    for far in [11, 12] {
        harness.network.slow(far, Duration::from_millis(900));
    }
    for _ in 0..8 {
        let levels = harness.refresh_tiers().await.unwrap();
        assert_eq!(levels, [vec![1, 2], vec![3], vec![11, 12]]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_cut_off_does_not_empty_a_datacenter_that_cannot_be_asked() {
    let harness = known(&[1], rack_and_datacenters()).await;
    // They are listed, but out of the client's reach.
    harness.network.dead(11).dead(12);
    harness.network.sees(1, "dc1", &without(&[11, 12]));
    for _ in 0..8 {
        let levels = harness.refresh_tiers().await.unwrap();
        assert_eq!(levels, [vec![1, 2], vec![3], vec![11, 12]]);
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_rack_whose_nodes_are_all_dead_those_of_the_next_scope_tell() {
    let harness = known(&[1], rack_and_datacenters()).await;
    harness.network.dead(1).silent(2);
    let levels = harness.refresh_tiers().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3], vec![11, 12]]);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_answer_is_waited_for_once_in_a_refresh_and_not_for_each_link() {
    let harness = Harness::new(urls(&[1, 9]), Some(rack_and_datacenters()));
    harness.network.cluster(&CLUSTER).silent(9);
    let before = Instant::now();
    harness.refresh().await.unwrap();
    assert!(before.elapsed() < Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn the_preferred_link_that_has_nodes_is_reported() {
    let harness = known(&[3], rack_and_datacenters()).await;
    harness.network.cluster(&without(&[1, 2])).dead(1).dead(2);
    let levels = harness.refresh_tiers().await.unwrap();
    assert_eq!(levels, [vec![3], vec![11, 12]]);
    let said = reports();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("nodes: 3, locality: \"datacenter `dc1`\""),
        "{said:?}"
    );

    harness.network.cluster(&CLUSTER);
    let levels = harness.refresh_tiers().await.unwrap();
    assert_eq!(levels, [vec![1, 2], vec![3], vec![11, 12]]);
    assert!(reports()[0].contains("locality: \"rack `r1`"));
}

#[tokio::test(start_paused = true)]
async fn old_servers_are_asked_once_whether_they_know_racks_and_serve_the_cluster() {
    let scope = rack_and_datacenters().or(Scope::cluster());
    let harness = Harness::new(urls(&[1]), Some(scope));
    harness.network.cluster(&CLUSTER);
    harness.network.ignores_scopes(1);
    assert_eq!(harness.refresh_tiers().await.unwrap(), [[1, 2, 3]]);
    assert_eq!(harness.network.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_further_link_that_old_servers_do_not_know_is_left_out_until_they_do() {
    let scope = Scope::cluster().or(Scope::datacenter("dc2"));
    let harness = Harness::new(urls(&[1, 2]), Some(scope));
    harness.network.cluster(&CLUSTER);
    for last in [1, 2, 3] {
        harness.network.ignores_scopes(last);
    }
    assert_eq!(harness.refresh_tiers().await.unwrap(), [[1, 2, 3]]);

    harness.network.cluster(&CLUSTER).ignores_scopes(1);
    let levels = harness.refresh_tiers().await.unwrap();
    assert_eq!(levels, [vec![1, 2, 3], vec![11, 12]]);

    // Those that were upgraded are away.
    harness.network.dead(2).dead(3).dead(11).dead(12);
    let levels = harness.refresh_tiers().await.unwrap();
    assert_eq!(levels, [vec![1, 2, 3], vec![11, 12]]);
}

#[tokio::test(start_paused = true)]
async fn without_spill_over_the_first_link_with_nodes_is_alone_and_looked_for_again() {
    let harness = Harness::with(urls(&[3]), Some(rack_and_datacenters()), false);
    harness.network.cluster(&CLUSTER);
    settle(&harness).await;
    assert_eq!(harness.refresh_tiers().await.unwrap(), [[1, 2]]);
    assert_eq!(harness.network.asked().len(), 1, "only the rack");

    harness.network.cluster(&without(&[1, 2])).dead(1).dead(2);
    assert_eq!(harness.refresh_tiers().await.unwrap(), [[3]]);
    harness.network.cluster(&CLUSTER);
    assert_eq!(harness.refresh_tiers().await.unwrap(), [[1, 2]]);
}
