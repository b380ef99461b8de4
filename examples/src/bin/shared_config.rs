//! How do several clients share a cluster? One `SdkConfig`, one `Alternator`, and two clients on them: DynamoDB, and
//! DynamoDB Streams (with the library's feature `streams`). They share the nodes, what is known of their health, and the one
//! task that keeps the list of nodes fresh.
//!
//! ```text
//! cargo run --bin shared_config
//! ```

use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::TestCluster;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::{StreamSpecification, StreamViewType};
use aws_sdk_dynamodbstreams::types::ShardIteratorType;
use examples::{Error, bars, create_table, finish, put, verify};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    finish(run().await)
}

async fn run() -> Result<(), Error> {
    let cluster = TestCluster::builder().nodes(3).start()?;
    let alternator = Alternator::builder().seeds([cluster.url()]).build()?;
    let sdk_config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1")) // or the SDK looks for one, on AWS's metadata service among others
        .no_credentials()
        .load()
        .await;
    let dynamodb = aws_sdk_dynamodb::Client::from_conf(
        aws_sdk_dynamodb::config::Builder::from(&sdk_config)
            .alternator(&alternator)
            .build(),
    );
    let streams = aws_sdk_dynamodbstreams::Client::from_conf(
        aws_sdk_dynamodbstreams::config::Builder::from(&sdk_config)
            .alternator(&alternator)
            .build(),
    );
    alternator.ready().await?;

    let changes = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::NewImage)
        .build()?;
    create_table(&dynamodb, "orders", Some(changes)).await?;
    for order in 0..30 {
        put(&dynamodb, "orders", &order.to_string(), "placed").await?;
    }
    let read = read_stream(&streams, "orders").await?;

    println!("30 orders written by one client, {read} changes read by the other\n");
    let nodes = cluster.nodes();
    println!(
        "{}",
        bars(
            nodes
                .iter()
                .map(|node| (node.url(), node.counters().requests))
        )
    );
    let discoveries: u64 = nodes.iter().map(|node| node.counters().discoveries).sum();
    println!("Discoveries of both clients together: {discoveries}");

    let requests = nodes.iter().map(|node| node.counters().requests);
    let (most, least) = (requests.clone().max(), requests.min());
    verify(read == 30, "the changes read are not the orders written")?;
    verify(
        most.zip(least)
            .is_some_and(|(most, least)| most - least <= 1),
        "the nodes did not get the same share",
    )
}

/// Reads all changes of a table so far. The iterator of a shard is good on any node.
async fn read_stream(
    streams: &aws_sdk_dynamodbstreams::Client,
    table: &str,
) -> Result<usize, Error> {
    let mut records = 0;
    let listed = streams.list_streams().table_name(table).send().await?;
    for stream in listed
        .streams()
        .iter()
        .filter_map(|stream| stream.stream_arn())
    {
        let described = streams.describe_stream().stream_arn(stream).send().await?;
        let shards = described.stream_description().map(|stream| stream.shards());
        for shard in shards
            .unwrap_or_default()
            .iter()
            .filter_map(|shard| shard.shard_id())
        {
            let from = streams
                .get_shard_iterator()
                .stream_arn(stream)
                .shard_id(shard)
                .shard_iterator_type(ShardIteratorType::TrimHorizon)
                .send()
                .await?;
            let mut next = from.shard_iterator;
            while let Some(iterator) = next {
                let page = streams
                    .get_records()
                    .shard_iterator(iterator)
                    .send()
                    .await?;
                records += page.records().len();
                // An open shard always has a next page: an empty one is the end for now.
                next = page
                    .next_shard_iterator
                    .filter(|_| !page.records.unwrap_or_default().is_empty());
            }
        }
    }
    Ok(records)
}
