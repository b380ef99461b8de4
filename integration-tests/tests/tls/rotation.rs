//! New certificates while requests are made.

use super::certificates::{Authority, Identity, Mount};
use super::{BUILDERS, https_cluster, tls_problem};
use crate::support::{
    Load, config, eventually, expect_pings, ping, quick_refresh, ready_client_of, test_cluster,
};
use alternator_lb_sdk::tls::{CertificateError, TlsProblem};
use alternator_lb_sdk::{AlternatorExt as _, AuthMode};
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;

/// Returns whether each node was last asked with this client certificate.
fn all_show(cluster: &TestCluster, identity: &Identity) -> bool {
    let nodes = cluster.nodes();
    let mut shown = nodes
        .iter()
        .map(|node| node.counters().last_client_certificate);
    shown.all(|shown| shown.as_deref() == Some(&identity.der))
}

#[tokio::test]
async fn ca_is_replaced_under_load_without_a_failed_request() {
    let [old, new] = [Authority::new(), Authority::new()];
    let identity = old.node();
    for builder in BUILDERS {
        let cluster = https_cluster!(identity);
        let alternator = builder(&cluster, &old).build().unwrap();
        let config = config().retry_config(RetryConfig::disabled());
        let client = Client::from_conf(config.alternator(&alternator).build());
        alternator.ready().await.unwrap();
        let load = Load::of_pings(&client, 8);
        load.wait_for_requests(100).await;
        let both = old.pem() + &new.pem();
        alternator.replace_ca_certificate_pem(both).unwrap();
        load.wait_for_requests(100).await;
        let renewed = new.node();
        cluster
            .replace_certificate(renewed.certificate, renewed.key)
            .unwrap();
        load.wait_for_requests(100).await;
        alternator.replace_ca_certificate_pem(new.pem()).unwrap();
        load.wait_for_requests(100).await;
        assert_eq!(load.stop().await, Vec::<String>::new());
        alternator.refresh().await.unwrap();
        // It is the new one that is trusted, and the old one no more.
        let former = old.node();
        cluster
            .replace_certificate(former.certificate, former.key)
            .unwrap();
        for node in cluster.nodes() {
            node.stop();
            node.start().unwrap();
        }
        // Requests may still meet connections that the nodes have cut.
        eventually("the former CA is refused", async || {
            let error = ping(&client).await.unwrap_err();
            tls_problem(&error) == Some(TlsProblem::UnknownIssuer)
        })
        .await;
    }
}

#[tokio::test]
async fn client_certificate_is_replaced_under_load_without_a_failed_request() {
    let authority = Authority::new();
    let node = authority.node();
    let cluster = test_cluster!(|cluster| {
        let cluster = cluster.nodes(3).tls(node.certificate, node.key);
        let cluster = cluster.client_certificates(authority.pem(), true);
        cluster
            .authorization("app", "secret")
            .client_certificate_role("app")
    });
    let [old, new] = [authority.client("old"), authority.client("new")];
    let builder = quick_refresh(&cluster)
        .ca_certificate_pem(authority.pem())
        .client_certificate_pem(old.certificate.as_str(), old.key.as_str())
        .auth(AuthMode::ClientCertificate);
    let alternator = builder.build().unwrap();
    let config = config().retry_config(RetryConfig::disabled());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    let load = Load::of_pings(&client, 8);
    load.wait_for_requests(100).await;
    assert!(all_show(&cluster, &old));
    alternator
        .replace_client_certificate_pem(new.certificate.as_str(), new.key.as_str())
        .unwrap();
    // Requests that were under way may still end.
    load.wait_for_requests(100).await;
    assert_eq!(load.stop().await, Vec::<String>::new());
    assert!(all_show(&cluster, &new));
}

#[tokio::test]
async fn no_request_uses_a_former_connection_and_those_are_closed() {
    let authority = Authority::new();
    let identity = authority.node();
    let cluster = https_cluster!(identity);
    let builder = quick_refresh(&cluster).ca_certificate_pem(authority.pem());
    let (alternator, client) = ready_client_of(builder).await;
    expect_pings(&client, 9).await;
    alternator.shutdown().await;
    let opened = |count| {
        let nodes = cluster.nodes();
        let mut opened = nodes.iter().map(|node| node.counters().connections);
        opened.all(|opened| opened == count)
    };
    eventually("requests open no connections", async || {
        cluster.reset_counters();
        expect_pings(&client, 9).await;
        opened(0)
    })
    .await;
    alternator.reload_certificates().unwrap();
    expect_pings(&client, 9).await;
    assert!(opened(0), "nothing has changed");

    let both = authority.pem() + &Authority::new().pem();
    alternator.replace_ca_certificate_pem(both).unwrap();
    eventually("the former connections are closed", async || {
        let nodes = cluster.nodes();
        nodes
            .iter()
            .all(|node| node.counters().open_connections == 0)
    })
    .await;
    expect_pings(&client, 9).await;
    assert!(opened(1));
}

#[tokio::test]
async fn files_are_read_again_on_reload_and_bad_ones_change_nothing() {
    let [old, new] = [Authority::new(), Authority::new()];
    let mount = Mount::new();
    let [first, second] = [old.client("first"), old.client("second")];
    mount.write("ca.crt", &old.pem());
    mount.write_identity(&first);
    let node = old.node();
    let cluster = test_cluster!(|cluster| {
        let cluster = cluster.nodes(3).tls(node.certificate, node.key);
        cluster.client_certificates(old.pem(), true)
    });
    let builder = quick_refresh(&cluster)
        .ca_certificate_file(mount.file("ca.crt"))
        .client_certificate_files(mount.file("tls.crt"), mount.file("tls.key"));
    let (alternator, client) = ready_client_of(builder).await;
    expect_pings(&client, 9).await;
    assert!(all_show(&cluster, &first));

    mount.write("tls.crt", &second.certificate);
    let error = alternator.reload_certificates().unwrap_err();
    assert!(
        matches!(error, CertificateError::UnusableKey { .. }),
        "{error:?}"
    );
    expect_pings(&client, 9).await;
    assert!(all_show(&cluster, &first), "half a pair is not used");

    mount.write_identity(&second);
    alternator.reload_certificates().unwrap();
    expect_pings(&client, 9).await;
    assert!(all_show(&cluster, &second));

    mount.write("ca.crt", "");
    let error = alternator.reload_certificates().unwrap_err();
    assert!(
        matches!(error, CertificateError::NoCertificate { .. }),
        "{error:?}"
    );
    expect_pings(&client, 9).await;

    let renewed = new.node();
    cluster
        .replace_certificate(renewed.certificate, renewed.key)
        .unwrap();
    mount.write("ca.crt", &new.pem());
    alternator.reload_certificates().unwrap();
    expect_pings(&client, 9).await;
    std::fs::remove_file(mount.file("ca.crt")).unwrap();
    let error = alternator.reload_certificates().unwrap_err();
    assert!(
        matches!(error, CertificateError::Unreadable { .. }),
        "{error:?}"
    );
    expect_pings(&client, 9).await;
}
