//! What does this library do for me? An ordinary `aws_sdk_dynamodb::Client` with one added line, on a cluster in which
//! nodes die and join.
//!
//! ```text
//! cargo run --bin quickstart                                        # on an embedded cluster
//! cargo run --bin quickstart -- --seeds http://10.0.0.1:8000        # on your own, without killing anything
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

/// How many tasks send requests at the same time while the node is killed.
const TASKS: usize = 16;

#[tokio::main]
async fn main() -> ExitCode {
    match Command::parse(lexopt::Parser::from_env()) {
        Ok(Command::Embedded) => finish(embedded().await),
        Ok(Command::Real { seeds }) => finish(real(seeds).await),
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

/// The SDK's own client, as any application makes it.
fn client(alternator: &Alternator) -> Client {
    let mut config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .alternator(alternator); // <- the one added line
    if std::env::var_os("AWS_ACCESS_KEY_ID").is_some() {
        config = config.credentials_provider(EnvironmentVariableCredentialsProvider::new());
    }
    Client::from_conf(config.build())
}

/// Three nodes, of which one dies under load, and a fourth that joins.
async fn embedded() -> Result<(), Error> {
    let cluster = TestCluster::builder().nodes(3).start()?;
    let alternator = Alternator::builder()
        .seeds([cluster.url()])
        .refresh_interval(Duration::from_secs(1)) // the default is 5 s; this program is in a hurry
        .build()?;
    let client = client(&alternator);
    alternator.ready().await?;
    create_table(&client, TABLE, None).await?;

    spread(&cluster, &client).await?;
    kill(&cluster, &client).await?;
    join(&cluster, &client).await?;
    println!("Nothing failed.");
    Ok(())
}

async fn spread(cluster: &TestCluster, client: &Client) -> Result<(), Error> {
    println!("1. Three nodes: 150 writes and 150 reads, one after the other\n");
    cluster.reset_counters();
    write_and_read(client).await?;
    println!("{}", picture(cluster));
    let even = running(cluster).all(|node| node.counters().requests == 100);
    verify(even, "the nodes did not get 100 requests each")
}

async fn kill(cluster: &TestCluster, client: &Client) -> Result<(), Error> {
    let victim = cluster.node(1);
    println!(
        "2. {TASKS} tasks write and read; after a second {} is killed\n",
        victim.url()
    );
    let load = Load::start(TASKS, client, TABLE);
    sleep(Duration::from_secs(1)).await;
    let before = Instant::now();
    victim.stop();
    let kill = before..=Instant::now();

    one_second(cluster).await;
    let picture_after = picture(cluster);
    let even = is_even(cluster);
    let figures = load.end(kill).await?;
    println!("{figures}\n   In the second after the kill\n\n{picture_after}");
    verify(figures.failed == 0, "operations failed")?;
    verify(even, "the nodes left did not share the load")
}

async fn join(cluster: &TestCluster, client: &Client) -> Result<(), Error> {
    println!("3. A node joins; the same load\n");
    let load = Load::start(TASKS, client, TABLE);
    let joined = Instant::now();
    let newcomer = cluster.add_node(NodeConfig::new())?;
    let first_request = async {
        while newcomer.counters().requests == 0 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(10), first_request).await?;
    println!(
        "  it got its first request after {:.1} s\n",
        joined.elapsed().as_secs_f64()
    );

    one_second(cluster).await;
    println!(
        "   In the second after that: it is eased in\n\n{}",
        picture(cluster)
    );
    let its_share = async {
        while !is_even(cluster) {
            one_second(cluster).await;
        }
    };
    let even = timeout(Duration::from_secs(30), its_share).await.is_ok();
    println!(
        "   In one second, {:.0} s after it had joined\n\n{}",
        joined.elapsed().as_secs_f64(),
        picture(cluster)
    );
    let figures = load.end(joined..=joined).await?;
    verify(figures.failed == 0, "operations failed")?;
    verify(even, "the nodes did not share the load")
}

/// Lets the nodes count for one second.
async fn one_second(cluster: &TestCluster) {
    cluster.reset_counters();
    sleep(Duration::from_secs(1)).await;
}

/// The requests of each node, as it has counted them itself.
fn picture(cluster: &TestCluster) -> String {
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

/// Whether the nodes that run got the same share, but for 2 % and the requests that were under way.
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

/// A cluster of which nothing is known but some nodes: nothing is killed there.
async fn real(seeds: Vec<String>) -> Result<(), Error> {
    let alternator = Alternator::builder().seeds(seeds).build()?;
    let client = client(&alternator);
    alternator.ready().await?;
    create_table(&client, TABLE, None).await?;

    println!("150 writes and 150 reads, one after the other\n");
    let before = counts(&alternator);
    let done = write_and_read(&client).await;
    let after = counts(&alternator);
    drop_table(&client, TABLE).await?;
    done?;

    let served = |(node, count): (String, u64)| {
        let earlier = before.get(&node).copied().unwrap_or_default();
        (node, count - earlier)
    };
    println!("{}", bars(after.into_iter().map(served)));
    println!(
        "Nothing failed. (The counts are the client's own. On a cluster that is not this program's no node is killed and \
         none added: for that, run it without --seeds.)"
    );
    Ok(())
}

/// The requests of each node, as the client has counted them.
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
            "an item was not what was written",
        )?;
    }
    Ok(())
}
