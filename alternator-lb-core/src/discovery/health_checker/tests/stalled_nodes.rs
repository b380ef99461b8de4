//! The probes of a node on which requests wait.

use super::*;
use tokio::time::advance;

const SECOND: Duration = Duration::from_secs(1);
const LOST: Duration = Duration::from_secs(3_600);

/// Waits until the first probe of a node, and returns the time.
async fn first_probe(harness: &Harness) -> Instant {
    while harness.network.take_probes().is_empty() {
        pass(1).await;
    }
    Instant::now()
}

async fn ejection_time(harness: &Harness, last: u8) -> Duration {
    let probed = first_probe(harness).await;
    while is_up(harness, last) {
        pass(1).await;
    }
    probed.elapsed()
}

#[tokio::test(start_paused = true)]
async fn node_to_which_the_first_packets_are_lost_is_not_ejected() {
    let (harness, _checker) = checked().await;
    let _waiting = harness.request(2);
    // They are sent again after a second, and that of the second attempt is lost as well.
    harness.network.slow_to_connect(2, &[SECOND; 3]);
    pass(3_000).await;
    assert!(is_up(&harness, 2));
}

#[tokio::test(start_paused = true)]
async fn node_that_responds_to_the_last_probe_alone_is_not_ejected() {
    let (harness, _checker) = checked().await;
    let _waiting = harness.request(2);
    harness.network.slow_to_connect(2, &[LOST; 2]);
    pass(3_000).await;
    assert!(is_up(&harness, 2));
}

#[tokio::test(start_paused = true)]
async fn unresponsive_node_is_ejected_a_quarter_of_a_second_after_its_connection() {
    let (harness, _checker) = checked().await;
    let _waiting = harness.request(2);
    harness.network.unresponsive(2);
    let time = ejection_time(&harness, 2).await.as_millis();
    assert!((240..=310).contains(&time), "{time} ms");
}

#[tokio::test(start_paused = true)]
async fn node_that_is_gone_is_ejected_as_soon_where_there_is_a_connection_to_it() {
    let (harness, _checker) = checked().await;
    let _waiting = harness.request(2);
    harness.network.unresponsive(2).connected(2);
    harness.network.slow_to_connect(2, &[LOST; 3]);
    let time = ejection_time(&harness, 2).await.as_millis();
    assert!((240..=310).contains(&time), "{time} ms");
}

#[tokio::test(start_paused = true)]
async fn node_that_is_gone_is_ejected_when_a_lost_first_packet_has_been_sent_again() {
    let (harness, _checker) = checked().await;
    let _waiting = harness.request(2);
    harness.network.unresponsive(2);
    harness.network.slow_to_connect(2, &[LOST; 3]);
    let time = ejection_time(&harness, 2).await.as_millis();
    assert!((1_300..=1_500).contains(&time), "{time} ms");
}

#[tokio::test(start_paused = true)]
async fn node_is_not_ejected_for_time_in_which_this_process_stood_still() {
    let (harness, _checker) = checked().await;
    let _waiting = harness.request(2);
    let short = Duration::from_millis(5);
    harness
        .network
        .slow_to_connect(2, &[short; 3])
        .slow(2, short);
    first_probe(&harness).await;
    for _ in 0..3 {
        // Moves the clock without a chance for any task to run meanwhile.
        advance(Duration::from_millis(300)).await;
    }
    pass(1_000).await;
    assert!(is_up(&harness, 2));
}

#[tokio::test(start_paused = true)]
async fn nodes_that_have_responded_are_the_reference() {
    let harness = Harness::new(urls(&[1]), None);
    let members: Vec<_> = (1..=12).map(|last| ("r1", last)).collect();
    harness.network.datacenter("dc1", &members);
    harness.refresh().await.unwrap();
    let _checker = Handle::current().spawn(run(Arc::downgrade(&harness.discovery)));
    let mut waiting = Vec::new();
    for last in 1..=10 {
        harness.network.unresponsive(last);
        waiting.push(harness.request(last));
    }
    for last in [11, 12] {
        harness.settle(harness.request(last), Outcome::Responded);
    }
    pass(1_000).await;
    assert!((1..=10).all(|last| !is_up(&harness, last)));
}
