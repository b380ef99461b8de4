//! How do I migrate an application that uses DynamoDB today? Runs the same small application with the SDK's
//! `endpoint_url`, and then with one added line.
//!
//! ```text
//! cargo run --bin migrate
//! ```

use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::TestCluster;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use examples::{Error, bars, create_table, drop_table, finish, get, put, verify};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    finish(run().await)
}

async fn run() -> Result<(), Error> {
    let cluster = TestCluster::builder()
        .nodes(3)
        .authorization("role", "secret")
        .start()?;
    let sdk_config = sdk_config(&cluster.url()).await;

    println!("With the SDK's endpoint_url:\n");
    application(&Client::new(&sdk_config)).await?;
    let requests = print_requests(&cluster);
    verify(requests == [302, 0, 0], "more than one node got requests")?;

    println!("With one added line:\n");
    let alternator = Alternator::from_sdk_config(&sdk_config)?;
    let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config)
        .alternator(&alternator) // <- the one added line
        .build();
    alternator.ready().await?;
    application(&Client::from_conf(config)).await?;
    let requests = print_requests(&cluster);
    let is_even = requests.iter().all(|count| (100..=101).contains(count));
    verify(is_even, "the nodes did not get equal shares")
}

/// The existing configuration of the application. The endpoint can also come from `AWS_ENDPOINT_URL_DYNAMODB`, and the
/// credentials from any provider of the SDK.
async fn sdk_config(endpoint_url: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("role", "secret", None, None, "example"))
        .endpoint_url(endpoint_url)
        .load()
        .await
}

/// The application, unchanged by the migration.
async fn application(client: &Client) -> Result<(), Error> {
    create_table(client, "visits", None).await?;
    for visitor in 0..150 {
        put(client, "visits", &visitor.to_string(), "welcome").await?;
        let text = get(client, "visits", &visitor.to_string()).await?;
        verify(
            text.as_deref() == Some("welcome"),
            "an item differs from what was written",
        )?;
    }
    drop_table(client, "visits").await
}

/// Prints the number of requests that each node counted, and resets the counters.
fn print_requests(cluster: &TestCluster) -> Vec<u64> {
    let nodes = cluster.nodes();
    let requests: Vec<u64> = nodes.iter().map(|node| node.counters().requests).collect();
    println!("{}", bars(cluster.urls().into_iter().zip(requests.clone())));
    cluster.reset_counters();
    requests
}
