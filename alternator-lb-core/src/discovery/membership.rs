//! The nodes of the cluster, as of one refresh.

use super::inferred_datacenter::InferredDatacenter;
use crate::topology::{Locality, NodeUrl};
use std::collections::HashSet;

/// The result of the last refresh that succeeded.
#[derive(Clone, Debug, Default)]
pub(super) struct Membership {
    /// The preferred level first. Without spill-over none comes after the first that has nodes.
    pub(super) levels: Vec<LevelMembers>,
    /// The datacenter of the first level, if it is needed and is no level itself.
    pub(super) local_datacenter: Option<LevelMembers>,
    /// Nodes that have shown that they know the parameters `dc` and `rack`.
    pub(super) scope_aware: HashSet<NodeUrl>,
}

/// The nodes of one level of the scope chain, or of the local datacenter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LevelMembers {
    pub(super) locality: Locality,
    /// Several in cluster scope, else a single one; none while the level is unknown.
    pub(super) datacenters: Vec<InferredDatacenter>,
}

impl Membership {
    /// Adopts the result of a newer refresh. Keeps which nodes know scopes, as long as these nodes may be queried.
    pub(super) fn update(&mut self, newer: Self, seeds: &[NodeUrl]) {
        let scope_aware = std::mem::replace(self, newer).scope_aware;
        let queried: HashSet<NodeUrl> = self.nodes().chain(seeds).cloned().collect();
        self.scope_aware.extend(scope_aware);
        self.scope_aware.retain(|node| queried.contains(node));
    }

    /// The nodes of each level.
    pub(super) fn levels(&self) -> Vec<Vec<NodeUrl>> {
        let levels = self.levels.iter();
        levels
            .map(|level| level.nodes().cloned().collect())
            .collect()
    }

    /// Returns the locality of each level, and of the datacenter beside them.
    pub(super) fn localities(&self) -> impl Iterator<Item = Locality> {
        self.all_levels().map(|level| level.locality.clone())
    }

    /// The levels of the chain, and the local datacenter.
    pub(super) fn all_levels(&self) -> impl Iterator<Item = &LevelMembers> {
        self.levels.iter().chain(&self.local_datacenter)
    }

    /// All nodes, those of the preferred level first. A node that is in several levels comes several times.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &NodeUrl> {
        self.all_levels().flat_map(LevelMembers::nodes)
    }

    /// The preferred level of those that have nodes.
    pub(super) fn preferred(&self) -> Option<&LevelMembers> {
        self.levels.iter().find(|level| level.has_nodes())
    }

    /// The datacenters of a level; none while it is unknown.
    pub(super) fn datacenters_in(&self, locality: &Locality) -> &[InferredDatacenter] {
        let level = self.all_levels().find(|level| level.locality == *locality);
        level
            .map(|level| level.datacenters.as_slice())
            .unwrap_or_default()
    }
}

impl LevelMembers {
    pub(super) fn nodes(&self) -> impl Iterator<Item = &NodeUrl> {
        self.datacenters
            .iter()
            .flat_map(|datacenter| &datacenter.nodes)
    }

    pub(super) fn has_nodes(&self) -> bool {
        self.nodes().next().is_some()
    }
}
