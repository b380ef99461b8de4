//! Seeds that are names.

use super::*;
use crate::discovery::seed_names::LookUpReasons;
use crate::discovery::{AllowedAddresses, DiscoveryTask};

fn name(scheme: Scheme) -> NodeUrl {
    NodeUrl::new(scheme, Host::Name("db".into()), 8000)
}

#[tokio::test(start_paused = true)]
async fn every_address_of_a_name_is_a_seed() {
    let harness = Harness::new(vec![name(Scheme::Http)], None);
    harness.network.name("db", &[1, 2]);
    harness.network.dead(1);
    harness.network.lists_own(2, "dc1", &[("r1", 2), ("r1", 3)]);
    assert_eq!(harness.refresh().await.unwrap(), [2, 3]);
    assert_eq!(harness.network.take_queried_nodes(), [1, 2].into());
}

#[tokio::test(start_paused = true)]
async fn requests_go_to_all_addresses_until_nodes_are_known() {
    let harness = Harness::new(vec![name(Scheme::Http)], None);
    harness.network.name("db", &[1, 2]);
    harness.refresh().await.unwrap_err();
    assert_eq!(harness.nodes(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn names_are_looked_up_again_after_failures_but_not_within_the_interval() {
    let harness = Harness::new(vec![name(Scheme::Http)], None);
    harness.network.name("db", &[1]);
    harness.network.datacenter("dc1", &[("r1", 1)]);
    harness.refresh().await.unwrap();
    assert_eq!(harness.network.look_ups(), 1);

    tokio::time::advance(Duration::from_secs(3600)).await;
    harness.refresh().await.unwrap();
    assert_eq!(harness.network.look_ups(), 1, "no node fails");

    // The whole cluster has other addresses.
    harness.network.name("db", &[7]);
    harness
        .network
        .dead(1)
        .datacenter("dc1", &[("r1", 7), ("r1", 8)]);
    harness.failure_hint();
    assert_eq!(harness.refresh().await.unwrap(), [1, 7, 8]);
    assert_eq!(harness.network.look_ups(), 2);

    for _ in 0..5 {
        harness.failure_hint();
        harness.refresh().await.unwrap();
    }
    assert_eq!(harness.network.look_ups(), 2, "within 30 s");
    assert_eq!(harness.nodes(), [7, 8], "the cluster has moved");
    tokio::time::advance(Duration::from_secs(31)).await;
    harness.failure_hint();
    harness.refresh().await.unwrap();
    assert_eq!(harness.network.look_ups(), 3);
    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(
        harness.refresh().await.unwrap(),
        [7, 8],
        "the old address has been unresponsive for long enough"
    );
}

#[tokio::test(start_paused = true)]
async fn failed_look_up_keeps_the_former_addresses() {
    let harness = Harness::new(vec![name(Scheme::Http)], None);
    harness.network.name("db", &[1]);
    harness.network.datacenter("dc1", &[("r1", 1)]);
    harness.refresh().await.unwrap();
    harness.network.remove_name("db");
    tokio::time::advance(Duration::from_secs(31)).await;
    harness.failure_hint();
    assert_eq!(harness.refresh().await.unwrap(), [1]);
    assert_eq!(harness.network.look_ups(), 2);
}

#[tokio::test(start_paused = true)]
async fn failed_look_up_is_retried_in_the_next_refresh() {
    let harness = Harness::new(vec![name(Scheme::Http)], None);
    let error = harness.refresh().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("http://db:8000: its name could not be resolved"),
        "{error}"
    );
    harness.network.name("db", &[1]);
    harness.network.datacenter("dc1", &[("r1", 1)]);
    assert_eq!(harness.refresh().await.unwrap(), [1]);
}

#[tokio::test(start_paused = true)]
async fn name_over_https_is_not_looked_up() {
    let harness = Harness::new(vec![name(Scheme::Https)], None);
    harness.network.name("db", &[1]);
    let reasons = LookUpReasons {
        is_failing: true,
        ..LookUpReasons::default()
    };
    let (seeds, failures) = harness
        .discovery
        .seed_names
        .resolve(
            &harness.discovery.config.seeds,
            harness.network.as_ref(),
            &reasons,
            Clock::new(),
        )
        .await;
    assert_eq!(seeds, [name(Scheme::Https)]);
    assert!(failures.is_empty());
    assert_eq!(harness.network.look_ups(), 0);
}

#[tokio::test(start_paused = true)]
async fn silent_address_of_a_name_is_a_reason_to_look_it_up_again() {
    let harness = Harness::new(vec![name(Scheme::Http)], None);
    harness.network.name("db", &[1, 9]);
    harness.network.datacenter("dc1", &[("r1", 1), ("r1", 2)]);
    harness.network.unresponsive(9);
    harness.refresh().await.unwrap();
    harness.network.name("db", &[1]);
    tokio::time::advance(Duration::from_secs(31)).await;
    harness.refresh().await.unwrap();
    assert_eq!(harness.network.look_ups(), 2);
    harness.network.take_queries();
    tokio::time::advance(Duration::from_secs(31)).await;
    harness.refresh().await.unwrap();
    assert_eq!(harness.network.look_ups(), 2, "no seed is silent any more");
    assert!(!harness.network.take_queried_nodes().contains(&9));
}

#[tokio::test(start_paused = true)]
async fn cluster_whose_nodes_were_all_replaced_is_back_within_three_seconds_of_the_new_record() {
    for is_silent in [true, false] {
        for delay in (0..60).map(|tenths| Duration::from_millis(10_000 + tenths * 100)) {
            let harness = Harness::new(vec![name(Scheme::Http)], None);
            harness.network.name("db", &[1, 2, 3]);
            harness.network.datacenter("dc1", &THREE_NODES);
            let task = DiscoveryTask::default();
            task.ensure(&harness.discovery, harness.discovery.clock.now());
            tokio::time::sleep(Duration::from_secs(2)).await;
            assert_eq!(harness.nodes(), [1, 2, 3]);
            take_events();

            for last in 1..=3 {
                match is_silent {
                    true => harness.network.unresponsive(last),
                    false => harness.network.dead(last),
                };
            }
            harness.network.datacenter("dc1", &[("r1", 7), ("r1", 8)]);
            let request = async || {
                harness.discovery.record_request();
                harness.failure_hint();
                tokio::time::sleep(Duration::from_millis(50)).await;
            };
            let replaced = Instant::now();
            while replaced.elapsed() < delay {
                request().await;
            }
            harness.network.name("db", &[7, 8]);
            let renamed = Instant::now();
            while !harness.nodes().ends_with(&[7, 8]) {
                request().await;
                let waited = renamed.elapsed();
                assert!(
                    waited < Duration::from_secs(3),
                    "{delay:?}, silent: {is_silent}"
                );
            }
            for _ in 0..400 {
                request().await;
            }
            assert_eq!(harness.nodes(), [7, 8]);
            let events = take_events();
            assert!(
                !events.iter().any(|event| event.starts_with("Spans")),
                "{events:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn names_are_looked_up_every_second_or_two_while_no_node_responds() {
    let harness = Harness::new(vec![name(Scheme::Http)], None);
    harness.network.name("db", &[1]);
    harness.network.unresponsive(1);
    let task = DiscoveryTask::default();
    task.ensure(&harness.discovery, harness.discovery.clock.now());
    for _ in 0..600 {
        harness.discovery.record_request();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let look_ups = harness.network.look_ups();
    assert!((30..=70).contains(&look_ups), "{look_ups} in a minute");
}

#[tokio::test(start_paused = true)]
async fn addresses_that_are_not_allowed_are_no_seeds_and_no_nodes() {
    let networks = ["127.0.0.1".to_owned(), "127.0.0.8/30".to_owned()];
    let harness = Harness::with_config(vec![name(Scheme::Http)], None, |config| {
        config.allowed_addresses = AllowedAddresses::in_networks(&networks).unwrap();
    });
    harness.network.name("db", &[1, 2]);
    let members = [("r1", 1), ("r1", 2), ("r1", 8), ("r1", 12)];
    harness.network.datacenter("dc1", &members);
    assert_eq!(harness.refresh().await.unwrap(), [1, 8]);
    assert_eq!(harness.network.take_queried_nodes(), [1].into());
}
