//! The state of discovery from one refresh to the next, and the events that it reports.

use super::membership::Membership;
use super::membership_query::QueryLog;
use super::{DiscoveryConfig, RefreshError, TopologyEvent};
use crate::topology::NodeUrl;
use std::collections::HashSet;
use std::hash::Hash;
use std::mem::{discriminant, replace, take};
use std::time::Duration;

/// The last good result, and how refreshes went since.
#[derive(Debug, Default)]
pub(super) struct LastKnownGood {
    pub(super) membership: Membership,
    /// When the last refresh began.
    pub(super) began: Option<Duration>,
    /// When the last refresh that succeeded ended.
    pub(super) succeeded: Option<Duration>,
    /// The number of refreshes that have failed since.
    pub(super) consecutive_failures: u32,
    pub(super) error: Option<RefreshError>,
    /// Why requests go to the seeds alone, as of the last refresh.
    pub(super) served_by_seeds: Option<RefreshError>,
    /// Nodes that gave no usable response when they were queried last.
    pub(super) unresponsive: HashSet<NodeUrl>,
    /// Entries of `/localnodes` that were reported; bounded, since servers choose them.
    reported_entries: HashSet<String>,
    /// Nodes of other clusters that were reported; bounded likewise.
    reported_foreign: HashSet<NodeUrl>,
    has_reported_datacenters: bool,
    has_reported_seeds: bool,
}

/// How many invalid entries and foreign nodes are remembered. More are not reported at all: the log is clear enough by
/// then.
const MAX_REPORTED: usize = 64;

impl LastKnownGood {
    /// Records which nodes responded to the queries of a refresh with these seeds. Reports each node of another cluster
    /// once.
    pub(super) fn record_queries(
        &mut self,
        log: &QueryLog,
        seeds: &[NodeUrl],
    ) -> Option<TopologyEvent> {
        self.unresponsive.extend(log.unresponsive.iter().cloned());
        let queried: HashSet<&NodeUrl> = self.membership.nodes().chain(seeds).collect();
        let is_unresponsive =
            |node: &NodeUrl| queried.contains(node) && !log.respondents.contains(node);
        self.unresponsive.retain(is_unresponsive);
        let mut foreign = Vec::from_iter(log.foreign.iter().cloned());
        retain_unreported(&mut foreign, &mut self.reported_foreign);
        (!foreign.is_empty()).then_some(TopologyEvent::Foreign(foreign))
    }

    /// Records a refresh that succeeded. `changes` are the events of the changes that it made.
    pub(super) fn record_success<E>(
        &mut self,
        mut membership: Membership,
        changes: Vec<TopologyEvent>,
        config: &DiscoveryConfig<E>,
    ) -> Vec<TopologyEvent> {
        let mut events = Vec::new();
        if take(&mut self.error).is_some() {
            events.push(TopologyEvent::Recovered);
        }
        events.extend(changes);
        let datacenters = membership.preferred_datacenters();
        // An application that chose no scope may not know that its seeds are in several datacenters.
        if datacenters > 1
            && !config.scope_is_chosen
            && !replace(&mut self.has_reported_datacenters, true)
        {
            events.push(TopologyEvent::SpansDatacenters { datacenters });
        }
        self.consecutive_failures = 0;
        let queried: HashSet<NodeUrl> = membership.nodes().chain(&config.seeds).cloned().collect();
        membership.scope_aware.retain(|node| queried.contains(node));
        self.membership = membership;
        events
    }

    /// Records why requests go to the seeds alone, if they do. Reports it once.
    pub(super) fn record_served_by_seeds(
        &mut self,
        error: Option<RefreshError>,
    ) -> Option<TopologyEvent> {
        self.served_by_seeds.clone_from(&error);
        let error = error.filter(|_| !replace(&mut self.has_reported_seeds, true));
        error.map(TopologyEvent::ServedBySeeds)
    }

    /// Records a refresh that failed. Reports each kind of error once.
    pub(super) fn record_failure(&mut self, error: &RefreshError) -> Option<TopologyEvent> {
        self.consecutive_failures = self.consecutive_failures.saturating_add(1);
        let before = self.error.replace(error.clone());
        let is_new = before.as_ref().map(discriminant) != Some(discriminant(error));
        is_new.then(|| TopologyEvent::Failed(error.clone()))
    }

    /// Records entries of `/localnodes` that are no addresses of nodes. Reports each once.
    pub(super) fn record_dropped(&mut self, mut entries: Vec<String>) -> Option<TopologyEvent> {
        retain_unreported(&mut entries, &mut self.reported_entries);
        (!entries.is_empty()).then_some(TopologyEvent::Dropped(entries))
    }
}

/// Keeps what was not reported before, as far as that is remembered, and remembers it.
fn retain_unreported<T: Clone + Eq + Hash>(entries: &mut Vec<T>, reported: &mut HashSet<T>) {
    entries.retain(|entry| reported.len() < MAX_REPORTED && reported.insert(entry.clone()));
}
