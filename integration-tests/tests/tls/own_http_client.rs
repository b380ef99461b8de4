//! The plugin's HTTP client, which shows client certificates, behaves as the SDK's.

use super::certificates::Authority;
use super::{BUILDERS, https_cluster, with_ca, with_certificate};
use crate::connections::expect_retirement;
use crate::support::{
    config, error_text, eventually, expect_pings, ping, quick_retries, ready_client_of,
    test_cluster,
};
use alternator_lb_sdk::{AlternatorExt as _, Builder};
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{ReconnectMode, RetryConfig};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::SdkError;
use std::net::SocketAddr;
use std::time::Duration;

#[tokio::test]
async fn handshake_that_hangs_ends_with_the_connect_timeout_and_costs_no_retry() {
    let authority = Authority::new();
    let identity = authority.node();
    let cluster = https_cluster!(identity);
    for builder in BUILDERS {
        let builder = builder(&cluster, &authority);
        cluster.node(1).inject(Fault::Hang);
        let alternator = builder.seeds(cluster.urls()).without_discovery().build();
        let connect = Duration::from_millis(200);
        let config = config()
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().connect_timeout(connect).build())
            .alternator(&alternator.unwrap());
        let client = Client::from_conf(config.build());
        expect_pings(&client, 9).await;
        cluster.node(1).recover();
    }
}

#[tokio::test]
async fn connections_of_a_node_that_leaves_the_list_are_closed_and_no_others() {
    let authority = Authority::new();
    let identity = authority.node();
    for builder in BUILDERS {
        let cluster = https_cluster!(identity);
        expect_retirement(&cluster, builder(&cluster, &authority)).await;
    }
}

#[tokio::test]
async fn read_timeout_is_a_timeout() {
    let authority = Authority::new();
    let identity = authority.node();
    for builder in BUILDERS {
        let cluster = https_cluster!(identity);
        let builder = builder(&cluster, &authority);
        let alternator = builder.without_discovery().build().unwrap();
        let read = Duration::from_millis(200);
        let config = config()
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().read_timeout(read).build())
            .alternator(&alternator);
        let client = Client::from_conf(config.build());
        expect_pings(&client, 1).await;
        cluster.node(0).inject(Fault::Hang);
        let error = ping(&client).await.unwrap_err();
        let text = error_text(&error);
        match &error {
            SdkError::DispatchFailure(failure) => assert!(failure.is_timeout(), "{text}"),
            _ => panic!("{text}"),
        }
        assert!(
            text.contains("HTTP read timeout occurred after 200ms"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn connection_is_closed_where_the_sdk_says_so_and_reused_otherwise() {
    let authority = Authority::new();
    let identity = authority.node();
    for (setting, builder) in BUILDERS.into_iter().enumerate() {
        let mut opened = Vec::new();
        for reconnects in [
            ReconnectMode::ReconnectOnTransientError,
            ReconnectMode::ReuseAllConnections,
        ] {
            let cluster = https_cluster!(identity);
            let builder = builder(&cluster, &authority);
            let alternator = builder.without_discovery().build().unwrap();
            let retries = RetryConfig::disabled().with_reconnect_mode(reconnects);
            let config = config().retry_config(retries).alternator(&alternator);
            let client = Client::from_conf(config.build());
            expect_pings(&client, 3).await;
            let node = cluster.node(0);
            let before = node.counters().connections;
            for _ in 0..3 {
                node.inject(Fault::ServerError { share: 1.0 });
                ping(&client).await.unwrap_err();
                node.recover();
                ping(&client).await.unwrap();
            }
            opened.push(node.counters().connections - before);
        }
        assert_eq!(opened, [3, 0], "HTTP client {setting}");
    }
}

#[tokio::test]
async fn request_that_waits_for_a_node_that_hangs_goes_to_another() {
    let authority = Authority::new();
    let identity = authority.node();
    for builder in BUILDERS {
        let cluster = https_cluster!(identity);
        let builder = builder(&cluster, &authority);
        let alternator = builder.build().unwrap();
        let config = config().retry_config(quick_retries());
        let client = Client::from_conf(config.alternator(&alternator).build());
        alternator.ready().await.unwrap();
        expect_pings(&client, 9).await;
        cluster.node(1).inject(Fault::Hang);
        expect_pings(&client, 9).await;
    }
}

#[tokio::test]
async fn discovery_and_data_share_connections() {
    let authority = Authority::new();
    let identity = authority.node();
    for (setting, builder) in BUILDERS.into_iter().enumerate() {
        let cluster = https_cluster!(identity);
        let builder = builder(&cluster, &authority);
        let (alternator, client) = ready_client_of(builder).await;
        alternator.shutdown().await;
        expect_pings(&client, 9).await;
        let connections = || {
            let nodes = cluster.nodes().into_iter();
            nodes.map(|node| node.counters().connections).sum::<u64>()
        };
        let before = connections();
        for _ in 0..5 {
            alternator.refresh().await.unwrap();
            expect_pings(&client, 3).await;
        }
        assert_eq!(connections(), before, "HTTP client {setting}");
    }
}

#[tokio::test]
async fn connections_end_with_the_last_client() {
    let authority = Authority::new();
    let identity = authority.node();
    for builder in BUILDERS {
        let cluster = https_cluster!(identity);
        let builder = builder(&cluster, &authority);
        let (alternator, client) = ready_client_of(builder).await;
        expect_pings(&client, 9).await;
        drop((alternator, client));
        eventually("all connections are closed", async || {
            let nodes = cluster.nodes();
            nodes
                .iter()
                .all(|node| node.counters().open_connections == 0)
        })
        .await;
    }
}

/// The sockets of this process's connections to the nodes: those with a timer for keepalive, and those without.
#[cfg(target_os = "linux")]
fn keepalive_timers(cluster: &TestCluster) -> (usize, usize) {
    const ESTABLISHED: &str = "01";
    let nodes = cluster.nodes().into_iter().map(|node| {
        // As the kernel's table has an address: the bytes of a number in their order in memory.
        let SocketAddr::V4(address) = node.address() else {
            panic!("{}", node.address());
        };
        let ip = u32::from_ne_bytes(address.ip().octets());
        format!("{ip:08X}:{:04X}", address.port())
    });
    let nodes: Vec<_> = nodes.collect();
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let sockets = table.lines().skip(1).filter_map(|line| {
        let columns: Vec<_> = line.split_whitespace().collect();
        let [_, _, remote, state, _, timer, ..] = columns[..] else {
            panic!("{line}");
        };
        let is_to_a_node = state == ESTABLISHED && nodes.iter().any(|node| node == remote);
        is_to_a_node.then(|| timer.starts_with("02:"))
    });
    let (with, without): (Vec<_>, Vec<_>) = sockets.partition(|has_timer| *has_timer);
    (with.len(), without.len())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn tcp_keepalive_is_on_and_cas_alone_leave_the_sdks_client_which_has_none() {
    let authority = Authority::new();
    let identity = authority.named(&["alternator.example.com", "127.0.0.1"]);
    let cas_and_names: fn(&TestCluster, &Authority) -> Builder = |cluster, authority| {
        with_ca(cluster, authority).additional_server_names(["alternator.example.com"])
    };
    for (builder, is_own) in [(cas_and_names, false), (with_certificate, true)] {
        let cluster = test_cluster!(|cluster| cluster
            .nodes(1)
            .tls(identity.certificate.as_str(), identity.key.as_str()));
        let (_alternator, client) = ready_client_of(builder(&cluster, &authority)).await;
        expect_pings(&client, 3).await;
        // The timer of a packet that is not acknowledged yet precedes that for keepalive.
        eventually(
            "all connections are idle and have the timer, or none",
            async || {
                let (with, without) = keepalive_timers(&cluster);
                match is_own {
                    true => with > 0 && without == 0,
                    false => with == 0 && without > 0,
                }
            },
        )
        .await;
    }
}
