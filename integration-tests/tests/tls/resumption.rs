//! TLS sessions: a new connection to a node that is known needs no full handshake.

use super::certificates::Authority;
use super::{BUILDERS, https_cluster};
use crate::support::{
    config, eventually, expect_pings, quick_refresh, quick_retries, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, Builder};
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Client;

/// The full and the resumed handshakes of all nodes.
fn handshakes(cluster: &TestCluster) -> (u64, u64) {
    let counters = cluster.nodes().into_iter().map(|node| node.counters());
    counters.fold((0, 0), |(full, resumed), node| {
        (
            full + node.full_handshakes,
            resumed + node.resumed_handshakes,
        )
    })
}

async fn connected(builder: Builder) -> (Alternator, Client) {
    let alternator = builder.build().unwrap();
    let config = config().retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    expect_pings(&client, 9).await;
    (alternator, client)
}

/// Restarts all nodes, and waits until requests are served by each.
async fn reconnect(cluster: &TestCluster, client: &Client) {
    for node in cluster.nodes() {
        node.stop();
        node.start().unwrap();
    }
    let before: Vec<_> = requests(cluster);
    eventually("every node serves", async || {
        expect_pings(client, 1).await;
        let now = requests(cluster);
        now.iter().zip(&before).all(|(now, before)| now > before)
    })
    .await;
}

fn requests(cluster: &TestCluster) -> Vec<u64> {
    let nodes = cluster.nodes().into_iter();
    nodes.map(|node| node.counters().requests).collect()
}

#[tokio::test]
async fn new_connections_resume_sessions() {
    let authority = Authority::new();
    let identity = authority.node();
    // The SDK's client has sessions of its own for probes, each of which begins with one full handshake.
    for (builder, allowed) in BUILDERS.into_iter().zip([3, 0]) {
        let cluster = https_cluster!(identity);
        let (_alternator, client) = connected(builder(&cluster, &authority)).await;
        let (full, resumed) = handshakes(&cluster);
        for _ in 0..5 {
            reconnect(&cluster, &client).await;
        }
        let (full_then, resumed_then) = handshakes(&cluster);
        assert!(full_then - full <= allowed, "{} more", full_then - full);
        assert!(resumed_then - resumed >= 15, "{}", resumed_then - resumed);
    }
}

#[tokio::test]
async fn no_session_outlives_the_certificates_that_it_began_with() {
    let authority = Authority::new();
    let identity = authority.node();
    let cluster = https_cluster!(identity);
    let builder = quick_refresh(&cluster).ca_certificate_pem(authority.pem());
    let (alternator, client) = connected(builder).await;
    cluster.reset_counters();
    let both = authority.pem() + &Authority::new().pem();
    alternator.replace_ca_certificate_pem(both).unwrap();
    expect_pings(&client, 9).await;
    let (full, _) = handshakes(&cluster);
    assert!(full >= 3, "{full}");
    // A CA that is trusted no more is trusted in no session either.
    alternator
        .replace_ca_certificate_pem(Authority::new().pem())
        .unwrap();
    cluster.reset_counters();
    crate::support::ping(&client).await.unwrap_err();
    assert_eq!(requests(&cluster), [0, 0, 0]);
}
