//! Shows the node that a key goes to. Compares a round-robin client with a token-aware one, which sends each request to
//! a replica of its partition, and prints the routing trace of one key.
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
    // Twelve nodes with three replicas of each partition, as in ScyllaDB.
    let cluster = TestCluster::builder()
        .nodes(12)
        .tokens(Tokens::tablets(64))
        .start()?;

    let round_robin = Alternator::builder().seeds(cluster.urls()).build()?;
    let token_aware = Alternator::builder()
        .seeds(cluster.urls())
        .token_aware()
        .build()?;
    let [round_robin_client, token_aware_client] = [&round_robin, &token_aware].map(client);
    create_table(&round_robin_client, "visits", None).await?;
    put(&round_robin_client, "visits", "ann", "welcome").await?;

    println!("Round robin:");
    let on_replicas = requests_on_replicas(&cluster, &round_robin_client).await?;
    println!("  {on_replicas} of 400 requests went to a replica of their partition\n");
    verify(
        on_replicas < 200,
        "more requests went to a replica than the expected quarter",
    )?;

    println!("Token-aware:");
    let input = GetItemInput::builder().table_name("visits");
    let input = input.key("id", AttributeValue::S("ann".to_owned()));
    let input = input.build()?;
    // The first request to the table starts the background read of the token map.
    let token_map = async {
        while token_aware.explain(&input).reason() != Reason::Replica {
            get(&token_aware_client, "visits", "ann").await?;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok::<_, Error>(())
    };
    tokio::time::timeout(Duration::from_secs(10), token_map).await??;
    for line in token_aware.explain(&input).to_string().lines() {
        println!("  {line}");
    }
    let on_replicas = requests_on_replicas(&cluster, &token_aware_client).await?;
    println!("  {on_replicas} of 400 requests went to a replica of their partition");
    verify(
        on_replicas >= 396,
        "less than 99 % of the requests went to a replica",
    )
}

fn client(alternator: &Alternator) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .alternator(alternator)
        .build();
    Client::from_conf(config)
}

/// Reads 400 keys, and returns the number of requests that went to a replica of their partition.
async fn requests_on_replicas(cluster: &TestCluster, client: &Client) -> Result<u64, Error> {
    cluster.reset_counters();
    for visitor in 0..400 {
        get(client, "visits", &visitor.to_string()).await?;
    }
    let counters = cluster.nodes().into_iter().map(|node| node.counters());
    Ok(counters.map(|counters| counters.on_replica).sum())
}
