//! What outlives a refresh, and what there is to tell of it.

use super::membership::Membership;
use super::{RefreshError, TopologyEvent};
use crate::topology::NodeUrl;
use std::collections::HashSet;
use std::mem::{discriminant, replace, take};

/// How the refreshes went so far.
#[derive(Debug, Default)]
pub(super) struct LastKnownGood {
    pub(super) membership: Membership,
    /// Refreshes that failed since the last that did not.
    pub(super) failures: u32,
    pub(super) error: Option<RefreshError>,
    /// Entries that were reported; bounded, since servers choose them.
    reported: HashSet<String>,
    spans_datacenters: bool,
}

/// What a refresh has changed.
#[derive(Debug)]
pub(super) struct TopologyDiff {
    pub(super) added: Vec<NodeUrl>,
    pub(super) removed: Vec<NodeUrl>,
    /// How many nodes there are now.
    pub(super) nodes: usize,
}

/// How many strange entries are remembered. More are not reported at all: by then the log tells enough.
const MAX_REPORTED: usize = 64;

impl LastKnownGood {
    /// A refresh has succeeded. `is_surprised` says whether the application did not ask for a scope, and may not know
    /// that its seeds are in several datacenters.
    pub(super) fn succeeded(
        &mut self,
        membership: Membership,
        seeds: &[NodeUrl],
        changes: TopologyDiff,
        is_surprised: bool,
    ) -> Vec<TopologyEvent> {
        let mut reports = Vec::new();
        if take(&mut self.error).is_some() {
            reports.push(TopologyEvent::Recovered);
        }
        let serving = membership.preferred();
        if !changes.added.is_empty() || !changes.removed.is_empty() {
            let locality = serving.map(|level| level.locality.to_string());
            reports.push(TopologyEvent::Changed {
                added: changes.added,
                removed: changes.removed,
                nodes: changes.nodes,
                locality: locality.unwrap_or_default(),
            });
        }
        let datacenters = serving.map_or(0, |level| level.datacenters.len());
        if datacenters > 1 && is_surprised && !replace(&mut self.spans_datacenters, true) {
            reports.push(TopologyEvent::SpansDatacenters { datacenters });
        }
        self.failures = 0;
        self.membership.succeed(membership, seeds);
        reports
    }

    /// A refresh has failed. Told once for each kind of reason.
    pub(super) fn failed(&mut self, error: &RefreshError) -> Option<TopologyEvent> {
        self.failures = self.failures.saturating_add(1);
        let known = self.error.replace(error.clone());
        let is_news = known.as_ref().map(discriminant) != Some(discriminant(error));
        is_news.then(|| TopologyEvent::Failed(error.clone()))
    }

    /// Entries of `/localnodes` are no addresses of nodes. Each is told once.
    pub(super) fn note_dropped(&mut self, entries: &[String]) -> Option<TopologyEvent> {
        let mut news = Vec::new();
        for entry in entries {
            if self.reported.len() < MAX_REPORTED && self.reported.insert(entry.clone()) {
                news.push(entry.clone());
            }
        }
        (!news.is_empty()).then_some(TopologyEvent::Dropped(news))
    }
}
