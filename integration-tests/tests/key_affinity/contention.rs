//! Contention of lightweight transactions between coordinators.

use super::{create_table, settled_client, with};
use crate::support::{Table, n, quick_refresh, s, test_cluster};
use alternator_lb_sdk::{Alternator, KeyAffinity};
use alternator_test_cluster::{NodeConfig, Paxos, Tokens};
use aws_sdk_dynamodb::Client;
use futures_util::future::join_all;

/// Two nodes in each of three racks, with the costs of transactions.
fn six_nodes(cluster: alternator_test_cluster::Builder) -> alternator_test_cluster::Builder {
    let racks = ["r1", "r2", "r3"].into_iter().cycle().take(6);
    let nodes = racks.map(|rack| NodeConfig::new().rack(rack));
    let cluster = cluster.tokens(Tokens::vnodes()).paxos(Paxos::new());
    nodes.fold(cluster, alternator_test_cluster::Builder::node)
}

/// Increments one hot key `times` times from each of the four callers of each client.
async fn increment(clients: &[(Alternator, Client)], table: &Table, times: usize) {
    let callers = clients.iter().flat_map(|(_, client)| [client; 4]);
    let increments = callers.map(async |client| {
        for _ in 0..times {
            let update = client.update_item().table_name(&table.name);
            let update = update.key("pk", s("hot")).key("sk", s("x"));
            let update = update.update_expression("ADD clicks :one");
            let update = update.expression_attribute_values(":one", n(1));
            // Uncertain ones fail where the SDK's retries do not suffice.
            let _ = update.send().await;
        }
    });
    join_all(increments).await;
}

#[tokio::test]
async fn transactions_of_eight_clients_on_a_hot_key_contend_only_without_affinity() {
    let cluster = test_cluster!(six_nodes);
    let table = create_table(&cluster).await;
    let mut with_affinity = Vec::new();
    for _ in 0..8 {
        let builder = with(&cluster, KeyAffinity::conditional_writes());
        with_affinity.push(settled_client(&cluster, builder, &table).await);
    }
    cluster.reset_counters();
    increment(&with_affinity, &table, 5).await;
    assert_eq!(cluster.ballot_contentions(), 0);
    assert_eq!(cluster.uncertain_transactions(), 0);
    assert_eq!(cluster.lwt_partitions()[0].operations.len(), 1);

    let mut without_affinity = Vec::new();
    for _ in 0..8 {
        let alternator = quick_refresh(&cluster).build().unwrap();
        let client = crate::support::client(&alternator);
        alternator.ready().await.unwrap();
        without_affinity.push((alternator, client));
    }
    increment(&without_affinity, &table, 5).await;
    // A ScyllaDB of as many nodes counted three contentions for each ten transactions, and one uncertain transaction for
    // forty.
    assert!(cluster.ballot_contentions() >= 16);
    assert!(cluster.uncertain_transactions() >= 1);
    assert_eq!(cluster.lwt_partitions()[0].operations.len(), 6);
}
