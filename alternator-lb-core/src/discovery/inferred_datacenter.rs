//! Datacenters, distinguished by which nodes list each other.

use crate::topology::NodeUrl;
use std::time::Duration;

/// The nodes of one datacenter, as far as their responses show: a node lists those of its own datacenter and no others,
/// and does not tell its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InferredDatacenter {
    pub(super) nodes: Vec<NodeUrl>,
    /// Seeds that listed these nodes in their last response. They need not be among the nodes: a name, which over
    /// `https` stays one seed, never is.
    pub(super) listed_by: Vec<NodeUrl>,
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
            listed_by: Vec::new(),
            known_since,
            unresponsive: None,
        }
    }

    /// Returns the same datacenter after another refresh in which no node of it responded.
    pub(super) fn after_missed_refresh(&self, now: Duration) -> Self {
        let before = self.unresponsive.unwrap_or(Unresponsive {
            since: now,
            refreshes: 0,
        });
        Self {
            unresponsive: Some(Unresponsive {
                refreshes: before.refreshes.saturating_add(1),
                ..before
            }),
            ..self.clone()
        }
    }

    pub(super) fn is_responsive(&self) -> bool {
        self.unresponsive.is_none()
    }

    pub(super) fn contains(&self, node: &NodeUrl) -> bool {
        self.nodes.contains(node)
    }

    /// Returns whether the response of a seed is known already: the seed is one of the nodes, or has listed them.
    pub(super) fn covers(&self, seed: &NodeUrl) -> bool {
        self.contains(seed) || self.listed_by.contains(seed)
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
        let (overlapping, disjoint): (Vec<_>, Vec<_>) = merged
            .into_iter()
            .partition(|other| other.overlaps(&datacenter));
        merged = disjoint;
        for other in overlapping {
            // `None` is the least: one part that responds is enough.
            datacenter.unresponsive = datacenter.unresponsive.min(other.unresponsive);
            datacenter.known_since = datacenter.known_since.min(other.known_since);
            let mut listed_by = other.listed_by;
            listed_by.retain(|seed| !datacenter.listed_by.contains(seed));
            datacenter.listed_by.extend(listed_by);
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
