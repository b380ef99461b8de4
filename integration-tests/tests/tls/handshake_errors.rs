//! Handshakes that fail: the errors name the node and what to change.

use super::certificates::{ADDRESSES, Authority, Identity};
use super::{BUILDERS, https_cluster, tls_problem};
use crate::support::{
    client, config, error_text, expect_pings, find_in_chain, ping, quick_refresh, quick_retries,
    ready_client_of, test_cluster,
};
use alternator_lb_sdk::tls::{TlsError, TlsProblem};
use alternator_lb_sdk::{AlternatorExt as _, Builder, RefreshError, RouteError};
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;

/// Expects this problem in the errors of a refresh and of an operation, and a text that names a node and `remedy`.
async fn expect_problem(
    cluster: &TestCluster,
    builder: Builder,
    expected: fn(&TlsProblem) -> bool,
    remedy: &str,
) {
    let alternator = builder.build().unwrap();
    let config = config().retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    let error = ping(&client).await.unwrap_err();
    let problem = tls_problem(&error).unwrap_or_else(|| panic!("{}", error_text(&error)));
    assert!(expected(&problem), "{problem:?}");
    let node = find_in_chain::<TlsError>(&error).unwrap().node().to_owned();
    assert!(cluster.urls().contains(&node), "{node}");
    let of_route = find_in_chain::<RouteError>(&error).unwrap().to_string();
    assert!(
        of_route.contains(&node) && of_route.contains(remedy),
        "{of_route}"
    );

    let error = alternator.refresh().await.unwrap_err();
    let problem = tls_problem(&error).unwrap_or_else(|| panic!("{error:?}"));
    assert!(expected(&problem), "{problem:?}");
    let text = error.to_string();
    assert!(
        matches!(error, RefreshError::NoResponse { .. }),
        "{error:?}"
    );
    assert!(
        text.contains(&cluster.node(0).url()) && text.contains(remedy),
        "{text}"
    );
    assert!(
        cluster
            .nodes()
            .iter()
            .all(|node| node.counters().requests == 0)
    );
}

/// Expects the problem with the SDK's HTTP client and with the plugin's, which trust only one CA.
async fn expect_refused(
    identity: Identity,
    trusted: &Authority,
    expected: fn(&TlsProblem) -> bool,
    remedy: &str,
) {
    let cluster = https_cluster!(identity);
    for builder in BUILDERS {
        let builder = builder(&cluster, trusted);
        expect_problem(&cluster, builder, expected, remedy).await;
    }
}

#[tokio::test]
async fn certificate_of_an_unknown_ca() {
    let is = |problem: &_| *problem == TlsProblem::UnknownIssuer;
    let identity = Authority::new().node();
    expect_refused(identity, &Authority::new(), is, ".ca_certificate_pem(..)").await;
}

#[tokio::test]
async fn certificate_without_the_address() {
    let authority = Authority::new();
    let identity = authority.named(&["node.example.com"]);
    let is = |problem: &_| match problem {
        TlsProblem::WrongName { presented, .. } => presented[0].contains("node.example.com"),
        _ => false,
    };
    expect_refused(identity, &authority, is, ".additional_server_names(..)").await;
}

#[tokio::test]
async fn expired_certificate() {
    let authority = Authority::new();
    let identity = authority.issue(&ADDRESSES, |params| {
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    });
    let is = |problem: &_| *problem == TlsProblem::Expired;
    expect_refused(identity, &authority, is, "renew it on the node").await;
}

#[tokio::test]
async fn certificate_that_is_not_valid_yet() {
    let authority = Authority::new();
    let identity = authority.issue(&ADDRESSES, |params| {
        params.not_before = rcgen::date_time_ymd(4000, 1, 1);
    });
    let is = |problem: &_| *problem == TlsProblem::NotYetValid;
    expect_refused(identity, &authority, is, "set the clock of this host right").await;
}

#[tokio::test]
async fn certificate_of_the_ca_itself() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(ADDRESSES.map(str::to_owned)).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap().pem();
    let key = key.serialize_pem();
    let cluster = test_cluster!(|cluster| cluster.tls(certificate.as_str(), key.as_str()));
    let builder = quick_refresh(&cluster).ca_certificate_pem(certificate.as_str());
    let is = |problem: &_| *problem == TlsProblem::UnusableCertificate;
    expect_problem(&cluster, builder, is, "not that of the CA itself").await;
}

#[tokio::test]
async fn application_without_settings_gets_the_same_errors() {
    let identity = Authority::new().node();
    let cluster = https_cluster!(identity);
    let is = |problem: &_| *problem == TlsProblem::UnknownIssuer;
    expect_problem(
        &cluster,
        quick_refresh(&cluster),
        is,
        ".ca_certificate_pem(..)",
    )
    .await;
}

#[tokio::test]
async fn one_node_with_a_bad_certificate_costs_no_request() {
    let authority = Authority::new();
    // The third node has the same certificate, which does not name it.
    let identity = authority.named(&ADDRESSES[..2]);
    let cluster = https_cluster!(identity);
    let builder = quick_refresh(&cluster).ca_certificate_pem(authority.pem());
    let alternator = builder.build().unwrap();
    let config = config().retry_config(RetryConfig::disabled());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    expect_pings(&client, 30).await;
    assert_eq!(cluster.node(2).counters().requests, 0);
}

#[tokio::test]
async fn error_of_an_operation_tells_of_the_last_node_and_a_working_cluster_of_nothing() {
    let authority = Authority::new();
    let identity = authority.node();
    let cluster = https_cluster!(identity);
    let builder = quick_refresh(&cluster).ca_certificate_pem(authority.pem());
    let (alternator, _) = ready_client_of(builder).await;
    for node in cluster.nodes() {
        node.stop();
    }
    let error = ping(&client(&alternator)).await.unwrap_err();
    assert_eq!(tls_problem(&error), None, "{}", error_text(&error));
}
