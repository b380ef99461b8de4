//! The status of a cluster as the library writes it: `Alternator::status_json`.
//!
//! Fields that are not shown are skipped, and those that a document lacks have a default, so that the documents of
//! newer and older libraries can be read as long as their format is the same.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// The format that this program reads.
const FORMAT: u64 = 1;

/// The status at one time.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct StatusDocument {
    /// The plugin and its version.
    #[serde(default)]
    pub(super) version: String,
    unix_ms: u64,
    pub(super) nodes: Vec<NodeRecord>,
    pub(super) stats: StatsRecord,
    #[serde(default)]
    pub(super) events: Vec<EventRecord>,
}

/// The status of a node. Times are in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(super) struct NodeRecord {
    pub(super) url: String,
    #[serde(default)]
    pub(super) datacenter: Option<String>,
    #[serde(default)]
    pub(super) rack: Option<String>,
    pub(super) state: String,
    #[serde(default)]
    pub(super) reason: Option<String>,
    /// Since the node has changed between taking requests and taking none.
    #[serde(default)]
    pub(super) in_state_for_ms: f64,
    #[serde(default)]
    pub(super) is_in_slow_start: bool,
    #[serde(default)]
    pub(super) in_flight: u32,
    #[serde(default)]
    pub(super) requests: u64,
    #[serde(default)]
    pub(super) failures: u64,
    #[serde(default)]
    pub(super) latency_ms: Option<f64>,
    #[serde(default)]
    pub(super) latency_p50_ms: Option<f64>,
    #[serde(default)]
    pub(super) latency_p99_ms: Option<f64>,
    /// From 0 to 1.
    #[serde(default)]
    pub(super) share: Option<f64>,
    /// The number of requests that ended so, by their outcomes.
    #[serde(default)]
    pub(super) outcomes: BTreeMap<String, u64>,
    #[serde(default)]
    pub(super) listed_ago_ms: Option<f64>,
}

/// The numbers of all nodes together.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StatsRecord {
    pub(super) requests: u64,
    pub(super) failures: u64,
    pub(super) failovers: u64,
    pub(super) refreshes: u64,
    pub(super) refresh_failures: u64,
    pub(super) is_in_panic_mode: bool,
}

/// An event.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct EventRecord {
    ago_ms: u64,
    pub(super) event: String,
    /// Its meaning, and the remedy.
    #[serde(default)]
    pub(super) text: String,
    /// The fields of this kind of event.
    #[serde(flatten)]
    pub(super) fields: Map<String, Value>,
}

impl StatusDocument {
    /// Parses a document.
    ///
    /// # Errors
    ///
    /// A text for the screen.
    pub(super) fn parse(json: &[u8]) -> Result<Self, String> {
        if json.trim_ascii().is_empty() {
            return Err("it is empty: the application has written nothing to it".to_owned());
        }
        let document: Value = serde_json::from_slice(json)
            .map_err(|error| format!("it is not the JSON of `Alternator::status_json`: {error}"))?;
        match document.get("format").and_then(Value::as_u64) {
            Some(FORMAT) => {}
            Some(format) => {
                return Err(format!(
                    "its format is {format}, and this program reads format {FORMAT}: use the version of \
                     alternator-doctor that belongs to the application's alternator-lb-sdk"
                ));
            }
            None => {
                return Err(
                    "it is JSON, but not of `Alternator::status_json`: it has no format".to_owned(),
                );
            }
        }
        serde_json::from_value(document)
            .map_err(|error| format!("it is not as `Alternator::status_json` writes it: {error}"))
    }

    /// The time of the document, since 1970.
    pub(super) fn at(&self) -> Duration {
        Duration::from_millis(self.unix_ms)
    }
}

impl EventRecord {
    /// The time of the event, since 1970, given that of its document.
    pub(super) fn at(&self, document: Duration) -> Duration {
        document.saturating_sub(Duration::from_millis(self.ago_ms))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// A document of `nodes` and `events` at `unix_ms`; each node has the fields that are given and is up.
    pub(in crate::top) fn document(unix_ms: u64, nodes: Value, events: Value) -> StatusDocument {
        let mut nodes = nodes;
        let mut sums = [0, 0];
        for node in nodes.as_array_mut().unwrap() {
            let node = node.as_object_mut().unwrap();
            node.entry("state").or_insert_with(|| "up".into());
            for (sum, name) in sums.iter_mut().zip(["requests", "failures"]) {
                *sum += node.get(name).and_then(Value::as_u64).unwrap_or_default();
            }
        }
        let document = json!({
            "format": FORMAT, "version": "alternator-lb-sdk/1.2.3", "unix_ms": unix_ms, "nodes": nodes,
            "stats": { "requests": sums[0], "failures": sums[1], "refreshes": 1 }, "events": events,
        });
        StatusDocument::parse(document.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn document_of_the_library_is_read() {
        let alternator = alternator_lb_sdk::Alternator::builder().seeds(["http://10.0.0.1:8000"]);
        let json = alternator.build().unwrap().status_json();
        let document = StatusDocument::parse(json.as_bytes()).unwrap();
        assert_eq!(document.nodes[0].url, "http://10.0.0.1:8000");
        assert_eq!(document.nodes[0].state, "up");
        assert!(document.version.contains("alternator-lb-sdk"), "{json}");
        assert!(document.at() > Duration::from_secs(1_600_000_000));
        // Each field that is read is one that the library writes.
        let written: Value = serde_json::from_str(&json).unwrap();
        for field in [
            "url",
            "datacenter",
            "rack",
            "state",
            "reason",
            "in_state_for_ms",
            "is_in_slow_start",
            "in_flight",
            "requests",
            "failures",
            "latency_ms",
            "share",
            "outcomes",
            "listed_ago_ms",
        ] {
            assert!(written["nodes"][0].get(field).is_some(), "{field}: {json}");
        }
        for field in [
            "requests",
            "failures",
            "failovers",
            "refreshes",
            "refresh_failures",
            "is_in_panic_mode",
        ] {
            assert!(written["stats"].get(field).is_some(), "{field}: {json}");
        }
    }

    #[test]
    fn event_has_its_time_and_its_fields() {
        let event = json!({
            "event": "node_ejected", "ago_ms": 500, "text": "t", "node": "http://a:1", "backoff_ms": 1000.0,
        });
        let document = document(10_000, json!([]), json!([event]));
        let event = &document.events[0];
        assert_eq!(event.at(document.at()), Duration::from_millis(9_500));
        assert_eq!(event.fields["node"], "http://a:1");
        assert!(!event.fields.contains_key("text"));
    }

    #[test]
    fn other_texts_are_explained() {
        for (text, expected) in [
            ("", "empty"),
            (" \n", "empty"),
            ("{", "not the JSON"),
            ("[]", "no format"),
            (r#"{"format": 2}"#, "format 1"),
            (r#"{"format": 1}"#, "unix_ms"),
        ] {
            let error = StatusDocument::parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
