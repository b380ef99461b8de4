//! Fetches the schema of a table, and how the table isolates writes.
//!
//! A table's tag says the latter, or else the server's configuration. The role may lack the permission to read them:
//! then it is unknown, which is no error.

use super::fetch_client::{FetchClient, FetchError};
use super::refusals::Permission;
use super::server_tables::{RowReader, ServerQuery, ServerTable};
use super::shared_reading::SharedReading;
use super::{MetadataClient, TableSchema};
use crate::operation::lwt::{Isolation, WriteRules};
use alternator_lb_core::jitter::{jittered, with_default_jitter};
use alternator_lb_core::metadata_schedule::SHARED_AGE;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// The number of attempts in a row while no node responds, each at several nodes.
pub(super) const ATTEMPTS: u32 = 3;

/// The pause before the second attempt, doubled for each further one: a node that restarts takes about that long.
pub(super) const FIRST_BACKOFF: Duration = Duration::from_millis(150);

/// The spread of these pauses.
pub(super) const BACKOFF_JITTER: f64 = 1.0 / 3.0;

/// Describes a table, with its isolation of writes if that is needed, for which `settings` are given. An error beside
/// the schema says why the isolation is not known.
pub(super) async fn describe(
    client: &FetchClient<'_, impl MetadataClient>,
    table: &Arc<str>,
    settings: Option<&ServerSettings>,
) -> Result<(TableSchema, Option<FetchError>), FetchError> {
    let mut schema = describe_table(client, table).await?;
    let Some(settings) = settings else {
        return Ok((schema, None));
    };
    match write_rules(client, table, &schema, settings).await {
        Ok(rules) => schema.write_rules = rules,
        Err(error) => return Ok((schema, Some(error))),
    }
    Ok((schema, None))
}

async fn describe_table(
    client: &FetchClient<'_, impl MetadataClient>,
    table: &Arc<str>,
) -> Result<TableSchema, FetchError> {
    let input = json!({"TableName": &**table});
    let mut backoff = FIRST_BACKOFF;
    let mut retries = 1..ATTEMPTS;
    let response = loop {
        let permission = Permission::DescribeTable(Arc::clone(table));
        match client.call(permission, "DescribeTable", &input).await {
            Err(FetchError::Unreachable(_)) if retries.next().is_some() => {
                let mut rng = fastrand::Rng::new();
                sleep(jittered(backoff, BACKOFF_JITTER, &mut rng)).await;
                backoff *= 2;
            }
            result => break result?,
        }
    };
    let malformed = || FetchError::Unsupported("a table without a partition key".to_owned());
    TableSchema::parse(&response).ok_or_else(malformed)
}

/// The rules of the writes to a table: the usual ones if neither its tag nor the server's configuration names any.
async fn write_rules(
    client: &FetchClient<'_, impl MetadataClient>,
    table: &Arc<str>,
    schema: &TableSchema,
    settings: &ServerSettings,
) -> Result<WriteRules, FetchError> {
    let tag = match &schema.resource {
        // A tag that cannot be read could override the server's configuration.
        Some(resource) => tag(client, table, resource).await?,
        None => None,
    };
    let settings = settings.get(client).await;
    let isolation = settings
        .as_ref()
        .ok()
        .and_then(|settings| settings.isolation);
    let Some(isolation) = tag.or(isolation) else {
        return settings.map(|_| WriteRules::default());
    };
    Ok(WriteRules {
        isolation,
        always_reads: settings.is_ok_and(|settings| settings.always_reads),
    })
}

/// The server's configuration of writes, which is the same for all tables.
#[derive(Debug, Default)]
pub(super) struct ServerSettings(SharedReading<WriteSettings>);

#[derive(Debug)]
struct WriteSettings {
    isolation: Option<Isolation>,
    always_reads: bool,
}

const TAG: &str = "system:write_isolation";

impl ServerSettings {
    async fn get(
        &self,
        client: &FetchClient<'_, impl MetadataClient>,
    ) -> Result<Arc<WriteSettings>, FetchError> {
        let now = client.now();
        let read = async |_| {
            let isolation = setting(client, "alternator_write_isolation").await?;
            let always_reads = setting(client, "alternator_force_read_before_write").await?;
            let settings = WriteSettings {
                isolation: isolation.as_str().and_then(Isolation::parse),
                always_reads: always_reads == Value::Bool(true),
            };
            Ok((settings, now + with_default_jitter(SHARED_AGE)))
        };
        // Nodes have the same settings.
        self.0.get(now, 0, |_| true, read).await
    }
}

/// The isolation that a table's tag names.
async fn tag(
    client: &FetchClient<'_, impl MetadataClient>,
    table: &Arc<str>,
    resource: &str,
) -> Result<Option<Isolation>, FetchError> {
    let input = json!({"ResourceArn": resource});
    let permission = Permission::ListTags(Arc::clone(table));
    let response = client
        .call(permission, "ListTagsOfResource", &input)
        .await?;
    let tags = response.get("Tags").and_then(Value::as_array);
    let mut tags = tags.into_iter().flatten();
    let tag = tags.find(|tag| tag.get("Key").is_some_and(|key| key == TAG));
    let name = tag.and_then(|tag| tag.get("Value")?.as_str());
    Ok(name.and_then(Isolation::parse))
}

/// The value of a setting, which is JSON in a string. `Null` if there is none.
#[derive(Debug, Default)]
struct SettingReader(Value);

impl RowReader for SettingReader {
    fn read(&mut self, row: &Value) {
        let text = row.pointer("/value/S").and_then(Value::as_str);
        let value = text.and_then(|text| serde_json::from_str(text).ok());
        self.0 = value.unwrap_or_default();
    }
}

/// A setting of the server.
async fn setting(
    client: &FetchClient<'_, impl MetadataClient>,
    name: &str,
) -> Result<Value, FetchError> {
    let query = ServerQuery::new(ServerTable::Config, &[("name", name)], &["value"]);
    let SettingReader(value) = query.read(client, SettingReader::default()).await?;
    Ok(value)
}
