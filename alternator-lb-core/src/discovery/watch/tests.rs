use super::*;
use crate::discovery::Connections::{Apart, OfTheData};
use crate::discovery::bench::{Bench, ended};
use crate::discovery::fake::{numbers, urls};
use crate::health::Outcome;
use crate::routing::{Peer, Plan};
use crate::topology::Scope;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::Instant;

const LONG: Duration = Duration::from_secs(3600);

/// Three nodes that are known, and a watch over them.
async fn watched() -> (Bench, JoinHandle<()>) {
    let bench = Bench::new(urls(&[1, 2, 3]), None);
    bench
        .network
        .datacenter("dc1", &[("r1", 1), ("r1", 2), ("r1", 3)]);
    bench.refresh().await.unwrap();
    ended();
    let watch = Handle::current().spawn(watch(Arc::downgrade(&bench.discovery)));
    (bench, watch)
}

async fn pass(millis: u64) {
    sleep(Duration::from_millis(millis)).await;
}

/// A node that a request has found dead.
fn die(bench: &Bench, last: u8) {
    bench.network.dead(last);
    bench.settle(bench.request(last), Outcome::NotConnected);
}

fn revive(bench: &Bench, last: u8) {
    bench.network.view(last, "dc1", &[("r1", last)]);
}

fn is_up(bench: &Bench, last: u8) -> bool {
    bench.state(last).is_up()
}

#[tokio::test(start_paused = true)]
async fn a_node_that_came_back_is_found_by_a_probe_over_the_connections_of_the_data() {
    let (bench, _watch) = watched().await;
    die(&bench, 2);
    revive(&bench, 2);
    assert_eq!(bench.network.probed(), []);
    pass(200).await;
    assert!(is_up(&bench, 2));
    assert_eq!(bench.network.probed(), [(2, OfTheData)]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_in_no_scope_is_watched_like_the_others() {
    let scope = Scope::rack("dc1", "r1");
    let bench = Bench::with_settings(urls(&[1, 2]), Some(scope), |settings| {
        settings.knows_datacenter = true;
    });
    let members = [("r1", 1), ("r1", 2), ("r2", 3)];
    bench.network.datacenter("dc1", &members);
    bench.refresh().await.unwrap();
    assert_eq!(bench.home(), (vec![1, 2, 3], vec![3]));
    let _watch = Handle::current().spawn(watch(Arc::downgrade(&bench.discovery)));
    die(&bench, 3);
    assert!(!is_up(&bench, 3));
    bench.network.datacenter("dc1", &members);
    pass(200).await;
    assert!(is_up(&bench, 3));

    let _waiting = bench.request(3);
    bench.network.dead(3);
    pass(2_000).await;
    assert!(
        !is_up(&bench, 3),
        "it lets a request wait, and is not there"
    );
}

#[tokio::test(start_paused = true)]
async fn a_dead_node_is_asked_less_and_less_often_and_not_at_all_while_idle() {
    let (bench, _watch) = watched().await;
    die(&bench, 2);
    pass(9_000).await;
    let busy = bench.network.probed().len();
    assert!((5..=8).contains(&busy), "{busy}");
    pass(3_600_000).await;
    assert!(bench.network.probed().len() <= 1);

    // The next request wakes the watch.
    revive(&bench, 2);
    bench.settle(bench.request(1), Outcome::Answered);
    pass(100).await;
    assert!(is_up(&bench, 2));
}

#[tokio::test(start_paused = true)]
async fn an_idle_watch_does_nothing_at_all() {
    let (bench, _watch) = watched().await;
    bench.settle(bench.request(1), Outcome::Answered);
    pass(20_000).await;
    assert!(bench.discovery.signals().is_unwatched());
    let _waiting = bench.request(1);
    assert!(!bench.discovery.signals().is_unwatched());
}

#[tokio::test(start_paused = true)]
async fn while_none_can_be_used_all_are_asked_twice_a_second() {
    let (bench, _watch) = watched().await;
    for last in [1, 2, 3] {
        die(&bench, last);
    }
    // Requests go on failing.
    let load = async {
        loop {
            pass(50).await;
            bench.settle(bench.request(1), Outcome::NotConnected);
        }
    };
    let measure = async {
        pass(8_000).await;
        bench.network.probed();
        pass(10_000).await;
        let probes = bench.network.probed().len();
        revive(&bench, 3);
        let back = Instant::now();
        while !is_up(&bench, 3) {
            pass(10).await;
        }
        (probes, back.elapsed())
    };
    let (probes, back) = tokio::select! {
        () = load => unreachable!(),
        measured = measure => measured,
    };
    assert!((50..=72).contains(&probes), "{probes}");
    assert!(back <= PRESSING.mul_f64(1.2) + 2 * TICK, "{back:?}");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_hangs_is_left_out_and_its_requests_are_ended() {
    let (bench, _watch) = watched().await;
    let waiting = bench.request(2);
    bench.network.silent(2);
    pass(375).await;
    assert_eq!((bench.network.probed(), ended()), (vec![], 0));
    pass(700).await;
    assert!(!is_up(&bench, 2));
    assert_eq!(ended(), 2, "and once more for those who were on the way");
    let probed = bench.network.probed();
    assert!(probed.contains(&(2, Apart)), "{probed:?}");
    drop(waiting);
    // From then on it is asked whether it is back; the question under way is given up after two seconds.
    revive(&bench, 2);
    pass(3_000).await;
    assert!(is_up(&bench, 2));
}

#[tokio::test(start_paused = true)]
async fn a_slow_node_that_is_alive_is_left_alone() {
    let (bench, _watch) = watched().await;
    let waiting = bench.request(2);
    pass(60_000).await;
    assert!(is_up(&bench, 2));
    assert_eq!(ended(), 0);
    let asked = bench.network.probed();
    let asked = asked.iter().filter(|probe| **probe == (2, Apart)).count();
    assert!((5..=8).contains(&asked), "less and less often: {asked}");
    bench.settle(waiting, Outcome::Answered);
}

#[tokio::test(start_paused = true)]
async fn if_nobody_answers_nobody_is_blamed() {
    let (bench, _watch) = watched().await;
    let _waiting = [bench.request(1), bench.request(2), bench.request(3)];
    for last in [1, 2, 3] {
        bench.network.silent(last);
    }
    pass(60_000).await;
    assert!([1, 2, 3].into_iter().all(|last| is_up(&bench, last)));
    assert_eq!(ended(), 0);
}

#[tokio::test(start_paused = true)]
async fn two_of_three_that_hang_are_both_found_out() {
    let (bench, _watch) = watched().await;
    let _waiting = [bench.request(1), bench.request(2)];
    bench.network.silent(1).silent(2);
    pass(2_000).await;
    assert!(!is_up(&bench, 1) && !is_up(&bench, 2) && is_up(&bench, 3));
    assert!(ended() >= 2);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_leaves_no_trial_behind() {
    let (bench, watch) = watched().await;
    die(&bench, 2);
    bench.network.silent(2);
    pass(200).await;
    assert_eq!(bench.network.probed(), [(2, OfTheData)]);
    watch.abort();
    assert!(watch.await.unwrap_err().is_cancelled());
    tokio::task::yield_now().await;
    let now = bench.discovery.clock().now() + LONG;
    let node = bench.router.table().ejected()[0].clone();
    assert!(node.health().claim_probe(false, now.min(LONG)).is_some());
    assert!(matches!(
        bench.state(2),
        crate::health::State::OnTrial { .. }
    ));
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_the_discovery() {
    let (bench, watch) = watched().await;
    let waiting = bench.request(1);
    pass(100).await;
    drop((bench, waiting));
    watch.await.unwrap();
}

/// A request that goes where the router wants it.
fn anywhere(bench: &Bench) -> Plan<()> {
    let mut plan = Plan::default();
    let now = bench.discovery.clock().now();
    let rng = &mut fastrand::Rng::new();
    bench.router.advance(&mut plan, true, now, rng).unwrap();
    bench.discovery.attempt_begun();
    plan
}

fn node_of(plan: &Plan<()>) -> u8 {
    numbers([plan.current().unwrap().node().url()])[0]
}

#[tokio::test(start_paused = true)]
async fn after_a_pause_no_request_goes_to_a_node_that_was_dead_before() {
    let (bench, _watch) = watched().await;
    die(&bench, 2);
    for _ in 0..60 {
        pass(30_000).await;
        let request = anywhere(&bench);
        assert_ne!(node_of(&request), 2);
        pass(1).await;
        bench.settle(request, Outcome::Answered);
    }
}

#[tokio::test(start_paused = true)]
async fn another_watch_that_was_left_standing_takes_no_word_away() {
    let bench = Bench::new(urls(&[1, 2, 3]), None);
    bench.refresh().await.unwrap_err();
    let mut standing = pin!(watch(Arc::downgrade(&bench.discovery)));
    let polled = poll_fn(|context| Poll::Ready(standing.as_mut().poll(context))).await;
    assert!(polled.is_pending());
    assert!(bench.discovery.signals().is_unwatched());
    let _watch = Handle::current().spawn(watch(Arc::downgrade(&bench.discovery)));
    pass(1_000).await;
    bench.network.silent(2);
    let _waiting = bench.request(2);
    pass(2_000).await;
    assert!(bench.network.probed().contains(&(2, Apart)));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_answers_while_it_is_asked_stays() {
    let (bench, _watch) = watched().await;
    bench.network.silent(2);
    let waiting = bench.request(2);
    while bench.network.probed().is_empty() {
        pass(5).await;
    }
    bench.settle(bench.request(2), Outcome::Answered);
    bench.settle(bench.request(1), Outcome::Answered);
    // That question has failed by then, and the next has not.
    pass(300).await;
    assert!(is_up(&bench, 2));
    drop(waiting);
}

#[tokio::test(start_paused = true)]
async fn impatient_callers_do_not_hide_a_node_that_hangs() {
    let (bench, _watch) = watched().await;
    bench.network.silent(2);
    let mut lost = 0;
    for _ in 0..600 {
        pass(50).await;
        let request = anywhere(&bench);
        if node_of(&request) == 2 {
            pass(100).await;
            lost += 1;
        } else {
            pass(1).await;
            bench.settle(request, Outcome::Answered);
        }
    }
    assert!(lost < 20, "{lost}");
}

#[tokio::test(start_paused = true)]
async fn many_that_hang_are_all_found_out_soon() {
    let bench = Bench::new(urls(&[1]), None);
    let members: Vec<_> = (1..=60).map(|last| ("r1", last)).collect();
    bench.network.datacenter("dc1", &members);
    bench.refresh().await.unwrap();
    let _watch = Handle::current().spawn(watch(Arc::downgrade(&bench.discovery)));
    let mut waiting = Vec::new();
    for last in 1..=20 {
        bench.network.silent(last);
        waiting.push(bench.request(last));
    }
    pass(2_000).await;
    assert!((1..=20).all(|last| !is_up(&bench, last)));
    assert!((21..=60).all(|last| is_up(&bench, last)));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_leaves_the_list_while_a_request_goes_there_is_looked_after() {
    let (bench, _watch) = watched().await;
    bench.settle(bench.request(1), Outcome::Answered);
    pass(1_000).await;
    bench.network.silent(2);
    let _waiting = bench.request(2);
    let table = bench.router.table();
    let without = table
        .topology()
        .refreshed(&[urls(&[1, 3])], |_| Peer::new(()));
    bench.router.publish(Table::new(Arc::new(without)));
    pass(2_000).await;
    assert!(ended() > 0);
}

#[tokio::test(start_paused = true)]
async fn failed_probes_are_no_reason_to_refresh() {
    let (bench, _watch) = watched().await;
    die(&bench, 2);
    assert!(bench.discovery.signals().take_trouble());
    pass(5_000).await;
    assert!(bench.network.probed().len() > 2);
    assert!(!bench.discovery.signals().take_trouble());
}
