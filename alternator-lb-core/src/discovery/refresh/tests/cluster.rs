//! Cluster scope.

use super::*;

fn harness(seeds: &[u8]) -> Harness {
    Harness::new(urls(seeds), None)
}

#[tokio::test(start_paused = true)]
async fn the_nodes_that_the_seed_names_are_in_force() {
    let harness = harness(&[1]);
    harness
        .network
        .datacenter("dc1", &[("r1", 1), ("r2", 2), ("r3", 3)]);
    assert_eq!(harness.nodes(), [1]);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2, 3]);
    assert_eq!(harness.network.asked(), [(1, "/localnodes".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_seed_that_is_not_named_is_no_node() {
    let harness = harness(&[9]);
    harness.network.view(9, "dc1", &[("r1", 1), ("r1", 2)]);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn all_seeds_are_asked_and_their_datacenters_united() {
    let harness = harness(&[1, 11, 2]);
    harness.network.datacenter("dc1", &[("r1", 1), ("r1", 2)]);
    harness.network.datacenter("dc2", &[("r1", 11), ("r1", 12)]);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2, 11, 12]);
    assert_eq!(harness.network.asked_nodes(), [1, 2, 11].into());

    let spans = |reports: Vec<String>| reports.iter().filter(|r| r.contains("Spans")).count();
    assert_eq!(spans(reports()), 1);
    harness.refresh().await.unwrap();
    assert_eq!(spans(reports()), 0, "said once");
}

#[tokio::test(start_paused = true)]
async fn a_datacenter_without_a_living_seed_is_asked_through_another_node() {
    let harness = harness(&[1, 11]);
    harness.network.datacenter("dc1", &[("r1", 1)]);
    harness.network.datacenter("dc2", &[("r1", 11), ("r1", 12)]);
    harness.refresh().await.unwrap();

    harness.network.dead(11);
    harness.network.view(12, "dc2", &[("r1", 12), ("r1", 13)]);
    assert_eq!(harness.refresh().await.unwrap(), [1, 12, 13]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_datacenter_is_kept_for_a_while_and_found_again() {
    let harness = harness(&[1, 11]);
    harness.network.datacenter("dc1", &[("r1", 1)]);
    harness.network.datacenter("dc2", &[("r1", 11), ("r1", 12)]);
    harness.refresh().await.unwrap();

    harness.network.dead(11).dead(12);
    for _ in 0..10 {
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(harness.refresh().await.unwrap(), [1, 11, 12]);
    }
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(harness.refresh().await.unwrap(), [1]);

    harness.network.datacenter("dc2", &[("r1", 11), ("r1", 12)]);
    assert_eq!(harness.refresh().await.unwrap(), [1, 11, 12]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_cut_off_takes_nobody_out() {
    let harness = harness(&[1]);
    harness
        .network
        .datacenter("dc1", &[("r1", 1), ("r1", 2), ("r1", 3)]);
    harness.refresh().await.unwrap();

    harness.network.view(1, "dc1", &[("r1", 1)]);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_two_no_longer_name_is_gone() {
    let harness = harness(&[1]);
    harness
        .network
        .datacenter("dc1", &[("r1", 1), ("r1", 2), ("r1", 3)]);
    harness.refresh().await.unwrap();

    // It still runs, and counts itself in.
    harness.network.view(1, "dc1", &[("r1", 1), ("r1", 2)]);
    harness.network.view(2, "dc1", &[("r1", 1), ("r1", 2)]);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn nodes_that_the_seed_no_longer_names_and_that_do_not_answer_are_gone() {
    let harness = harness(&[1]);
    harness
        .network
        .datacenter("dc1", &[("r1", 1), ("r1", 2), ("r1", 3)]);
    harness.refresh().await.unwrap();

    harness.network.dead(2).silent(3);
    harness.network.view(1, "dc1", &[("r1", 1), ("r1", 4)]);
    assert_eq!(harness.refresh().await.unwrap(), [1, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_has_moved_leaves_its_former_addresses() {
    let harness = harness(&[1, 7]);
    harness.network.datacenter("dc1", &[("r1", 1), ("r1", 2)]);
    harness.refresh().await.unwrap();

    harness.network.dead(1).dead(2);
    harness.network.datacenter("dc1", &[("r1", 7), ("r1", 8)]);
    for _ in 0..3 {
        tokio::time::advance(Duration::from_secs(1)).await;
        harness.refresh().await.unwrap();
    }
    assert_eq!(harness.nodes(), [7, 8]);
}
