//! Fetches the schema of a table.

use super::isolation::ServerDefaults;
use super::{MetadataClient, TableSchema};
use crate::internal::client::InternalError;
use alternator_lb_core::jitter::jittered;
use serde_json::json;
use std::time::Duration;
use tokio::time::sleep;

/// A schema, with the reason why it is incomplete.
#[derive(Debug)]
pub(super) struct Description {
    pub(super) schema: TableSchema,
    /// Why the isolation of writes is not known, if it is needed.
    pub(super) isolation_error: Option<InternalError>,
}

/// The number of attempts in a row while no node responds, each at several nodes.
pub(super) const ATTEMPTS: u32 = 3;

/// The pause before the second attempt, doubled for each further one: a node that restarts takes about that long.
pub(super) const FIRST_BACKOFF: Duration = Duration::from_millis(150);

/// The spread of these pauses.
pub(super) const BACKOFF_JITTER: f64 = 1.0 / 3.0;

/// Describes a table, with its isolation of writes if that is needed, for which `server_defaults` are given.
pub(super) async fn describe(
    client: &impl MetadataClient,
    table: &str,
    server_defaults: Option<&ServerDefaults>,
) -> Result<Description, InternalError> {
    let schema = describe_table(client, table).await?;
    let (write_rules, isolation_error) = match server_defaults {
        Some(defaults) => defaults.write_rules(client, schema.resource()).await,
        None => (None, None),
    };
    Ok(Description {
        schema: schema.with_write_rules(write_rules),
        isolation_error,
    })
}

async fn describe_table(
    client: &impl MetadataClient,
    table: &str,
) -> Result<TableSchema, InternalError> {
    let input = json!({"TableName": table});
    let mut backoff = FIRST_BACKOFF;
    let mut attempt = 1;
    loop {
        match client.call("DescribeTable", &input).await {
            Err(InternalError::Unreachable(_)) if attempt < ATTEMPTS => {
                let mut rng = fastrand::Rng::new();
                sleep(jittered(backoff, BACKOFF_JITTER, &mut rng)).await;
                backoff *= 2;
                attempt += 1;
            }
            Err(error) => return Err(error),
            Ok(response) => {
                let malformed =
                    || InternalError::Unsupported("a table without a partition key".to_owned());
                return TableSchema::parse(&response).ok_or_else(malformed);
            }
        }
    }
}
