//! Token awareness and key affinity, which go by listed addresses.

use super::*;
use crate::support::{ready_client_of, s, test_cluster};
use crate::token_aware::support::{
    LAYOUTS, TABLE, create, get_input, key_of, replica_counts, replica_share, wait_for_token_map,
};
use alternator_lb_sdk::KeyAffinity;
use aws_sdk_dynamodb::types::ScalarAttributeType;
use std::collections::BTreeSet;

#[tokio::test]
async fn requests_go_to_replicas_by_their_listed_addresses() {
    for tokens in LAYOUTS {
        let cluster = test_cluster!(|cluster| containers(cluster, 8).tokens(tokens));
        let token_aware = builder(&cluster).token_aware();
        let (alternator, client) = ready_client_with(token_aware, map(&cluster)).await;
        wait_until_used(&alternator, &cluster.nodes()).await;
        create(&client, ScalarAttributeType::S).await;
        wait_for_token_map(&alternator, &client, key_of(0)).await;
        let share = replica_share(&cluster, &client, 400).await;
        assert_eq!(replica_counts(&cluster), (400, 0), "{share}");

        let explanation = alternator.explain(&get_input(key_of(7)));
        let replicas = explanation
            .replicas()
            .iter()
            .map(|replica| replica.url().to_owned());
        let holders = cluster.replicas(TABLE, "key 7");
        let holders = holders.iter().map(Node::url);
        assert_eq!(replicas.collect::<BTreeSet<_>>(), holders.collect());
    }
}

/// Writes a partition. Returns the number of the node that coordinates it.
async fn coordinator(cluster: &TestCluster, client: &Client, key: u64) -> usize {
    cluster.reset_counters();
    let put = client.put_item().table_name(TABLE);
    let put = put.item("pk", key_of(key)).item("sk", s("a"));
    put.send().await.unwrap();
    let nodes = cluster.nodes();
    let writes = |node: &Node| node.counters().operation("PutItem");
    nodes.iter().position(|node| writes(node) == 1).unwrap()
}

/// Key affinity for a key that needs no look-up.
fn with_affinity(builder: Builder) -> Builder {
    let builder = builder.key_affinity(KeyAffinity::all_writes());
    builder.partition_key(TABLE, "pk")
}

#[tokio::test]
async fn clients_agree_on_the_coordinator_of_a_key_however_they_reach_it() {
    let cluster = test_cluster!(|cluster| containers(cluster, 5));
    let (_first, one) = ready_client_with(with_affinity(builder(&cluster)), map(&cluster)).await;
    let names = ScriptedTranslator::default();
    for node in cluster.nodes() {
        let url = format!("http://localhost:{}", node.address().port());
        names.set(&node, Answer::Url(url));
    }
    let (second, other) = ready_client_with(with_affinity(builder(&cluster)), names).await;
    assert!(second.nodes().iter().all(|node| node.host() == "localhost"));
    create(&one, ScalarAttributeType::S).await;
    let mut coordinators = BTreeSet::new();
    for key in 0..40 {
        let agreed = coordinator(&cluster, &one, key).await;
        assert_eq!(coordinator(&cluster, &other, key).await, agreed, "{key}");
        coordinators.insert(agreed);
    }
    assert_eq!(coordinators.len(), 5, "each is that of some keys");
}

#[tokio::test]
async fn seeds_at_one_address_share_the_keys_without_discovery() {
    let cluster = test_cluster!(|cluster| containers(cluster, 4));
    let seeds = builder(&cluster).without_discovery();
    let (_alternator, client) = ready_client_of(with_affinity(seeds)).await;
    create(&client, ScalarAttributeType::S).await;
    let mut coordinators = BTreeSet::new();
    for key in 0..40 {
        let first = coordinator(&cluster, &client, key).await;
        assert_eq!(coordinator(&cluster, &client, key).await, first, "{key}");
        coordinators.insert(first);
    }
    assert_eq!(coordinators.len(), 4, "each is that of some keys");
}
