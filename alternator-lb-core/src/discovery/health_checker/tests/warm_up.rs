//! The connections that are opened before a node gets requests.

use super::*;
use crate::discovery::warm_up::MAX_WARM_CONNECTIONS;

#[tokio::test(start_paused = true)]
async fn ejected_node_is_warmed_up_before_it_is_restored() {
    let (harness, _checker) = checked_with(|config| config.min_idle = 3).await;
    harness.network.take_probes();
    kill(&harness, 2);
    revive(&harness, 2);
    harness.network.slow(2, Duration::from_millis(400));
    pass(200 + 500).await;
    assert_eq!(harness.network.take_probes(), [(2, Shared); 4]);
    assert!(!is_up(&harness, 2), "the connections are not open yet");
    pass(400).await;
    assert!(is_up(&harness, 2));
}

#[tokio::test(start_paused = true)]
async fn first_and_new_nodes_are_warmed_up_and_known_ones_are_not() {
    let (harness, _checker) = checked_with(|config| config.min_idle = 2).await;
    let probed = |harness: &Harness| {
        let mut probes = harness.network.take_probes();
        probes.sort_unstable_by_key(|(last, _)| *last);
        probes.into_iter().map(|(last, _)| last).collect::<Vec<_>>()
    };
    assert_eq!(probed(&harness), [1, 1, 2, 2, 3, 3]);
    let members = [("r1", 1), ("r1", 2), ("r1", 3), ("r1", 4)];
    harness.network.datacenter("dc1", &members);
    harness.refresh().await.unwrap();
    assert_eq!(
        probed(&harness),
        [4, 4, 4],
        "one finds out that it responds"
    );
    harness.refresh().await.unwrap();
    assert_eq!(probed(&harness), [0u8; 0]);
}

#[tokio::test(start_paused = true)]
async fn warm_up_of_a_node_that_hangs_delays_it_by_two_seconds_at_most() {
    let (harness, _checker) = checked_with(|config| config.min_idle = usize::MAX).await;
    assert_eq!(
        harness.network.take_probes().len(),
        3 * MAX_WARM_CONNECTIONS
    );
    let begin = Instant::now();
    harness.network.unresponsive(2);
    let nodes = urls(&[2]);
    let network = harness.network.as_ref();
    warm_up(network, &nodes, usize::MAX, begin + Duration::from_mins(1)).await;
    assert_eq!(begin.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn refresh_ends_in_time_although_nodes_are_slow_to_warm_up() {
    let scope = Scope::rack("dc1", "r1").or(Scope::datacenter("dc1"));
    let scope = scope.or(Scope::cluster());
    let harness = Harness::with_config(urls(&[9]), Some(scope), |config| config.min_idle = 2);
    let slow = Duration::from_millis(1900);
    harness.network.lists_own(9, "dc1", &[("r1", 1)]);
    harness.network.lists_own(1, "dc1", &[("r1", 1)]);
    harness.network.slow(9, slow).slow(1, slow);
    let begin = Instant::now();
    harness.refresh().await.unwrap();
    let probed = harness.network.take_probes();
    assert_eq!(probed, [(1, Shared); 3], "one finds out that it responds");
    assert_eq!(begin.elapsed(), crate::discovery::single_flight::LIMIT);
}
