//! Clusters that enforce authorization.

use crate::support::{
    config, error_text, expect_pings, ping, quick_refresh, quick_retries, signing_config,
    test_cluster,
};
use alternator_lb_sdk::{AlternatorExt as _, AuthMode};
use alternator_test_cluster::{Builder, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;

const ROLE: &str = "alternator";
const SECRET: &str = "secret hash";

fn enforcing(cluster: Builder) -> Builder {
    cluster.nodes(3).authorization(ROLE, SECRET)
}

async fn error_of(
    cluster: &TestCluster,
    config: aws_sdk_dynamodb::config::Builder,
) -> (String, String) {
    let alternator = quick_refresh(cluster).build().unwrap();
    let client = Client::from_conf(config.alternator(&alternator).build());
    let error = ping(&client).await.unwrap_err();
    (
        error.code().unwrap_or_default().to_owned(),
        error_text(error),
    )
}

#[tokio::test]
async fn signed_requests_are_served_by_every_node() {
    let cluster = test_cluster!(enforcing);
    let alternator = quick_refresh(&cluster)
        .auth(AuthMode::Required)
        .build()
        .unwrap();
    let config = signing_config(ROLE, SECRET).alternator(&alternator);
    let client = Client::from_conf(config.build());
    // Discovery needs no credentials.
    alternator.ready().await.unwrap();
    expect_pings(&client, 9).await;
    for node in cluster.nodes() {
        assert_eq!(node.counters().requests, 3);
    }
}

#[tokio::test]
async fn retried_request_is_signed_for_its_new_node() {
    let cluster = test_cluster!(enforcing);
    let alternator = quick_refresh(&cluster).build().unwrap();
    let config = signing_config(ROLE, SECRET).retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    cluster
        .node(0)
        .inject(alternator_test_cluster::Fault::ServerError { share: 1.0 });
    cluster.node(1).stop();
    expect_pings(&client, 6).await;
}

#[tokio::test]
async fn later_auth_mode_counts() {
    let cluster = test_cluster!(|cluster| cluster.nodes(3));
    for (modes, is_sent) in [
        ([AuthMode::Required, AuthMode::Unsigned], true),
        ([AuthMode::Unsigned, AuthMode::Required], false),
    ] {
        let builder = modes
            .into_iter()
            .fold(quick_refresh(&cluster), alternator_lb_sdk::Builder::auth);
        let alternator = builder.build().unwrap();
        let client = Client::from_conf(config().alternator(&alternator).build());
        assert_eq!(ping(&client).await.is_ok(), is_sent, "{modes:?}");
    }
}

#[tokio::test]
async fn unsigned_requests_fail_with_the_servers_error() {
    let cluster = test_cluster!(enforcing);
    let (code, text) = error_of(&cluster, config()).await;
    assert_eq!(code, "MissingAuthenticationTokenException", "{text}");
}

#[tokio::test]
async fn wrong_secret_or_role_fails_with_the_servers_error_after_one_attempt() {
    let cluster = test_cluster!(enforcing);
    for config in [
        signing_config(ROLE, "something else"),
        signing_config("unknown", SECRET),
    ] {
        let (code, text) = error_of(&cluster, config).await;
        assert_eq!(code, "UnrecognizedClientException", "{text}");
        let requests: u64 = cluster
            .nodes()
            .iter()
            .map(|node| node.counters().requests)
            .sum();
        assert_eq!(requests, 1, "another node would return the same error");
        cluster.reset_counters();
    }
}
