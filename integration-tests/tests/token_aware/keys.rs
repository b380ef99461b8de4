//! Keys of all types and operations of all kinds, with vnodes and with tablets.

use super::support::{
    LAYOUTS, TABLE, batch_key_replica_counts, client_with, create, get, get_input, key_of,
    replica_counts, replica_share, token_aware_client, token_map_matches, twelve_node_cluster,
    wait_for_token_map,
};
use crate::support::s;
use alternator_lb_sdk::explain::Reason;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, PutRequest, ScalarAttributeType, WriteRequest,
};
use std::collections::{BTreeSet, HashMap};

#[tokio::test]
async fn single_key_reads_go_to_a_replica_only_with_token_awareness() {
    for tokens in LAYOUTS {
        let cluster = twelve_node_cluster!(tokens);
        let (alternator, client) = token_aware_client(&cluster).await;
        create(&client, ScalarAttributeType::S).await;
        wait_for_token_map(&alternator, &client, key_of(0)).await;
        let (_, round_robin_client) = client_with(&cluster, |builder| builder).await;
        let without = replica_share(&cluster, &round_robin_client, 400).await;
        assert!((0.1..0.5).contains(&without), "{without}");
        let with = replica_share(&cluster, &client, 400).await;
        assert!(with >= 0.99, "{with}");
        let busiest = cluster
            .nodes()
            .iter()
            .map(|node| node.counters().requests)
            .max();
        assert!(
            busiest <= Some(100),
            "{busiest:?} of 400 on one of 12 nodes"
        );
    }
}

/// Puts, updates, gets, queries and deletes one item.
async fn use_item(client: &Client, key: &AttributeValue) {
    let put = client.put_item().table_name(TABLE);
    let put = put.item("pk", key.clone()).item("sk", s("a"));
    put.item("owner", s("me")).send().await.unwrap();
    client
        .update_item()
        .table_name(TABLE)
        .key("pk", key.clone())
        .key("sk", s("a"))
        .update_expression("SET v = :v")
        .expression_attribute_values(":v", s("new"))
        .send()
        .await
        .unwrap();
    get(client, key.clone()).await.unwrap();
    client
        .query()
        .table_name(TABLE)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", key.clone())
        .send()
        .await
        .unwrap();
    let delete = client.delete_item().table_name(TABLE);
    let delete = delete.key("pk", key.clone()).key("sk", s("a"));
    delete.send().await.unwrap();
}

#[tokio::test]
async fn all_operations_on_keys_of_all_types_go_to_a_replica() {
    let number = |number: u64| {
        let forms = [
            format!("{number}"),
            format!("-{number}.50"),
            format!("{number}e3"),
            format!("0.00{number}"),
        ];
        AttributeValue::N(forms[number as usize % 4].clone())
    };
    let binary = |number: u64| {
        let bytes = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
        AttributeValue::B(Blob::new(bytes))
    };
    type Key = fn(u64) -> AttributeValue;
    let kinds: [(ScalarAttributeType, Key); 3] = [
        (ScalarAttributeType::S, key_of),
        (ScalarAttributeType::N, number),
        (ScalarAttributeType::B, binary),
    ];
    for tokens in LAYOUTS {
        for (kind, key) in kinds.clone() {
            let cluster = twelve_node_cluster!(tokens);
            let (alternator, client) = token_aware_client(&cluster).await;
            create(&client, kind.clone()).await;
            wait_for_token_map(&alternator, &client, key(1)).await;
            cluster.reset_counters();
            for number in 1..30 {
                use_item(&client, &key(number)).await;
            }
            assert_eq!(replica_counts(&cluster), (29 * 5, 0), "{tokens:?} {kind:?}");
        }
    }
}

#[tokio::test]
async fn batches_go_to_the_replica_of_most_of_their_keys() {
    for tokens in LAYOUTS {
        let cluster = twelve_node_cluster!(tokens);
        let (alternator, client) = token_aware_client(&cluster).await;
        create(&client, ScalarAttributeType::S).await;
        wait_for_token_map(&alternator, &client, key_of(0)).await;
        let item =
            |number| HashMap::from([("pk".to_owned(), key_of(number)), ("sk".to_owned(), s("a"))]);
        let mut best = 0;
        cluster.reset_counters();
        for first in (0..100).step_by(5) {
            let numbers = first..first + 5;
            let held = |node: &alternator_test_cluster::Node| {
                let holds = |number: &u64| {
                    let replicas = cluster.replicas(TABLE, format!("key {number}"));
                    replicas.iter().any(|replica| replica.url() == node.url())
                };
                numbers.clone().filter(holds).count() as u64
            };
            best += cluster.nodes().iter().map(held).max().unwrap();
            let put = |number| {
                let put = PutRequest::builder().set_item(Some(item(number)));
                WriteRequest::builder()
                    .put_request(put.build().unwrap())
                    .build()
            };
            let writes = numbers.clone().map(put).collect();
            let write = client.batch_write_item().request_items(TABLE, writes);
            write.send().await.unwrap();
            let keys = numbers.clone().map(item).collect();
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .build()
                .unwrap();
            let get = client.batch_get_item().request_items(TABLE, keys);
            get.send().await.unwrap();
        }
        let (on, off) = batch_key_replica_counts(&cluster);
        assert_eq!((on, off), (2 * best, 2 * (100 - best)), "{tokens:?}");
        assert!(best > 40, "{best} of 100; 25 are expected by chance");
    }
}

#[tokio::test]
async fn token_map_matches_the_cluster() {
    for tokens in LAYOUTS {
        let cluster = twelve_node_cluster!(tokens);
        let (alternator, client) = token_aware_client(&cluster).await;
        create(&client, ScalarAttributeType::S).await;
        wait_for_token_map(&alternator, &client, key_of(0)).await;
        assert!(
            token_map_matches(&alternator, &cluster, 2_000),
            "{tokens:?}"
        );
    }
}

#[tokio::test]
async fn reads_of_a_hot_key_are_spread_over_its_replicas() {
    let cluster = twelve_node_cluster!(LAYOUTS[1]);
    let (alternator, client) = token_aware_client(&cluster).await;
    create(&client, ScalarAttributeType::S).await;
    wait_for_token_map(&alternator, &client, key_of(7)).await;
    cluster.reset_counters();
    for _ in 0..90 {
        get(&client, key_of(7)).await.unwrap();
    }
    for replica in cluster.replicas(TABLE, "key 7") {
        let requests = replica.counters().on_replica;
        assert!(
            (20..=40).contains(&requests),
            "{requests} of 90 on one of three"
        );
    }
}

#[tokio::test]
async fn routing_trace_matches_the_actual_route() {
    let cluster = twelve_node_cluster!(LAYOUTS[1]);
    let (alternator, client) = token_aware_client(&cluster).await;
    create(&client, ScalarAttributeType::S).await;
    let before = alternator.explain(&get_input(key_of(7)));
    assert_eq!(before.reason(), Reason::RoundRobin);
    wait_for_token_map(&alternator, &client, key_of(7)).await;
    let explanation = alternator.explain(&get_input(key_of(7)));
    let urls = |nodes: Vec<String>| nodes.into_iter().collect::<BTreeSet<_>>();
    let replicas = cluster.replicas(TABLE, "key 7");
    let expected = urls(replicas.iter().map(|node| node.url()).collect());
    let traced = explanation.replicas().iter();
    assert_eq!(
        urls(traced.map(|replica| replica.url().to_owned()).collect()),
        expected
    );
    let [partition] = explanation.partitions() else {
        panic!("one partition");
    };
    assert_eq!((partition.table(), partition.index()), (TABLE, None));
    let key = alternator_test_cluster::PartitionKey::from("key 7");
    assert_eq!(partition.token(), key.token());
    assert_eq!(partition.replicas().len(), 3);
    assert_eq!(explanation.reason(), Reason::Replica);
    let node = explanation.node().unwrap().to_owned();
    assert!(expected.contains(&node));
    assert!(explanation.to_string().contains(&node), "{explanation}");
    cluster.reset_counters();
    get(&client, key_of(7)).await.unwrap();
    let chosen = cluster
        .nodes()
        .into_iter()
        .find(|other| other.url() == node);
    assert_eq!(chosen.unwrap().counters().on_replica, 1);
    let scan = aws_sdk_dynamodb::operation::scan::ScanInput::builder();
    let scan = alternator.explain(&scan.table_name(TABLE).build().unwrap());
    assert!(scan.partitions().is_empty() && scan.replicas().is_empty());
    assert_eq!(scan.reason(), Reason::RoundRobin);
}
