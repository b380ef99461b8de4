//! Selection of credentials, region and signing.

use crate::support::{
    Log, RecordingClient, client, config, error_text, expect_pings, find_in_chain, ping,
    quick_refresh, signing_config, test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, AuthMode, RouteError};
use alternator_test_cluster::TestCluster;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Region};

/// A credentials provider without credentials.
#[derive(Debug)]
struct EmptyProvider;

impl ProvideCredentials for EmptyProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let error = CredentialsError::not_loaded("no providers in chain provided credentials");
        future::ProvideCredentials::ready(Err(error))
    }
}

/// Returns the `Authorization` header of the last request, if it has one.
fn authorization(cluster: &TestCluster) -> Option<String> {
    let headers = cluster.node(0).counters().last_headers;
    let header = headers
        .into_iter()
        .find(|(name, _)| name == "authorization");
    header.map(|(_, value)| value)
}

fn one_node(cluster: alternator_test_cluster::Builder) -> alternator_test_cluster::Builder {
    cluster.nodes(1)
}

#[tokio::test]
async fn requests_are_signed_only_with_credentials() {
    let cluster = test_cluster!(one_node);
    let alternator = quick_refresh(&cluster).build().unwrap();
    let signed = Client::from_conf(
        signing_config("role", "secret")
            .alternator(&alternator)
            .build(),
    );
    expect_pings(&signed, 1).await;
    let header = authorization(&cluster).unwrap();
    assert!(header.contains("Credential=role/"), "{header}");

    expect_pings(&client(&alternator), 1).await;
    assert_eq!(authorization(&cluster), None);
}

#[tokio::test]
async fn no_auth_ignores_credentials() {
    let cluster = test_cluster!(one_node);
    let alternator = quick_refresh(&cluster)
        .auth(AuthMode::Unsigned)
        .build()
        .unwrap();
    for config in [
        signing_config("role", "secret"),
        config().credentials_provider(EmptyProvider),
    ] {
        let client = Client::from_conf(config.alternator(&alternator).build());
        expect_pings(&client, 1).await;
        assert_eq!(authorization(&cluster), None);
    }
}

#[tokio::test]
async fn discovery_is_never_signed() {
    let cluster = test_cluster!(one_node);
    let alternator = quick_refresh(&cluster).build().unwrap();
    let _client = Client::from_conf(
        signing_config("role", "secret")
            .alternator(&alternator)
            .build(),
    );
    alternator.ready().await.unwrap();
    let headers = cluster.node(0).counters().last_discovery_headers;
    assert!(!headers.is_empty());
    assert!(
        !headers.iter().any(|(name, _)| name == "authorization"),
        "{headers:?}"
    );
}

async fn expect_nothing_is_sent(cluster: &TestCluster, config: Builder) -> String {
    let recorder = RecordingClient::new();
    let alternator = quick_refresh(cluster)
        .auth(AuthMode::Required)
        .build()
        .unwrap();
    let config = config.http_client(recorder.clone()).alternator(&alternator);
    let error = ping(&Client::from_conf(config.build())).await.unwrap_err();
    assert_eq!(
        recorder.operations(),
        Vec::<String>::new(),
        "nothing was sent"
    );
    let unsigned = find_in_chain::<RouteError>(&error);
    assert!(unsigned.is_none_or(|error| matches!(error, RouteError::Unsigned)));
    error_text(error)
}

#[tokio::test]
async fn require_auth_sends_nothing_without_credentials() {
    let cluster = test_cluster!(one_node);
    expect_nothing_is_sent(&cluster, config()).await;
    let text = expect_nothing_is_sent(&cluster, config().allow_no_auth()).await;
    assert!(text.contains("credentials_provider"), "{text}");
}

#[tokio::test]
async fn missing_region_is_filled_in_and_a_set_region_is_kept() {
    let cluster = test_cluster!(one_node);
    let alternator = quick_refresh(&cluster).build().unwrap();
    for (chosen, signed_for) in [(None, "us-east-1"), (Some("mars-north-9"), "mars-north-9")] {
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(aws_sdk_dynamodb::config::Credentials::for_tests())
            .region(chosen.map(Region::new))
            .alternator(&alternator)
            .build();
        assert_eq!(config.region().unwrap().as_ref(), signed_for);
        expect_pings(&Client::from_conf(config), 1).await;
        let header = authorization(&cluster).unwrap();
        assert!(
            header.contains(&format!("/{signed_for}/dynamodb/")),
            "{header}"
        );
    }
}

#[tokio::test]
async fn failing_credentials_provider_is_an_error_with_one_warning() {
    let log = Log::capture();
    let cluster = test_cluster!(one_node);
    let alternator: Alternator = quick_refresh(&cluster).build().unwrap();
    let config = config()
        .credentials_provider(EmptyProvider)
        .alternator(&alternator);
    let client = Client::from_conf(config.build());
    for _ in 0..3 {
        let error = ping(&client).await.unwrap_err();
        assert!(
            find_in_chain::<CredentialsError>(&error).is_some(),
            "{}",
            error_text(error)
        );
    }
    assert_eq!(
        cluster.node(0).counters().requests,
        0,
        "nothing was sent unsigned"
    );
    let warnings = log.warnings("credentials");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains(".no_credentials()"), "{warnings:?}");
}
