//! Which node does my key go to? A client that sends each request straight to a node that holds its partition, and shows
//! which and why; beside it one that sends them to all nodes in turn.
//!
//! ```text
//! cargo run --bin partitions
//! ```

use alternator_lb_sdk::explain::Reason;
use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::{TestCluster, Tokens};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::types::AttributeValue;
use examples::{Error, create_table, finish, get, put, verify};
use std::process::ExitCode;
use std::time::Duration;

#[tokio::main]
async fn main() -> ExitCode {
    finish(run().await)
}

async fn run() -> Result<(), Error> {
    // Twelve nodes that hold three copies of everything, as ScyllaDB does.
    let cluster = TestCluster::builder()
        .nodes(12)
        .tokens(Tokens::tablets(64))
        .start()?;

    let in_turn = Alternator::builder().seeds(cluster.urls()).build()?;
    let straight = Alternator::builder()
        .seeds(cluster.urls())
        .token_aware()
        .build()?;
    let [one, other] = [&in_turn, &straight].map(client);
    create_table(&one, "visits", None).await?;
    put(&one, "visits", "ann", "welcome").await?;

    println!("In turn:");
    let share = share_on_replicas(&cluster, &one).await?;
    println!("  {share} of 400 requests land on a node that holds their partition\n");
    verify(share < 200, "chance alone should bring about 100")?;

    println!("Token-aware:");
    let input = GetItemInput::builder().table_name("visits");
    let input = input.key("id", AttributeValue::S("ann".to_owned()));
    let input = input.build()?;
    // Where partitions lie is read in the background, from the first request on the table on.
    let known = async {
        while straight.explain(&input).reason() != Reason::Replica {
            get(&other, "visits", "ann").await?;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok::<_, Error>(())
    };
    tokio::time::timeout(Duration::from_secs(10), known).await??;
    for line in straight.explain(&input).to_string().lines() {
        println!("  {line}");
    }
    let share = share_on_replicas(&cluster, &other).await?;
    println!("  {share} of 400 requests land on a node that holds their partition");
    verify(share >= 396, "99 in 100 should reach a replica")
}

fn client(alternator: &Alternator) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .alternator(alternator)
        .build();
    Client::from_conf(config)
}

/// Reads 400 keys, and returns how many of the requests landed on a node that holds the partition.
async fn share_on_replicas(cluster: &TestCluster, client: &Client) -> Result<u64, Error> {
    cluster.reset_counters();
    for visitor in 0..400 {
        get(client, "visits", &visitor.to_string()).await?;
    }
    let counters = cluster.nodes().into_iter().map(|node| node.counters());
    Ok(counters.map(|counters| counters.on_replica).sum())
}
