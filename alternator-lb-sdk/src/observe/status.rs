//! The status of a cluster as one JSON document.

use crate::alternator::Alternator;
use crate::request::user_agent;
use alternator_lb_core::observe::{Event, NodeStatus, Record, Stats};
use serde::Serialize;
use std::time::SystemTime;

/// The document.
#[derive(Debug, Serialize)]
struct Status<'a> {
    format: u32,
    version: &'a str,
    unix_ms: u128,
    nodes: &'a [NodeStatus],
    stats: &'a Stats,
    events: &'a [RecentEvent],
}

#[derive(Debug, Serialize)]
struct RecentEvent {
    ago_ms: u128,
    text: String,
    #[serde(flatten)]
    event: Event,
}

/// The version of the document: it grows when a field changes its meaning or goes.
const FORMAT: u32 = 1;

/// The number of events in the document: those of a screen.
const MAX_EVENTS: usize = 100;

impl Alternator {
    /// Returns the nodes, the stats and the last events as one line of JSON: what `alternator-doctor top --attach`
    /// shows of a running application.
    ///
    /// Write it to a file now and then, return it from an endpoint of the application's own, or let
    /// [`serve_status`](Self::serve_status) serve it. [`docs::observability`](crate::docs::observability) lists its
    /// fields.
    #[must_use]
    pub fn status_json(&self) -> String {
        let (nodes, stats) = (self.nodes(), self.stats());
        #[expect(
            clippy::disallowed_methods,
            reason = "the reader tells by it whether the document is stale"
        )]
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let status = Status {
            format: FORMAT,
            version: user_agent::OWN,
            unix_ms: unix.unwrap_or_default().as_millis(),
            nodes: &nodes,
            stats: &stats,
            events: &self.recent_events(),
        };
        // Fails for maps whose keys are no strings, and for types that refuse, of which there are none.
        serde_json::to_string(&status).unwrap_or_default()
    }

    fn recent_events(&self) -> Vec<RecentEvent> {
        let cluster = self.cluster();
        let now = cluster.now();
        let entries = cluster.observer.recorder().entries();
        let events = entries.into_iter().filter_map(|(at, record)| match record {
            Record::Event(event) => Some((at, event)),
            Record::Attempt(_) | Record::Refresh { .. } | Record::RouteError(_) => None,
        });
        let mut events: Vec<RecentEvent> = events
            .map(|(at, event)| RecentEvent {
                ago_ms: now.saturating_sub(at).as_millis(),
                text: event.to_string(),
                event: *event,
            })
            .collect();
        events.drain(..events.len().saturating_sub(MAX_EVENTS));
        events
    }
}
