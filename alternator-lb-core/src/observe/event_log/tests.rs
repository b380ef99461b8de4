//! Every event is logged, and documented, with its name, level and fields.

use super::super::Event;
use super::TARGET;
use crate::discovery::RefreshError;
use crate::health::EjectionReason;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::{Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

const PAGE: &str = "../alternator-lb-sdk/src/docs/observability.rs";

/// One event of each kind that is logged.
fn events() -> Vec<Event> {
    let text = || "text".to_owned();
    let ejection = (text(), EjectionReason::NotConnected, Duration::ZERO);
    let (node, reason, backoff) = ejection;
    vec![
        Event::NodesChanged {
            added: vec![text()],
            removed: Vec::new(),
            nodes: 1,
            scope: text(),
        },
        Event::ScopeChanged {
            from: text(),
            to: text(),
        },
        Event::NodeEjected {
            node: node.clone(),
            reason,
            backoff,
        },
        Event::ProbeFailed {
            node,
            reason,
            backoff,
        },
        Event::NodeAdmitted { node: text() },
        Event::NodeRestored { node: text() },
        Event::PanicModeEntered,
        Event::PanicModeExited,
        Event::RefreshFailed {
            error: RefreshError::NoRuntime,
        },
        Event::RefreshRecovered,
        Event::ServedBySeeds {
            error: RefreshError::NoRuntime,
        },
        Event::ForeignNodes {
            nodes: vec![text()],
        },
        Event::EntriesIgnored {
            entries: vec![text()],
        },
        Event::TranslationFailed {
            address: text(),
            node: Some(text()),
            error: text(),
        },
        Event::SpansDatacenters { datacenters: 2 },
        Event::NoRuntime,
        Event::SchemaFetched {
            table: text(),
            partition_key: Some(text()),
        },
        Event::SchemaUnavailable {
            table: text(),
            error: text(),
        },
        Event::IsolationUnavailable {
            table: text(),
            error: text(),
            grants: text(),
        },
        Event::TokenMapsFetched {
            table: text(),
            ranges: 1,
        },
        Event::TokenMapsFailed {
            table: text(),
            error: text(),
        },
        Event::TokenMapsRefused {
            error: text(),
            grants: text(),
        },
        Event::TokenMapsUnsupported { error: text() },
        Event::TokenMapOverLimit {
            table: text(),
            ranges: 1,
            limit: text(),
        },
        Event::ReplicationRefused {
            error: text(),
            grants: text(),
        },
        Event::NoReplicas {
            table: text(),
            datacenter: Some(text()),
            node: text(),
        },
        Event::CredentialsFailed,
        Event::NoRetries,
        Event::TransportRemoved,
        Event::HedgingUnavailable,
        Event::HttpClientReplaced,
        Event::CertificatesNotVerified,
        Event::CertificatesReplaced,
        Event::EndpointIgnored { endpoint: text() },
        Event::ProxyApplies { node: text() },
        Event::CompressionRefused { node: text() },
        Event::CompressionResumed,
    ]
}

/// The level and the fields of a log event, without its name and text.
type Logged = (Level, Vec<String>);

/// What was logged, by the names of the events.
#[derive(Clone, Default)]
struct Capture(Arc<Mutex<BTreeMap<String, Logged>>>);

#[derive(Default)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl<S: Subscriber> Layer<S> for Capture {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        assert_eq!(event.metadata().target(), TARGET);
        let mut fields = Fields::default();
        event.record(&mut fields);
        fields.0.remove("message");
        let name = fields.0.remove("event").unwrap();
        let level = *event.metadata().level();
        let logged = (level, fields.0.into_keys().collect());
        self.0.lock().unwrap().insert(name, logged);
    }
}

fn logged() -> BTreeMap<String, Logged> {
    let capture = Capture::default();
    let subscriber = tracing_subscriber::registry().with(capture.clone());
    tracing::subscriber::with_default(subscriber, || {
        events().iter().for_each(Event::log);
    });
    let logged = capture.0.lock().unwrap();
    logged.clone()
}

/// The rows of the table of the log in the documentation, without the one of attempts, which are no events.
fn documented() -> BTreeMap<String, Logged> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(page).unwrap();
    let (_, table) = page.split_once("//! | `event` | level |").unwrap();
    let rows = table
        .lines()
        .skip(2)
        .map_while(|line| line.strip_prefix("//! | "));
    let rows = rows.map(|row| {
        let mut cells = row.split('|').map(str::trim);
        let name = cells.next().unwrap().trim_matches('`').to_owned();
        let level = cells.next().unwrap().parse().unwrap();
        let fields = cells.next().unwrap().split(", ");
        let fields = fields.map(|field| field.trim_matches('`').to_owned());
        let mut fields: Vec<String> = fields.filter(|field| !field.is_empty()).collect();
        fields.sort();
        (name, (level, fields))
    });
    rows.filter(|(name, _)| name != "attempt").collect()
}

#[test]
fn every_event_is_logged_as_documented() {
    let logged = logged();
    assert_eq!(logged.len(), events().len());
    assert_eq!(logged, documented());
}

#[test]
fn json_of_an_event_has_its_name() {
    for event in events() {
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["event"], event.name(), "{json}");
    }
}
