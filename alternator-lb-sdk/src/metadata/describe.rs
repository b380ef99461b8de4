//! Fetches the schema of a table, and how the table isolates writes.
//!
//! A table's tag says the latter, or else the server's configuration. The role may lack the permission to read them:
//! then it is unknown, which is no error.

use super::server_tables::ServerQuery;
use super::{MetadataClient, TableSchema};
use crate::internal::client::InternalError;
use crate::operation::lwt::{Isolation, WriteRules};
use alternator_lb_core::jitter::jittered;
use arc_swap::ArcSwapOption;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The number of attempts in a row while no node responds, each at several nodes.
pub(super) const ATTEMPTS: u32 = 3;

/// The pause before the second attempt, doubled for each further one: a node that restarts takes about that long.
pub(super) const FIRST_BACKOFF: Duration = Duration::from_millis(150);

/// The spread of these pauses.
pub(super) const BACKOFF_JITTER: f64 = 1.0 / 3.0;

/// Describes a table, with its isolation of writes if that is needed, for which `server_defaults` are given. An error
/// beside the schema says why the isolation is not known.
pub(super) async fn describe(
    client: &impl MetadataClient,
    table: &str,
    server_defaults: Option<&ServerDefaults>,
) -> Result<(TableSchema, Option<InternalError>), InternalError> {
    let mut schema = describe_table(client, table).await?;
    let Some(defaults) = server_defaults else {
        return Ok((schema, None));
    };
    match defaults.write_rules(client, &schema).await {
        Ok(rules) => schema.write_rules = rules,
        Err(error) => return Ok((schema, Some(error))),
    }
    Ok((schema, None))
}

async fn describe_table(
    client: &impl MetadataClient,
    table: &str,
) -> Result<TableSchema, InternalError> {
    let input = json!({"TableName": table});
    let mut backoff = FIRST_BACKOFF;
    let mut retries = 1..ATTEMPTS;
    let response = loop {
        match client.call("DescribeTable", &input).await {
            Err(InternalError::Unreachable(_)) if retries.next().is_some() => {
                let mut rng = fastrand::Rng::new();
                sleep(jittered(backoff, BACKOFF_JITTER, &mut rng)).await;
                backoff *= 2;
            }
            result => break result?,
        }
    };
    let malformed = || InternalError::Unsupported("a table without a partition key".to_owned());
    TableSchema::parse(&response).ok_or_else(malformed)
}

/// The server's configuration of writes, which is the same for all tables.
#[derive(Debug, Default)]
pub(super) struct ServerDefaults(ArcSwapOption<Settings>);

#[derive(Debug)]
struct Settings {
    fetched_at: Instant,
    isolation: Option<Isolation>,
    always_reads: bool,
    is_refused: bool,
}

/// The refreshes of many tables at about the same time, as when a process starts, share the settings.
const VALIDITY: Duration = Duration::from_secs(60);

const TAG: &str = "system:write_isolation";
const CONFIG_TABLE: &str = "system.config";

impl ServerDefaults {
    /// The rules of the writes to a table: the usual ones if neither its tag nor the server's configuration names any.
    async fn write_rules(
        &self,
        client: &impl MetadataClient,
        schema: &TableSchema,
    ) -> Result<WriteRules, InternalError> {
        let tag = match &schema.resource {
            // A tag that cannot be read could override the server's configuration.
            Some(resource) => tag(client, resource).await?,
            None => None,
        };
        let (settings, error) = self.settings(client).await;
        let Some(isolation) = tag.or(settings.isolation) else {
            return error.map_or_else(|| Ok(WriteRules::default()), Err);
        };
        Ok(WriteRules {
            isolation,
            always_reads: settings.always_reads,
        })
    }

    async fn settings(
        &self,
        client: &impl MetadataClient,
    ) -> (Arc<Settings>, Option<InternalError>) {
        if let Some(settings) = self.0.load_full()
            && settings.fetched_at.elapsed() < VALIDITY
        {
            let refusal = || InternalError::Refused(format!(".scylla.alternator.{CONFIG_TABLE}"));
            let refusal = settings.is_refused.then(refusal);
            return (settings, refusal);
        }
        let isolation = setting(client, "alternator_write_isolation").await;
        // After an error, the table is refused or missing as a whole.
        let always_reads = isolation.is_ok()
            && matches!(
                setting(client, "alternator_force_read_before_write").await,
                Ok(Value::Bool(true))
            );
        let name = isolation.as_ref().ok().and_then(Value::as_str);
        let settings = Arc::new(Settings {
            fetched_at: Instant::now(),
            isolation: name.and_then(Isolation::parse),
            always_reads,
            is_refused: matches!(isolation, Err(InternalError::Refused(_))),
        });
        if !matches!(isolation, Err(InternalError::Unreachable(_))) {
            self.0.store(Some(Arc::clone(&settings)));
        }
        (settings, isolation.err())
    }
}

/// The isolation that a table's tag names.
async fn tag(
    client: &impl MetadataClient,
    resource: &str,
) -> Result<Option<Isolation>, InternalError> {
    let input = json!({"ResourceArn": resource});
    let response = client.call("ListTagsOfResource", &input).await?;
    let tags = response.get("Tags").and_then(Value::as_array);
    let mut tags = tags.into_iter().flatten();
    let tag = tags.find(|tag| tag.get("Key").is_some_and(|key| key == TAG));
    let name = tag.and_then(|tag| tag.get("Value")?.as_str());
    Ok(name.and_then(Isolation::parse))
}

/// A setting of the server, whose value is JSON in a string. `Null` if there is none.
async fn setting(client: &impl MetadataClient, name: &str) -> Result<Value, InternalError> {
    let query = ServerQuery::new(CONFIG_TABLE, &[("name", name)], &["value"]);
    let response = client.call(query.operation, &query.input).await?;
    let text = response.pointer("/Items/0/value/S").and_then(Value::as_str);
    let value = text.and_then(|text| serde_json::from_str(text).ok());
    Ok(value.unwrap_or_default())
}
