//! The state of the screen: plain data, which updates and keys change, and the view draws.

mod event_list;
mod filter;
mod history;
mod node_list;
mod node_row;
mod order;

pub(super) use event_list::{EventEntry, EventList, Severity};
pub(super) use filter::Filter;
pub(super) use history::{History, Point};
pub(super) use node_list::NodeList;
pub(super) use node_row::NodeRow;
pub(super) use order::{Column, Order};

use super::document::{StatsRecord, StatusDocument};
use super::source::Update;
use std::time::Duration;

/// The state of the screen.
#[derive(Debug)]
pub(super) struct Model {
    /// The name of the cluster or the application.
    pub(super) title: String,
    /// The origin of the numbers: the probes of a cluster, or the traffic of an application.
    pub(super) description: String,
    pub(super) nodes: NodeList,
    pub(super) events: EventList,
    pub(super) totals: Totals,
    pub(super) last: Option<LastDocument>,
    /// The reason for which the source has nothing newer.
    pub(super) error: Option<String>,
    pub(super) pane: Pane,
    pub(super) is_paused: bool,
}

/// The contents of the screen below its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    /// The nodes, and the last events where there is room for them.
    Nodes,
    /// All that is known of the node with this URL.
    Node {
        url: String,
    },
    /// The events alone, with their explanations. The number of newer ones that are scrolled over.
    Events {
        skipped: usize,
    },
    Help,
}

/// The numbers of all nodes together.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) stats: StatsRecord,
    pub(super) history: History,
}

/// The time and the origin of the last document.
#[derive(Debug)]
pub(super) struct LastDocument {
    /// Since 1970.
    pub(super) at: Duration,
    /// The library and its version.
    pub(super) version: String,
}

impl Model {
    pub(super) fn new(title: String, description: String) -> Self {
        Self {
            title,
            description,
            nodes: NodeList::default(),
            events: EventList::default(),
            totals: Totals::default(),
            last: None,
            error: None,
            pane: Pane::Nodes,
            is_paused: false,
        }
    }

    /// Takes over an update of the source. A failure leaves the last status on the screen.
    pub(super) fn update(&mut self, update: Update) {
        if self.is_paused {
            return;
        }
        match update {
            Ok(document) => self.show(*document),
            Err(error) => self.error = Some(error),
        }
    }

    fn show(&mut self, document: StatusDocument) {
        let at = document.at();
        self.error = None;
        self.events.merge(&document.events, at);
        let totals = &mut self.totals;
        totals
            .history
            .record(at, (document.stats.requests, document.stats.failures), None);
        totals.stats = document.stats;
        self.nodes.update(at, document.nodes);
        self.last = Some(LastDocument {
            at,
            version: document.version,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::document::tests::document;
    use serde_json::json;

    fn model() -> Model {
        Model::new("http://a".to_owned(), "probes".to_owned())
    }

    fn update(unix_ms: u64, requests: u64) -> Update {
        let nodes = json!([{ "url": "http://a:8000", "requests": requests }]);
        Ok(Box::new(document(unix_ms, nodes, json!([]))))
    }

    #[test]
    fn failure_leaves_the_last_status_and_the_next_status_ends_it() {
        let mut model = model();
        model.update(update(1_000, 1));
        model.update(Err("gone".to_owned()));
        assert_eq!(model.error.as_deref(), Some("gone"));
        assert_eq!(model.nodes.rows().len(), 1);
        model.update(update(2_000, 2));
        assert_eq!(model.error, None);
        assert_eq!(model.last.unwrap().at, Duration::from_secs(2));
    }

    #[test]
    fn totals_are_those_of_all_nodes() {
        let mut model = model();
        model.update(update(1_000, 10));
        model.update(update(3_000, 30));
        assert_eq!(model.totals.stats.requests, 30);
        assert_eq!(model.totals.history.rate(), Some(10.0));
    }

    #[test]
    fn paused_screen_stands_still() {
        let mut model = model();
        model.update(update(1_000, 1));
        model.is_paused = true;
        model.update(update(2_000, 2));
        model.update(Err("gone".to_owned()));
        assert_eq!(model.totals.stats.requests, 1);
        assert_eq!(model.error, None);
    }
}
