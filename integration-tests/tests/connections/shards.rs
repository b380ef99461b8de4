//! The shards of a node that serve a client's connections, by the server's own table `system.clients`.

use super::*;
use crate::support::{Backend, config, error_text, this_test};
use alternator_lb_sdk::AlternatorExt as _;
use alternator_test_cluster::InternalTables;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder as ClientBuilder;
use std::collections::BTreeMap;

const CLIENTS_TABLE: &str = ".scylla.alternator.system.clients";

/// Names the requests of these tests in the table.
const USER_AGENT: &str = "alternator-lb-shards";

const CALLERS: usize = 48;

/// The connections that are waited for at each node of three: half of the callers of each.
const CONNECTIONS: usize = CALLERS / 6;

/// The shards of connections, by the ports of the client.
type Shards = BTreeMap<String, String>;

/// Adds the connections to a node that have a request under way. Others are not in the table.
async fn add_busy_connections(observer: &Client, shards: &mut Shards) {
    let scan = observer.scan().table_name(CLIENTS_TABLE);
    // The SDK cannot parse the column `ssl_enabled`, whose boolean is a string.
    let scan = scan.projection_expression("port, shard_id, driver_name");
    let rows = scan.send().await.map_err(error_text).unwrap();
    for row in rows.items() {
        let text = |column: &str| row.get(column).and_then(|value| value.as_s().ok());
        if text("driver_name").is_some_and(|name| name == USER_AGENT) {
            let (port, shard) = (text("port").unwrap(), text("shard_id").unwrap());
            shards.insert(port.clone(), shard.clone());
        }
    }
}

/// Makes requests from many callers, and prints how many of their connections each shard of each node serves: of those
/// that are seen until there are `enough`.
async fn connections_by_shard(
    builder: Builder,
    config: impl Fn() -> ClientBuilder,
    enough: impl Fn(&BTreeMap<String, usize>) -> bool,
) {
    let alternator = builder.user_agent(USER_AGENT).build().unwrap();
    let client = Client::from_conf(config().alternator(&alternator).build());
    alternator.ready().await.unwrap();
    let load = Load::of_pings(&client, CALLERS);
    load.wait_for_requests(1_000).await;
    for node in alternator.nodes().iter() {
        let observer = Client::from_conf(config().endpoint_url(node.url()).build());
        let mut shards = Shards::new();
        let mut connections = BTreeMap::new();
        eventually(
            "enough connections of the load have been seen",
            async || {
                add_busy_connections(&observer, &mut shards).await;
                connections.clear();
                for shard in shards.values() {
                    *connections.entry(shard.clone()).or_default() += 1;
                }
                enough(&connections)
            },
        )
        .await;
        println!("connections to {} by shard: {connections:?}", node.url());
    }
    assert_eq!(load.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn connections_to_a_node_are_on_all_its_shards() {
    let cluster = test_cluster!(|cluster| {
        let node = || NodeConfig::new().shards(4);
        let cluster = cluster.node(node()).node(node()).node(node());
        cluster.internal_tables(InternalTables::Readable)
    });
    let config = || config().allow_no_auth();
    connections_by_shard(quick_refresh(&cluster), config, |it| it.len() == 4).await;
}

/// Fails where connections are not seen. The table does not say how many shards a node has.
#[tokio::test]
async fn connections_to_a_real_cluster_are_counted_by_shard() {
    let Some(backend) = Backend::start_real(this_test!()) else {
        return;
    };
    let enough = |it: &BTreeMap<_, usize>| it.values().sum::<usize>() >= CONNECTIONS;
    connections_by_shard(backend.builder(), || backend.config(), enough).await;
}
