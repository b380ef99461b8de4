//! The clients of a worker, and its table.

use std::time::Duration;

use alternator_lb_sdk::{Alternator, AlternatorExt as _, Builder};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};

use super::setting::{ROLE, SECRET};
use crate::Outcome;

pub(super) const TABLE: &str = "soak";
pub(super) const KEY: &str = "pk";

/// Two clients that share the nodes and their health.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) alternator: Alternator,
    /// Makes up to four attempts.
    pub(super) client: Client,
    /// Makes one attempt, for operations that must not be executed twice.
    pub(super) single: Client,
}

impl Access {
    /// Creates the clients. The SDK keeps a retry quota per region for ever, so a worker has one `region` for all of its
    /// clients.
    pub(super) fn new(
        seeds: impl IntoIterator<Item = String>,
        region: String,
        configure: impl FnOnce(Builder) -> Builder,
    ) -> Outcome<Self> {
        let alternator = configure(Alternator::builder().seeds(seeds)).build()?;
        let config = |retries| {
            let config = Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(region.clone()))
                .credentials_provider(Credentials::new(ROLE, SECRET, None, None, "soak"))
                .timeout_config(timeouts())
                .retry_config(retries);
            Client::from_conf(config.alternator(&alternator).build())
        };
        let retries = RetryConfig::standard()
            .with_max_attempts(4)
            .with_initial_backoff(Duration::from_millis(50));
        Ok(Self {
            client: config(retries),
            single: config(RetryConfig::disabled()),
            alternator,
        })
    }

    /// Creates the table.
    pub(super) async fn create_table(&self) -> Outcome<()> {
        let key = AttributeDefinition::builder()
            .attribute_name(KEY)
            .attribute_type(ScalarAttributeType::S);
        let schema = KeySchemaElement::builder()
            .attribute_name(KEY)
            .key_type(KeyType::Hash);
        self.client
            .create_table()
            .table_name(TABLE)
            .attribute_definitions(key.build()?)
            .key_schema(schema.build()?)
            .billing_mode(BillingMode::PayPerRequest)
            .send()
            .await?;
        Ok(())
    }
}

/// Those that an application has: without retries, nothing else ends a request to a node that hangs.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(4))
        .operation_timeout(Duration::from_secs(12))
        .build()
}
