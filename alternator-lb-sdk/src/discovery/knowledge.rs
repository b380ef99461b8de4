//! What discovery remembers from one refresh to the next.

use super::groups::Group;
use crate::topology::{Area, NodeUrl};
use std::collections::HashSet;

/// Who is in the cluster, as of the last refresh that succeeded.
#[derive(Clone, Debug, Default)]
pub(super) struct Knowledge {
    /// The link of the scope chain that these nodes come from.
    pub(super) area: Option<Area>,
    /// One for each datacenter in cluster scope, else a single one.
    pub(super) groups: Vec<Group>,
    /// Nodes that were seen to honour the question for a datacenter or rack.
    pub(super) scoped: HashSet<NodeUrl>,
}

impl Knowledge {
    /// All nodes in force, those of one group together.
    pub(super) fn nodes(&self) -> Vec<NodeUrl> {
        self.groups
            .iter()
            .flat_map(|group| group.nodes.iter().cloned())
            .collect()
    }

    /// Takes over what a newer refresh found. What nodes have shown of themselves is kept as long as they may be asked.
    pub(super) fn succeed(&mut self, newer: Self, seeds: &[NodeUrl]) {
        let shown = std::mem::replace(self, newer).scoped;
        let asked: HashSet<NodeUrl> = self
            .nodes()
            .into_iter()
            .chain(seeds.iter().cloned())
            .collect();
        self.scoped.extend(shown);
        self.scoped.retain(|node| asked.contains(node));
    }

    /// The nodes in force if they come from `area`.
    pub(super) fn nodes_of(&self, area: &Area) -> Vec<NodeUrl> {
        match self.area.as_ref() == Some(area) {
            true => self.nodes(),
            false => Vec::new(),
        }
    }
}
