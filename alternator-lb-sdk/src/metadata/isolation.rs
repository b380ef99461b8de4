//! How tables isolate writes.
//!
//! A table's tag says so, or else the server's configuration. Neither has to be readable: then it is not known, which is
//! no error.

use crate::internal::client::{CallError, Caller};
use crate::operation::lwt::{Isolation, WriteRules};
use arc_swap::ArcSwapOption;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The server's configuration, as far as it is about writes. The same for all tables.
#[derive(Debug, Default)]
pub(crate) struct Defaults {
    read: ArcSwapOption<Read>,
}

#[derive(Debug)]
struct Read {
    at: Instant,
    isolation: Option<Isolation>,
    always_reads: bool,
    /// Whether it may be read at all.
    is_refused: bool,
}

/// How long it is believed: so that the look-ups of many tables at about the same time, as when a process starts, share it.
const BELIEF: Duration = Duration::from_secs(60);

const TAG: &str = "system:write_isolation";
const TABLE: &str = ".scylla.alternator.system.config";

impl Defaults {
    /// How the writes to a table are isolated. None if that cannot be known, and the error if it is for the lack of a
    /// permission.
    pub(crate) async fn rules(
        &self,
        caller: &Caller,
        resource: Option<&str>,
    ) -> (Option<WriteRules>, Option<CallError>) {
        let tag = match resource {
            Some(resource) => tag(caller, resource).await,
            None => Ok(None),
        };
        let tag = match tag {
            Ok(tag) => tag,
            // It may have one that says otherwise than the server does.
            Err(error) => return (None, Some(error)),
        };
        let (read, error) = self.read(caller).await;
        let isolation = tag.or(read.isolation);
        let rules = isolation.map(|isolation| WriteRules {
            isolation,
            always_reads: read.always_reads,
        });
        (rules, error.filter(|_| rules.is_none()))
    }

    async fn read(&self, caller: &Caller) -> (Arc<Read>, Option<CallError>) {
        if let Some(read) = self.read.load_full()
            && read.at.elapsed() < BELIEF
        {
            let refusal = read
                .is_refused
                .then(|| CallError::Refused(TABLE.to_owned()));
            return (read, refusal);
        }
        let isolation = setting(caller, "alternator_write_isolation").await;
        let (isolation, error) = match isolation {
            Ok(isolation) => (isolation, None),
            Err(error) => (None, Some(error)),
        };
        // What may not be read, or is not there, is not asked for once more.
        let always_reads = match &error {
            None => setting(caller, "alternator_force_read_before_write").await,
            Some(_) => Ok(None),
        };
        let read = Arc::new(Read {
            at: Instant::now(),
            isolation: isolation
                .as_ref()
                .and_then(Value::as_str)
                .and_then(Isolation::parse),
            always_reads: matches!(always_reads, Ok(Some(Value::Bool(true)))),
            is_refused: matches!(error, Some(CallError::Refused(_))),
        });
        if !matches!(error, Some(CallError::Unreachable(_))) {
            self.read.store(Some(Arc::clone(&read)));
        }
        (read, error)
    }
}

/// The isolation that a table's tag names.
async fn tag(caller: &Caller, resource: &str) -> Result<Option<Isolation>, CallError> {
    let input = json!({"ResourceArn": resource});
    let answer = caller.call("ListTagsOfResource", &input).await?;
    let tags = answer.get("Tags").and_then(Value::as_array);
    let mut tags = tags.into_iter().flatten();
    let tag = tags.find(|tag| tag.get("Key").is_some_and(|key| key == TAG));
    let name = tag.and_then(|tag| tag.get("Value")?.as_str());
    Ok(name.and_then(Isolation::parse))
}

/// A setting of the server: its value is JSON in a text.
async fn setting(caller: &Caller, name: &str) -> Result<Option<Value>, CallError> {
    let input = json!({
        "TableName": TABLE,
        "KeyConditionExpression": "#name = :name",
        "ProjectionExpression": "#value",
        "ExpressionAttributeNames": {"#name": "name", "#value": "value"},
        "ExpressionAttributeValues": {":name": {"S": name}},
    });
    let answer = caller.call("Query", &input).await?;
    let text = answer.pointer("/Items/0/value/S").and_then(Value::as_str);
    Ok(text.and_then(|text| serde_json::from_str(text).ok()))
}
