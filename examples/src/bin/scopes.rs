//! How do I keep traffic in my rack (availability zone)? A client that prefers rack `r1`, spills over to the rest of
//! the datacenter when one of the rack's nodes dies, falls back to it when both have died, and returns once they are
//! back.
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

    println!("1. The scope is rack r1, with datacenter dc1 as the fallback\n");
    let served = send_requests(&cluster, &client).await?;
    verify(
        served == [60, 60, 0, 0, 0, 0],
        "requests left the rack, or were not evenly spread",
    )?;

    println!("2. One of the two nodes of rack r1 is stopped\n");
    let stopped_node = cluster.node(0);
    stopped_node.stop();
    for visitor in [
        "first request after the failure",
        "second request after the failure",
    ] {
        put(&client, "visits", visitor, "welcome").await?;
    }
    let served = send_requests(&cluster, &client).await?;
    // The overprovisioning factor of 1.4 keeps 70 % of the requests in the rack; the bounds allow for chance in 120.
    let [stopped, local, fallback @ ..] = served.as_slice() else {
        return Err("this cluster has six nodes".into());
    };
    let all = local + fallback.iter().sum::<u64>();
    verify(
        *stopped == 0 && all == 120 && (60..=108).contains(local),
        "the remaining node of the rack did not get about 70 %",
    )?;
    stopped_node.start()?;

    println!("3. Both nodes of rack r1 are stopped\n");
    for node in rack(&cluster, "r1") {
        node.stop();
        node.set_listed(false); // as in a real cluster once the other nodes have detected the failure
    }
    alternator.refresh().await?; // instead of waiting up to 5 s for the next refresh
    let served = send_requests(&cluster, &client).await?;
    verify(
        served == [0, 0, 30, 30, 30, 30],
        "the other racks did not share the requests evenly",
    )?;

    println!("4. Both nodes of rack r1 are running again\n");
    for node in rack(&cluster, "r1") {
        node.start()?;
        node.set_listed(true);
    }
    alternator.refresh().await?;
    let served = send_requests(&cluster, &client).await?;
    verify(
        served == [60, 60, 0, 0, 0, 0],
        "requests did not return to the rack",
    )
}

/// Makes 120 requests, and prints and returns the number that each node served.
async fn send_requests(cluster: &TestCluster, client: &Client) -> Result<Vec<u64>, Error> {
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
