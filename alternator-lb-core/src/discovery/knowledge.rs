//! What discovery remembers from one refresh to the next.

use super::groups::Group;
use crate::topology::{Area, NodeUrl};
use std::collections::HashSet;

/// Who is in the cluster, as of the last refresh that succeeded.
#[derive(Clone, Debug, Default)]
pub(super) struct Knowledge {
    /// Most wanted first. Without spill-over none comes after the first that has nodes.
    pub(super) links: Vec<Link>,
    /// The datacenter of the first of them, if that is wanted and is none of them.
    pub(super) home: Option<Link>,
    /// Nodes that were seen to honour the question for a datacenter or rack.
    pub(super) scoped: HashSet<NodeUrl>,
}

/// The nodes of one link of the scope chain, or of the datacenter beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) area: Area,
    /// One for each datacenter in cluster scope, else a single one; none while nobody has told.
    pub(super) groups: Vec<Group>,
}

impl Knowledge {
    /// Takes over what a newer refresh found. What nodes have shown of themselves is kept as long as they may be asked.
    pub(super) fn succeed(&mut self, newer: Self, seeds: &[NodeUrl]) {
        let shown = std::mem::replace(self, newer).scoped;
        let asked: HashSet<NodeUrl> = self.nodes().chain(seeds).cloned().collect();
        self.scoped.extend(shown);
        self.scoped.retain(|node| asked.contains(node));
    }

    /// The nodes of each link.
    pub(super) fn tiers(&self) -> Vec<Vec<NodeUrl>> {
        let links = self.links.iter();
        links.map(|link| link.nodes().cloned().collect()).collect()
    }

    /// The links of the chain, and the datacenter beside them.
    pub(super) fn all_links(&self) -> impl Iterator<Item = &Link> {
        self.links.iter().chain(&self.home)
    }

    /// All nodes in force, those of the most wanted link first. Links that cover each other name nodes twice.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &NodeUrl> {
        self.all_links().flat_map(Link::nodes)
    }

    /// The most wanted link that has nodes.
    pub(super) fn most_wanted(&self) -> Option<&Link> {
        self.links.iter().find(|link| link.has_nodes())
    }

    /// What is known of a link: nothing while nobody has told.
    pub(super) fn groups_of(&self, area: &Area) -> &[Group] {
        let link = self.all_links().find(|link| link.area == *area);
        link.map(|link| link.groups.as_slice()).unwrap_or_default()
    }
}

impl Link {
    pub(super) fn nodes(&self) -> impl Iterator<Item = &NodeUrl> {
        self.groups.iter().flat_map(|group| &group.nodes)
    }

    pub(super) fn has_nodes(&self) -> bool {
        self.nodes().next().is_some()
    }
}
