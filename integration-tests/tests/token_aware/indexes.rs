//! Queries of indexes, which are tables of their own to the server.

use super::rig::{
    LAYOUTS, aware, counted, create, key_of, map_is_known, query, query_input, twelve,
};
use crate::rig::{eventually, s};
use aws_sdk_dynamodb::types::ScalarAttributeType;

#[tokio::test]
async fn queries_of_indexes_go_to_replicas_of_the_index() {
    for tokens in LAYOUTS {
        let cluster = twelve!(tokens);
        let (alternator, client) = aware(&cluster).await;
        create(&client, ScalarAttributeType::S).await;
        map_is_known(&alternator, &client, key_of(0)).await;
        for (index, attribute) in [("by_owner", "owner"), ("by_time", "pk")] {
            let input = query_input(index, attribute, s("0"));
            eventually("the map of the index is known", async || {
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
            assert_eq!(counted(&cluster), (60, 0), "{tokens:?} {index}");
        }
    }
}
