//! Fields of table descriptions that the engine lacks.

use serde_json::Value;

/// Adds what Alternator has in the description of a table.
pub(super) fn complete(table: &mut Value) {
    let created = table.get("CreationDateTime").cloned();
    let summary = table.get_mut("BillingModeSummary");
    let summary = summary.and_then(Value::as_object_mut);
    if let (Some(summary), Some(created)) = (summary, created) {
        let updated = summary.entry("LastUpdateToPayPerRequestDateTime");
        updated.or_insert(created);
    }
}
