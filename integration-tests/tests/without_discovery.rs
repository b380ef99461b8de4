//! Seeds as the nodes, without discovery.

use crate::support::{
    RecordingClient, client, config, expect_pings, find_in_chain, ping, quick_retries, test_cluster,
};
use alternator_lb_sdk::{
    Alternator, AlternatorExt as _, BuildError, NodeState, RefreshError, Scope,
};
use alternator_test_cluster::{Node, TestCluster};
use aws_sdk_dynamodb::Client;

fn seeds_alone(nodes: &[Node]) -> Alternator {
    let seeds = Alternator::builder().seeds(nodes.iter().map(Node::url));
    seeds.without_discovery().build().unwrap()
}

fn requests(nodes: &[Node]) -> Vec<u64> {
    nodes.iter().map(|node| node.counters().requests).collect()
}

#[tokio::test]
async fn seeds_are_the_nodes_and_no_list_is_queried() {
    let cluster = test_cluster!(|cluster| cluster.nodes(4));
    let seeds = &cluster.nodes()[..3];
    let alternator = seeds_alone(seeds);
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    alternator.refresh().await.unwrap();
    expect_pings(&client, 30).await;
    assert_eq!(requests(seeds), [10, 10, 10]);
    assert_eq!(alternator.nodes().len(), 3);
    let counters = cluster.nodes().into_iter().map(|node| node.counters());
    assert!(
        counters
            .into_iter()
            .all(|counters| counters.discoveries == 0)
    );
}

#[tokio::test]
async fn seeds_with_ports_of_their_own_share_the_load() {
    let clusters: [TestCluster; 2] =
        std::array::from_fn(|_| TestCluster::builder().nodes(1).start().unwrap());
    let nodes = clusters.each_ref().map(|cluster| cluster.node(0));
    assert_ne!(nodes[0].address().port(), nodes[1].address().port());
    let alternator = seeds_alone(&nodes);
    expect_pings(&client(&alternator), 20).await;
    assert_eq!(requests(&nodes), [10, 10]);
}

#[tokio::test]
async fn dead_seed_is_ejected_and_no_operation_fails() {
    let cluster = test_cluster!();
    let nodes = cluster.nodes();
    let alternator = seeds_alone(&nodes);
    let config = config().retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    nodes[1].stop();
    expect_pings(&client, 30).await;
    let down = alternator.nodes().into_iter();
    let down: Vec<_> = down
        .filter(|node| node.state() == NodeState::Down)
        .collect();
    assert!(
        matches!(&down[..], [node] if node.url() == nodes[1].url()),
        "{down:?}"
    );
}

#[tokio::test]
async fn ready_names_the_seeds_that_do_not_respond() {
    let cluster = test_cluster!();
    let alternator = seeds_alone(&cluster.nodes());
    for node in cluster.nodes() {
        node.stop();
    }
    let error = alternator.ready().await.unwrap_err();
    assert!(
        matches!(error, RefreshError::NotReached { .. }),
        "{error:?}"
    );
    for url in cluster.urls() {
        assert!(error.to_string().contains(&url), "{error}");
    }
    cluster.node(2).start().unwrap();
    alternator.ready().await.unwrap();
}

#[tokio::test]
async fn http_client_of_a_test_sees_nothing_but_operations() {
    let cluster = test_cluster!();
    let recorder = RecordingClient::new();
    let alternator = seeds_alone(&cluster.nodes());
    let config = config()
        .http_client(recorder.clone())
        .alternator(&alternator);
    let client = Client::from_conf(config.build());
    expect_pings(&client, 3).await;
    assert_eq!(recorder.operations().len(), 3);
    assert!(recorder.discoveries().is_empty());
    let probes: u64 = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().health_checks)
        .sum();
    assert_eq!(probes, 0);
}

#[tokio::test]
async fn operation_without_any_live_seed_names_them() {
    let cluster = test_cluster!(|cluster| cluster.nodes(2));
    let alternator = seeds_alone(&cluster.nodes());
    let config = config().retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    for node in cluster.nodes() {
        node.stop();
    }
    let error = ping(&client).await.unwrap_err();
    let error = find_in_chain::<alternator_lb_sdk::RouteError>(&error).unwrap();
    for url in cluster.urls() {
        assert!(error.to_string().contains(&url), "{error}");
    }
}

#[test]
fn scope_or_another_scheme_without_discovery_is_an_error() {
    let builder = Alternator::builder()
        .seeds(["http://192.0.2.1:8000"])
        .without_discovery();
    let error = builder
        .clone()
        .scope(Scope::datacenter("dc1"))
        .build()
        .unwrap_err();
    assert!(
        matches!(error, BuildError::ScopeWithoutDiscovery),
        "{error:?}"
    );
    let error = builder
        .seeds(["https://192.0.2.2:8043"])
        .build()
        .unwrap_err();
    assert!(matches!(error, BuildError::SeedsDiffer { .. }), "{error:?}");
}

/// The test doubles of the SDK answer what a test tells them, discovery included. Without discovery they answer
/// operations alone.
mod test_doubles {
    use super::*;
    use crate::support::error_text;
    use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient, capture_request};
    use aws_smithy_types::body::SdkBody;

    fn one_seed() -> Alternator {
        let seeds = Alternator::builder().seeds(["http://192.0.2.1:8000"]);
        seeds.without_discovery().build().unwrap()
    }

    fn response(body: &'static str) -> http::Response<SdkBody> {
        let response = http::Response::builder().status(200);
        let response = response.header("content-type", "application/x-amz-json-1.0");
        response.body(SdkBody::from(body)).unwrap()
    }

    #[tokio::test]
    async fn static_replay_client_answers_operations_alone() {
        let request = || {
            let request = http::Request::builder().method("POST");
            let request = request.uri("http://192.0.2.1:8000/");
            request.body(SdkBody::from(r#"{"Limit":1}"#)).unwrap()
        };
        let names = ["first", "second"];
        let events = [
            r#"{"TableNames":["first"]}"#,
            r#"{"TableNames":["second"]}"#,
        ]
        .map(|body| ReplayEvent::new(request(), response(body)));
        let replay = StaticReplayClient::new(events.into());
        let config = config().http_client(replay.clone()).alternator(&one_seed());
        let client = Client::from_conf(config.build());
        for name in names {
            let tables = ping(&client).await.map_err(error_text).unwrap();
            assert_eq!(tables.table_names(), [name]);
        }
        replay.assert_requests_match(&["content-type", "x-amz-target", "user-agent"]);
        assert_eq!(replay.actual_requests().count(), 2);
    }

    #[tokio::test]
    async fn captured_request_is_that_of_the_operation() {
        let (http_client, captured) = capture_request(Some(response("{}")));
        let config = config().http_client(http_client).alternator(&one_seed());
        ping(&Client::from_conf(config.build())).await.unwrap();
        let request = captured.expect_request();
        assert_eq!(request.uri(), "http://192.0.2.1:8000/");
        let target = request.headers().get("x-amz-target").unwrap();
        assert!(target.ends_with("ListTables"), "{target}");
    }
}
