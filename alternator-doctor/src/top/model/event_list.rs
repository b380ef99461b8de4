//! The events: those of the last document, and those of former ones that it has no room for any more.

use crate::top::document::EventRecord;
use serde_json::Value;
use std::collections::VecDeque;
use std::time::Duration;

/// The number of events that are kept.
const MAX_EVENTS: usize = 1_000;

/// The number of values of a field that are shown, such as the nodes that were added: those of a small cluster.
const MAX_VALUES: usize = 6;

/// The difference within which two times are that of the same event: a document has the age of an event and its own
/// time in whole milliseconds, by two clocks.
const TOLERANCE: Duration = Duration::from_millis(50);

/// The events, from the oldest to the newest.
#[derive(Debug, Default)]
pub(in crate::top) struct EventList {
    entries: VecDeque<EventEntry>,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::top) struct EventEntry {
    /// Since 1970.
    pub(in crate::top) at: Duration,
    /// Its name, in words.
    pub(in crate::top) name: String,
    /// The URL of the node that it is about, if it is about one.
    pub(in crate::top) node: Option<String>,
    /// Its subject: the node, and further fields.
    pub(in crate::top) detail: String,
    /// Its meaning, and the remedy.
    pub(in crate::top) text: String,
    pub(in crate::top) severity: Severity,
}

/// The attention that an event deserves, as by the library's log levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::top) enum Severity {
    /// A change for the worse, or something that needs an operator.
    Warning,
    /// A change for the better.
    Recovery,
    /// Any other change.
    Change,
    /// An event that repeats.
    Detail,
}

impl EventList {
    /// Adds the events of a document of this time that are not known yet.
    pub(super) fn merge(&mut self, records: &[EventRecord], document: Duration) {
        for record in records {
            let entry = EventEntry::new(record, document);
            let position = self.entries.iter().rposition(|other| other.at <= entry.at);
            let position = position.map_or(0, |before| before + 1);
            if !self.contains(&entry) {
                self.entries.insert(position, entry);
            }
        }
        while self.entries.len() > MAX_EVENTS {
            // Failed probes are many, and say little.
            let mut entries = self.entries.iter();
            let detail = entries.position(|entry| entry.severity == Severity::Detail);
            self.entries.remove(detail.unwrap_or_default());
        }
    }

    /// The events, from the newest to the oldest.
    pub(in crate::top) fn newest_first(&self) -> impl Iterator<Item = &EventEntry> {
        self.entries.iter().rev()
    }

    /// The events of a node, from the newest to the oldest.
    pub(in crate::top) fn of_node(&self, url: &str) -> impl Iterator<Item = &EventEntry> {
        self.newest_first()
            .filter(move |event| event.node.as_deref() == Some(url))
    }

    pub(in crate::top) fn len(&self) -> usize {
        self.entries.len()
    }

    fn contains(&self, entry: &EventEntry) -> bool {
        let recent = self.entries.iter().rev();
        let mut recent = recent.take_while(|other| other.at + TOLERANCE >= entry.at);
        recent.any(|other| {
            other.at <= entry.at + TOLERANCE
                && (&other.name, &other.detail) == (&entry.name, &entry.detail)
        })
    }
}

impl EventEntry {
    fn new(record: &EventRecord, document: Duration) -> Self {
        let fields = record.fields.iter();
        let mut fields: Vec<_> = fields
            .filter_map(|(name, value)| Some((rank(name), field(name, value)?)))
            .collect();
        fields.sort_by_key(|(rank, _)| *rank);
        let detail: Vec<_> = fields.into_iter().map(|(_, text)| text).collect();
        Self {
            at: record.at(document),
            name: words(&record.event),
            node: record
                .fields
                .get("node")
                .and_then(Value::as_str)
                .map(str::to_owned),
            detail: detail.join(", "),
            text: record.text.clone(),
            severity: Severity::of(&record.event),
        }
    }
}

impl Severity {
    fn of(event: &str) -> Self {
        match event {
            "node_admitted"
            | "node_restored"
            | "panic_mode_exited"
            | "refresh_recovered"
            | "compression_resumed" => Self::Recovery,
            "nodes_changed" | "scope_changed" => Self::Change,
            "probe_failed" | "schema_fetched" | "token_maps_fetched" | "token_maps_failed" => {
                Self::Detail
            }
            // All others are warnings, and new ones may be.
            _ => Self::Warning,
        }
    }
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// The fields that say most come first.
fn rank(field: &str) -> usize {
    match field {
        "node" | "table" => 0,
        "reason" | "error" => 1,
        _ => 2,
    }
}

/// A field as it is shown. `None` if it says nothing.
fn field(name: &str, value: &Value) -> Option<String> {
    let value_text = text(value)?;
    Some(match (name, value.as_f64()) {
        ("node" | "reason" | "error", _) => value_text,
        (_, Some(number)) if name.ends_with("_ms") => {
            format!("{} {number:.0} ms", words(name.trim_end_matches("_ms")))
        }
        _ => format!("{} {value_text}", words(name)),
    })
}

/// The text of a value. `None` if it says nothing.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(values) => {
            let mut texts: Vec<_> = values.iter().filter_map(text).take(MAX_VALUES).collect();
            if let surplus @ 1.. = values.len().saturating_sub(MAX_VALUES) {
                texts.push(format!("and {surplus} more"));
            }
            (!texts.is_empty()).then(|| texts.join(" "))
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => Some(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::document::tests::document;
    use serde_json::json;

    fn ejected(node: &str, ago_ms: u64) -> Value {
        json!({
            "event": "node_ejected", "ago_ms": ago_ms, "node": node, "reason": "it cannot be connected",
            "backoff_ms": 94.849, "text": "node ejected",
        })
    }

    fn merge(list: &mut EventList, unix_ms: u64, events: Value) {
        let document = document(unix_ms, json!([]), events);
        list.merge(&document.events, document.at());
    }

    fn details(list: &EventList) -> Vec<&str> {
        list.newest_first()
            .map(|event| event.detail.as_str())
            .collect()
    }

    #[test]
    fn event_shows_its_node_and_fields() {
        let mut list = EventList::default();
        let changed = json!({
            "event": "nodes_changed", "ago_ms": 0, "added": ["http://a:1", "http://b:1"], "removed": [], "nodes": 2,
            "scope": null,
        });
        merge(
            &mut list,
            10_000,
            json!([ejected("http://a:1", 500), changed]),
        );
        let expected = [
            "added http://a:1 http://b:1, nodes 2",
            "http://a:1, it cannot be connected, backoff 95 ms",
        ];
        assert_eq!(details(&list), expected);
        let newest = list.newest_first().next().unwrap();
        assert_eq!(
            (newest.name.as_str(), newest.severity),
            ("nodes changed", Severity::Change)
        );
        let oldest = list.newest_first().last().unwrap();
        assert_eq!(oldest.severity, Severity::Warning);
    }

    #[test]
    fn long_lists_are_cut() {
        let mut list = EventList::default();
        let added: Vec<_> = (0..1_000).map(|node| node.to_string()).collect();
        merge(
            &mut list,
            0,
            json!([{ "event": "nodes_changed", "ago_ms": 0, "added": added }]),
        );
        assert_eq!(details(&list), ["added 0 1 2 3 4 5 and 994 more"]);
    }

    #[test]
    fn event_of_several_documents_is_one() {
        let mut list = EventList::default();
        merge(&mut list, 10_000, json!([ejected("a", 500)]));
        // The two clocks round differently.
        merge(
            &mut list,
            11_001,
            json!([ejected("a", 1_500), ejected("b", 100)]),
        );
        assert_eq!(list.len(), 2);
        // The same node, again.
        merge(&mut list, 12_000, json!([ejected("a", 0)]));
        assert_eq!(list.len(), 3);
    }

    #[test]
    fn event_stays_when_documents_have_it_no_more() {
        let mut list = EventList::default();
        merge(&mut list, 10_000, json!([ejected("a", 500)]));
        merge(&mut list, 20_000, json!([ejected("b", 0)]));
        merge(&mut list, 20_100, json!([ejected("late", 5_000)]));
        let nodes: Vec<_> = details(&list)
            .iter()
            .map(|it| it.split(',').next().unwrap())
            .collect();
        assert_eq!(nodes, ["b", "late", "a"]);
    }

    #[test]
    fn failed_probes_go_before_other_events() {
        let mut list = EventList::default();
        merge(&mut list, 500, json!([ejected("a", 0)]));
        for at in 1..2_000 {
            let failed = json!({ "event": "probe_failed", "ago_ms": 0, "node": "a" });
            merge(&mut list, at * 1_000, json!([failed]));
        }
        assert_eq!(list.len(), MAX_EVENTS);
        assert_eq!(list.newest_first().last().unwrap().name, "node ejected");
    }

    #[test]
    fn number_of_events_is_limited() {
        let mut list = EventList::default();
        for at in 0..2_000 {
            merge(&mut list, at * 1_000, json!([ejected("a", 0)]));
        }
        assert_eq!(list.len(), MAX_EVENTS);
        assert_eq!(
            list.newest_first().next().unwrap().at,
            Duration::from_secs(1_999)
        );
    }
}
