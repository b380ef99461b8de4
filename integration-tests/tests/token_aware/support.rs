//! Shared support for the tests of token awareness.

use crate::support::{eventually, quick_refresh, ready_client_of, s};
use alternator_lb_sdk::{Alternator, Builder};
use alternator_test_cluster::{self as cluster, NodeConfig, TestCluster, Tokens};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, LocalSecondaryIndex, Projection, ProjectionType, ScalarAttributeType,
};
use std::collections::BTreeSet;
use std::time::Duration;

/// The table of all tests, each on its own cluster.
pub(crate) const TABLE: &str = "things";

/// Four nodes in each of three racks, so that each key has one replica in each rack.
pub(crate) fn twelve_nodes(cluster: cluster::Builder, tokens: Tokens) -> cluster::Builder {
    let racks = ["r1", "r2", "r3"].into_iter().cycle().take(12);
    let nodes = racks.map(|rack| NodeConfig::new().rack(rack));
    nodes.fold(cluster.tokens(tokens), cluster::Builder::node)
}

/// Both data distributions of ScyllaDB.
pub(crate) const LAYOUTS: [Tokens; 2] = [Tokens::vnodes(), Tokens::tablets(32)];

/// An `Alternator` with these settings that has discovered all nodes, and its client.
pub(crate) async fn client_with(
    cluster: &TestCluster,
    settings: impl FnOnce(Builder) -> Builder,
) -> (Alternator, Client) {
    ready_client_of(settings(quick_refresh(cluster))).await
}

/// A token-aware `Alternator` that has discovered all nodes, and its client.
pub(crate) async fn token_aware_client(cluster: &TestCluster) -> (Alternator, Client) {
    client_with(cluster, Builder::token_aware).await
}

/// Creates [`TABLE`] with the partition key `pk`, the global index `by_owner` on `owner`, and the local one `by_time`
/// on `time`.
pub(crate) async fn create(client: &Client, key: ScalarAttributeType) {
    let attribute = |name: &str, kind: ScalarAttributeType| {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        attribute.attribute_type(kind).build().unwrap()
    };
    let element = |name: &str, kind: KeyType| {
        let element = KeySchemaElement::builder().attribute_name(name);
        element.key_type(kind).build().unwrap()
    };
    let all = || {
        let projection = Projection::builder();
        projection.projection_type(ProjectionType::All).build()
    };
    let global = GlobalSecondaryIndex::builder()
        .index_name("by_owner")
        .key_schema(element("owner", KeyType::Hash))
        .projection(all());
    let local = LocalSecondaryIndex::builder()
        .index_name("by_time")
        .key_schema(element("pk", KeyType::Hash))
        .key_schema(element("time", KeyType::Range))
        .projection(all());
    client
        .create_table()
        .table_name(TABLE)
        .attribute_definitions(attribute("pk", key))
        .attribute_definitions(attribute("sk", ScalarAttributeType::S))
        .attribute_definitions(attribute("owner", ScalarAttributeType::S))
        .attribute_definitions(attribute("time", ScalarAttributeType::S))
        .key_schema(element("pk", KeyType::Hash))
        .key_schema(element("sk", KeyType::Range))
        .global_secondary_indexes(global.build().unwrap())
        .local_secondary_indexes(local.build().unwrap())
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
}

pub(crate) fn key_of(number: u64) -> AttributeValue {
    s(format!("key {number}"))
}

pub(crate) async fn get(client: &Client, key: AttributeValue) -> Result<(), String> {
    let get = client.get_item().table_name(TABLE);
    let result = get.key("pk", key).key("sk", s("a")).send().await;
    result.map(drop).map_err(crate::support::error_text)
}

pub(crate) fn get_input(key: AttributeValue) -> GetItemInput {
    let get = GetItemInput::builder().table_name(TABLE);
    get.key("pk", key).key("sk", s("a")).build().unwrap()
}

/// A query of an index by its partition key.
pub(crate) fn query_input(index: &str, attribute: &str, value: AttributeValue) -> QueryInput {
    QueryInput::builder()
        .table_name(TABLE)
        .index_name(index)
        .key_condition_expression("#key = :value")
        .expression_attribute_names("#key", attribute)
        .expression_attribute_values(":value", value)
        .build()
        .unwrap()
}

pub(crate) async fn query(client: &Client, index: &str, attribute: &str, value: AttributeValue) {
    client
        .query()
        .table_name(TABLE)
        .index_name(index)
        .key_condition_expression("#key = :value")
        .expression_attribute_names("#key", attribute)
        .expression_attribute_values(":value", value)
        .send()
        .await
        .unwrap();
}

/// Makes requests until the token map of the table is known.
pub(crate) async fn wait_for_token_map(
    alternator: &Alternator,
    client: &Client,
    key: AttributeValue,
) {
    eventually("the token map is known", async || {
        get(client, key.clone()).await.unwrap();
        has_token_map(alternator, key.clone())
    })
    .await;
}

pub(crate) fn has_token_map(alternator: &Alternator, key: AttributeValue) -> bool {
    let explanation = alternator.explain(&get_input(key));
    let mut partitions = explanation.partitions().iter();
    partitions.any(|partition| partition.map_age().is_some())
}

/// Returns whether the token map has the replicas of the first `keys` keys as the cluster has them.
pub(crate) fn token_map_matches(alternator: &Alternator, cluster: &TestCluster, keys: u64) -> bool {
    (0..keys).all(|number| {
        let explanation = alternator.explain(&get_input(key_of(number)));
        let known = explanation.partitions().iter();
        let known = known.flat_map(|partition| partition.replicas().iter().copied());
        let replicas = cluster.replicas(TABLE, format!("key {number}"));
        let expected = replicas.iter().map(|node| node.address().ip());
        known.collect::<BTreeSet<_>>() == expected.collect()
    })
}

/// Reads this many partitions. Returns the share of the requests that went to a replica.
pub(crate) async fn replica_share(cluster: &TestCluster, client: &Client, keys: u64) -> f64 {
    cluster.reset_counters();
    for number in 0..keys {
        get(client, key_of(number)).await.unwrap();
    }
    let (on, off) = replica_counts(cluster);
    assert_eq!(on + off, keys);
    on as f64 / keys as f64
}

/// Returns the numbers of requests to replicas and to other nodes.
pub(crate) fn replica_counts(cluster: &TestCluster) -> (u64, u64) {
    let counters = cluster.nodes().into_iter().map(|node| node.counters());
    counters.fold((0, 0), |(on, off), counters| {
        (on + counters.on_replica, off + counters.off_replica)
    })
}

/// Returns the numbers of keys of batches sent to replicas and to other nodes.
pub(crate) fn batch_key_replica_counts(cluster: &TestCluster) -> (u64, u64) {
    let counters = cluster.nodes().into_iter().map(|node| node.counters());
    counters.fold((0, 0), |(on, off), counters| {
        (
            on + counters.batch_keys_on_replica,
            off + counters.batch_keys_off_replica,
        )
    })
}

/// Advances the clock of the library. The cluster has its own clock.
pub(crate) async fn advance_time(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// Starts twelve nodes with this layout, or returns from the test if it runs on a real cluster.
macro_rules! twelve_node_cluster {
    ($tokens:expr) => {
        twelve_node_cluster!($tokens, |cluster| cluster)
    };
    ($tokens:expr, $more:expr) => {{
        let topology = |cluster: alternator_test_cluster::Builder| {
            let more: fn(alternator_test_cluster::Builder) -> alternator_test_cluster::Builder =
                $more;
            more($crate::token_aware::support::twelve_nodes(cluster, $tokens))
        };
        $crate::support::test_cluster!(topology)
    }};
}
pub(crate) use twelve_node_cluster;
