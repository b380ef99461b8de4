//! The function: counts visits of a page. This file is all that a function needs.

use alternator_lb_sdk::{Alternator, AlternatorExt as _, KeyAffinity};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use examples::{Error, seeds};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use std::env;
use std::time::Duration;

pub(crate) const TABLE: &str = "alternator-lb-sdk-lambda";

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Visit {
    pub(crate) page: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Visits {
    pub(crate) count: u64,
    /// The number of nodes that this process knows.
    pub(crate) nodes: usize,
}

/// Runs the function: first what Lambda calls the init phase, then an invocation after the other.
pub(crate) async fn run() -> Result<(), Error> {
    let seeds = seeds(&env::var("ALTERNATOR_SEEDS")?)?;
    let alternator = Alternator::builder()
        .seeds(seeds)
        .key_affinity(KeyAffinity::conditional_writes())
        // A process that lives for a few operations would have the key described for hardly any of them.
        .partition_key(TABLE, "id")
        .build()?;
    let sdk_config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .no_credentials() // on Lambda the SDK would find those of the function, which no ScyllaDB knows
        .retry_config(RetryConfig::standard())
        // The SDK has none by default, and Lambda bills the wait. A connection of before a freeze may lead nowhere.
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_millis(500))
                .operation_attempt_timeout(Duration::from_secs(1))
                .operation_timeout(Duration::from_secs(3))
                .build(),
        )
        .load()
        .await;
    let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config)
        .alternator(&alternator) // <- the one added line
        .build();
    let client = Client::from_conf(config);
    // Not needed: requests go to the seeds until discovery has run, beside the first of them.
    if env::var_os("AWAIT_DISCOVERY").is_some() {
        alternator.ready().await?;
    }
    let (client, alternator) = (&client, &alternator);
    let handler = service_fn(|event: LambdaEvent<Visit>| async move {
        let count = add_visit(client, event.payload.page).await?;
        let nodes = alternator.nodes().len();
        Ok::<_, Error>(Visits { count, nodes })
    });
    lambda_runtime::run(handler).await
}

async fn add_visit(client: &Client, page: String) -> Result<u64, Error> {
    let updated = client
        .update_item()
        .table_name(TABLE)
        .key("id", AttributeValue::S(page))
        .update_expression("ADD visits :one")
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
        .return_values(ReturnValue::UpdatedNew)
        .send()
        .await?;
    let visits = updated.attributes.as_ref().and_then(|it| it.get("visits"));
    let count = visits.and_then(|it| it.as_n().ok());
    Ok(count.ok_or("the response has no count")?.parse()?)
}
