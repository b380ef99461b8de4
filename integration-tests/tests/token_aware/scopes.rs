//! Token-aware routing within a scope.

use super::support::{
    LAYOUTS, TABLE, client_with, create, get, key_of, replica_counts, token_aware_client,
    twelve_node_cluster, wait_for_token_map,
};
use crate::support::test_cluster;
use alternator_lb_sdk::Scope;
use alternator_test_cluster::NodeConfig;
use aws_sdk_dynamodb::types::ScalarAttributeType;

#[tokio::test]
async fn rack_scope_reads_each_key_from_its_replica_in_that_rack() {
    for tokens in LAYOUTS {
        let cluster = twelve_node_cluster!(tokens);
        let scope = Scope::rack("dc1", "r2").or(Scope::datacenter("dc1"));
        let (alternator, client) =
            client_with(&cluster, |builder| builder.token_aware().scope(scope)).await;
        create(&client, ScalarAttributeType::S).await;
        wait_for_token_map(&alternator, &client, key_of(0)).await;
        cluster.reset_counters();
        for number in 0..200 {
            get(&client, key_of(number)).await.unwrap();
        }
        assert_eq!(replica_counts(&cluster), (200, 0));
        for node in cluster.nodes() {
            let expected = node.rack() == "r2";
            assert_eq!(node.counters().on_replica > 0, expected, "{}", node.rack());
        }
    }
}

#[tokio::test]
async fn replicas_in_another_datacenter_get_no_requests() {
    let cluster = test_cluster!(|cluster| {
        let datacenters = ["dc1", "dc2"].into_iter().cycle().take(12);
        let nodes = datacenters.map(|datacenter| NodeConfig::new().datacenter(datacenter));
        let cluster = cluster.tokens(LAYOUTS[0]).replication_factor(2);
        nodes.fold(cluster, alternator_test_cluster::Builder::node)
    });
    let (alternator, client) = token_aware_client(&cluster).await;
    create(&client, ScalarAttributeType::S).await;
    wait_for_token_map(&alternator, &client, key_of(0)).await;
    assert_eq!(cluster.replicas(TABLE, "key 0").len(), 4);
    cluster.reset_counters();
    for number in 0..200 {
        get(&client, key_of(number)).await.unwrap();
    }
    assert_eq!(replica_counts(&cluster), (200, 0));
    for node in cluster.nodes() {
        let is_used = node.counters().on_replica > 0;
        assert_eq!(is_used, node.datacenter() == "dc1", "{}", node.url());
    }
}

#[tokio::test]
async fn keys_of_a_dead_replica_in_the_rack_go_to_another_replica() {
    let cluster = twelve_node_cluster!(LAYOUTS[1]);
    let scope = Scope::rack("dc1", "r2").or(Scope::datacenter("dc1"));
    let (alternator, client) =
        client_with(&cluster, |builder| builder.token_aware().scope(scope)).await;
    create(&client, ScalarAttributeType::S).await;
    wait_for_token_map(&alternator, &client, key_of(7)).await;
    let replicas = cluster.replicas(TABLE, "key 7");
    let local = replicas.iter().find(|node| node.rack() == "r2").unwrap();
    local.stop();
    get(&client, key_of(7)).await.unwrap();
    cluster.reset_counters();
    for _ in 0..20 {
        get(&client, key_of(7)).await.unwrap();
    }
    assert_eq!(replica_counts(&cluster), (20, 0));
}
