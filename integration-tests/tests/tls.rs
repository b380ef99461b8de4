//! Clusters with HTTPS. Here with an HTTP client that the application has made; the modules have the settings of the
//! builder.

mod certificates;
mod client_certificates;
mod handshake_errors;
mod mismatched_ports;
mod own_http_client;
mod private_link;
mod resumption;
mod rotation;
mod trust;

use crate::support::{
    RecordingClient, client, config, expect_pings, find_in_chain, http_client, ping, quick_refresh,
    quick_retries, test_cluster,
};
use alternator_lb_sdk::tls::{TlsError, TlsProblem};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, Builder, RefreshError};
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{
    Provider, ServerName, TlsContext, TlsContextBuilder, TrustStore,
};
use certificates::{Authority, Identity};
use rcgen::{CertificateParams, KeyPair};
use std::error::Error;

/// Starts three HTTPS nodes with this identity.
macro_rules! https_cluster {
    ($identity:ident) => {
        test_cluster!(|cluster| cluster
            .nodes(3)
            .tls($identity.certificate.as_str(), $identity.key.as_str()))
    };
}
use https_cluster;

/// Settings that trust a CA: with these the SDK's HTTP client is used.
fn with_ca(cluster: &TestCluster, authority: &Authority) -> Builder {
    quick_refresh(cluster).ca_certificate_pem(authority.pem())
}

/// The same with a client certificate: with these the plugin's HTTP client is used.
fn with_certificate(cluster: &TestCluster, authority: &Authority) -> Builder {
    let Identity {
        certificate, key, ..
    } = authority.client("client");
    with_ca(cluster, authority).client_certificate_pem(certificate, key)
}

/// The settings of either HTTP client.
const BUILDERS: [fn(&TestCluster, &Authority) -> Builder; 2] = [with_ca, with_certificate];

/// The problem with TLS that an error tells of.
fn tls_problem(error: &(dyn Error + 'static)) -> Option<TlsProblem> {
    let error = find_in_chain::<TlsError>(error)?;
    Some(error.problem().clone())
}

/// A certificate for `localhost` and the addresses of the nodes.
fn identity() -> Identity {
    identity_of(&["localhost", "127.0.0.1", "127.0.0.2", "127.0.0.3"])
}

fn identity_of(names: &[&str]) -> Identity {
    let key = KeyPair::generate().unwrap();
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let params = CertificateParams::new(names).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Identity {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
        der: certificate.der().to_vec(),
    }
}

/// An HTTP client that trusts only this certificate.
fn client_trusting(identity: &Identity) -> SharedHttpClient {
    client_of(trusting(identity))
}

fn trusting(identity: &Identity) -> TlsContextBuilder {
    let store = TrustStore::empty().with_pem_certificate(identity.certificate.as_str());
    TlsContext::builder().with_trust_store(store)
}

fn client_of(context: TlsContextBuilder) -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(context.build().unwrap())
        .build_https()
}

#[tokio::test]
async fn requests_and_discovery_use_the_applications_trust_store() {
    let identity = identity();
    let cluster = https_cluster!(identity);
    let recorder = RecordingClient::decorating(client_trusting(&identity));
    let alternator = quick_refresh(&cluster).build().unwrap();
    let config = config()
        .http_client(recorder.clone())
        .alternator(&alternator);
    let client = Client::from_conf(config.build());
    alternator.ready().await.unwrap();
    expect_pings(&client, 9).await;
    for node in cluster.nodes() {
        assert!(node.url().starts_with("https://"));
        assert_eq!(recorder.attempts_per_node()[&node.url()], 3);
    }
}

#[tokio::test]
async fn dead_node_fails_no_request_over_https() {
    let identity = identity();
    let cluster = https_cluster!(identity);
    let alternator = quick_refresh(&cluster).build().unwrap();
    let config = config()
        .http_client(client_trusting(&identity))
        .retry_config(RetryConfig::disabled());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    cluster.node(1).stop();
    expect_pings(&client, 9).await;
}

#[tokio::test]
async fn host_name_seed_is_kept_for_tls_verification() {
    let identity = identity();
    let cluster = https_cluster!(identity);
    let seed = format!("https://localhost:{}", cluster.port());
    let recorder = RecordingClient::decorating(client_trusting(&identity));
    let alternator = Alternator::builder().seeds([&seed]).build().unwrap();
    let config = config()
        .http_client(recorder.clone())
        .alternator(&alternator);
    let client = Client::from_conf(config.build());
    expect_pings(&client, 1).await;
    alternator.ready().await.unwrap();
    assert!(
        recorder.discoveries().contains(&seed),
        "discovery uses the host name"
    );
    let mut nodes: Vec<_> = alternator
        .nodes()
        .iter()
        .map(|node| node.url().to_owned())
        .collect();
    nodes.sort();
    assert_eq!(nodes, cluster.urls());
    expect_pings(&client, 3).await;
}

#[tokio::test]
async fn untrusted_certificate_is_an_error() {
    let identity = identity();
    let cluster = https_cluster!(identity);
    let alternator = quick_refresh(&cluster).build().unwrap();
    let config = config()
        .http_client(http_client())
        .retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap_err();
    ping(&client).await.unwrap_err();
    assert!(
        cluster
            .nodes()
            .iter()
            .all(|node| node.counters().requests == 0)
    );
}

#[tokio::test]
async fn sdks_http_client_accepts_an_additional_name_of_every_node() {
    let identity = identity_of(&["alternator.example.com"]);
    let cluster = https_cluster!(identity);
    let name = ServerName::try_from("alternator.example.com").unwrap();
    let accepting = client_of(trusting(&identity).with_additional_server_names(vec![name]));
    for (http_client, is_accepted) in [(accepting, true), (client_trusting(&identity), false)] {
        let alternator = quick_refresh(&cluster).http_client(http_client).build();
        let client = client(alternator.as_ref().unwrap());
        assert_eq!(ping(&client).await.is_ok(), is_accepted);
        assert_eq!(alternator.unwrap().ready().await.is_ok(), is_accepted);
    }
}

#[tokio::test]
async fn seed_whose_certificate_names_no_address_serves() {
    let identity = identity_of(&["localhost"]);
    let cluster = https_cluster!(identity);
    let seed = format!("https://localhost:{}", cluster.port());
    let alternator = Alternator::builder().seeds([&seed]).build().unwrap();
    let config = config()
        .http_client(client_trusting(&identity))
        .alternator(&alternator);
    let client = Client::from_conf(config.build());
    for _ in 0..2 {
        let error = alternator.ready().await.unwrap_err();
        assert!(
            matches!(error, RefreshError::ServedBySeeds { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains("certificate"), "{error}");
        expect_pings(&client, 30).await;
    }
}
