//! Operations of a client of an `SdkConfig` are routed by their keys, where the keys are known.

use super::{balanced_by, sdk_config};
use crate::support::{Table, eventually, quick_refresh, quick_retries, s, test_cluster};
use alternator_lb_sdk::explain::Reason;
use alternator_lb_sdk::{Alternator, Builder, KeyAffinity};
use alternator_test_cluster::{Fault, TestCluster, Tokens};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::AttributeValue;

fn counter_key(name: &str) -> [(&'static str, AttributeValue); 2] {
    [("pk", s(name)), ("sk", s("counter"))]
}

async fn count(client: &Client, table: &Table, name: &str) {
    let update = client.update_item().table_name(&table.name);
    let [(pk, name), (sk, counter)] = counter_key(name);
    update
        .key(pk, name)
        .key(sk, counter)
        .update_expression("ADD n :one")
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
        .send()
        .await
        .unwrap();
}

/// The URL of the node that the plugin sends the operation to.
fn coordinator(alternator: &Alternator, table: &Table, name: &str) -> String {
    let [(pk, name), (sk, counter)] = counter_key(name);
    let input = UpdateItemInput::builder()
        .table_name(&table.name)
        .key(pk, name)
        .key(sk, counter)
        .update_expression("ADD n :one");
    let explanation = alternator.explain(&input.build().unwrap());
    explanation.node().unwrap().to_owned()
}

/// A table, and the settings that send conditional writes on it to one coordinator and name its key.
async fn table_with_a_named_key(cluster: &TestCluster) -> (Table, Builder) {
    let setup = crate::support::client(&quick_refresh(cluster).build().unwrap());
    let table = Table::create(&setup).await;
    let builder = quick_refresh(cluster)
        .key_affinity(KeyAffinity::conditional_writes())
        .partition_key(&table.name, "pk");
    (table, builder)
}

fn updates(cluster: &TestCluster) -> Vec<(String, u64)> {
    let nodes = cluster.nodes().into_iter();
    let updates = nodes.map(|node| (node.url(), node.counters().operation("UpdateItem")));
    updates.filter(|(_, count)| *count > 0).collect()
}

#[tokio::test]
async fn conditional_writes_on_a_table_whose_key_is_named_have_one_coordinator() {
    let cluster = test_cluster!();
    let (table, builder) = table_with_a_named_key(&cluster).await;
    let (alternator, config) = balanced_by(builder, sdk_config()).await;
    let client = Client::new(&config);
    for name in ["ann", "bob", "eve", "joe"] {
        cluster.reset_counters();
        for _ in 0..6 {
            count(&client, &table, name).await;
        }
        let expected = coordinator(&alternator, &table, name);
        assert_eq!(updates(&cluster), [(expected, 6)], "{name}");
    }
    let described = cluster.nodes().into_iter();
    let described = described.map(|node| node.counters().operation("DescribeTable"));
    assert_eq!(described.sum::<u64>(), 0, "nothing is fetched");
}

#[tokio::test]
async fn retry_of_a_conditional_write_stays_with_its_coordinator() {
    let cluster = test_cluster!();
    let (table, builder) = table_with_a_named_key(&cluster).await;
    let config = sdk_config().retry_config(quick_retries().with_max_attempts(20));
    let (alternator, config) = balanced_by(builder, config).await;
    let client = Client::new(&config);
    let coordinator = coordinator(&alternator, &table, "ann");
    let nodes = cluster.nodes();
    let node = nodes.iter().find(|node| node.url() == coordinator).unwrap();
    cluster.reset_counters();
    node.inject(Fault::Throttle { share: 0.5 });
    for _ in 0..10 {
        count(&client, &table, "ann").await;
    }
    let updates = updates(&cluster);
    assert_eq!(updates.len(), 1, "{updates:?}");
    assert!(
        updates[0].0 == coordinator && updates[0].1 > 10,
        "{updates:?}"
    );
}

#[tokio::test]
async fn maps_that_a_client_with_the_plugin_has_read_serve_others_too() {
    let cluster = test_cluster!(|cluster| cluster.nodes(6).tokens(Tokens::tablets(16)));
    let builder = quick_refresh(&cluster).token_aware();
    let (alternator, config) = balanced_by(builder, sdk_config()).await;
    let (ours, theirs) = (crate::support::client(&alternator), Client::new(&config));
    let table = Table::create(&ours).await;
    let input = GetItemInput::builder().table_name(&table.name);
    let input = input.key("pk", s("ann")).key("sk", s("-")).build().unwrap();
    let get = async |client: &Client, name: &str| {
        let get = client.get_item().table_name(&table.name);
        get.key("pk", s(name))
            .key("sk", s("-"))
            .send()
            .await
            .unwrap();
    };
    eventually("the map is read", async || {
        get(&ours, "ann").await;
        alternator.explain(&input).reason() == Reason::Replica
    })
    .await;
    cluster.reset_counters();
    for number in 0..60 {
        get(&theirs, &number.to_string()).await;
    }
    let counters = || cluster.nodes().into_iter().map(|node| node.counters());
    let on_replica: u64 = counters().map(|counters| counters.on_replica).sum();
    let off_replica: u64 = counters().map(|counters| counters.off_replica).sum();
    assert_eq!((on_replica, off_replica), (60, 0));
}
