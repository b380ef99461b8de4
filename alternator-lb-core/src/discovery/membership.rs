//! The nodes of the cluster, as of one refresh.

use crate::topology::{Locality, NodeUrl};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// How many known nodes are queried, one after the other, before the seeds are.
pub const MAX_KNOWN_QUERIED: usize = 5;

/// The result of the last refresh that succeeded.
#[derive(Clone, Debug, Default)]
pub(super) struct Membership {
    /// The preferred level first. Without spill-over none comes after the first that has nodes.
    pub(super) levels: Vec<LevelMembers>,
    /// The datacenter of the first level, if it is needed and is no level itself.
    pub(super) local_datacenter: Option<LevelMembers>,
    /// Nodes that have shown that they know the parameters `dc` and `rack`.
    pub(super) scope_aware: HashSet<NodeUrl>,
    /// Seeds that were nodes, and that their former peers no longer list: dead ones, and ones whose addresses may
    /// belong to another cluster now. They are believed only if they list a known node.
    pub(super) left: HashSet<NodeUrl>,
    /// Seeds that belong to another cluster. They are not queried again, unless a node of this one lists them.
    pub(super) foreign: HashSet<NodeUrl>,
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

    /// Returns some of the known nodes and then all seeds, in the order in which they are queried: by rank, and at random
    /// otherwise. Nodes of the preferred level come first among their like, as they are the nearest. Leaves out the nodes
    /// without a rank.
    pub(super) fn candidates<'n>(
        &'n self,
        seeds: &'n [NodeUrl],
        rank: impl Fn(&NodeUrl) -> Option<u8>,
    ) -> Vec<&'n NodeUrl> {
        let mut seen = HashSet::new();
        let mut known = Vec::new();
        for level in self.all_levels() {
            known.extend(shuffled(level.nodes()).filter(|node| seen.insert(*node)));
        }
        let mut candidates = by_rank(known, &rank);
        candidates.truncate(MAX_KNOWN_QUERIED);
        let seeds: Vec<_> = shuffled(seeds.iter())
            .filter(|seed| !candidates.contains(seed))
            .collect();
        candidates.extend(seeds);
        by_rank(candidates, &rank)
    }

    /// Replaces URLs of nodes that have others now.
    pub(super) fn rename(&mut self, renamed: &HashMap<NodeUrl, NodeUrl>) {
        let levels = self.levels.iter_mut().chain(&mut self.local_datacenter);
        let datacenters = levels.flat_map(|level| &mut level.datacenters);
        let of_datacenters = datacenters.flat_map(|it| [&mut it.nodes, &mut it.listed_by]);
        let others = [&mut self.scope_aware, &mut self.left, &mut self.foreign];
        for urls in of_datacenters.chain(others) {
            let new = |url: NodeUrl| renamed.get(&url).cloned().unwrap_or(url);
            *urls = std::mem::take(urls).into_iter().map(new).collect();
        }
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

    /// Returns the number of datacenters that the preferred level has, without those that no longer respond: these may
    /// be the former addresses of another.
    pub(super) fn preferred_datacenters(&self) -> usize {
        let preferred = self.levels.iter().find(|level| level.has_nodes());
        let datacenters = preferred.into_iter().flat_map(|level| &level.datacenters);
        datacenters
            .filter(|datacenter| datacenter.is_responsive())
            .count()
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
    pub(super) nodes: HashSet<NodeUrl>,
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
    pub(super) fn new(nodes: HashSet<NodeUrl>, known_since: Duration) -> Self {
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

    fn overlaps(&self, other: &Self) -> bool {
        !self.nodes.is_disjoint(&other.nodes)
    }
}

/// Returns the nodes in an order of their own for each client, so that the clients of a cluster do not all query the
/// same one.
pub(super) fn shuffled<'n>(
    nodes: impl Iterator<Item = &'n NodeUrl>,
) -> impl Iterator<Item = &'n NodeUrl> {
    let mut nodes: Vec<_> = nodes.collect();
    fastrand::shuffle(&mut nodes);
    nodes.into_iter()
}

/// Returns the nodes that have a rank, the lowest first, and otherwise in their order.
pub(super) fn by_rank(
    nodes: Vec<&NodeUrl>,
    rank: impl Fn(&NodeUrl) -> Option<u8>,
) -> Vec<&NodeUrl> {
    let ranked = nodes.into_iter();
    let mut ranked: Vec<_> = ranked
        .filter_map(|node| Some((rank(node)?, node)))
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, node)| node).collect()
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
            datacenter.nodes.extend(other.nodes);
        }
        merged.push(datacenter);
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{Host, Scheme, work};
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

    #[test]
    fn work_of_merging_is_proportional_to_the_lists() {
        let address = |number: u32| std::net::Ipv4Addr::from_bits(0x0a00_0000 + number).into();
        let url = |number| NodeUrl::new(Scheme::Http, Host::Ip(address(number)), 8000);
        let list: HashSet<NodeUrl> = (0..1_000).map(url).collect();
        let lists = vec![InferredDatacenter::new(list, Duration::ZERO); 20];
        work::take();
        let merged = merge(lists);
        let count = work::take();
        assert_eq!(merged.len(), 1);
        assert!(count < 20 * 1_000 * 5, "{count} comparisons and hashes");
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
