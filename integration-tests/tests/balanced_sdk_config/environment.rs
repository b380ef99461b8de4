//! Endpoints in the environment and in profiles do not take requests away from the cluster.

use super::requests;
use crate::support::{expect_pings, is_child, run_in_child_process, test_cluster, this_test};
use alternator_lb_sdk::Alternator;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use std::fs;
use std::path::Path;

const ELSEWHERE: &str = "http://192.0.2.1:8000";

async fn loaded() -> SdkConfig {
    let loader = aws_config::defaults(BehaviorVersion::latest());
    let loader = loader.region(Region::new("test-environment"));
    loader.no_credentials().load().await
}

/// Makes requests, by clients of both services, of a configuration whose environment names another endpoint.
async fn expect_requests_at_the_cluster() {
    let cluster = test_cluster!();
    let loaded = loaded().await;
    let named = Alternator::from_sdk_config(&loaded).unwrap();
    assert_eq!(named.nodes()[0].url(), ELSEWHERE, "the environment counts");
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    let config = alternator.sdk_config(&loaded);
    alternator.ready().await.unwrap();
    expect_pings(&Client::new(&config), 3).await;
    assert_eq!(requests(&cluster), [1, 1, 1]);
    let streams = aws_sdk_dynamodbstreams::Client::new(&config);
    for _ in 0..3 {
        streams.list_streams().send().await.unwrap();
    }
    assert_eq!(requests(&cluster), [2, 2, 2]);
}

#[tokio::test]
async fn dynamodb_endpoint_variable_does_not_win() {
    if is_child() {
        expect_requests_at_the_cluster().await;
        return;
    }
    run_in_child_process(
        this_test!(),
        &[
            ("AWS_ENDPOINT_URL_DYNAMODB", ELSEWHERE),
            ("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", ELSEWHERE),
        ],
    );
}

#[tokio::test]
async fn general_endpoint_variable_does_not_win() {
    if is_child() {
        expect_requests_at_the_cluster().await;
        return;
    }
    run_in_child_process(this_test!(), &[("AWS_ENDPOINT_URL", ELSEWHERE)]);
}

#[tokio::test]
async fn dynamodb_endpoint_in_the_profile_does_not_win() {
    if is_child() {
        expect_requests_at_the_cluster().await;
        return;
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("profile_beside_a_cluster");
    let profile = format!(
        "[profile default]\nservices = elsewhere\n\n\
         [services elsewhere]\ndynamodb =\n  endpoint_url = {ELSEWHERE}\n"
    );
    fs::write(&file, profile).unwrap();
    let file = file.to_str().unwrap();
    run_in_child_process(this_test!(), &[("AWS_CONFIG_FILE", file)]);
}

#[tokio::test]
async fn endpoints_of_aws_with_fips_or_dual_stack_do_not_matter() {
    if is_child() {
        let cluster = test_cluster!();
        let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
        let config = alternator.sdk_config(&loaded().await);
        alternator.ready().await.unwrap();
        expect_pings(&Client::new(&config), 3).await;
        return;
    }
    run_in_child_process(
        this_test!(),
        &[
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
            ("AWS_ACCOUNT_ID_ENDPOINT_MODE", "required"),
        ],
    );
}
