//! Seeds from the SDK's configuration.

use crate::support::{
    RecordingClient, client, expect_pings, is_child, run_in_child_process, test_cluster, this_test,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, BuildError};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_runtime_api::shared::IntoShared as _;
use std::fs;
use std::path::Path;

fn sdk_config() -> aws_types::sdk_config::Builder {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("test-sdk-config"))
}

fn seed(config: &SdkConfig) -> String {
    let alternator = Alternator::from_sdk_config(config).unwrap();
    alternator.nodes()[0].url().to_owned()
}

#[tokio::test]
async fn endpoint_url_set_in_code_is_the_seed() {
    let cluster = test_cluster!();
    let config = sdk_config().endpoint_url(cluster.url()).build();
    let alternator = Alternator::from_sdk_config(&config).unwrap();
    alternator.ready().await.unwrap();
    assert_eq!(alternator.nodes().len(), 3);
    expect_pings(&client(&alternator), 3).await;
}

#[tokio::test]
async fn http_client_of_the_sdk_config_serves_discovery() {
    let cluster = test_cluster!();
    let recorder = RecordingClient::new();
    let shared: SharedHttpClient = recorder.clone().into_shared();
    let config = sdk_config()
        .endpoint_url(cluster.url())
        .http_client(shared)
        .build();
    let alternator = Alternator::from_sdk_config(&config).unwrap();
    alternator.ready().await.unwrap();
    assert_eq!(recorder.discoveries(), [cluster.url()]);
    let config = aws_sdk_dynamodb::config::Builder::from(&config).alternator(&alternator);
    expect_pings(&Client::from_conf(config.build()), 3).await;
    assert_eq!(recorder.operations().len(), 3);
}

#[test]
fn missing_or_aws_endpoint_is_an_error() {
    let error = Alternator::from_sdk_config(&sdk_config().build()).unwrap_err();
    assert!(matches!(error, BuildError::NoEndpoint), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("AWS_ENDPOINT_URL_DYNAMODB"), "{text}");

    let aws = "https://dynamodb.eu-west-1.amazonaws.com";
    let error = Alternator::from_sdk_config(&sdk_config().endpoint_url(aws).build()).unwrap_err();
    assert!(matches!(error, BuildError::AwsSeed { .. }), "{error:?}");
    assert!(error.to_string().contains(aws), "{error}");
}

#[test]
fn empty_endpoint_counts_as_unset() {
    for empty in ["", " "] {
        let error = Alternator::from_sdk_config(&sdk_config().endpoint_url(empty).build());
        let error = error.unwrap_err();
        assert!(matches!(error, BuildError::NoEndpoint), "{error:?}");
    }
}

#[test]
fn list_of_endpoints_is_an_error_that_names_the_builders_seeds() {
    let list = "http://192.0.2.1:8000,http://192.0.2.2:8000";
    let error = Alternator::from_sdk_config(&sdk_config().endpoint_url(list).build()).unwrap_err();
    assert!(
        matches!(error, BuildError::EndpointList { .. }),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(text.contains(list) && text.contains(".seeds("), "{text}");
}

const SPECIFIC: &str = "http://192.0.2.1:8000";
const GENERAL: &str = "http://192.0.2.2:8000";
const IN_CODE: &str = "http://192.0.2.3:8000";

async fn load_sdk_config() -> SdkConfig {
    loader().load().await
}

fn loader() -> aws_config::ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("test-sdk-config"))
        .no_credentials()
}

#[tokio::test]
async fn dynamodb_endpoint_variable_overrides_the_general_one() {
    if is_child() {
        assert_eq!(seed(&load_sdk_config().await), SPECIFIC);
        assert_eq!(seed(&loader().endpoint_url(IN_CODE).load().await), IN_CODE);
        return;
    }
    run_in_child_process(
        this_test!(),
        &[
            ("AWS_ENDPOINT_URL_DYNAMODB", SPECIFIC),
            ("AWS_ENDPOINT_URL", GENERAL),
        ],
    );
}

#[tokio::test]
async fn empty_dynamodb_endpoint_variable_leaves_the_general_one() {
    if is_child() {
        assert_eq!(seed(&load_sdk_config().await), GENERAL);
        return;
    }
    run_in_child_process(
        this_test!(),
        &[
            ("AWS_ENDPOINT_URL_DYNAMODB", ""),
            ("AWS_ENDPOINT_URL", GENERAL),
        ],
    );
}

#[tokio::test]
async fn general_endpoint_variable_is_the_seed() {
    if is_child() {
        assert_eq!(seed(&load_sdk_config().await), GENERAL);
        return;
    }
    run_in_child_process(this_test!(), &[("AWS_ENDPOINT_URL", GENERAL)]);
}

#[tokio::test]
async fn dynamodb_endpoint_in_the_profile_overrides_the_general_one() {
    if is_child() {
        assert_eq!(seed(&load_sdk_config().await), SPECIFIC);
        return;
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("profile_with_services");
    let profile = format!(
        "[profile default]\nservices = scylla\nendpoint_url = {GENERAL}\n\n\
         [services scylla]\ndynamodb =\n  endpoint_url = {SPECIFIC}\n"
    );
    fs::write(&file, profile).unwrap();
    let file = file.to_str().unwrap();
    run_in_child_process(this_test!(), &[("AWS_CONFIG_FILE", file)]);
}
