//! New nodes.

use super::*;
use crate::discovery::ConnectionPool;
use crate::health::{EjectionCause, State};

/// Refreshes a list of two nodes with a third one, and returns the state of the third.
async fn add_third(network: impl FnOnce(&Harness)) -> (Harness, State) {
    let harness = Harness::new(urls(&[1]), None);
    harness.network.datacenter("dc1", &[("r1", 1), ("r1", 2)]);
    harness.refresh().await.unwrap();
    assert_eq!(
        harness.network.take_probes(),
        [],
        "there are no other nodes"
    );
    assert_eq!(harness.state(2), State::Up);

    harness.network.datacenter("dc1", &THREE_NODES);
    network(&harness);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2, 3]);
    let state = harness.state(3);
    (harness, state)
}

#[tokio::test(start_paused = true)]
async fn new_node_that_responds_is_used_after_the_refresh() {
    let (harness, state) = add_third(|_| {}).await;
    assert!(matches!(state, State::SlowStart { .. }), "{state:?}");
    assert_eq!(harness.network.take_probes(), [(3, ConnectionPool::Shared)]);
    harness.refresh().await.unwrap();
    assert_eq!(harness.network.take_probes(), [], "it is no longer new");
}

#[tokio::test(start_paused = true)]
async fn new_node_that_does_not_listen_is_listed_as_pending() {
    let (_, state) = add_third(|harness| {
        harness.network.dead(3);
    })
    .await;
    assert_eq!(state.cause(), Some(EjectionCause::Pending));
}

#[tokio::test(start_paused = true)]
async fn new_node_that_does_not_respond_does_not_delay_the_refresh() {
    let before = Clock::new();
    let (_, state) = add_third(|harness| {
        harness.network.unresponsive(3);
    })
    .await;
    assert_eq!(state.cause(), Some(EjectionCause::Pending));
    assert!(before.now() < Duration::from_secs(1), "{:?}", before.now());
}
