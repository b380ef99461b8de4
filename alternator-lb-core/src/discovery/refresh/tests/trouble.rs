//! Refreshes that fail.

use super::*;

async fn known() -> Bench {
    let bench = Bench::new(urls(&[1]), None);
    bench.network.datacenter("dc1", &[("r1", 1), ("r1", 2)]);
    bench.refresh().await.unwrap();
    reports();
    bench
}

#[tokio::test(start_paused = true)]
async fn whatever_is_wrong_with_an_answer_the_last_list_stays() {
    let bench = known().await;
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
        bench.network.raw(1, body).raw(2, body);
        bench.refresh().await.unwrap_err();
        assert_eq!(bench.nodes(), [1, 2], "{body:.20}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_reported_when_it_begins_and_when_it_ends() {
    let bench = known().await;
    bench.network.dead(1).dead(2);
    for _ in 0..3 {
        bench.refresh().await.unwrap_err();
    }
    let said = reports();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("Failed(NoAnswer"), "{said:?}");
    assert!(bench.discovery.last_error().is_some());

    bench.network.datacenter("dc1", &[("r1", 1), ("r1", 2)]);
    for _ in 0..3 {
        bench.refresh().await.unwrap();
    }
    assert_eq!(reports(), ["Recovered"]);
    assert!(bench.discovery.last_error().is_none());
}

#[tokio::test(start_paused = true)]
async fn strange_entries_are_reported_once() {
    let bench = known().await;
    bench
        .network
        .raw(1, r#"["127.0.0.1","127.0.0.2","node-c"]"#);
    for _ in 0..3 {
        assert_eq!(bench.refresh().await.unwrap(), [1, 2]);
    }
    assert_eq!(reports(), [r#"Dropped(["node-c"])"#]);
}

#[tokio::test(start_paused = true)]
async fn nodes_that_never_answer_end_in_an_error_that_names_them() {
    let bench = known().await;
    bench.network.silent(1).silent(2);
    let before = Instant::now();
    let error = bench.refresh().await.unwrap_err().to_string();
    assert!(before.elapsed() <= flight::LIMIT, "{:?}", before.elapsed());
    assert!(
        error.contains("http://127.0.0.1:8000: it did not answer within 2s"),
        "{error}"
    );
    assert!(
        error.contains("http://127.0.0.2:8000: it did not answer within 2s"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn ready_waits_for_the_first_success_only() {
    let bench = Bench::new(urls(&[1]), None);
    bench.discovery.ready().await.unwrap_err();
    bench.network.datacenter("dc1", &[("r1", 1)]);
    bench.discovery.ready().await.unwrap();
    bench.network.dead(1);
    bench.discovery.ready().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn nodes_that_are_down_are_asked_last() {
    let bench = Bench::new(urls(&[9]), Some(Scope::datacenter("dc1")));
    let members = [("r1", 1), ("r1", 2), ("r1", 3)];
    bench
        .network
        .datacenter("dc1", &members)
        .view(9, "dc1", &members);
    bench.refresh().await.unwrap();
    for last in [1, 2] {
        let node = bench
            .router
            .table()
            .topology()
            .find(&url(last))
            .unwrap()
            .clone();
        let mut plan = Plan::pinned_to(node);
        bench
            .router
            .advance(&mut plan, true, Duration::ZERO, &mut fastrand::Rng::new())
            .unwrap();
        bench
            .router
            .settle(&mut plan, Outcome::NotConnected, Duration::ZERO);
    }
    bench.network.asked();
    for _ in 0..8 {
        bench.refresh().await.unwrap();
        assert_eq!(bench.network.asked_nodes(), [3].into());
    }
}

#[tokio::test]
async fn without_anything_to_ask_with_there_is_an_error() {
    let seeds = urls(&[1]);
    let table = Table::new(Arc::new(Topology::new(
        std::slice::from_ref(&seeds),
        |_| Peer::new(()),
    )));
    let router = Arc::new(Router::new(table, Policy::default(), 0));
    let settings = Settings {
        seeds,
        scope: Scope::cluster(),
        scope_is_chosen: false,
        spill_over: true,
        knows_datacenter: false,
        intervals: Intervals {
            active: ACTIVE,
            idle: IDLE,
        },
        attach: |_| (),
        end_requests: |()| {},
        report: Box::new(note),
    };
    let discovery = Discovery::new(settings, router, Clock::new());
    assert!(matches!(
        discovery.refresh().await,
        Err(RefreshError::NoHttpClient)
    ));
}

#[tokio::test(start_paused = true)]
async fn a_node_elsewhere_that_names_this_very_host_is_not_believed() {
    let elsewhere = NodeUrl::new(Scheme::Http, Host::Ip([10, 0, 0, 1].into()), 8000);
    let bench = Bench::new(vec![elsewhere], None);
    bench.network.raw(1, r#"["10.0.0.1","127.0.0.9","::1"]"#);
    reports();
    assert_eq!(bench.refresh().await.unwrap(), [1]);
    assert_eq!(reports(), [r#"Dropped(["127.0.0.9", "::1"])"#]);
}
