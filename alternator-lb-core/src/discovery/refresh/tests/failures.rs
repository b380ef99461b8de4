//! Refreshes that fail.

use super::*;

async fn known() -> Harness {
    let harness = Harness::new(urls(&[1]), None);
    harness.network.datacenter("dc1", &[("r1", 1), ("r1", 2)]);
    harness.refresh().await.unwrap();
    take_events();
    harness
}

#[tokio::test(start_paused = true)]
async fn invalid_responses_keep_the_last_list() {
    let harness = known().await;
    let too_many: Vec<_> = (0..10_000)
        .map(|n: u32| std::net::Ipv4Addr::from_bits(0x0a00_0001 + n).to_string())
        .collect();
    let too_many = serde_json::to_string(&too_many).unwrap();
    for body in [
        "",
        "[]",
        "<html>busy</html>",
        "{\"nodes\":[]}",
        "[\"node-a\"]",
        &too_many,
    ] {
        harness.network.raw(1, body).raw(2, body);
        harness.refresh().await.unwrap_err();
        assert_eq!(harness.nodes(), [1, 2], "{body:.20}");
    }
}

#[tokio::test(start_paused = true)]
async fn failure_is_reported_when_it_begins_and_when_it_ends() {
    let harness = known().await;
    harness.network.dead(1).dead(2);
    for _ in 0..3 {
        harness.refresh().await.unwrap_err();
    }
    let events = take_events();
    assert_eq!(events.len(), 1, "{events:?}");
    assert!(events[0].starts_with("Failed(NoResponse"), "{events:?}");
    assert!(harness.discovery.last_error().is_some());

    harness.network.datacenter("dc1", &[("r1", 1), ("r1", 2)]);
    for _ in 0..3 {
        harness.refresh().await.unwrap();
    }
    assert_eq!(take_events(), ["Recovered"]);
    assert!(harness.discovery.last_error().is_none());
}

#[tokio::test(start_paused = true)]
async fn entries_that_are_no_address_are_reported_once() {
    let harness = known().await;
    let body = r#"["127.0.0.1","127.0.0.2","node-c"]"#;
    harness.network.raw(1, body).raw(2, body);
    for _ in 0..3 {
        assert_eq!(harness.refresh().await.unwrap(), [1, 2]);
    }
    assert_eq!(take_events(), [r#"Dropped(["node-c"])"#]);
}

#[tokio::test(start_paused = true)]
async fn error_lists_the_unresponsive_nodes_within_the_time_limit() {
    let harness = known().await;
    harness.network.unresponsive(1).unresponsive(2);
    let before = Instant::now();
    let error = harness.refresh().await.unwrap_err().to_string();
    assert!(
        before.elapsed() <= single_flight::LIMIT,
        "{:?}",
        before.elapsed()
    );
    assert!(
        error.contains("http://127.0.0.1:8000: it did not respond within 2s"),
        "{error}"
    );
    assert!(
        error.contains("http://127.0.0.2:8000: it did not respond within 2s"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn ready_needs_only_the_first_success() {
    let harness = Harness::new(urls(&[1]), None);
    harness.discovery.ready().await.unwrap_err();
    harness.network.datacenter("dc1", &[("r1", 1)]);
    harness.discovery.ready().await.unwrap();
    harness.network.dead(1);
    harness.discovery.ready().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn ejected_nodes_are_queried_last() {
    let harness = Harness::new(urls(&[9]), Some(Scope::datacenter("dc1")));
    let members = [("r1", 1), ("r1", 2), ("r1", 3)];
    harness
        .network
        .datacenter("dc1", &members)
        .lists_own(9, "dc1", &members);
    harness.refresh().await.unwrap();
    for last in [1, 2] {
        harness.settle(harness.request(last), Outcome::NotConnected);
    }
    harness.network.take_queries();
    for _ in 0..8 {
        harness.refresh().await.unwrap();
        assert_eq!(harness.network.take_queried_nodes(), [3].into());
    }
}

#[tokio::test]
async fn refresh_without_a_client_fails() {
    let router = router(&urls(&[1]));
    let discovery = Discovery::new(config(urls(&[1]), None), router, Clock::new());
    let error = discovery.refresh().await.unwrap_err();
    assert!(matches!(error, RefreshError::NoHttpClient));
}

#[tokio::test(start_paused = true)]
async fn loopback_address_listed_by_a_remote_node_is_dropped() {
    let remote = NodeUrl::new(Scheme::Http, Host::Ip([10, 0, 0, 1].into()), 8000);
    let harness = Harness::new(vec![remote], None);
    harness.network.raw(1, r#"["10.0.0.1","127.0.0.9","::1"]"#);
    take_events();
    assert_eq!(harness.refresh().await.unwrap(), [1]);
    assert_eq!(take_events(), [r#"Dropped(["127.0.0.9", "::1"])"#]);
}

#[tokio::test(start_paused = true)]
async fn refresh_that_is_dropped_leaves_the_failure_hint_to_the_next() {
    let harness = Harness::new(urls(&[1]), None);
    harness.network.unresponsive(1);
    harness.failure_hint();
    let dropped = tokio::time::timeout(Duration::from_millis(10), harness.refresh()).await;
    assert!(dropped.is_err(), "the refresh waits for a response");
    harness.network.datacenter("dc1", &[("r1", 1)]);
    let wake_ups = &harness.discovery.wake_ups;
    wake_ups.take_failure_hint().unwrap();
    harness.refresh().await.unwrap();
    assert!(wake_ups.take_failure_hint().is_none(), "it is complete");
}
