//! Shows the library at work. Runs an ordinary `aws_sdk_dynamodb::Client` with one added line on a cluster
//! whose nodes die and join.
//!
//! ```text
//! cargo run --bin quickstart                                        # on an embedded cluster
//! cargo run --bin quickstart -- --seeds http://10.0.0.1:8000        # on your own cluster, without killing a node
//! ```

mod arguments;
mod load;

use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::{Node, NodeConfig, TestCluster};
use arguments::{Command, USAGE};
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::BehaviorVersion;
use examples::{Error, bars, create_table, drop_table, finish, get, put, verify};
use load::Load;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const TABLE: &str = "alternator-lb-sdk-quickstart";

/// The number of tasks that send requests concurrently while a node is killed or added.
const TASKS: usize = 16;

#[tokio::main]
async fn main() -> ExitCode {
    match Command::parse(lexopt::Parser::from_env()) {
        Ok(Command::Embedded) => finish(embedded().await),
        Ok(Command::Existing { seeds }) => finish(existing(seeds).await),
        Ok(Command::Help) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// The SDK's own client, built as in any application.
fn client(alternator: &Alternator) -> Client {
    let mut config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .alternator(alternator); // <- the one added line
    if std::env::var_os("AWS_ACCESS_KEY_ID").is_some() {
        config = config.credentials_provider(EnvironmentVariableCredentialsProvider::new());
    }
    Client::from_conf(config.build())
}

/// Runs on three nodes, kills one under load, and adds a fourth.
async fn embedded() -> Result<(), Error> {
    let cluster = TestCluster::builder().nodes(3).start()?;
    let alternator = Alternator::builder()
        .seeds([cluster.url()])
        .refresh_interval(Duration::from_secs(1)) // the default is 5 s; shorter here to keep the program short
        .build()?;
    let client = client(&alternator);
    alternator.ready().await?;
    create_table(&client, TABLE, None).await?;

    spread(&cluster, &client).await?;
    kill(&cluster, &client).await?;
    join(&cluster, &client).await?;
    println!("No operation failed.");
    Ok(())
}

async fn spread(cluster: &TestCluster, client: &Client) -> Result<(), Error> {
    println!("1. Three nodes, 150 writes and 150 reads in sequence\n");
    cluster.reset_counters();
    write_and_read(client).await?;
    println!("{}", chart(cluster));
    let is_even = running(cluster).all(|node| node.counters().requests == 100);
    verify(is_even, "the nodes did not get 100 requests each")
}

async fn kill(cluster: &TestCluster, client: &Client) -> Result<(), Error> {
    let victim = cluster.node(1);
    println!(
        "2. {TASKS} concurrent tasks write and read; after one second {} is killed\n",
        victim.url()
    );
    let load = Load::start(TASKS, client, TABLE);
    sleep(Duration::from_secs(1)).await;
    let before = Instant::now();
    victim.stop();
    let kill = before..=Instant::now();

    count_for_one_second(cluster).await;
    let chart_after_kill = chart(cluster);
    let is_even_after_kill = is_even(cluster);
    let results = load.end(kill).await?;
    println!("{results}\n   Requests in the second after the kill\n\n{chart_after_kill}");
    verify(results.failed == 0, "operations failed")?;
    verify(
        is_even_after_kill,
        "the remaining nodes did not get equal shares",
    )
}

async fn join(cluster: &TestCluster, client: &Client) -> Result<(), Error> {
    println!("3. A node joins under the same load\n");
    let load = Load::start(TASKS, client, TABLE);
    let joined = Instant::now();
    let new_node = cluster.add_node(NodeConfig::new())?;
    let first_request = async {
        while new_node.counters().requests == 0 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(10), first_request).await?;
    println!(
        "  The new node got its first request after {:.1} s\n",
        joined.elapsed().as_secs_f64()
    );

    count_for_one_second(cluster).await;
    println!(
        "   Requests in the second after that, during the slow start of the new node\n\n{}",
        chart(cluster)
    );
    let equal_shares = async {
        while !is_even(cluster) {
            count_for_one_second(cluster).await;
        }
    };
    let is_even_at_end = timeout(Duration::from_secs(30), equal_shares).await.is_ok();
    println!(
        "   Requests in one second, {:.0} s after the node joined\n\n{}",
        joined.elapsed().as_secs_f64(),
        chart(cluster)
    );
    let results = load.end(joined..=joined).await?;
    verify(results.failed == 0, "operations failed")?;
    verify(is_even_at_end, "the nodes did not get equal shares")
}

/// Resets the counters, and waits for one second.
async fn count_for_one_second(cluster: &TestCluster) {
    cluster.reset_counters();
    sleep(Duration::from_secs(1)).await;
}

/// Returns a chart of the requests that each node counted.
fn chart(cluster: &TestCluster) -> String {
    let name = |node: &Node| match node.is_running() {
        true => node.url(),
        false => format!("{} (dead)", node.url()),
    };
    let nodes = cluster.nodes();
    bars(
        nodes
            .iter()
            .map(|node| (name(node), node.counters().requests)),
    )
}

/// Returns whether the running nodes got equal shares, within 2 % and the requests in flight.
fn is_even(cluster: &TestCluster) -> bool {
    let requests: Vec<_> = running(cluster)
        .map(|node| node.counters().requests)
        .collect();
    let (Some(most), Some(least)) = (requests.iter().max(), requests.iter().min()) else {
        return false;
    };
    most - least <= most / 50 + 2 * TASKS as u64
}

fn running(cluster: &TestCluster) -> impl Iterator<Item = Node> {
    cluster.nodes().into_iter().filter(Node::is_running)
}

/// Runs on an existing cluster, without killing or adding nodes.
async fn existing(seeds: Vec<String>) -> Result<(), Error> {
    let alternator = Alternator::builder().seeds(seeds).build()?;
    let client = client(&alternator);
    alternator.ready().await?;
    create_table(&client, TABLE, None).await?;

    println!("150 writes and 150 reads in sequence\n");
    let before = counts(&alternator);
    let result = write_and_read(&client).await;
    let after = counts(&alternator);
    drop_table(&client, TABLE).await?;
    result?;

    let served = |(node, count): (String, u64)| {
        let earlier = before.get(&node).copied().unwrap_or_default();
        (node, count - earlier)
    };
    println!("{}", bars(after.into_iter().map(served)));
    println!(
        "No operation failed. The counts are those of the client. On an existing cluster the program kills and adds no \
         node; to see that, run it without --seeds."
    );
    Ok(())
}

/// Returns the requests per node that the client counted.
fn counts(alternator: &Alternator) -> BTreeMap<String, u64> {
    let nodes = alternator.nodes();
    nodes
        .iter()
        .map(|node| (node.url().to_owned(), node.requests()))
        .collect()
}

async fn write_and_read(client: &Client) -> Result<(), Error> {
    for number in 0..150 {
        put(
            client,
            TABLE,
            &number.to_string(),
            &format!("text {number}"),
        )
        .await?;
    }
    for number in 0..150 {
        let text = get(client, TABLE, &number.to_string()).await?;
        verify(
            text == Some(format!("text {number}")),
            "an item differs from what was written",
        )?;
    }
    Ok(())
}
