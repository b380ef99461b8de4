//! The lists of nodes that a refresh hands to the router.

use super::TopologyEvent;
use super::membership::Membership;
use super::state::Discovery;
use super::translations::Translations;
use crate::health::NodeHealth;
use crate::routing::{EndpointState, RoutingSnapshot};
use crate::topology::{Locality, NodeUrl, Topology};
use std::sync::Arc;

/// The nodes of each priority level, and those of the local datacenter.
#[derive(Debug)]
pub(super) struct NodeLists {
    levels: Vec<Vec<NodeUrl>>,
    local: Vec<NodeUrl>,
    /// The locality of each level, then that of the local datacenter.
    localities: Vec<Locality>,
}

impl NodeLists {
    /// The nodes that the cluster lists, and after them these seeds as a level: as long as no other node is usable, all
    /// requests go to them.
    pub(super) fn new(membership: &Membership, seeds: &[NodeUrl]) -> Self {
        let levels = membership.levels.iter();
        let listed = levels.clone().map(|level| level.nodes().cloned().collect());
        let localities = levels.map(|level| level.locality.clone());
        let of_seeds = (!seeds.is_empty()).then(|| seeds.to_vec());
        let locality_of_seeds = of_seeds.iter().map(|_| Locality::Cluster);
        let local_datacenter = membership.local_datacenter.iter();
        Self {
            localities: localities
                .chain(locality_of_seeds)
                .chain(local_datacenter.map(|level| level.locality.clone()))
                .collect(),
            local: match membership.levels.is_empty() {
                true => seeds.to_vec(),
                false => membership.local_nodes(),
            },
            levels: listed.chain(of_seeds).collect(),
        }
    }
}

impl<E: Send + Sync + 'static> Discovery<E> {
    /// Publishes these nodes to the router, new ones in the given state of health. Returns the events if nodes were
    /// added or removed, or another scope is preferred.
    ///
    /// New nodes come in an order of this process's own: were it the same for all, the requests of an ejected node
    /// would all go to the same next one, and move through a fleet as a wave.
    pub(super) fn publish(
        &self,
        mut nodes: NodeLists,
        health: impl Fn(&NodeUrl) -> NodeHealth,
    ) -> Vec<TopologyEvent> {
        let snapshot = self.router.snapshot();
        let before = snapshot.topology();
        let levels = &mut nodes.levels;
        levels.iter_mut().for_each(|level| fastrand::shuffle(level));
        let attach =
            |url: &NodeUrl| EndpointState::with_health((self.config.attach)(url), health(url));
        let mut after = before.refreshed_with_local(levels, &nodes.local, nodes.localities, attach);
        let listed = self
            .translations
            .as_ref()
            .map(Translations::listed_addresses);
        let is_relisted = listed
            .is_some_and(|listed| after.record_listed_addresses(|url| listed.get(url).copied()));
        let (added, removed) = before.difference(&after);
        let is_changed = !added.is_empty() || !removed.is_empty();
        let (from, to) = (preferred_locality(before), preferred_locality(&after));
        let changed = is_changed.then(|| TopologyEvent::Changed {
            added,
            removed,
            nodes: after.nodes().len(),
            locality: to.clone().unwrap_or_default(),
        });
        let localities = from.zip(to).filter(|(from, to)| from != to);
        let scope_changed = localities.map(|(from, to)| TopologyEvent::ScopeChanged { from, to });
        if is_relisted || !before.is_same(&after) || snapshot.refuses() {
            let panic_mode = self.router.publish(RoutingSnapshot::new(Arc::new(after)));
            self.report(panic_mode.map(TopologyEvent::PanicMode));
            self.wake_ups.wake_health_checker();
        }
        changed.into_iter().chain(scope_changed).collect()
    }
}

/// Returns the preferred one of the scopes that have nodes, once it is known.
fn preferred_locality<A>(topology: &Topology<A>) -> Option<String> {
    let (_, _, locality) = topology.placements().next()?;
    locality.map(Locality::to_string)
}
