//! Installation of the plugin more than once on the same configuration.

use crate::support::{
    RecordingClient, config, eventually, expect_pings, ping, quick_refresh, signing_config,
    test_cluster,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, AuthMode, NodeStatus};
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Config;
use aws_sdk_dynamodb::config::retry::RetryConfig;

fn sum(alternator: &Alternator, of: fn(&NodeStatus) -> u64) -> u64 {
    alternator.nodes().iter().map(of).sum()
}

fn requests(cluster: &TestCluster) -> u64 {
    cluster
        .nodes()
        .iter()
        .map(|node| node.counters().requests)
        .sum()
}

fn interceptors(config: &Config) -> usize {
    config.interceptors().count()
}

#[tokio::test]
async fn repeated_installation_has_the_effect_of_one() {
    let cluster = test_cluster!();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let config = config().retry_config(RetryConfig::disabled());
    let once = config.clone().alternator(&alternator).build();
    let twice = config
        .alternator(&alternator)
        .alternator(&alternator)
        .build();
    let thrice = twice.to_builder().alternator(&alternator).build();
    assert_eq!(interceptors(&twice), interceptors(&once));
    assert_eq!(interceptors(&thrice), interceptors(&once));

    let client = Client::from_conf(thrice);
    alternator.ready().await.unwrap();
    expect_pings(&client, 9).await;
    assert_eq!(sum(&alternator, NodeStatus::requests), 9);
    for node in cluster.nodes() {
        assert_eq!(node.counters().requests, 3);
        node.inject(Fault::ServerError { share: 1.0 });
    }
    ping(&client).await.unwrap_err();
    assert_eq!(sum(&alternator, NodeStatus::failures), 1, "counted once");
}

#[tokio::test]
async fn last_installation_wins() {
    let (former, latter) = (test_cluster!(), test_cluster!());
    let [first, second] = [&former, &latter].map(|cluster| quick_refresh(cluster).build().unwrap());
    let installed = config().alternator(&first).build();
    let client = Client::from_conf(installed.clone());
    let moved = Client::from_conf(client.config().to_builder().alternator(&second).build());
    let both = Client::from_conf(config().alternator(&first).alternator(&second).build());
    for client in [moved, both] {
        expect_pings(&client, 6).await;
    }
    assert_eq!((requests(&former), requests(&latter)), (0, 12));
    assert_eq!(sum(&second, NodeStatus::requests), 12);

    expect_pings(&client, 6).await;
    assert_eq!(
        (requests(&former), requests(&latter)),
        (6, 12),
        "the first client is unchanged"
    );
    eventually("both are discovered", async || {
        first.nodes().len() + second.nodes().len() == 6
    })
    .await;
}

#[tokio::test]
async fn reinstallation_undoes_no_auth() {
    let cluster = test_cluster!(|cluster| cluster.nodes(1));
    let unsigned = quick_refresh(&cluster)
        .auth(AuthMode::Unsigned)
        .build()
        .unwrap();
    let signed = quick_refresh(&cluster).build().unwrap();
    let is_signed = || {
        let headers = cluster.node(0).counters().last_headers;
        headers.iter().any(|(name, _)| name == "authorization")
    };
    let config = signing_config("role", "secret")
        .alternator(&unsigned)
        .build();
    expect_pings(&Client::from_conf(config.clone()), 1).await;
    assert!(!is_signed());
    let config = config.to_builder().alternator(&signed).build();
    expect_pings(&Client::from_conf(config), 1).await;
    assert!(is_signed());
}

#[tokio::test]
async fn reinstallation_keeps_the_applications_interceptors_and_http_client() {
    let cluster = test_cluster!();
    let recorder = RecordingClient::new();
    let alternator = quick_refresh(&cluster).build().unwrap();
    let config = config().http_client(recorder.clone());
    let before = interceptors(&config.clone().build());
    let config = config.alternator(&alternator).build();
    assert_eq!(interceptors(&config), before + 1);
    let again = config.to_builder().alternator(&alternator).build();
    expect_pings(&Client::from_conf(again), 3).await;
    assert_eq!(recorder.operations().len(), 3);
}

#[tokio::test]
async fn reinstallation_replaces_the_http_client_of_the_former_builder() {
    let (former, latter) = (test_cluster!(), test_cluster!());
    let [former_client, latter_client] = [RecordingClient::new(), RecordingClient::new()];
    let first = quick_refresh(&former).http_client(former_client.clone());
    let first = first.build().unwrap();
    let second = quick_refresh(&latter).http_client(latter_client.clone());
    let second = second.build().unwrap();
    let installed = config().alternator(&first).build();
    let moved = installed.to_builder().alternator(&second).build();
    expect_pings(&Client::from_conf(moved), 3).await;
    assert_eq!(
        (
            former_client.operations().len(),
            latter_client.operations().len()
        ),
        (0, 3)
    );
    expect_pings(&Client::from_conf(installed), 3).await;
    assert_eq!(
        (
            former_client.operations().len(),
            latter_client.operations().len()
        ),
        (3, 3)
    );
}

#[tokio::test]
async fn reinstallation_keeps_the_applications_http_client_for_discovery() {
    let (former, latter) = (test_cluster!(), test_cluster!());
    let own = RecordingClient::new();
    let [first, second] = [&former, &latter].map(|cluster| quick_refresh(cluster).build().unwrap());
    let config = config().http_client(own.clone()).alternator(&first);
    let config = config.alternator(&second).build();
    second.ready().await.unwrap();
    expect_pings(&Client::from_conf(config), 3).await;
    assert_eq!(own.operations().len(), 3);
    let seed = latter.node(0).url();
    assert!(own.discoveries().contains(&seed), "{:?}", own.discoveries());
}
