//! Requests that wait on a node which is alive.

use super::*;
use crate::discovery::harness::{set_oldest, take_generations, take_lost};

/// Lets requests wait on a node until the stalled check of it has ended. Returns the probes.
async fn check_stalled(harness: &Harness, last: u8) -> Vec<(u8, ConnectionPool)> {
    harness.settle(harness.request(last), Outcome::Responded);
    let waiting = harness.request(last);
    let mut probes = Vec::new();
    while probes.is_empty() {
        pass(25).await;
        probes = harness.network.take_probes();
    }
    pass(1_500).await;
    drop(waiting);
    probes.extend(harness.network.take_probes());
    probes
}

#[tokio::test(start_paused = true)]
async fn lost_connections_of_a_node_that_is_alive_are_closed_and_their_requests_end() {
    for lost in [1, 2, 9, 10, 40] {
        let (harness, _checker) = checked().await;
        take_generations();
        harness.network.lose_connections(2, lost);
        check_stalled(&harness, 2).await;
        assert_eq!(harness.network.lost_connections(2), 0);
        assert!(is_up(&harness, 2));
        assert_eq!(take_ended(), 0);
        // One round for the first, and one for each eight of the others.
        let rounds = 1 + (lost - 1).div_ceil(8);
        let ended = take_lost();
        assert_eq!(ended.len(), rounds, "{lost}");
        let generations = take_generations();
        assert!(ended.iter().all(|since| generations.contains(since)));
    }
}

#[tokio::test(start_paused = true)]
async fn requests_end_where_the_connections_to_other_nodes_are_lost() {
    let (harness, _checker) = checked().await;
    harness.network.lose_connections(3, 3);
    check_stalled(&harness, 2).await;
    assert_eq!(harness.network.lost_connections(3), 0);
    assert_eq!(take_lost().len(), 2);
    assert!([1, 2, 3].into_iter().all(|last| is_up(&harness, last)));
}

#[tokio::test(start_paused = true)]
async fn slow_requests_over_connections_that_work_do_not_end() {
    let (harness, _checker) = checked().await;
    let probes = check_stalled(&harness, 2).await;
    let over = |pool| probes.iter().filter(|probe| probe.1 == pool).count();
    assert_eq!(probes.first(), Some(&(2, Separate)));
    assert!(over(Shared) >= 3, "{probes:?}");
    let limit = Duration::from_secs(3);
    let now = harness.discovery.clock.now();
    let ended = take_lost();
    assert!(ended.iter().all(|since| *since + limit <= now), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn request_that_waits_much_longer_than_any_response_takes_ends_on_a_node_that_serves_others()
{
    for slowest in [0, 4_000] {
        let (harness, _checker) = checked().await;
        let slow = harness.request(3);
        pass(slowest).await;
        harness.settle(slow, Outcome::Responded);
        let began = harness.discovery.clock.now();
        let _waiting = harness.request(2);
        set_oldest(Some(began));
        take_lost();
        let ended = loop {
            pass(20).await;
            harness.settle(harness.request(2), Outcome::Responded);
            let ended = take_lost();
            if ended.iter().any(|since| *since >= began) {
                break harness.discovery.clock.now();
            }
        };
        let waited = (ended - began).as_millis() as u64;
        let limit = (2 * slowest).max(3_000);
        assert!(
            (limit..=limit + 1_000).contains(&waited),
            "{waited} of {limit}"
        );
        assert!(is_up(&harness, 2));
        set_oldest(None);
    }
}
