//! Queries of indexes, which the server stores as separate tables.

use super::support::{
    LAYOUTS, create, key_of, query, query_input, replica_counts, token_aware_client,
    twelve_node_cluster, wait_for_token_map,
};
use crate::support::{eventually, s};
use aws_sdk_dynamodb::types::ScalarAttributeType;

#[tokio::test]
async fn index_queries_go_to_replicas_of_the_index() {
    for tokens in LAYOUTS {
        let cluster = twelve_node_cluster!(tokens);
        let (alternator, client) = token_aware_client(&cluster).await;
        create(&client, ScalarAttributeType::S).await;
        wait_for_token_map(&alternator, &client, key_of(0)).await;
        for (index, attribute) in [("by_owner", "owner"), ("by_time", "pk")] {
            let input = query_input(index, attribute, s("0"));
            eventually("the token map of the index is known", async || {
                query(&client, index, attribute, s("0")).await;
                let explanation = alternator.explain(&input);
                let mut partitions = explanation.partitions().iter();
                partitions.any(|partition| partition.map_age().is_some())
            })
            .await;
            cluster.reset_counters();
            for number in 0..60 {
                query(&client, index, attribute, s(format!("{number}"))).await;
            }
            assert_eq!(replica_counts(&cluster), (60, 0), "{tokens:?} {index}");
        }
    }
}
