//! Client certificates: nodes that require them, and nodes that authenticate by them.

use super::certificates::{Authority, Identity};
use super::{tls_problem, with_certificate};
use crate::support::{
    Table, client, config, error_text, eventually, expect_pings, find_in_chain, http_client, ping,
    quick_refresh, quick_retries, ready_client_of, s, signing_config, test_cluster,
};
use alternator_lb_sdk::tls::TlsProblem;
use alternator_lb_sdk::{Alternator, AlternatorExt as _, AuthMode, BuildError, RouteError};
use alternator_test_cluster::{TestCluster, Tokens};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;

const ROLE: &str = "app";
const SECRET: &str = "secret hash";

/// Describes nodes that enforce authorization and take a client certificate for a signature.
fn certified(
    cluster: alternator_test_cluster::Builder,
    authority: &Authority,
    required: bool,
) -> alternator_test_cluster::Builder {
    let node = authority.node();
    cluster
        .nodes(3)
        .tls(node.certificate, node.key)
        .authorization(ROLE, SECRET)
        .client_certificates(authority.pem(), required)
        .client_certificate_role(ROLE)
}

/// Expects that the last operation of each node was signed, or not, and on a connection with a certificate.
fn expect_signed(cluster: &TestCluster, signed: bool) {
    for node in cluster.nodes() {
        let counters = node.counters();
        let is_signed = |(name, _): &(String, String)| name == "authorization";
        assert_eq!(counters.last_headers.iter().any(is_signed), signed);
        assert!(counters.last_client_certificate.is_some());
    }
}

#[tokio::test]
async fn certificate_authenticates_unsigned_requests() {
    let authority = Authority::new();
    for required in [false, true] {
        let cluster = test_cluster!(|cluster| certified(cluster, &authority, required));
        let builder = with_certificate(&cluster, &authority).auth(AuthMode::ClientCertificate);
        let alternator = builder.build().unwrap();
        // Credentials, which are for others, are not used.
        let config = signing_config("another", "secret").alternator(&alternator);
        let client = Client::from_conf(config.build());
        alternator.ready().await.unwrap();
        expect_pings(&client, 9).await;
        expect_signed(&cluster, false);
    }
}

#[tokio::test]
async fn required_authentication_is_satisfied_by_a_certificate_or_by_credentials() {
    let authority = Authority::new();
    let cluster = test_cluster!(|cluster| certified(cluster, &authority, false));
    let builder = with_certificate(&cluster, &authority).auth(AuthMode::Required);
    let (alternator, client) = ready_client_of(builder).await;
    expect_pings(&client, 9).await;
    expect_signed(&cluster, false);
    let config = signing_config(ROLE, SECRET).alternator(&alternator);
    expect_pings(&Client::from_conf(config.build()), 9).await;
    expect_signed(&cluster, true);

    let builder = quick_refresh(&cluster).ca_certificate_pem(authority.pem());
    let alternator = builder.auth(AuthMode::Required).build().unwrap();
    let error = ping(&self::client(&alternator)).await.unwrap_err();
    assert!(
        error.code().is_none(),
        "it was sent: {}",
        error_text(&error)
    );
}

#[tokio::test]
async fn the_plugins_own_requests_are_authenticated_by_the_certificate_too() {
    let authority = Authority::new();
    for mode in [AuthMode::Required, AuthMode::ClientCertificate] {
        let cluster = test_cluster!(|cluster| {
            let cluster = certified(cluster, &authority, true);
            cluster.tokens(Tokens::tablets(16))
        });
        let builder = with_certificate(&cluster, &authority)
            .token_aware()
            .auth(mode);
        let (_alternator, client) = ready_client_of(builder).await;
        let table = Table::create(&client).await;
        eventually("a map is known", async || {
            cluster.reset_counters();
            for key in 0..20 {
                let request = client.get_item().table_name(&table.name);
                let request = request.key("pk", s(key.to_string())).key("sk", s("a"));
                request.send().await.unwrap();
            }
            let nodes = cluster.nodes();
            nodes.iter().all(|node| node.counters().off_replica == 0)
        })
        .await;
    }
}

#[tokio::test]
async fn certificate_mode_without_a_certificate_is_an_error_of_the_build() {
    for seed in ["https://127.0.0.1:8043", "http://127.0.0.1:8000"] {
        let builder = Alternator::builder().seeds([seed]);
        let error = builder.auth(AuthMode::ClientCertificate).build();
        let error = error.unwrap_err();
        assert!(
            matches!(error, BuildError::NoClientCertificate),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn no_unsigned_request_leaves_over_a_client_that_shows_no_certificate() {
    let authority = Authority::new();
    let cluster = test_cluster!(|cluster| certified(cluster, &authority, false));
    for mode in [AuthMode::ClientCertificate, AuthMode::Required] {
        let builder = with_certificate(&cluster, &authority).auth(mode);
        let alternator = builder.build().unwrap();
        let config = config().alternator(&alternator);
        let config = config.http_client(http_client());
        let error = ping(&Client::from_conf(config.build())).await.unwrap_err();
        let error = find_in_chain::<RouteError>(&error).unwrap();
        assert!(matches!(error, RouteError::Unsigned), "{error:?}");

        let config = self::config()
            .endpoint_resolver(alternator.endpoint_resolver())
            .interceptor(alternator.interceptor())
            .allow_no_auth();
        let error = ping(&Client::from_conf(config.build())).await.unwrap_err();
        let error = find_in_chain::<RouteError>(&error).unwrap();
        assert!(matches!(error, RouteError::Unsigned), "{error:?}");
    }
    assert!(
        cluster
            .nodes()
            .iter()
            .all(|node| node.counters().requests == 0)
    );
}

#[tokio::test]
async fn nodes_that_do_not_authenticate_by_certificates_want_signatures_as_ever() {
    let authority = Authority::new();
    let node = authority.node();
    let cluster = test_cluster!(|cluster| {
        let cluster = cluster.nodes(3).tls(node.certificate, node.key);
        let cluster = cluster.client_certificates(authority.pem(), true);
        cluster.authorization(ROLE, SECRET)
    });
    let builder = with_certificate(&cluster, &authority);
    let alternator = builder.clone().build().unwrap();
    let config = signing_config(ROLE, SECRET).alternator(&alternator);
    expect_pings(&Client::from_conf(config.build()), 9).await;
    let alternator = builder.auth(AuthMode::ClientCertificate).build().unwrap();
    let error = ping(&client(&alternator)).await.unwrap_err();
    assert_eq!(error.code(), Some("MissingAuthenticationTokenException"));
}

#[tokio::test]
async fn missing_certificate_is_an_error_that_names_the_node_and_the_setting() {
    let authority = Authority::new();
    let cluster = test_cluster!(|cluster| certified(cluster, &authority, true));
    let builder = quick_refresh(&cluster).ca_certificate_pem(authority.pem());
    let alternator = builder.build().unwrap();
    let config = config().retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    let error = ping(&client).await.unwrap_err();
    let text = error_text(&error);
    let expected = TlsProblem::ClientCertificateRequired;
    assert_eq!(tls_problem(&error), Some(expected.clone()), "{text}");
    assert!(text.contains("https://127.0.0."), "{text}");
    assert!(text.contains(".client_certificate_pem(..)"), "{text}");
    let error = alternator.ready().await.unwrap_err();
    assert_eq!(tls_problem(&error), Some(expected), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(".client_certificate_pem(..)"), "{text}");
}

#[tokio::test]
async fn refused_certificates_are_an_error_that_names_the_node_and_what_to_check() {
    let authority = Authority::named_itself("the CA");
    let cluster = test_cluster!(|cluster| certified(cluster, &authority, true));
    let unknown = Authority::new().client("client");
    // As where a CA was made anew with another key.
    let alike = Authority::named_itself("the CA").client("client");
    let expired = authority.issue(&[], |params| {
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    });
    for Identity {
        certificate, key, ..
    } in [unknown, alike, expired]
    {
        let builder = quick_refresh(&cluster)
            .ca_certificate_pem(authority.pem())
            .client_certificate_pem(certificate, key);
        let alternator = builder.build().unwrap();
        let config = config().retry_config(quick_retries());
        let client = Client::from_conf(config.alternator(&alternator).build());
        let error = ping(&client).await.unwrap_err();
        let text = error_text(&error);
        let expected = TlsProblem::ClientCertificateRefused;
        assert_eq!(tls_problem(&error), Some(expected), "{text}");
        assert!(
            text.contains("https://127.0.0.") && text.contains("trusts its CA"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn node_that_refuses_the_certificate_costs_no_request_and_no_retry() {
    let authority = Authority::new();
    let cluster = test_cluster!(|cluster| certified(cluster, &authority, true));
    // The port of one node is taken by a cluster that trusts other clients.
    let node = cluster.node(1);
    let urls = cluster.urls();
    cluster.remove_node(&node);
    let (identity, other) = (authority.node(), Authority::new());
    let _refusing = TestCluster::builder()
        .port(cluster.port())
        .node(alternator_test_cluster::NodeConfig::new().address(node.address().ip().to_string()))
        .tls(identity.certificate, identity.key)
        .client_certificates(other.pem(), true)
        .start()
        .unwrap();
    let alternator = with_certificate(&cluster, &authority)
        .seeds(urls)
        .without_discovery()
        .auth(AuthMode::ClientCertificate)
        .build()
        .unwrap();
    let config = config().retry_config(RetryConfig::disabled());
    let client = Client::from_conf(config.alternator(&alternator).build());
    expect_pings(&client, 30).await;
}
