use super::*;
use crate::discovery::ConnectionPool::{Separate, Shared};
use crate::discovery::fake::{numbers, urls};
use crate::discovery::harness::{Harness, ended};
use crate::health::Outcome;
use crate::routing::{EndpointState, Plan};
use crate::topology::Scope;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::Instant;

const LONG: Duration = Duration::from_secs(3600);

/// Three nodes that are known, and a watch over them.
async fn watched() -> (Harness, JoinHandle<()>) {
    let harness = Harness::new(urls(&[1, 2, 3]), None);
    harness
        .network
        .datacenter("dc1", &[("r1", 1), ("r1", 2), ("r1", 3)]);
    harness.refresh().await.unwrap();
    ended();
    let watch = Handle::current().spawn(run(Arc::downgrade(&harness.discovery)));
    (harness, watch)
}

async fn pass(millis: u64) {
    sleep(Duration::from_millis(millis)).await;
}

/// A node that a request has found dead.
fn die(harness: &Harness, last: u8) {
    harness.network.dead(last);
    harness.settle(harness.request(last), Outcome::NotConnected);
}

fn revive(harness: &Harness, last: u8) {
    harness.network.view(last, "dc1", &[("r1", last)]);
}

fn is_up(harness: &Harness, last: u8) -> bool {
    harness.state(last).is_up()
}

#[tokio::test(start_paused = true)]
async fn a_node_that_came_back_is_found_by_a_probe_over_the_connections_of_the_data() {
    let (harness, _watch) = watched().await;
    die(&harness, 2);
    revive(&harness, 2);
    assert_eq!(harness.network.probed(), []);
    pass(200).await;
    assert!(is_up(&harness, 2));
    assert_eq!(harness.network.probed(), [(2, Shared)]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_in_no_scope_is_watched_like_the_others() {
    let scope = Scope::rack("dc1", "r1");
    let harness = Harness::with_settings(urls(&[1, 2]), Some(scope), |settings| {
        settings.discovers_local_datacenter = true;
    });
    let members = [("r1", 1), ("r1", 2), ("r2", 3)];
    harness.network.datacenter("dc1", &members);
    harness.refresh().await.unwrap();
    assert_eq!(harness.home(), (vec![1, 2, 3], vec![3]));
    let _watch = Handle::current().spawn(run(Arc::downgrade(&harness.discovery)));
    die(&harness, 3);
    assert!(!is_up(&harness, 3));
    harness.network.datacenter("dc1", &members);
    pass(200).await;
    assert!(is_up(&harness, 3));

    let _waiting = harness.request(3);
    harness.network.dead(3);
    pass(2_000).await;
    assert!(
        !is_up(&harness, 3),
        "it lets a request wait, and is not there"
    );
}

#[tokio::test(start_paused = true)]
async fn a_dead_node_is_asked_less_and_less_often_and_not_at_all_while_idle() {
    let (harness, _watch) = watched().await;
    die(&harness, 2);
    pass(9_000).await;
    let busy = harness.network.probed().len();
    assert!((5..=8).contains(&busy), "{busy}");
    pass(3_600_000).await;
    assert!(harness.network.probed().len() <= 1);

    // The next request wakes the watch.
    revive(&harness, 2);
    harness.settle(harness.request(1), Outcome::Answered);
    pass(100).await;
    assert!(is_up(&harness, 2));
}

#[tokio::test(start_paused = true)]
async fn an_idle_watch_does_nothing_at_all() {
    let (harness, _watch) = watched().await;
    harness.settle(harness.request(1), Outcome::Answered);
    pass(20_000).await;
    assert!(harness.discovery.wake_ups().is_unwatched());
    let _waiting = harness.request(1);
    assert!(!harness.discovery.wake_ups().is_unwatched());
}

#[tokio::test(start_paused = true)]
async fn while_none_can_be_used_all_are_asked_twice_a_second() {
    let (harness, _watch) = watched().await;
    for last in [1, 2, 3] {
        die(&harness, last);
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
        harness.network.probed();
        pass(10_000).await;
        let probes = harness.network.probed().len();
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
async fn a_node_that_hangs_is_left_out_and_its_requests_are_ended() {
    let (harness, _watch) = watched().await;
    let waiting = harness.request(2);
    harness.network.silent(2);
    pass(375).await;
    assert_eq!((harness.network.probed(), ended()), (vec![], 0));
    pass(700).await;
    assert!(!is_up(&harness, 2));
    assert_eq!(ended(), 2, "and once more for those who were on the way");
    let probed = harness.network.probed();
    assert!(probed.contains(&(2, Separate)), "{probed:?}");
    drop(waiting);
    // From then on it is asked whether it is back; the question under way is given up after two seconds.
    revive(&harness, 2);
    pass(3_000).await;
    assert!(is_up(&harness, 2));
}

#[tokio::test(start_paused = true)]
async fn a_slow_node_that_is_alive_is_left_alone() {
    let (harness, _watch) = watched().await;
    let waiting = harness.request(2);
    pass(60_000).await;
    assert!(is_up(&harness, 2));
    assert_eq!(ended(), 0);
    let asked = harness.network.probed();
    let asked = asked
        .iter()
        .filter(|probe| **probe == (2, Separate))
        .count();
    assert!((5..=8).contains(&asked), "less and less often: {asked}");
    harness.settle(waiting, Outcome::Answered);
}

#[tokio::test(start_paused = true)]
async fn if_nobody_answers_nobody_is_blamed() {
    let (harness, _watch) = watched().await;
    let _waiting = [harness.request(1), harness.request(2), harness.request(3)];
    for last in [1, 2, 3] {
        harness.network.silent(last);
    }
    pass(60_000).await;
    assert!([1, 2, 3].into_iter().all(|last| is_up(&harness, last)));
    assert_eq!(ended(), 0);
}

#[tokio::test(start_paused = true)]
async fn two_of_three_that_hang_are_both_found_out() {
    let (harness, _watch) = watched().await;
    let _waiting = [harness.request(1), harness.request(2)];
    harness.network.silent(1).silent(2);
    pass(2_000).await;
    assert!(!is_up(&harness, 1) && !is_up(&harness, 2) && is_up(&harness, 3));
    assert!(ended() >= 2);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_leaves_no_trial_behind() {
    let (harness, watch) = watched().await;
    die(&harness, 2);
    harness.network.silent(2);
    pass(200).await;
    assert_eq!(harness.network.probed(), [(2, Shared)]);
    watch.abort();
    assert!(watch.await.unwrap_err().is_cancelled());
    tokio::task::yield_now().await;
    let now = harness.discovery.clock().now() + LONG;
    let node = harness.router.snapshot().ejected()[0].clone();
    assert!(
        node.health()
            .acquire_probe_permit(false, now.min(LONG))
            .is_some()
    );
    assert!(matches!(
        harness.state(2),
        crate::health::State::HalfOpen { .. }
    ));
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_the_discovery() {
    let (harness, watch) = watched().await;
    let waiting = harness.request(1);
    pass(100).await;
    drop((harness, waiting));
    watch.await.unwrap();
}

/// A request that goes where the router wants it.
fn anywhere(harness: &Harness) -> Plan<()> {
    let mut plan = Plan::default();
    let now = harness.discovery.clock().now();
    let rng = &mut fastrand::Rng::new();
    harness.router.advance(&mut plan, true, now, rng).unwrap();
    harness.discovery.attempt_begun();
    plan
}

fn node_of(plan: &Plan<()>) -> u8 {
    numbers([plan.current().unwrap().node().url()])[0]
}

#[tokio::test(start_paused = true)]
async fn after_a_pause_no_request_goes_to_a_node_that_was_dead_before() {
    let (harness, _watch) = watched().await;
    die(&harness, 2);
    for _ in 0..60 {
        pass(30_000).await;
        let request = anywhere(&harness);
        assert_ne!(node_of(&request), 2);
        pass(1).await;
        harness.settle(request, Outcome::Answered);
    }
}

#[tokio::test(start_paused = true)]
async fn another_watch_that_was_left_standing_takes_no_word_away() {
    let harness = Harness::new(urls(&[1, 2, 3]), None);
    harness.refresh().await.unwrap_err();
    let mut standing = pin!(run(Arc::downgrade(&harness.discovery)));
    let polled = poll_fn(|context| Poll::Ready(standing.as_mut().poll(context))).await;
    assert!(polled.is_pending());
    assert!(harness.discovery.wake_ups().is_unwatched());
    let _watch = Handle::current().spawn(run(Arc::downgrade(&harness.discovery)));
    pass(1_000).await;
    harness.network.silent(2);
    let _waiting = harness.request(2);
    pass(2_000).await;
    assert!(harness.network.probed().contains(&(2, Separate)));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_answers_while_it_is_asked_stays() {
    let (harness, _watch) = watched().await;
    harness.network.silent(2);
    let waiting = harness.request(2);
    while harness.network.probed().is_empty() {
        pass(5).await;
    }
    harness.settle(harness.request(2), Outcome::Answered);
    harness.settle(harness.request(1), Outcome::Answered);
    // That question has failed by then, and the next has not.
    pass(300).await;
    assert!(is_up(&harness, 2));
    drop(waiting);
}

#[tokio::test(start_paused = true)]
async fn impatient_callers_do_not_hide_a_node_that_hangs() {
    let (harness, _watch) = watched().await;
    harness.network.silent(2);
    let mut lost = 0;
    for _ in 0..600 {
        pass(50).await;
        let request = anywhere(&harness);
        if node_of(&request) == 2 {
            pass(100).await;
            lost += 1;
        } else {
            pass(1).await;
            harness.settle(request, Outcome::Answered);
        }
    }
    assert!(lost < 20, "{lost}");
}

#[tokio::test(start_paused = true)]
async fn many_that_hang_are_all_found_out_soon() {
    let harness = Harness::new(urls(&[1]), None);
    let members: Vec<_> = (1..=60).map(|last| ("r1", last)).collect();
    harness.network.datacenter("dc1", &members);
    harness.refresh().await.unwrap();
    let _watch = Handle::current().spawn(run(Arc::downgrade(&harness.discovery)));
    let mut waiting = Vec::new();
    for last in 1..=20 {
        harness.network.silent(last);
        waiting.push(harness.request(last));
    }
    pass(2_000).await;
    assert!((1..=20).all(|last| !is_up(&harness, last)));
    assert!((21..=60).all(|last| is_up(&harness, last)));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_leaves_the_list_while_a_request_goes_there_is_looked_after() {
    let (harness, _watch) = watched().await;
    harness.settle(harness.request(1), Outcome::Answered);
    pass(1_000).await;
    harness.network.silent(2);
    let _waiting = harness.request(2);
    let table = harness.router.snapshot();
    let without = table
        .topology()
        .refreshed(&[urls(&[1, 3])], |_| EndpointState::new(()));
    harness
        .router
        .publish(RoutingSnapshot::new(Arc::new(without)));
    pass(2_000).await;
    assert!(ended() > 0);
}

#[tokio::test(start_paused = true)]
async fn failed_probes_are_no_reason_to_refresh() {
    let (harness, _watch) = watched().await;
    die(&harness, 2);
    assert!(harness.discovery.wake_ups().take_failure_hint());
    pass(5_000).await;
    assert!(harness.network.probed().len() > 2);
    assert!(!harness.discovery.wake_ups().take_failure_hint());
}
