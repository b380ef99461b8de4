//! Listed nodes that cannot be reached, although the seed that lists them can.

use super::*;
use crate::health::{EjectionCause, State};
use crate::routing::Plan;

/// A seed that lists two nodes, neither of which can be reached.
fn unreachable() -> Harness {
    let harness = Harness::new(urls(&[9]), None);
    harness.network.lists_own(9, "dc1", &[("r1", 1), ("r1", 2)]);
    harness
}

/// Returns the nodes that requests go to.
fn selected(harness: &Harness) -> Vec<NodeUrl> {
    let select = |_| {
        let (now, rng) = (harness.discovery.clock.now(), &mut fastrand::Rng::new());
        let mut plan = Plan::default();
        harness.router.advance(&mut plan, true, now, rng).unwrap();
        plan.current().unwrap().node().url().clone()
    };
    (0..30).map(select).collect()
}

#[tokio::test(start_paused = true)]
async fn seed_serves_while_no_listed_node_was_reached() {
    let harness = unreachable();
    for _ in 0..3 {
        assert_eq!(harness.refresh().await.unwrap(), [1, 2, 9]);
        assert_eq!(selected(&harness), vec![url(9); 30]);
    }
    for last in [1, 2] {
        assert_eq!(harness.state(last).cause(), Some(EjectionCause::Pending));
    }
    assert_eq!(harness.state(9), State::Up);
}

#[tokio::test(start_paused = true)]
async fn ready_says_that_the_seeds_serve_and_succeeds_once_a_listed_node_was_reached() {
    let harness = unreachable();
    for _ in 0..2 {
        let error = harness.discovery.ready().await.unwrap_err();
        assert!(
            matches!(error, RefreshError::ServedBySeeds { .. }),
            "{error:?}"
        );
        let text = error.to_string();
        for part in [
            "http://127.0.0.1:8000: it could not be reached",
            "without_discovery",
            "broadcast_rpc_address",
            "certificates",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
    harness.network.datacenter("dc1", &[("r1", 2)]);
    harness.discovery.ready().await.unwrap();
    harness.network.dead(2);
    harness.discovery.ready().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn seeds_that_serve_alone_are_reported_once() {
    let harness = unreachable();
    take_events();
    for _ in 0..3 {
        harness.refresh().await.unwrap();
    }
    let events = take_events();
    let reports = events.iter().filter(|e| e.starts_with("ServedBySeeds("));
    assert_eq!(reports.count(), 1, "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn listed_nodes_are_used_once_they_can_be_reached() {
    let harness = unreachable();
    harness.refresh().await.unwrap();
    harness.network.datacenter("dc1", &[("r1", 1), ("r1", 2)]);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2]);
    let nodes = selected(&harness);
    for last in [1, 2] {
        let count = nodes.iter().filter(|node| **node == url(last)).count();
        assert_eq!(count, 15, "{nodes:?}");
    }
    // None is given up for the seed again.
    harness.network.dead(1).dead(2);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn first_list_is_probed_only_if_none_of_its_nodes_returned_it() {
    let harness = Harness::new(urls(&[1]), None);
    harness.network.datacenter("dc1", &THREE_NODES);
    harness.refresh().await.unwrap();
    assert_eq!(harness.network.take_probes(), []);

    let harness = Harness::new(urls(&[9]), None);
    harness.network.datacenter("dc1", &THREE_NODES);
    harness.network.lists_own(9, "dc1", &THREE_NODES).dead(2);
    assert_eq!(harness.refresh().await.unwrap(), [1, 2, 3]);
    assert_eq!(harness.network.take_probes().len(), 3);
    assert_eq!(harness.state(2).cause(), Some(EjectionCause::Pending));
    harness.discovery.ready().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn listed_nodes_that_respond_late_are_waited_for_before_the_seeds_are_said_to_serve_alone() {
    let harness = unreachable();
    harness.network.datacenter("dc1", &[("r1", 1), ("r1", 2)]);
    for last in [1, 2] {
        harness.network.slow(last, Duration::from_millis(1500));
    }
    harness.discovery.ready().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn first_contact_does_not_exceed_the_time_limit() {
    let harness = Harness::new(urls(&[8, 9]), Some(Scope::datacenter("dc1")));
    let members: Vec<_> = (20..120).map(|last| ("r1", last)).collect();
    for (_, last) in &members {
        harness.network.unresponsive(*last);
    }
    harness
        .network
        .lists_own(9, "dc1", &members)
        .unresponsive(8);
    let before = Instant::now();
    harness.discovery.ready().await.unwrap_err();
    assert!(before.elapsed() < single_flight::LIMIT);
}
