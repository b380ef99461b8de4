//! Cluster scope.

use super::*;

fn harness(seeds: &[u8]) -> Harness {
    Harness::new(urls(seeds), None)
}

#[tokio::test(start_paused = true)]
async fn nodes_that_the_seed_lists_are_published() {
    let harness = harness(&[1]);
    harness
        .network
        .datacenter("dc1", &[("r1", 1), ("r2", 2), ("r3", 3)]);
    assert_eq!(harness.nodes(), [1]);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2, 3]);
    assert_eq!(
        harness.network.take_queries(),
        [(1, "/localnodes".to_owned())]
    );
}

#[tokio::test(start_paused = true)]
async fn seed_that_is_not_listed_is_no_node() {
    let harness = harness(&[9]);
    let members = [("r1", 1), ("r1", 2)];
    harness.network.datacenter("dc1", &members);
    harness.network.lists_own(9, "dc1", &members);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn seed_of_each_datacenter_is_queried_and_the_datacenters_are_united() {
    let harness = harness(&[1, 11, 2]);
    harness.network.datacenter("dc1", &[("r1", 1), ("r1", 2)]);
    harness.network.datacenter("dc2", &[("r1", 11), ("r1", 12)]);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2, 11, 12]);
    let mut queried = harness.network.take_queries();
    queried.retain(|(_, path)| path == "/localnodes");
    assert_eq!(
        queried.len(),
        2,
        "those that another one lists are skipped: {queried:?}"
    );

    let spans = |events: Vec<String>| events.iter().filter(|e| e.contains("Spans")).count();
    assert_eq!(spans(take_events()), 1);
    harness.refresh().await.unwrap();
    assert_eq!(spans(take_events()), 0, "reported once");
}

#[tokio::test(start_paused = true)]
async fn datacenter_with_a_dead_seed_is_queried_through_another_node() {
    let harness = harness(&[1, 11]);
    harness.network.datacenter("dc1", &[("r1", 1)]);
    harness.network.datacenter("dc2", &[("r1", 11), ("r1", 12)]);
    harness.refresh().await.unwrap();

    harness.network.dead(11);
    harness
        .network
        .lists_own(12, "dc2", &[("r1", 12), ("r1", 13)]);
    assert_eq!(harness.refresh().await.unwrap(), [1, 12, 13]);
}

#[tokio::test(start_paused = true)]
async fn unresponsive_datacenter_is_kept_for_a_minute_and_found_again() {
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
async fn datacenter_that_responds_again_is_used_with_its_new_nodes() {
    for outages in 0..4 {
        let harness = harness(&[1, 11]);
        harness.network.datacenter("dc1", &[("r1", 1), ("r1", 2)]);
        harness.network.datacenter("dc2", &[("r1", 11), ("r1", 12)]);
        harness.refresh().await.unwrap();
        harness.network.dead(11).dead(12);
        for _ in 0..outages {
            tokio::time::advance(Duration::from_secs(1)).await;
            assert_eq!(harness.refresh().await.unwrap(), [1, 2, 11, 12]);
        }
        take_events();
        harness.network.datacenter("dc2", &[("r1", 11), ("r1", 13)]);
        for _ in 0..3 {
            harness.refresh().await.unwrap();
        }
        assert_eq!(harness.nodes(), [1, 2, 11, 13], "after {outages}");
        let events = take_events();
        let foreign = events.iter().filter(|event| event.starts_with("Foreign"));
        assert_eq!(foreign.count(), 0, "{events:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn partitioned_seed_removes_no_node() {
    let harness = harness(&[1]);
    harness.network.datacenter("dc1", &THREE_NODES);
    harness.refresh().await.unwrap();

    harness.network.lists_own(1, "dc1", &[("r1", 1)]);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn node_that_two_nodes_no_longer_list_is_removed() {
    let harness = harness(&[1]);
    harness.network.datacenter("dc1", &THREE_NODES);
    harness.refresh().await.unwrap();
    harness.network.take_queries();

    // It still runs, and lists all.
    harness.network.lists_own(1, "dc1", &[("r1", 1), ("r1", 2)]);
    harness.network.lists_own(2, "dc1", &[("r1", 1), ("r1", 2)]);
    while harness.refresh().await.unwrap() != [1, 2] {
        // It was the one that was queried.
        let queried = harness.network.take_queries();
        assert!(
            queried.contains(&(3, "/localnodes".to_owned())),
            "{queried:?}"
        );
    }
    assert_eq!(harness.refresh().await.unwrap(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn unlisted_nodes_that_do_not_respond_are_removed() {
    let harness = harness(&[1]);
    harness.network.datacenter("dc1", &THREE_NODES);
    harness.refresh().await.unwrap();

    harness.network.dead(2).unresponsive(3);
    harness.network.lists_own(1, "dc1", &[("r1", 1), ("r1", 4)]);
    assert_eq!(harness.refresh().await.unwrap(), [1, 4]);
}

#[tokio::test(start_paused = true)]
async fn former_addresses_of_a_cluster_that_moved_are_removed() {
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

#[tokio::test(start_paused = true)]
async fn generation_of_the_published_list_changes_only_with_its_nodes() {
    let harness = harness(&[1]);
    harness.network.datacenter("dc1", &[("r1", 1), ("r1", 2)]);
    let generation = || harness.router.snapshot().topology().generation();
    let of_seeds = generation();
    harness.refresh().await.unwrap();
    let first = generation();
    assert!(of_seeds < first);
    harness.settle(harness.request(2), Outcome::NotConnected);
    harness.refresh().await.unwrap();
    assert_eq!(generation(), first, "the same nodes, one of them ejected");
    harness.network.datacenter("dc1", &THREE_NODES);
    harness.refresh().await.unwrap();
    assert!(first < generation());
}
