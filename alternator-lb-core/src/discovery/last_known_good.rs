//! The state of discovery from one refresh to the next, and the events that it reports.

use super::membership::Membership;
use super::{RefreshError, TopologyEvent};
use crate::topology::NodeUrl;
use std::collections::HashSet;
use std::mem::{discriminant, replace, take};

/// The last good result, and how refreshes went since.
#[derive(Debug, Default)]
pub(super) struct LastKnownGood {
    pub(super) membership: Membership,
    /// The number of refreshes that have failed since.
    pub(super) consecutive_failures: u32,
    pub(super) error: Option<RefreshError>,
    /// Entries of `/localnodes` that were reported; bounded, since servers choose them.
    reported_entries: HashSet<String>,
    has_reported_datacenters: bool,
}

/// The changes that a refresh made.
#[derive(Debug)]
pub(super) struct TopologyDiff {
    pub(super) added: Vec<NodeUrl>,
    pub(super) removed: Vec<NodeUrl>,
    /// The number of nodes now.
    pub(super) nodes: usize,
}

/// How many invalid entries are remembered. More are not reported at all: the log is clear enough by then.
const MAX_REPORTED_ENTRIES: usize = 64;

impl LastKnownGood {
    /// Records a refresh that succeeded. `scope_is_chosen` says whether the application chose the scope: otherwise it
    /// may not know that its seeds are in several datacenters.
    pub(super) fn record_success(
        &mut self,
        membership: Membership,
        seeds: &[NodeUrl],
        diff: TopologyDiff,
        scope_is_chosen: bool,
    ) -> Vec<TopologyEvent> {
        let mut events = Vec::new();
        if take(&mut self.error).is_some() {
            events.push(TopologyEvent::Recovered);
        }
        let preferred = membership.preferred();
        if !diff.added.is_empty() || !diff.removed.is_empty() {
            let locality = preferred.map(|level| level.locality.to_string());
            events.push(TopologyEvent::Changed {
                added: diff.added,
                removed: diff.removed,
                nodes: diff.nodes,
                locality: locality.unwrap_or_default(),
            });
        }
        let datacenters = preferred.map_or(0, |level| level.datacenters.len());
        if datacenters > 1 && !scope_is_chosen && !replace(&mut self.has_reported_datacenters, true)
        {
            events.push(TopologyEvent::SpansDatacenters { datacenters });
        }
        self.consecutive_failures = 0;
        self.membership.update(membership, seeds);
        events
    }

    /// Records a refresh that failed. Reports each kind of error once.
    pub(super) fn record_failure(&mut self, error: &RefreshError) -> Option<TopologyEvent> {
        self.consecutive_failures = self.consecutive_failures.saturating_add(1);
        let before = self.error.replace(error.clone());
        let is_new = before.as_ref().map(discriminant) != Some(discriminant(error));
        is_new.then(|| TopologyEvent::Failed(error.clone()))
    }

    /// Records entries of `/localnodes` that are no addresses of nodes. Reports each once.
    pub(super) fn record_dropped(&mut self, entries: &[String]) -> Option<TopologyEvent> {
        let mut new = Vec::new();
        for entry in entries {
            if self.reported_entries.len() < MAX_REPORTED_ENTRIES
                && self.reported_entries.insert(entry.clone())
            {
                new.push(entry.clone());
            }
        }
        (!new.is_empty()).then_some(TopologyEvent::Dropped(new))
    }
}
