mod lost_connections;
mod stalled_nodes;
mod warm_up;

use super::*;
use crate::discovery::ConnectionPool::{Separate, Shared};
use crate::discovery::DiscoveryConfig;
use crate::discovery::harness::{Harness, take_ended};
use crate::discovery::simulated_network::{numbers, urls};
use crate::health::{Outcome, State};
use crate::routing::{EndpointState, Plan};
use crate::topology::Scope;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Three known nodes, and a health checker.
async fn checked() -> (Harness, JoinHandle<()>) {
    checked_with(|_| {}).await
}

async fn checked_with(change: impl FnOnce(&mut DiscoveryConfig<()>)) -> (Harness, JoinHandle<()>) {
    let harness = Harness::with_config(urls(&[1, 2, 3]), None, change);
    harness
        .network
        .datacenter("dc1", &[("r1", 1), ("r1", 2), ("r1", 3)]);
    harness.refresh().await.unwrap();
    take_ended();
    let checker = Handle::current().spawn(run(Arc::downgrade(&harness.discovery)));
    (harness, checker)
}

async fn pass(millis: u64) {
    sleep(Duration::from_millis(millis)).await;
}

/// Removes a node from the network, and lets a request find that.
fn kill(harness: &Harness, last: u8) {
    harness.network.dead(last);
    harness.settle(harness.request(last), Outcome::NotConnected);
}

fn revive(harness: &Harness, last: u8) {
    harness.network.lists_own(last, "dc1", &[("r1", last)]);
}

fn is_up(harness: &Harness, last: u8) -> bool {
    harness.state(last).is_up()
}

#[tokio::test(start_paused = true)]
async fn ejected_node_is_probed_over_the_shared_pool_and_restored() {
    let (harness, _checker) = checked().await;
    kill(&harness, 2);
    revive(&harness, 2);
    assert_eq!(harness.network.take_probes(), []);
    pass(200).await;
    assert!(is_up(&harness, 2));
    assert_eq!(harness.network.take_probes(), [(2, Shared)]);
}

#[tokio::test(start_paused = true)]
async fn out_of_scope_node_is_checked_like_the_others() {
    let scope = Scope::rack("dc1", "r1");
    let harness = Harness::with_config(urls(&[1, 2]), Some(scope), |config| {
        config.discovers_local_datacenter = true;
    });
    let members = [("r1", 1), ("r1", 2), ("r2", 3)];
    harness.network.datacenter("dc1", &members);
    harness.refresh().await.unwrap();
    assert_eq!(harness.local_nodes(), (vec![1, 2, 3], vec![3]));
    let _checker = Handle::current().spawn(run(Arc::downgrade(&harness.discovery)));
    kill(&harness, 3);
    assert!(!is_up(&harness, 3));
    harness.network.datacenter("dc1", &members);
    pass(200).await;
    assert!(is_up(&harness, 3));

    let _waiting = harness.request(3);
    harness.network.dead(3);
    pass(2_000).await;
    assert!(!is_up(&harness, 3), "a request waits on it, and it is dead");
}

#[tokio::test(start_paused = true)]
async fn dead_node_is_probed_less_and_less_often_and_not_at_all_while_idle() {
    let (harness, _checker) = checked().await;
    kill(&harness, 2);
    pass(9_000).await;
    let busy = harness.network.take_probes().len();
    assert!((5..=8).contains(&busy), "{busy}");
    pass(3_600_000).await;
    assert!(harness.network.take_probes().len() <= 1);

    // The next request wakes the health checker.
    revive(&harness, 2);
    harness.settle(harness.request(1), Outcome::Responded);
    pass(100).await;
    assert!(is_up(&harness, 2));
}

#[tokio::test(start_paused = true)]
async fn health_checker_without_work_is_idle_until_the_next_request() {
    let (harness, _checker) = checked().await;
    harness.settle(harness.request(1), Outcome::Responded);
    pass(20_000).await;
    assert!(harness.discovery.wake_ups.is_health_checker_idle());
    let _waiting = harness.request(1);
    assert!(!harness.discovery.wake_ups.is_health_checker_idle());
}

#[tokio::test(start_paused = true)]
async fn requests_without_outcomes_wake_the_health_checker_only_while_a_node_is_ejected() {
    let harness = Harness::without_outcomes(urls(&[1, 2, 3]), None, |_| {});
    let members = [("r1", 1), ("r1", 2), ("r1", 3)];
    harness.network.datacenter("dc1", &members);
    harness.refresh().await.unwrap();
    let _checker = Handle::current().spawn(run(Arc::downgrade(&harness.discovery)));
    let is_idle = || harness.discovery.wake_ups.is_health_checker_idle();
    pass(20_000).await;
    for _ in 0..10 {
        drop(harness.request(1));
        assert!(is_idle());
    }
    kill(&harness, 2);
    pass(20_000).await;
    assert!(is_idle());
    revive(&harness, 2);
    drop(harness.request(1));
    assert!(!is_idle());
    pass(100).await;
    assert!(is_up(&harness, 2));
}

#[tokio::test(start_paused = true)]
async fn all_nodes_are_probed_twice_a_second_while_none_is_usable() {
    let (harness, _checker) = checked().await;
    for last in [1, 2, 3] {
        kill(&harness, last);
    }
    // Requests go on failing.
    let load = async {
        loop {
            pass(50).await;
            harness.settle(harness.request(1), Outcome::NotConnected);
        }
    };
    let measure = async {
        pass(8_000).await;
        harness.network.take_probes();
        pass(10_000).await;
        let probes = harness.network.take_probes().len();
        revive(&harness, 3);
        let back = Instant::now();
        while !is_up(&harness, 3) {
            pass(10).await;
        }
        (probes, back.elapsed())
    };
    let (probes, back) = tokio::select! {
        () = load => unreachable!(),
        measured = measure => measured,
    };
    assert!((50..=72).contains(&probes), "{probes}");
    assert!(
        back <= FORCED_PROBE_INTERVAL.mul_f64(1.2) + 2 * TICK,
        "{back:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn unresponsive_node_is_ejected_and_its_requests_are_aborted() {
    let (harness, _checker) = checked().await;
    let waiting = harness.request(2);
    harness.network.unresponsive(2);
    pass(375).await;
    assert_eq!((harness.network.take_probes(), take_ended()), (vec![], 0));
    pass(700).await;
    assert!(!is_up(&harness, 2));
    assert_eq!(
        take_ended(),
        2,
        "again after the ejection, for requests that were about to be sent"
    );
    let probes = harness.network.take_probes();
    assert!(probes.contains(&(2, Separate)), "{probes:?}");
    drop(waiting);
    // It is probed from then on; the probe under way times out after two seconds.
    revive(&harness, 2);
    pass(3_000).await;
    assert!(is_up(&harness, 2));
}

#[tokio::test(start_paused = true)]
async fn slow_node_that_responds_to_probes_is_not_ejected() {
    let (harness, _checker) = checked().await;
    let waiting = harness.request(2);
    pass(60_000).await;
    assert!(is_up(&harness, 2));
    assert_eq!(take_ended(), 0);
    let probes = harness.network.take_probes();
    let probes = probes.iter().filter(|probe| **probe == (2, Separate));
    let probes = probes.count();
    assert!((5..=8).contains(&probes), "less and less often: {probes}");
    harness.settle(waiting, Outcome::Responded);
}

#[tokio::test(start_paused = true)]
async fn no_node_is_ejected_while_none_responds() {
    let (harness, _checker) = checked().await;
    let _waiting = [harness.request(1), harness.request(2), harness.request(3)];
    for last in [1, 2, 3] {
        harness.network.unresponsive(last);
    }
    pass(60_000).await;
    assert!([1, 2, 3].into_iter().all(|last| is_up(&harness, last)));
    assert_eq!(take_ended(), 0);
}

#[tokio::test(start_paused = true)]
async fn two_unresponsive_nodes_of_three_are_ejected() {
    let (harness, _checker) = checked().await;
    let _waiting = [harness.request(1), harness.request(2)];
    harness.network.unresponsive(1).unresponsive(2);
    pass(2_000).await;
    assert!(!is_up(&harness, 1) && !is_up(&harness, 2) && is_up(&harness, 3));
    assert!(take_ended() >= 2);
}

#[tokio::test(start_paused = true)]
async fn health_checker_that_ends_releases_its_permits() {
    let (harness, checker) = checked().await;
    kill(&harness, 2);
    harness.network.unresponsive(2);
    pass(200).await;
    assert_eq!(harness.network.take_probes(), [(2, Shared)]);
    assert!(matches!(harness.state(2), State::HalfOpen { .. }));
    checker.abort();
    assert!(checker.await.unwrap_err().is_cancelled());
    tokio::task::yield_now().await;
    assert!(matches!(harness.state(2), State::Ejected { .. }));
    let now = harness.discovery.clock.now();
    let node = harness.router.snapshot().ejected()[0].clone();
    assert!(node.health().acquire_probe_permit(false, now).is_some());
}

#[tokio::test(start_paused = true)]
async fn health_checker_ends_with_the_discovery() {
    let (harness, checker) = checked().await;
    let waiting = harness.request(1);
    pass(100).await;
    drop((harness, waiting));
    checker.await.unwrap();
}

/// Sends a request to the node that the router selects.
fn routed_request(harness: &Harness) -> Plan<()> {
    let mut plan = Plan::default();
    let now = harness.discovery.clock.now();
    let rng = &mut fastrand::Rng::new();
    harness.router.advance(&mut plan, true, now, rng).unwrap();
    harness.discovery.record_attempt();
    plan
}

fn node_of(plan: &Plan<()>) -> u8 {
    numbers([plan.current().unwrap().node().url()])[0]
}

#[tokio::test(start_paused = true)]
async fn dead_node_gets_no_request_after_an_idle_time() {
    let (harness, _checker) = checked().await;
    kill(&harness, 2);
    for _ in 0..60 {
        pass(30_000).await;
        let request = routed_request(&harness);
        assert_ne!(node_of(&request), 2);
        pass(1).await;
        harness.settle(request, Outcome::Responded);
    }
}

#[tokio::test(start_paused = true)]
async fn health_checker_that_is_no_longer_polled_takes_no_wake_up_from_its_successor() {
    let harness = Harness::new(urls(&[1, 2, 3]), None);
    harness.refresh().await.unwrap_err();
    let mut stuck = pin!(run(Arc::downgrade(&harness.discovery)));
    let polled = poll_fn(|context| Poll::Ready(stuck.as_mut().poll(context))).await;
    assert!(polled.is_pending());
    assert!(harness.discovery.wake_ups.is_health_checker_idle());
    let _checker = Handle::current().spawn(run(Arc::downgrade(&harness.discovery)));
    pass(1_000).await;
    harness.network.unresponsive(2);
    let _waiting = harness.request(2);
    pass(2_000).await;
    assert!(harness.network.take_probes().contains(&(2, Separate)));
}

#[tokio::test(start_paused = true)]
async fn node_that_responds_to_a_request_while_its_probe_fails_is_not_ejected() {
    let (harness, _checker) = checked().await;
    harness.network.unresponsive(2);
    let waiting = harness.request(2);
    while harness.network.take_probes().is_empty() {
        pass(5).await;
    }
    harness.settle(harness.request(2), Outcome::Responded);
    harness.settle(harness.request(1), Outcome::Responded);
    // The first probe has failed by then, and the next has not.
    pass(300).await;
    assert!(is_up(&harness, 2));
    drop(waiting);
}

#[tokio::test(start_paused = true)]
async fn unresponsive_node_is_ejected_although_callers_give_up_early() {
    let (harness, _checker) = checked().await;
    harness.network.unresponsive(2);
    let mut lost = 0;
    for _ in 0..600 {
        pass(50).await;
        let request = routed_request(&harness);
        if node_of(&request) == 2 {
            pass(100).await;
            lost += 1;
        } else {
            pass(1).await;
            harness.settle(request, Outcome::Responded);
        }
    }
    assert!(lost < 20, "{lost}");
}

#[tokio::test(start_paused = true)]
async fn more_unresponsive_nodes_than_probes_at_a_time_are_all_ejected_soon() {
    let harness = Harness::new(urls(&[1]), None);
    let members: Vec<_> = (1..=60).map(|last| ("r1", last)).collect();
    harness.network.datacenter("dc1", &members);
    harness.refresh().await.unwrap();
    let _checker = Handle::current().spawn(run(Arc::downgrade(&harness.discovery)));
    let mut waiting = Vec::new();
    for last in 1..=20 {
        harness.network.unresponsive(last);
        waiting.push(harness.request(last));
    }
    // The three reference nodes are drawn from sixty, twenty of which do not respond: in one case of thirty no node
    // confirms that the network works, and the probe is repeated after twice the time.
    pass(5_000).await;
    assert!((1..=20).all(|last| !is_up(&harness, last)));
    assert!((21..=60).all(|last| is_up(&harness, last)));
}

#[tokio::test(start_paused = true)]
async fn requests_to_an_unresponsive_node_that_left_the_list_are_aborted() {
    let (harness, _checker) = checked().await;
    harness.settle(harness.request(1), Outcome::Responded);
    pass(1_000).await;
    harness.network.unresponsive(2);
    let _waiting = harness.request(2);
    let snapshot = harness.router.snapshot();
    let without = snapshot
        .topology()
        .refreshed(&[urls(&[1, 3])], |_| EndpointState::new(()));
    harness
        .router
        .publish(RoutingSnapshot::new(Arc::new(without)));
    pass(2_000).await;
    assert!(take_ended() > 0);
}

#[tokio::test(start_paused = true)]
async fn failed_probes_are_no_failure_hint() {
    let (harness, _checker) = checked().await;
    kill(&harness, 2);
    let failure_hint = harness.discovery.wake_ups.take_failure_hint();
    failure_hint.unwrap().consume();
    pass(5_000).await;
    assert!(harness.network.take_probes().len() > 2);
    let failure_hint = harness.discovery.wake_ups.take_failure_hint();
    assert!(failure_hint.is_none());
}
