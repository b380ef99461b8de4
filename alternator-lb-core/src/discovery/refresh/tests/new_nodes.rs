//! Nodes that are new in the list.

use super::*;
use crate::discovery::ConnectionPool;
use crate::health::{EjectionCause, State};

/// Two nodes that are known, and what a refresh with a third brings.
async fn third(network: impl FnOnce(&Harness)) -> (Harness, State) {
    let harness = Harness::new(urls(&[1]), None);
    harness.network.datacenter("dc1", &[("r1", 1), ("r1", 2)]);
    harness.refresh().await.unwrap();
    assert_eq!(
        harness.network.probed(),
        [],
        "there is nobody else to go to"
    );
    assert_eq!(harness.state(2), State::Up);

    harness
        .network
        .datacenter("dc1", &[("r1", 1), ("r1", 2), ("r1", 3)]);
    network(&harness);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2, 3]);
    let state = harness.state(3);
    (harness, state)
}

#[tokio::test(start_paused = true)]
async fn one_that_answers_is_used_when_the_refresh_is_over() {
    let (harness, state) = third(|_| {}).await;
    assert!(matches!(state, State::SlowStart { .. }), "{state:?}");
    assert_eq!(harness.network.probed(), [(3, ConnectionPool::Shared)]);
    harness.refresh().await.unwrap();
    assert_eq!(harness.network.probed(), [], "it is not new any more");
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_listen_yet_is_listed_and_not_used() {
    let (_, state) = third(|harness| {
        harness.network.dead(3);
    })
    .await;
    assert_eq!(state.cause(), Some(EjectionCause::Pending));
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_does_not_hold_up_the_list() {
    let before = Clock::new();
    let (_, state) = third(|harness| {
        harness.network.silent(3);
    })
    .await;
    assert_eq!(state.cause(), Some(EjectionCause::Pending));
    assert!(before.now() < Duration::from_secs(1), "{:?}", before.now());
}
