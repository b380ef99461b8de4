//! How do several clients share a cluster? A DynamoDB client and a DynamoDB Streams client (feature `streams` of the
//! library) with the same `SdkConfig` and `Alternator`. They share the node list, the health state of the nodes, and
//! the background task that refreshes the list.
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
        .region(Region::from_static("us-east-1")) // else the SDK also queries the metadata service of AWS
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

    println!(
        "30 orders written by the DynamoDB client, {read} changes read by the Streams client\n"
    );
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
    println!("Discovery requests of both clients together: {discoveries}");

    let requests = nodes.iter().map(|node| node.counters().requests);
    let (most, least) = (requests.clone().max(), requests.min());
    verify(
        read == 30,
        "the number of changes read differs from the orders written",
    )?;
    verify(
        most.zip(least)
            .is_some_and(|(most, least)| most - least <= 1),
        "the nodes did not get equal shares",
    )
}

/// Reads all changes of a table so far. A shard iterator is valid on every node.
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
                // An open shard always has a next page; an empty page is the current end.
                next = page
                    .next_shard_iterator
                    .filter(|_| !page.records.unwrap_or_default().is_empty());
            }
        }
    }
    Ok(records)
}
