//! Fetches how tables isolate writes.
//!
//! A table's tag says so, or else the server's configuration. The role may lack the permission to read them: then it is
//! unknown, which is no error.

use super::MetadataClient;
use crate::internal::client::InternalError;
use crate::operation::lwt::{Isolation, WriteRules};
use arc_swap::ArcSwapOption;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The server's configuration of writes, which is the same for all tables.
#[derive(Debug, Default)]
pub(super) struct ServerDefaults {
    settings: ArcSwapOption<Settings>,
}

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
const CONFIG_TABLE: &str = ".scylla.alternator.system.config";

impl ServerDefaults {
    /// The rules of the writes to a table. `None` if they are unknown, with the error that is the reason.
    pub(super) async fn write_rules(
        &self,
        client: &impl MetadataClient,
        resource: Option<&str>,
    ) -> (Option<WriteRules>, Option<InternalError>) {
        let tag = match resource {
            Some(resource) => tag(client, resource).await,
            None => Ok(None),
        };
        let tag = match tag {
            Ok(tag) => tag,
            // A tag could override the server's configuration.
            Err(error) => return (None, Some(error)),
        };
        let (settings, error) = self.settings(client).await;
        let isolation = tag.or(settings.isolation);
        let rules = isolation.map(|isolation| WriteRules {
            isolation,
            always_reads: settings.always_reads,
        });
        (rules, error.filter(|_| rules.is_none()))
    }

    async fn settings(
        &self,
        client: &impl MetadataClient,
    ) -> (Arc<Settings>, Option<InternalError>) {
        if let Some(settings) = self.settings.load_full()
            && settings.fetched_at.elapsed() < VALIDITY
        {
            let refusal = || InternalError::Refused(CONFIG_TABLE.to_owned());
            let refusal = settings.is_refused.then(refusal);
            return (settings, refusal);
        }
        let isolation = setting(client, "alternator_write_isolation").await;
        let (isolation, error) = match isolation {
            Ok(isolation) => (isolation, None),
            Err(error) => (None, Some(error)),
        };
        // The table is refused or missing as a whole.
        let always_reads = match &error {
            None => setting(client, "alternator_force_read_before_write").await,
            Some(_) => Ok(None),
        };
        let isolation = isolation.as_ref().and_then(Value::as_str);
        let settings = Arc::new(Settings {
            fetched_at: Instant::now(),
            isolation: isolation.and_then(Isolation::parse),
            always_reads: matches!(always_reads, Ok(Some(Value::Bool(true)))),
            is_refused: matches!(error, Some(InternalError::Refused(_))),
        });
        if !matches!(error, Some(InternalError::Unreachable(_))) {
            self.settings.store(Some(Arc::clone(&settings)));
        }
        (settings, error)
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

/// A setting of the server, whose value is JSON in a string.
async fn setting(client: &impl MetadataClient, name: &str) -> Result<Option<Value>, InternalError> {
    let input = json!({
        "TableName": CONFIG_TABLE,
        "KeyConditionExpression": "#name = :name",
        "ProjectionExpression": "#value",
        "ExpressionAttributeNames": {"#name": "name", "#value": "value"},
        "ExpressionAttributeValues": {":name": {"S": name}},
    });
    let response = client.call("Query", &input).await?;
    let text = response.pointer("/Items/0/value/S").and_then(Value::as_str);
    Ok(text.and_then(|text| serde_json::from_str(text).ok()))
}
