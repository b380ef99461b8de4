//! Nodes that say who would have been the better one to ask. They do so in no release yet, so the library only looks for
//! it with the feature `unstable-routing-hint`, which these tests have on.

use super::rig::{LAYOUTS, TABLE, aware, create, is_known, key_of, map_is_known, share, twelve};
use crate::rig::eventually;
use alternator_test_cluster::{InternalTables, Node, Tokens};
use aws_sdk_dynamodb::types::ScalarAttributeType;

#[tokio::test]
async fn hints_alone_are_enough() {
    for tokens in LAYOUTS {
        let cluster = twelve!(tokens, |cluster| cluster
            .routing_hints()
            .internal_tables(InternalTables::Refused));
        let (alternator, client) = aware(&cluster).await;
        create(&client, ScalarAttributeType::S).await;
        eventually("all ranges are known", async || {
            share(&cluster, &client, 300).await >= 0.99
        })
        .await;
        assert!(is_known(&alternator, key_of(0)));
    }
}

#[tokio::test]
async fn hints_correct_at_once_what_was_read() {
    let cluster = twelve!(Tokens::tablets(8), |cluster| cluster.routing_hints());
    let (alternator, client) = aware(&cluster).await;
    create(&client, ScalarAttributeType::S).await;
    map_is_known(&alternator, &client, key_of(0)).await;
    assert!(share(&cluster, &client, 200).await >= 0.99);
    for (index, tablet) in cluster.tablets(TABLE).iter().enumerate() {
        let holds = |node: &&Node| {
            tablet
                .replicas
                .iter()
                .any(|replica| replica.url() == node.url())
        };
        let nodes = cluster.nodes();
        let to = nodes.iter().find(|node| !holds(node)).unwrap();
        for from in &tablet.replicas {
            if from.rack() == to.rack() {
                cluster.move_tablet(TABLE, index, from, to);
            }
        }
    }
    // No time goes by here, in which the tables could be read again.
    eventually("requests go to replicas", async || {
        share(&cluster, &client, 200).await >= 0.99
    })
    .await;
}

#[tokio::test]
async fn with_hints_and_tables_all_requests_go_to_replicas() {
    for tokens in LAYOUTS {
        let cluster = twelve!(tokens, |cluster| cluster.routing_hints());
        let (alternator, client) = aware(&cluster).await;
        create(&client, ScalarAttributeType::S).await;
        map_is_known(&alternator, &client, key_of(0)).await;
        eventually("requests go to replicas", async || {
            share(&cluster, &client, 300).await >= 0.99
        })
        .await;
    }
}
