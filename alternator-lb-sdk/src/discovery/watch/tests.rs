use super::super::Connections::{Apart, OfTheData};
use super::super::bench::{Bench, ended};
use super::super::fake::urls;
use super::*;
use crate::health::Outcome;
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
