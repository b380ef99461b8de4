//! Key affinity of single tables and operations.

use super::table_metadata;
use crate::support::{direct_client, quick_refresh, ready_client_of, s, test_cluster};
use alternator_lb_sdk::{Alternator, Builder, KeyAffinity, OperationExt as _, OperationOptions};
use alternator_lb_sdk::{TableOptions, explain};
use alternator_test_cluster::{TestCluster, Tokens};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use std::collections::BTreeSet;

const ORDERS: &str = "orders";
const VISITS: &str = "visits";

fn twelve_nodes(cluster: alternator_test_cluster::Builder) -> alternator_test_cluster::Builder {
    cluster.nodes(12).tokens(Tokens::vnodes())
}

async fn ready(cluster: &TestCluster, builder: Builder) -> (Alternator, Client) {
    for table in [ORDERS, VISITS] {
        table_metadata::create(&direct_client(cluster.url()), table, "id", "S").await;
    }
    ready_client_of(builder).await
}

/// Puts one item twelve times, with these options. Returns the number of nodes that got a request.
async fn nodes_of_puts(
    cluster: &TestCluster,
    client: &Client,
    table: &str,
    options: Option<OperationOptions>,
) -> usize {
    cluster.reset_counters();
    for _ in 0..12 {
        let put = client.put_item().table_name(table).item("id", s("a"));
        let put = put.customize();
        let put = match options.clone() {
            Some(options) => put.alternator_options(options),
            None => put,
        };
        put.send().await.unwrap();
    }
    let nodes = cluster.nodes().into_iter();
    let used = nodes.filter(|node| node.counters().operation("PutItem") > 0);
    used.count()
}

#[tokio::test]
async fn named_table_has_an_affinity_of_its_own() {
    let cluster = test_cluster!(twelve_nodes);
    let writes = TableOptions::new().key_affinity(KeyAffinity::all_writes());
    let builder = quick_refresh(&cluster).table_options(ORDERS, writes);
    let (_alternator, client) = ready(&cluster, builder).await;
    assert_eq!(nodes_of_puts(&cluster, &client, ORDERS, None).await, 1);
    assert_eq!(nodes_of_puts(&cluster, &client, VISITS, None).await, 12);
    let described =
        |node: alternator_test_cluster::Node| node.counters().operation("DescribeTable");
    let described: u64 = cluster.nodes().into_iter().map(described).sum();
    assert!(described <= 1, "only the table whose key is needed");
}

#[tokio::test]
async fn first_operation_is_explained_as_it_is_routed() {
    let cluster = test_cluster!(twelve_nodes);
    let writes = TableOptions::new().key_affinity(KeyAffinity::all_writes());
    let builder = quick_refresh(&cluster).table_options(ORDERS, writes);
    let (alternator, client) = ready(&cluster, builder).await;
    let put = PutItemInput::builder().table_name(ORDERS);
    let put = put.item("id", s("a")).build().unwrap();
    let explanation = alternator.explain(&put);
    assert_eq!(explanation.reason(), explain::Reason::PrimaryNode);
    assert_eq!(nodes_of_puts(&cluster, &client, ORDERS, None).await, 1);
    let nodes = cluster.nodes().into_iter();
    let mut used = nodes.filter(|node| node.counters().operation("PutItem") > 0);
    let used = used.next().map(|node| node.url());
    assert_eq!(explanation.node().map(str::to_owned), used);
}

#[tokio::test]
async fn named_table_is_exempt_from_the_affinity_of_the_builder() {
    let cluster = test_cluster!(twelve_nodes);
    let builder = quick_refresh(&cluster)
        .key_affinity(KeyAffinity::all_writes())
        .table_options(VISITS, TableOptions::new().key_affinity(None));
    let (_alternator, client) = ready(&cluster, builder).await;
    assert_eq!(nodes_of_puts(&cluster, &client, ORDERS, None).await, 1);
    assert_eq!(nodes_of_puts(&cluster, &client, VISITS, None).await, 12);
}

#[tokio::test]
async fn single_operation_chooses_its_affinity() {
    let cluster = test_cluster!(twelve_nodes);
    let (_alternator, client) = ready(&cluster, quick_refresh(&cluster)).await;
    let one = OperationOptions::new().key_affinity(KeyAffinity::all_writes());
    let one = Some(one);
    assert_eq!(
        nodes_of_puts(&cluster, &client, ORDERS, one.clone()).await,
        1
    );
    assert_eq!(nodes_of_puts(&cluster, &client, ORDERS, None).await, 12);

    let cluster = test_cluster!(twelve_nodes);
    let builder = quick_refresh(&cluster).key_affinity(KeyAffinity::all_writes());
    let (_alternator, client) = ready(&cluster, builder).await;
    let none = Some(OperationOptions::new().key_affinity(None));
    assert_eq!(nodes_of_puts(&cluster, &client, ORDERS, none).await, 12);
}

#[tokio::test]
async fn token_map_is_read_of_the_named_table_alone() {
    let cluster = test_cluster!(twelve_nodes);
    let aware = TableOptions::new().token_aware(true);
    let builder = quick_refresh(&cluster).table_options(ORDERS, aware);
    let (alternator, client) = ready(&cluster, builder).await;
    let replicas: BTreeSet<_> = cluster
        .replicas(ORDERS, "a")
        .into_iter()
        .map(|node| node.url())
        .collect();
    crate::support::eventually("puts go to replicas", async || {
        nodes_of_puts(&cluster, &client, ORDERS, None).await == 3
    })
    .await;
    let nodes = cluster.nodes().into_iter();
    let used = nodes.filter(|node| node.counters().operation("PutItem") > 0);
    assert_eq!(
        used.map(|node| node.url()).collect::<BTreeSet<_>>(),
        replicas
    );
    assert_eq!(nodes_of_puts(&cluster, &client, VISITS, None).await, 12);
    let put = PutItemInput::builder().table_name(VISITS);
    let put = put.item("id", s("a")).build().unwrap();
    let explanation = alternator.explain(&put);
    assert_eq!(explanation.reason(), explain::Reason::RoundRobin);
    assert!(explanation.partitions().is_empty());
}
