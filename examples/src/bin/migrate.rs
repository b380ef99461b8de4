//! What do I change in an application that uses DynamoDB today? The same small application, once with the SDK's
//! `endpoint_url` and once with one more line.
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
    let served = show(&cluster);
    verify(served == [302, 0, 0], "more than one node was asked")?;

    println!("With one more line:\n");
    let alternator = Alternator::from_sdk_config(&sdk_config)?;
    let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config)
        .alternator(&alternator) // <- the one added line
        .build();
    alternator.ready().await?;
    application(&Client::from_conf(config)).await?;
    let served = show(&cluster);
    let even = served.iter().all(|requests| (100..=101).contains(requests));
    verify(even, "the nodes did not get the same share")
}

/// The configuration that the application has anyway. The endpoint may as well come from `AWS_ENDPOINT_URL_DYNAMODB`, and
/// the credentials from wherever the SDK finds them.
async fn sdk_config(endpoint_url: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("role", "secret", None, None, "example"))
        .endpoint_url(endpoint_url)
        .load()
        .await
}

/// The application, which sees no difference.
async fn application(client: &Client) -> Result<(), Error> {
    create_table(client, "visits", None).await?;
    for visitor in 0..150 {
        put(client, "visits", &visitor.to_string(), "welcome").await?;
        let text = get(client, "visits", &visitor.to_string()).await?;
        verify(
            text.as_deref() == Some("welcome"),
            "an item was not what was written",
        )?;
    }
    drop_table(client, "visits").await
}

/// Prints what each node has counted, and begins anew.
fn show(cluster: &TestCluster) -> Vec<u64> {
    let nodes = cluster.nodes();
    let served: Vec<u64> = nodes.iter().map(|node| node.counters().requests).collect();
    println!("{}", bars(cluster.urls().into_iter().zip(served.clone())));
    cluster.reset_counters();
    served
}
