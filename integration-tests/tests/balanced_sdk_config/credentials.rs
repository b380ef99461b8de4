//! Signed and unsigned requests of an `SdkConfig`.

use super::{balanced_by, balanced_client, last_header, requests, sdk_config};
use crate::support::{error_text, expect_pings, find_in_chain, ping, quick_refresh, test_cluster};
use alternator_lb_sdk::{AlternatorExt as _, AuthMode, RouteError};
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Builder, Credentials, SharedCredentialsProvider};
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;

pub(crate) fn provider(role: &str, secret: &str) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new(role, secret, None, None, "test"))
}

fn expect_unsigned(cluster: &TestCluster) {
    for node in cluster.nodes() {
        for name in ["authorization", "x-amz-date", "x-amz-security-token"] {
            assert_eq!(last_header(&node, name), None, "{name}");
        }
    }
}

#[tokio::test]
async fn one_signature_is_valid_on_every_node() {
    let cluster = test_cluster!(|cluster| cluster.nodes(3).authorization("role", "secret"));
    let builder = quick_refresh(&cluster).auth(AuthMode::Required);
    let config = sdk_config().credentials_provider(provider("role", "secret"));
    let (_alternator, config) = balanced_by(builder, config).await;
    expect_pings(&Client::new(&config), 9).await;
    assert_eq!(requests(&cluster), [3, 3, 3]);
}

#[tokio::test]
async fn requests_without_credentials_are_unsigned() {
    let cluster = test_cluster!();
    let (_alternator, config) = balanced_by(quick_refresh(&cluster), sdk_config()).await;
    expect_pings(&Client::new(&config), 3).await;
    expect_unsigned(&cluster);
    let at_a_node = Builder::from(&config).endpoint_url(cluster.node(1).url());
    expect_pings(&Client::from_conf(at_a_node.build()), 3).await;
    expect_unsigned(&cluster);
}

#[tokio::test]
async fn server_that_enforces_authorization_sees_a_request_without_a_signature() {
    let cluster = test_cluster!(|cluster| cluster.nodes(3).authorization("role", "secret"));
    let (_alternator, client) = balanced_client(&cluster, sdk_config()).await;
    let error = ping(&client).await.unwrap_err();
    assert_eq!(error.code(), Some("MissingAuthenticationTokenException"));
}

#[tokio::test]
async fn credentials_are_not_used_where_requests_are_to_be_unsigned() {
    let cluster = test_cluster!();
    let builder = quick_refresh(&cluster).auth(AuthMode::Unsigned);
    let config = sdk_config().credentials_provider(provider("aws", "secret"));
    let (_alternator, config) = balanced_by(builder, config).await;
    expect_pings(&Client::new(&config), 3).await;
    expect_unsigned(&cluster);
    // Also those that are set on the client.
    let own = Builder::from(&config).credentials_provider(provider("aws", "secret"));
    expect_pings(&Client::from_conf(own.build()), 3).await;
    expect_unsigned(&cluster);
}

#[tokio::test]
async fn required_signature_that_is_missing_is_an_error() {
    let cluster = test_cluster!();
    let builder = quick_refresh(&cluster).auth(AuthMode::Required);
    let (alternator, config) = balanced_by(builder, sdk_config()).await;
    ping(&Client::new(&config)).await.unwrap_err();
    let unsigned = Builder::from(&config).allow_no_auth();
    let at_a_node = unsigned.clone().endpoint_url(cluster.node(1).url());
    for unsigned in [unsigned, at_a_node] {
        let error = ping(&Client::from_conf(unsigned.build()))
            .await
            .unwrap_err();
        assert!(
            matches!(find_in_chain(&error), Some(RouteError::Unsigned)),
            "{}",
            error_text(error)
        );
    }
    assert_eq!(requests(&cluster), [0, 0, 0]);
    drop(alternator);
}

#[tokio::test]
async fn credentials_that_a_client_adds_are_used() {
    let cluster = test_cluster!(|cluster| cluster.nodes(3).authorization("role", "secret"));
    let (_alternator, config) = balanced_by(quick_refresh(&cluster), sdk_config()).await;
    let own = Builder::from(&config).credentials_provider(provider("role", "secret"));
    expect_pings(&Client::from_conf(own.build()), 3).await;
}

#[tokio::test]
async fn plugin_on_top_sends_unsigned_requests_where_there_are_no_credentials() {
    let cluster = test_cluster!();
    let (alternator, config) = balanced_by(quick_refresh(&cluster), sdk_config()).await;
    for fast_signing in [true, false] {
        let own = quick_refresh(&cluster).fast_signing(fast_signing).build();
        for alternator in [&alternator, &own.unwrap()] {
            let config = Builder::from(&config).alternator(alternator).build();
            expect_pings(&Client::from_conf(config), 3).await;
            expect_unsigned(&cluster);
        }
    }
}
