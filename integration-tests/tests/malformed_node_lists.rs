//! Malformed responses of `/localnodes`.

use crate::support::{Log, client, eventually, expect_pings, quick_refresh, test_cluster};
use alternator_lb_sdk::{Alternator, Scope};
use alternator_test_cluster::TestCluster;

/// Responses that are not valid node lists.
fn malformed_responses() -> Vec<(&'static str, u16, String)> {
    let list = |count: u32| {
        let entries = (0..count).map(|n| std::net::Ipv4Addr::from_bits(0x7f01_0000 + n));
        let entries: Vec<_> = entries.map(|ip| format!("\"{ip}\"")).collect();
        format!("[{}]", entries.join(","))
    };
    let padded = format!("[\"127.0.0.1\"{}]", " ".repeat(2 << 20));
    vec![
        ("garbage", 200, "\u{1}\u{2}garbage".to_owned()),
        ("HTML", 200, "<html><body>Welcome</body></html>".to_owned()),
        (
            "another kind of JSON",
            200,
            r#"{"nodes":["127.0.0.9"]}"#.to_owned(),
        ),
        ("half a list", 200, r#"["127.0.0.9","127"#.to_owned()),
        ("an empty body", 200, String::new()),
        ("an empty list", 200, "[]".to_owned()),
        ("a list without addresses", 200, r#"["a","b"]"#.to_owned()),
        ("500", 500, r#"["127.0.0.9"]"#.to_owned()),
        ("404", 404, r#"["127.0.0.9"]"#.to_owned()),
        ("a redirect", 302, r#"["127.0.0.9"]"#.to_owned()),
        ("ten thousand nodes", 200, list(10_000)),
        ("two MiB", 200, padded),
    ]
}

async fn expect_last_good_list_is_kept(cluster: &TestCluster, scope: Scope) {
    let alternator = quick_refresh(cluster).scope(scope).build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    for (what, status, body) in malformed_responses() {
        for node in cluster.nodes() {
            node.set_localnodes_response(status, body.clone());
        }
        alternator.refresh().await.expect_err(what);
        assert_eq!(alternator.nodes().len(), 3, "{what}");
        cluster.reset_counters();
        expect_pings(&client, 6).await;
        assert!(
            cluster
                .nodes()
                .iter()
                .all(|node| node.counters().requests == 2),
            "{what}"
        );
    }
    for node in cluster.nodes() {
        node.restore_listing();
    }
    alternator.refresh().await.unwrap();
}

#[tokio::test]
async fn malformed_lists_keep_the_last_good_list_in_cluster_scope() {
    expect_last_good_list_is_kept(&test_cluster!(), Scope::cluster()).await;
}

#[tokio::test]
async fn malformed_lists_keep_the_last_good_list_in_datacenter_scope() {
    expect_last_good_list_is_kept(&test_cluster!(), Scope::datacenter("dc1")).await;
}

#[tokio::test]
async fn malformed_list_of_one_node_does_not_affect_discovery_from_another() {
    let cluster = test_cluster!();
    let seeds = [cluster.node(1).url()];
    for (what, status, body) in malformed_responses() {
        cluster.node(0).set_localnodes_response(status, body);
        let alternator = quick_refresh(&cluster)
            .seeds(seeds.clone())
            .build()
            .unwrap();
        alternator.ready().await.unwrap();
        assert_eq!(alternator.nodes().len(), 3, "{what}");
    }
}

fn listed(alternator: &Alternator) -> Vec<String> {
    let mut nodes: Vec<_> = alternator
        .nodes()
        .iter()
        .map(|node| node.url().to_owned())
        .collect();
    nodes.sort();
    nodes
}

#[tokio::test]
async fn invalid_list_entries_are_dropped_with_one_warning() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let invalid = [
        "node-a.internal",
        "e8b9c8a0-6d2f-4a6e-9a3e-1f2a3b4c5d6e",
        "fe80::1%eth0",
        "0.0.0.0",
        "169.254.169.254",
        "fe80::1",
        "255.255.255.255",
        "",
    ];
    let valid = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
    for node in cluster.nodes() {
        node.set_localnodes_entries(invalid.into_iter().chain(valid));
    }
    let alternator = quick_refresh(&cluster).build().unwrap();
    for _ in 0..5 {
        alternator.refresh().await.unwrap();
    }
    assert_eq!(listed(&alternator), cluster.urls());
    let warnings = log.warnings("not addresses of nodes");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        invalid.iter().all(|entry| warnings[0].contains(entry)),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn entries_outside_of_the_allowed_networks_are_dropped_with_one_warning() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let builder = quick_refresh(&cluster).allowed_addresses(["127.0.0.1", "127.0.0.2/32"]);
    let alternator = builder.build().unwrap();
    for _ in 0..5 {
        alternator.refresh().await.unwrap();
    }
    let urls = cluster.urls();
    assert_eq!(listed(&alternator), urls[..2]);
    let warnings = log.warnings("allowed_addresses");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("127.0.0.3"), "{warnings:?}");
}

#[tokio::test]
async fn duplicate_addresses_count_as_one_node() {
    let cluster = test_cluster!();
    for node in cluster.nodes() {
        node.set_localnodes_entries([
            "127.0.0.1",
            "127.0.0.2",
            "127.0.0.1",
            "::ffff:127.0.0.2",
            "127.0.0.3",
        ]);
    }
    let alternator = quick_refresh(&cluster).build().unwrap();
    alternator.ready().await.unwrap();
    assert_eq!(listed(&alternator), cluster.urls());
    expect_pings(&client(&alternator), 9).await;
    assert!(
        cluster
            .nodes()
            .iter()
            .all(|node| node.counters().requests == 3)
    );
}

#[tokio::test]
async fn failing_refreshes_are_logged_once_and_so_is_the_recovery() {
    let log = Log::capture();
    let cluster = test_cluster!();
    let alternator = quick_refresh(&cluster).build().unwrap();
    alternator.ready().await.unwrap();
    for node in cluster.nodes() {
        node.set_localnodes_response(500, "");
    }
    for _ in 0..5 {
        alternator.refresh().await.unwrap_err();
    }
    assert_eq!(log.warnings("cannot be refreshed").len(), 1);
    cluster.node(0).restore_listing();
    eventually("the list is refreshed again", async || {
        alternator.refresh().await.is_ok()
    })
    .await;
    assert_eq!(log.infos("can be refreshed again").len(), 1);
}
