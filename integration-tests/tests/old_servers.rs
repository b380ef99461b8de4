//! Servers before 2025.1, which ignore the datacenter and rack of `/localnodes` and list all their nodes.

use crate::scopes::two_datacenters;
use crate::support::{client, expect_pings, find_in_chain, ping, quick_refresh, test_cluster};
use alternator_lb_sdk::{RefreshError, RouteError, Scope};
use alternator_test_cluster::{Builder, Version};

fn old(cluster: Builder) -> Builder {
    two_datacenters(cluster).version(Version::V6_2)
}

#[tokio::test]
async fn scope_chain_with_the_cluster_is_served_by_the_cluster_on_old_servers() {
    let cluster = test_cluster!(old);
    let scope = Scope::rack("dc1", "r1")
        .or(Scope::datacenter("dc1"))
        .or(Scope::cluster());
    let alternator = quick_refresh(&cluster).scope(scope).build().unwrap();
    alternator.ready().await.unwrap();
    expect_pings(&client(&alternator), 9).await;
    let spread: Vec<_> = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().requests)
        .collect();
    assert_eq!(spread, [3, 3, 3, 0, 0]);
}

#[tokio::test]
async fn scope_chain_without_the_cluster_is_an_error_on_old_servers() {
    let cluster = test_cluster!(old);
    for scope in [
        Scope::datacenter("dc1"),
        Scope::rack("dc1", "r1").or(Scope::datacenter("dc1")),
    ] {
        let alternator = quick_refresh(&cluster).scope(scope).build().unwrap();
        let error = alternator.ready().await.unwrap_err();
        assert!(
            matches!(error, RefreshError::ScopeUnsupported { .. }),
            "{error:?}"
        );

        cluster.reset_counters();
        let error = ping(&client(&alternator)).await.unwrap_err();
        let reason = find_in_chain::<RouteError>(&error).expect("a reason");
        assert!(
            matches!(reason, RouteError::ScopeUnsupported { .. }),
            "{reason:?}"
        );
        assert!(
            reason.to_string().contains(".or(Scope::cluster())"),
            "{reason}"
        );
        assert!(
            cluster
                .nodes()
                .iter()
                .all(|node| node.counters().requests == 0)
        );
    }
}

#[tokio::test]
async fn old_servers_serve_requests_without_a_scope() {
    let cluster = test_cluster!(old);
    let alternator = quick_refresh(&cluster).build().unwrap();
    alternator.ready().await.unwrap();
    expect_pings(&client(&alternator), 3).await;
}
