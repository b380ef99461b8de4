//! Nodes that belong together because they name each other.

use crate::topology::NodeUrl;
use std::time::Duration;

/// The nodes of one datacenter, as far as can be told: a node names those of its own and no others, and not how the
/// datacenter is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InferredDatacenter {
    pub(super) nodes: Vec<NodeUrl>,
    /// Seeds that named them when they were asked last. They need not be among them: a name, which over `https` stays one
    /// seed, never is.
    pub(super) named_by: Vec<NodeUrl>,
    /// When the first of them was heard of.
    pub(super) known_since: Duration,
    pub(super) unresponsive: Option<Unresponsive>,
}

/// None of a group answers, although others do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unresponsive {
    pub(super) since: Duration,
    /// For how many refreshes.
    pub(super) refreshes: u32,
}

impl InferredDatacenter {
    pub(super) fn new(nodes: Vec<NodeUrl>, known_since: Duration) -> Self {
        Self {
            nodes,
            named_by: Vec::new(),
            known_since,
            unresponsive: None,
        }
    }

    /// The same, after another refresh in which none of them answered.
    pub(super) fn silent(&self, now: Duration) -> Self {
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

    pub(super) fn contains(&self, node: &NodeUrl) -> bool {
        self.nodes.contains(node)
    }

    /// Whether what a seed would say is known: it is one of them, or has named them.
    pub(super) fn speaks_for(&self, seed: &NodeUrl) -> bool {
        self.contains(seed) || self.named_by.contains(seed)
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

/// Joins the datacenters that have a node in common.
pub(super) fn merge(datacenters: Vec<InferredDatacenter>) -> Vec<InferredDatacenter> {
    let mut merged: Vec<InferredDatacenter> = Vec::new();
    for mut group in datacenters {
        // Whatever overlaps with the newcomer becomes one with it; the rest stays apart.
        let (joined, apart): (Vec<_>, Vec<_>) =
            merged.into_iter().partition(|other| other.overlaps(&group));
        merged = apart;
        for other in joined {
            // `None` is the least: one that answers speaks for all.
            group.unresponsive = group.unresponsive.min(other.unresponsive);
            group.known_since = group.known_since.min(other.known_since);
            let mut named_by = other.named_by;
            named_by.retain(|seed| !group.named_by.contains(seed));
            group.named_by.extend(named_by);
            let newer = std::mem::replace(&mut group.nodes, other.nodes);
            group.extend(newer);
        }
        merged.push(group);
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{Host, Scheme};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn group(last: &[u8]) -> InferredDatacenter {
        let url = |&last: &u8| NodeUrl::new(Scheme::Http, Host::Ip([127, 0, 0, last].into()), 8000);
        InferredDatacenter::new(last.iter().map(url).collect(), Duration::ZERO)
    }

    #[test]
    fn groups_that_share_a_node_are_one() {
        assert_eq!(
            merge(vec![group(&[1, 2]), group(&[3]), group(&[2, 4])]),
            [group(&[3]), group(&[1, 2, 4])]
        );
        assert_eq!(
            merge(vec![group(&[1]), group(&[2]), group(&[1, 2])]),
            [group(&[2, 1])]
        );
    }

    proptest! {
        #[test]
        fn merged_groups_are_disjoint_and_lose_nobody(lists in prop::collection::vec(prop::collection::btree_set(1u8..12, 1..5), 0..8)) {
            let before: BTreeSet<u8> = lists.iter().flatten().copied().collect();
            let merged = merge(lists.iter().map(|list| group(&list.iter().copied().collect::<Vec<_>>())).collect());
            let held: usize = merged.iter().map(|group| group.nodes.len()).sum();
            prop_assert_eq!(held, before.len());
            for (position, one) in merged.iter().enumerate() {
                for other in &merged[position + 1..] {
                    prop_assert!(!one.overlaps(other));
                }
            }
        }
    }
}
