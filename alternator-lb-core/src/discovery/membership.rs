//! What discovery remembers from one refresh to the next.

use super::inferred_datacenter::InferredDatacenter;
use crate::topology::{Locality, NodeUrl};
use std::collections::HashSet;

/// Who is in the cluster, as of the last refresh that succeeded.
#[derive(Clone, Debug, Default)]
pub(super) struct Membership {
    /// Most wanted first. Without spill-over none comes after the first that has nodes.
    pub(super) levels: Vec<LevelMembers>,
    /// The datacenter of the first of them, if that is wanted and is none of them.
    pub(super) home: Option<LevelMembers>,
    /// Nodes that were seen to honour the question for a datacenter or rack.
    pub(super) scoped: HashSet<NodeUrl>,
}

/// The nodes of one level of the scope chain, or of the datacenter beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LevelMembers {
    pub(super) locality: Locality,
    /// One for each datacenter in cluster scope, else a single one; none while nobody has told.
    pub(super) datacenters: Vec<InferredDatacenter>,
}

impl Membership {
    /// Takes over what a newer refresh found. What nodes have shown of themselves is kept as long as they may be asked.
    pub(super) fn succeed(&mut self, newer: Self, seeds: &[NodeUrl]) {
        let shown = std::mem::replace(self, newer).scoped;
        let asked: HashSet<NodeUrl> = self.nodes().chain(seeds).cloned().collect();
        self.scoped.extend(shown);
        self.scoped.retain(|node| asked.contains(node));
    }

    /// The nodes of each level.
    pub(super) fn levels(&self) -> Vec<Vec<NodeUrl>> {
        let levels = self.levels.iter();
        levels
            .map(|level| level.nodes().cloned().collect())
            .collect()
    }

    /// The levels of the chain, and the datacenter beside them.
    pub(super) fn all_levels(&self) -> impl Iterator<Item = &LevelMembers> {
        self.levels.iter().chain(&self.home)
    }

    /// All nodes in force, those of the most wanted level first. Links that cover each other name nodes twice.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &NodeUrl> {
        self.all_levels().flat_map(LevelMembers::nodes)
    }

    /// The most wanted level that has nodes.
    pub(super) fn preferred(&self) -> Option<&LevelMembers> {
        self.levels.iter().find(|level| level.has_nodes())
    }

    /// What is known of a level: nothing while nobody has told.
    pub(super) fn groups_of(&self, locality: &Locality) -> &[InferredDatacenter] {
        let level = self.all_levels().find(|level| level.locality == *locality);
        level
            .map(|level| level.datacenters.as_slice())
            .unwrap_or_default()
    }
}

impl LevelMembers {
    pub(super) fn nodes(&self) -> impl Iterator<Item = &NodeUrl> {
        self.datacenters.iter().flat_map(|group| &group.nodes)
    }

    pub(super) fn has_nodes(&self) -> bool {
        self.nodes().next().is_some()
    }
}
