//! Nodes that are new in the list.

use super::*;
use crate::discovery::Connections;
use crate::health::{Cause, State};

/// Two nodes that are known, and what a refresh with a third brings.
async fn third(network: impl FnOnce(&Bench)) -> (Bench, State) {
    let bench = Bench::new(urls(&[1]), None);
    bench.network.datacenter("dc1", &[("r1", 1), ("r1", 2)]);
    bench.refresh().await.unwrap();
    assert_eq!(bench.network.probed(), [], "there is nobody else to go to");
    assert_eq!(bench.state(2), State::Up);

    bench
        .network
        .datacenter("dc1", &[("r1", 1), ("r1", 2), ("r1", 3)]);
    network(&bench);
    assert_eq!(bench.refresh().await.unwrap(), [1, 2, 3]);
    let state = bench.state(3);
    (bench, state)
}

#[tokio::test(start_paused = true)]
async fn one_that_answers_is_used_when_the_refresh_is_over() {
    let (bench, state) = third(|_| {}).await;
    assert!(matches!(state, State::Warming { .. }), "{state:?}");
    assert_eq!(bench.network.probed(), [(3, Connections::OfTheData)]);
    bench.refresh().await.unwrap();
    assert_eq!(bench.network.probed(), [], "it is not new any more");
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_listen_yet_is_listed_and_not_used() {
    let (_, state) = third(|bench| {
        bench.network.dead(3);
    })
    .await;
    assert_eq!(state.cause(), Some(Cause::Unproven));
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_does_not_hold_up_the_list() {
    let before = Clock::new();
    let (_, state) = third(|bench| {
        bench.network.silent(3);
    })
    .await;
    assert_eq!(state.cause(), Some(Cause::Unproven));
    assert!(before.now() < Duration::from_secs(1), "{:?}", before.now());
}
