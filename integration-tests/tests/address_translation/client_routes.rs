//! Routes that the cluster itself names, as for PrivateLink.

use super::*;
use crate::support::{Log, config, ping, quick_retries, signing_config, test_cluster};
use alternator_lb_sdk::{AlternatorExt as _, ClientRoutes};
use alternator_test_cluster::InternalTables;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};

const OWN: &str = "6f5bb7d0-0a7c-4f0c-9a3e-0d4f6d3c3d52";
const OTHER: &str = "0b0c8a3e-3f5e-4c55-8c46-8f9f1f1c0e11";

/// Adds so many nodes, whose internal tables can be read.
pub(super) fn private_link(cluster: cluster::Builder, count: u8) -> cluster::Builder {
    containers(cluster, count).internal_tables(InternalTables::Readable)
}

/// Adds the route to a node, and one by another connection that leads nowhere.
fn add_routes(node: &Node) {
    node.add_client_route(OTHER, node.listed_address(), 1);
    node.add_client_route(OWN, "127.0.0.1", node.address().port());
}

/// A builder with the first node as the seed.
fn first_as_seed(cluster: &TestCluster) -> Builder {
    Alternator::builder()
        .seeds([cluster.node(0).url()])
        .refresh_interval(Duration::from_millis(50))
        .idle_refresh_interval(Duration::from_millis(50))
}

fn reads(nodes: &[Node]) -> u64 {
    let reads = nodes.iter().map(|node| {
        let reads = node.counters().internal_reads;
        reads
            .get("system.client_routes")
            .map_or(0, |reads| reads.requests)
    });
    reads.sum()
}

#[tokio::test]
async fn nodes_are_reached_by_the_routes_of_ones_own_connection() {
    let cluster = test_cluster!(|cluster| private_link(cluster, 3));
    let nodes = cluster.nodes();
    nodes.iter().for_each(add_routes);
    let routes = ClientRoutes::new([OWN]);
    let (alternator, client) = ready_client_with(first_as_seed(&cluster), routes).await;
    wait_until_used(&alternator, &nodes).await;
    assert_eq!(reads(&nodes), 1, "one reading serves all nodes");
    expect_even(&cluster, &client, &nodes).await;
}

#[tokio::test]
async fn first_connection_with_a_route_counts() {
    let cluster = test_cluster!(|cluster| private_link(cluster, 3));
    let nodes = cluster.nodes();
    nodes.iter().for_each(add_routes);
    let only = &nodes[2];
    only.clear_client_routes();
    only.add_client_route("third", "localhost", only.address().port());
    let routes = ClientRoutes::new([OWN, "third"]);
    let (alternator, client) = ready_client_with(first_as_seed(&cluster), routes).await;
    expect_even(&cluster, &client, &nodes).await;
    let hosts = alternator.nodes().into_iter();
    let mut hosts: Vec<_> = hosts.map(|node| node.host()).collect();
    hosts.sort();
    assert_eq!(hosts, ["127.0.0.1", "127.0.0.1", "localhost"]);
}

#[tokio::test]
async fn node_without_a_route_gets_no_requests_until_it_has_one() {
    let log = Log::capture();
    let cluster = test_cluster!(|cluster| private_link(cluster, 3));
    let nodes = cluster.nodes();
    nodes[..2].iter().for_each(add_routes);
    nodes[2].add_client_route(OTHER, "127.0.0.1", nodes[2].address().port());
    let routes = ClientRoutes::new([OWN]);
    let (alternator, client) = ready_client_with(first_as_seed(&cluster), routes).await;
    assert_eq!(translated(&alternator), expected(&nodes[..2]));
    expect_even(&cluster, &client, &nodes[..2]).await;
    assert_eq!(requests(&nodes[2]), 0);
    let warnings = log.warnings("translation_failed");
    assert!(
        matches!(&warnings[..], [warning] if warning.contains("no route")),
        "{warnings:?}"
    );

    add_routes(&nodes[2]);
    wait_until_used(&alternator, &nodes).await;
    expect_even(&cluster, &client, &nodes).await;
}

#[tokio::test]
async fn route_that_changes_with_a_restart_is_read_through_another_node() {
    let cluster = test_cluster!(|cluster| private_link(cluster, 3));
    let nodes = cluster.nodes();
    nodes.iter().for_each(add_routes);
    let alternator = first_as_seed(&cluster).address_translator(ClientRoutes::new([OWN]));
    let alternator = alternator.build().unwrap();
    alternator.ready().await.unwrap();
    let config = config().retry_config(quick_retries());
    let client = Client::from_conf(config.alternator(&alternator).build());
    // It was the only seed.
    nodes[0].restart_at_another_port().unwrap();
    nodes[0].clear_client_routes();
    add_routes(&nodes[0]);
    eventually("the node is found", async || {
        ping(&client).await.unwrap();
        translated(&alternator) == expected(&nodes)
    })
    .await;
    wait_until_used(&alternator, &nodes).await;
}

#[tokio::test]
async fn nodes_are_at_their_listed_addresses_while_the_table_is_empty() {
    let cluster =
        test_cluster!(|cluster| cluster.nodes(3).internal_tables(InternalTables::Readable));
    let routes = ClientRoutes::new([OWN]);
    let (alternator, client) = ready_client_with(first_as_seed(&cluster), routes).await;
    assert_eq!(translated(&alternator), expected(&cluster.nodes()));
    expect_even(&cluster, &client, &cluster.nodes()).await;
}

#[tokio::test]
async fn nodes_are_at_their_listed_addresses_on_servers_without_the_table() {
    let cluster = test_cluster!(|cluster| cluster
        .nodes(3)
        .version(alternator_test_cluster::Version::V2025_1)
        .internal_tables(InternalTables::Readable));
    let routes = ClientRoutes::new([OWN]);
    let (alternator, client) = ready_client_with(first_as_seed(&cluster), routes).await;
    assert_eq!(translated(&alternator), expected(&cluster.nodes()));
    expect_even(&cluster, &client, &cluster.nodes()).await;
}

#[tokio::test]
async fn routes_are_read_with_the_credentials_of_a_client_where_that_is_needed() {
    let cluster = test_cluster!(|cluster| private_link(cluster, 3).authorization("app", "hash"));
    cluster.set_grants(
        "app",
        ["system.client_routes", "system.local", "system.peers"],
    );
    let nodes = cluster.nodes();
    nodes.iter().for_each(add_routes);
    let log = Log::capture();
    let alternator = first_as_seed(&cluster).address_translator(ClientRoutes::new([OWN]));
    let alternator = alternator.build().unwrap();
    let config = signing_config("app", "hash").alternator(&alternator);
    let client = Client::from_conf(config.build());
    ping(&client).await.unwrap();
    wait_until_used(&alternator, &nodes).await;
    expect_even(&cluster, &client, &nodes).await;
    assert_eq!(log.warnings("translation_failed"), [""; 0]);
}

/// A cluster on which `reader` may read the routes, and `app` may not.
macro_rules! cluster_with_a_reader {
    () => {{
        let cluster = test_cluster!(|cluster| private_link(cluster, 3)
            .authorization("app", "hash")
            .authorization("reader", "salt"));
        cluster.set_grants("app", ["system.local", "system.peers"]);
        let tables = ["system.client_routes", "system.local", "system.peers"];
        cluster.set_grants("reader", tables);
        cluster.nodes().iter().for_each(add_routes);
        cluster
    }};
}

#[tokio::test]
async fn routes_are_read_by_the_client_that_may_whichever_is_the_first() {
    let cluster = cluster_with_a_reader!();
    let nodes = cluster.nodes();
    let log = Log::capture();
    let alternator = first_as_seed(&cluster).address_translator(ClientRoutes::new([OWN]));
    let alternator = alternator.build().unwrap();
    let app = signing_config("app", "hash").alternator(&alternator);
    let app = Client::from_conf(app.build());
    eventually("the first client may not", async || {
        ping(&app).await.unwrap();
        !log.warnings("translation_failed").is_empty()
    })
    .await;
    assert_eq!(translated(&alternator), BTreeMap::new());

    let reader = signing_config("reader", "salt").alternator(&alternator);
    let reader = Client::from_conf(reader.build());
    ping(&reader).await.unwrap();
    wait_until_used(&alternator, &nodes).await;
    expect_even(&cluster, &app, &nodes).await;
}

#[tokio::test]
async fn routes_are_not_read_for_clients_of_an_sdk_config_alone_where_requests_must_be_signed() {
    let cluster = cluster_with_a_reader!();
    let nodes = cluster.nodes();
    let alternator = first_as_seed(&cluster).address_translator(ClientRoutes::new([OWN]));
    let alternator = alternator.build().unwrap();
    let credentials = Credentials::new("reader", "salt", None, None, "test");
    let sdk_config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("test-routes"))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    let balanced = Client::new(&alternator.sdk_config(&sdk_config.build()));
    ping(&balanced).await.unwrap();
    let error = alternator.ready().await.unwrap_err().to_string();
    assert!(error.contains("send a first operation"), "{error}");
    assert_eq!(requests(&nodes[0]), 1, "the seed serves");

    let installed = signing_config("reader", "salt").alternator(&alternator);
    let installed = Client::from_conf(installed.build());
    ping(&installed).await.unwrap();
    wait_until_used(&alternator, &nodes).await;
    expect_even(&cluster, &balanced, &nodes).await;
}

#[tokio::test]
async fn missing_permission_is_told_with_the_statements_that_grant_it() {
    let cluster = test_cluster!(|cluster| private_link(cluster, 2).authorization("app", "hash"));
    cluster.set_grants("app", ["system.local", "system.peers"]);
    cluster.nodes().iter().for_each(add_routes);
    let log = Log::capture();
    let alternator = first_as_seed(&cluster).address_translator(ClientRoutes::new([OWN]));
    let alternator = alternator.build().unwrap();
    let config = signing_config("app", "hash").alternator(&alternator);
    let client = Client::from_conf(config.build());
    eventually("the warning is logged", async || {
        ping(&client).await.unwrap();
        !log.warnings("translation_failed").is_empty()
    })
    .await;
    let warnings = log.warnings("translation_failed");
    assert!(
        warnings[0].contains("GRANT SELECT ON system.client_routes"),
        "{warnings:?}"
    );
    assert_eq!(requests(&cluster.node(1)), 0, "the seed serves");
}
