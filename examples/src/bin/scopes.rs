//! How do I keep traffic in my rack (availability zone)? A client that prefers rack `r1`, lets the rest of the datacenter
//! help out when one of the rack's nodes dies, falls back to it when all have, and goes back when they are there again.
//!
//! ```text
//! cargo run --bin scopes
//! ```

use alternator_lb_sdk::{Alternator, AlternatorExt as _, Scope};
use alternator_test_cluster::{Node, NodeConfig, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::BehaviorVersion;
use examples::{Error, bars, create_table, finish, put, verify};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    finish(run().await)
}

async fn run() -> Result<(), Error> {
    let mut builder = TestCluster::builder();
    for rack in ["r1", "r1", "r2", "r2", "r3", "r3"] {
        builder = builder.node(NodeConfig::new().datacenter("dc1").rack(rack));
    }
    let cluster = builder.start()?;

    let alternator = Alternator::builder()
        .seeds(cluster.urls())
        .scope(Scope::rack("dc1", "r1").or(Scope::datacenter("dc1")))
        .build()?;
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .alternator(&alternator)
        .build();
    let client = Client::from_conf(config);
    alternator.ready().await?;
    create_table(&client, "visits", None).await?;

    println!("The scope is rack r1, else datacenter dc1\n");
    let served = work(&cluster, &client).await?;
    verify(
        served == [60, 60, 0, 0, 0, 0],
        "requests left the rack, or were not even",
    )?;

    println!("One of the two nodes of rack r1 dies\n");
    let dead = cluster.node(0);
    dead.stop();
    for visitor in ["the first to meet it finds out", "the second"] {
        put(&client, "visits", visitor, "welcome").await?;
    }
    let served = work(&cluster, &client).await?;
    // It can carry 1.4 times what it did: 70 % of what both did, give or take what chance does to 120 requests.
    let [gone, local, elsewhere @ ..] = served.as_slice() else {
        return Err("this cluster has six nodes".into());
    };
    let all = local + elsewhere.iter().sum::<u64>();
    verify(
        *gone == 0 && all == 120 && (60..=108).contains(local),
        "the node that is left does not carry about 70 %",
    )?;
    dead.start()?;

    println!("Rack r1 dies\n");
    for node in rack(&cluster, "r1") {
        node.stop();
        node.set_listed(false); // as the other nodes do once they have noticed
    }
    alternator.refresh().await?; // so as not to wait for the next one, which is due within 5 s
    let served = work(&cluster, &client).await?;
    verify(
        served == [0, 0, 30, 30, 30, 30],
        "the rest of the datacenter did not take over evenly",
    )?;

    println!("Rack r1 comes back\n");
    for node in rack(&cluster, "r1") {
        node.start()?;
        node.set_listed(true);
    }
    alternator.refresh().await?;
    let served = work(&cluster, &client).await?;
    verify(
        served == [60, 60, 0, 0, 0, 0],
        "requests did not come back to the rack",
    )
}

/// Makes 120 requests, prints who served them, and returns how many each node did.
async fn work(cluster: &TestCluster, client: &Client) -> Result<Vec<u64>, Error> {
    cluster.reset_counters();
    for visitor in 0..120 {
        put(client, "visits", &visitor.to_string(), "welcome").await?;
    }
    let nodes = cluster.nodes();
    let served: Vec<u64> = nodes.iter().map(|node| node.counters().requests).collect();
    let names = nodes
        .iter()
        .map(|node| format!("{} {}", node.rack(), node.url()));
    println!("{}", bars(names.zip(served.clone())));
    Ok(served)
}

fn rack(cluster: &TestCluster, rack: &str) -> Vec<Node> {
    let nodes = cluster.nodes().into_iter();
    nodes.filter(|node| node.rack() == rack).collect()
}
