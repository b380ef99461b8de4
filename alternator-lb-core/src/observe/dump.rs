//! The flight recorder's entries as JSON lines.

use super::json::as_millis;
use super::{AttemptEntry, NodeStatus, Record, Stats};
use crate::topology::NodeUrl;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

/// The state of a cluster at the time of a dump, which begins it.
#[derive(Debug)]
pub struct DumpHeader<'a> {
    /// The version of the plugin.
    pub version: &'a str,
    /// The time by the clock of the entries.
    pub now: Duration,
    /// The same time by the system's clock.
    pub system_now: SystemTime,
    /// The seeds.
    pub seeds: &'a [NodeUrl],
    /// The scope chain.
    pub scope: String,
    /// The policy.
    pub policy: String,
    /// The nodes.
    pub nodes: &'a [NodeStatus],
    /// The numbers since the beginning.
    pub stats: &'a Stats,
}

/// Writes a header line, a line for each node, one of the stats, and one for each entry.
///
/// # Errors
/// Those of the writer.
pub fn write(
    mut writer: impl Write,
    header: &DumpHeader<'_>,
    entries: &[(Duration, Record)],
) -> io::Result<()> {
    let mut line = |value: Value| writeln!(writer, "{value}");
    let unix = header.system_now.duration_since(SystemTime::UNIX_EPOCH);
    let seeds: Vec<&str> = header.seeds.iter().map(NodeUrl::as_str).collect();
    line(json!({
        "type": "header",
        "format": FORMAT,
        "version": header.version,
        "at_ms": as_millis(header.now),
        "unix_ms": as_millis(unix.unwrap_or_default()),
        "seeds": seeds,
        "scope": header.scope,
        "policy": header.policy,
    }))?;
    for node in header.nodes {
        line(tagged("node", serde_json::to_value(node)?))?;
    }
    line(tagged("stats", serde_json::to_value(header.stats)?))?;
    for (at, record) in entries {
        let mut value = of_record(record)?;
        if let Value::Object(fields) = &mut value {
            fields.insert("at_ms".to_owned(), json!(as_millis(*at)));
        }
        line(value)?;
    }
    writer.flush()
}

/// The version of the format: it grows when a field changes its meaning or goes.
const FORMAT: u32 = 1;

fn of_record(record: &Record) -> io::Result<Value> {
    Ok(match record {
        Record::Attempt(attempt) => of_attempt(attempt),
        Record::Refresh {
            nodes,
            has_succeeded,
            requests,
        } => json!({
            "type": "refresh",
            "nodes": nodes,
            "has_succeeded": has_succeeded,
            "requests": requests,
        }),
        Record::Event(event) => tagged("event", serde_json::to_value(event)?),
        Record::RouteError(error) => json!({ "type": "route_error", "error": error }),
    })
}

fn of_attempt(attempt: &AttemptEntry) -> Value {
    json!({
        "type": "attempt",
        "node": attempt.node.as_ref(),
        "number": attempt.number,
        "reason": attempt.reason.name(),
        "outcome": attempt.outcome.name(),
        "status": attempt.status,
        "duration_ms": as_millis(attempt.duration),
        "responses": attempt.responses,
    })
}

fn tagged(kind: &str, mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.insert("type".to_owned(), kind.into());
    }
    value
}
