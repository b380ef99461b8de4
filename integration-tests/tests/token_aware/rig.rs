//! What the tests of token awareness stand on.

use crate::rig::{client, eventually, refreshing, s};
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

/// All tests use a table of this name, each on a cluster of its own.
pub(crate) const TABLE: &str = "things";

/// Four nodes in each of three racks, so that each key has one replica in each rack.
pub(crate) fn twelve_nodes(cluster: cluster::Builder, tokens: Tokens) -> cluster::Builder {
    let racks = ["r1", "r2", "r3"].into_iter().cycle().take(12);
    let nodes = racks.map(|rack| NodeConfig::new().rack(rack));
    nodes.fold(cluster.tokens(tokens), cluster::Builder::node)
}

/// Both ways to spread a table.
pub(crate) const LAYOUTS: [Tokens; 2] = [Tokens::vnodes(), Tokens::tablets(32)];

/// A client that knows all nodes, and what it is balanced by.
pub(crate) async fn start(
    cluster: &TestCluster,
    settings: impl FnOnce(Builder) -> Builder,
) -> (Alternator, Client) {
    let alternator = settings(refreshing(cluster)).build().unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    (alternator, client)
}

/// A token-aware one.
pub(crate) async fn aware(cluster: &TestCluster) -> (Alternator, Client) {
    start(cluster, Builder::token_aware).await
}

/// Creates [`TABLE`] with the partition key `pk`, the global index `by_owner` on `owner`, and the local one `by_time` on
/// `time`.
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
    result.map(drop).map_err(crate::rig::text)
}

pub(crate) fn get_input(key: AttributeValue) -> GetItemInput {
    let get = GetItemInput::builder().table_name(TABLE);
    get.key("pk", key).key("sk", s("a")).build().unwrap()
}

/// A query of an index for what its partition key shall be.
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

/// Makes requests until the map of the table is known.
pub(crate) async fn map_is_known(alternator: &Alternator, client: &Client, key: AttributeValue) {
    eventually("the map is known", async || {
        get(client, key.clone()).await.unwrap();
        is_known(alternator, key.clone())
    })
    .await;
}

pub(crate) fn is_known(alternator: &Alternator, key: AttributeValue) -> bool {
    let explanation = alternator.explain(&get_input(key));
    let mut partitions = explanation.partitions().iter();
    partitions.any(|partition| partition.map_age().is_some())
}

/// Whether so many keys are known to be where the cluster has them.
pub(crate) fn is_true(alternator: &Alternator, cluster: &TestCluster, keys: u64) -> bool {
    (0..keys).all(|number| {
        let explanation = alternator.explain(&get_input(key_of(number)));
        let known = explanation.partitions().iter();
        let known = known.flat_map(|partition| partition.replicas().iter().copied());
        let replicas = cluster.replicas(TABLE, format!("key {number}"));
        let expected = replicas.iter().map(|node| node.address().ip());
        known.collect::<BTreeSet<_>>() == expected.collect()
    })
}

/// Reads so many partitions. Returns which share of the requests went to a replica.
pub(crate) async fn share(cluster: &TestCluster, client: &Client, keys: u64) -> f64 {
    cluster.reset_counters();
    for number in 0..keys {
        get(client, key_of(number)).await.unwrap();
    }
    let (on, off) = counted(cluster);
    assert_eq!(on + off, keys);
    on as f64 / keys as f64
}

/// How many requests went to a replica, and how many to others.
pub(crate) fn counted(cluster: &TestCluster) -> (u64, u64) {
    let counters = cluster.nodes().into_iter().map(|node| node.counters());
    counters.fold((0, 0), |(on, off), counters| {
        (on + counters.on_replica, off + counters.off_replica)
    })
}

/// The same for the keys of batches.
pub(crate) fn counted_in_batches(cluster: &TestCluster) -> (u64, u64) {
    let counters = cluster.nodes().into_iter().map(|node| node.counters());
    counters.fold((0, 0), |(on, off), counters| {
        (
            on + counters.batch_keys_on_replica,
            off + counters.batch_keys_off_replica,
        )
    })
}

/// Lets so much time go by for the library. The cluster has a clock of its own.
pub(crate) async fn later(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// Twelve nodes with one of the layouts; ends the test where there is none to be had.
macro_rules! twelve {
    ($tokens:expr) => {
        twelve!($tokens, |cluster| cluster)
    };
    ($tokens:expr, $more:expr) => {{
        let shape = |cluster: alternator_test_cluster::Builder| {
            let more: fn(alternator_test_cluster::Builder) -> alternator_test_cluster::Builder =
                $more;
            more($crate::token_aware::rig::twelve_nodes(cluster, $tokens))
        };
        $crate::rig::scripted!(shape)
    }};
}
pub(crate) use twelve;
