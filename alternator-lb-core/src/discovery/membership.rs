//! The nodes of the cluster, as of one refresh.

use crate::topology::{Locality, NodeUrl};
use std::collections::HashSet;
use std::time::Duration;

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
    /// The levels of the chain, and the local datacenter.
    pub(super) fn all_levels(&self) -> impl Iterator<Item = &LevelMembers> {
        self.levels.iter().chain(&self.local_datacenter)
    }

    /// All nodes, those of the preferred level first. A node that is in several levels comes several times.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &NodeUrl> {
        self.all_levels().flat_map(LevelMembers::nodes)
    }

    /// The known nodes of the local datacenter, which is that of the preferred level.
    ///
    /// In cluster scope all nodes count as local, since no server reports which node is in which datacenter.
    pub(super) fn local_nodes(&self) -> Vec<NodeUrl> {
        let first = self.levels.first();
        let datacenter = first.and_then(|level| level.locality.datacenter());
        let levels = self.all_levels();
        let levels = levels.filter(|level| level.locality.datacenter() == datacenter);
        levels.flat_map(LevelMembers::nodes).cloned().collect()
    }

    /// The datacenters of a level; none while it is unknown.
    pub(super) fn datacenters_in(&self, locality: &Locality) -> &[InferredDatacenter] {
        let level = self.all_levels().find(|level| level.locality == *locality);
        level.map_or(&[], |level| &level.datacenters)
    }
}

impl LevelMembers {
    pub(super) fn nodes(&self) -> impl Iterator<Item = &NodeUrl> {
        let datacenters = self.datacenters.iter();
        datacenters.flat_map(|datacenter| &datacenter.nodes)
    }

    pub(super) fn has_nodes(&self) -> bool {
        self.nodes().next().is_some()
    }
}

/// The nodes of one datacenter, as far as their responses show: a node lists those of its own datacenter and no others,
/// and does not tell its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InferredDatacenter {
    pub(super) nodes: Vec<NodeUrl>,
    /// Seeds that listed these nodes in their last response. They need not be among the nodes: a name, which over
    /// `https` stays one seed, never is.
    pub(super) listed_by: HashSet<NodeUrl>,
    /// When the first of the nodes was listed.
    pub(super) known_since: Duration,
    pub(super) unresponsive: Option<Unresponsive>,
}

/// No node of a datacenter responds, although others do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unresponsive {
    pub(super) since: Duration,
    /// The number of refreshes since then.
    pub(super) refreshes: u32,
}

impl InferredDatacenter {
    pub(super) fn new(nodes: Vec<NodeUrl>, known_since: Duration) -> Self {
        Self {
            nodes,
            known_since,
            ..Self::default()
        }
    }

    /// Returns the same datacenter after another refresh in which no node of it responded.
    pub(super) fn after_missed_refresh(&self, now: Duration) -> Self {
        let mut datacenter = self.clone();
        let first = Unresponsive {
            since: now,
            refreshes: 0,
        };
        datacenter.unresponsive.get_or_insert(first).refreshes += 1;
        datacenter
    }

    pub(super) fn is_responsive(&self) -> bool {
        self.unresponsive.is_none()
    }

    pub(super) fn contains(&self, node: &NodeUrl) -> bool {
        self.nodes.contains(node)
    }

    pub(super) fn extend(&mut self, nodes: Vec<NodeUrl>) {
        for node in nodes {
            if !self.contains(&node) {
                self.nodes.push(node);
            }
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.nodes.iter().any(|node| other.contains(node))
    }
}

/// Merges the datacenters that have a node in common.
pub(super) fn merge(datacenters: Vec<InferredDatacenter>) -> Vec<InferredDatacenter> {
    let mut merged: Vec<InferredDatacenter> = Vec::new();
    for mut datacenter in datacenters {
        let overlaps = |other: &mut InferredDatacenter| other.overlaps(&datacenter);
        let overlapping: Vec<_> = merged.extract_if(.., overlaps).collect();
        for other in overlapping {
            // `None` is the least: one part that responds is enough.
            datacenter.unresponsive = datacenter.unresponsive.min(other.unresponsive);
            datacenter.known_since = datacenter.known_since.min(other.known_since);
            datacenter.listed_by.extend(other.listed_by);
            let newer = std::mem::replace(&mut datacenter.nodes, other.nodes);
            datacenter.extend(newer);
        }
        merged.push(datacenter);
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{Host, Scheme};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn datacenter(last: &[u8]) -> InferredDatacenter {
        let url = |&last: &u8| NodeUrl::new(Scheme::Http, Host::Ip([127, 0, 0, last].into()), 8000);
        InferredDatacenter::new(last.iter().map(url).collect(), Duration::ZERO)
    }

    #[test]
    fn datacenters_that_share_a_node_are_merged() {
        assert_eq!(
            merge(vec![
                datacenter(&[1, 2]),
                datacenter(&[3]),
                datacenter(&[2, 4])
            ]),
            [datacenter(&[3]), datacenter(&[1, 2, 4])]
        );
        assert_eq!(
            merge(vec![
                datacenter(&[1]),
                datacenter(&[2]),
                datacenter(&[1, 2])
            ]),
            [datacenter(&[2, 1])]
        );
    }

    proptest! {
        #[test]
        fn merged_datacenters_are_disjoint_and_lose_no_node(lists in prop::collection::vec(prop::collection::btree_set(1u8..12, 1..5), 0..8)) {
            let before: BTreeSet<u8> = lists.iter().flatten().copied().collect();
            let merged = merge(lists.iter().map(|list| datacenter(&list.iter().copied().collect::<Vec<_>>())).collect());
            let count: usize = merged.iter().map(|datacenter| datacenter.nodes.len()).sum();
            prop_assert_eq!(count, before.len());
            for (index, one) in merged.iter().enumerate() {
                for other in &merged[index + 1..] {
                    prop_assert!(!one.overlaps(other));
                }
            }
        }
    }
}
