//! Placement by tablets: equal ranges of tokens, each with its own replicas.

use std::collections::BTreeMap;

use super::TokenRange;
use super::owner::Owner;
use super::replication::Replication;
use super::transition::{TabletStage, Transition};

/// The tablets of one table, whose number is a power of two.
#[derive(Clone, Debug)]
pub(crate) struct TabletMap {
    /// The numbers of the replica nodes of each tablet.
    tablets: Vec<Vec<usize>>,
    /// By the indexes of tablets.
    transitions: BTreeMap<usize, Transition>,
}

impl TabletMap {
    /// Creates `count` tablets, a power of two.
    ///
    /// Replicas are spread over the racks first, and then over the nodes with the fewest tablets, which is the state
    /// that the server's balancer converges to.
    pub(crate) fn new<'a>(
        count: u32,
        replication: &Replication,
        owners: impl Iterator<Item = &'a Owner>,
        load: &mut Load,
    ) -> Self {
        let mut datacenters: BTreeMap<&str, Vec<&Owner>> = BTreeMap::new();
        for owner in owners {
            datacenters
                .entry(&owner.datacenter)
                .or_default()
                .push(owner);
        }
        let tablet = |_| {
            let mut replicas = Vec::new();
            for (name, nodes) in &datacenters {
                for _ in 0..replication.factor(name) {
                    replicas.extend(pick_replica(nodes, &replicas, load));
                }
            }
            replicas
        };
        Self {
            tablets: (0..count).map(tablet).collect(),
            transitions: BTreeMap::new(),
        }
    }

    /// Returns the index of the tablet that contains a token.
    pub(crate) fn index_of(&self, token: i64) -> usize {
        // The offset of the token from the lowest one, whose highest bits are the index.
        let position = token.cast_unsigned() ^ (1 << 63);
        position.checked_shr(64 - self.index_bits()).unwrap_or(0) as usize
    }

    /// Returns the token range of a tablet.
    pub(crate) fn range(&self, index: usize) -> TokenRange {
        let end = |index: u64| {
            let next = (index + 1).checked_shl(64 - self.index_bits()).unwrap_or(0);
            (next.wrapping_sub(1) ^ (1 << 63)).cast_signed()
        };
        let index = index as u64;
        TokenRange {
            start: index.checked_sub(1).map_or(i64::MIN, end),
            end: end(index),
        }
    }

    /// Returns the replicas of each tablet.
    pub(crate) fn tablets(&self) -> &[Vec<usize>] {
        &self.tablets
    }

    /// Returns the replicas of a tablet that serve reads.
    pub(crate) fn read_replicas(&self, index: usize) -> &[usize] {
        let replicas = self.replicas(index);
        let transition = self.transitions.get(&index);
        transition.map_or(replicas, |transition| transition.read_replicas(replicas))
    }

    /// Returns the transition of a tablet, if it is in one.
    pub(crate) fn transition(&self, index: usize) -> Option<&Transition> {
        self.transitions.get(&index)
    }

    /// Returns the replicas of a tablet, until the end of a transition those from before it.
    pub(crate) fn replicas(&self, index: usize) -> &[usize] {
        self.tablets.get(index).map_or(&[], Vec::as_slice)
    }

    /// Moves a replica of a tablet from one node to another. Returns `false` if the tablet does not exist, `from` is
    /// not a replica of it, or `to` is one already.
    pub(crate) fn move_replica(&mut self, index: usize, from: usize, to: usize) -> bool {
        let Some(replicas) = self.tablets.get_mut(index) else {
            return false;
        };
        if replicas.contains(&to) || self.transitions.contains_key(&index) {
            return false;
        }
        let replica = replicas.iter_mut().find(|replica| **replica == from);
        replica.map(|replica| *replica = to).is_some()
    }

    /// Begins to move a replica. Returns `false` where [`Self::move_replica`] does.
    pub(crate) fn begin_migration(&mut self, index: usize, from: usize, to: usize) -> bool {
        let replicas = self.replicas(index).to_vec();
        if !self.move_replica(index, from, to) {
            return false;
        }
        let Some(tablet) = self.tablets.get_mut(index) else {
            return false;
        };
        let transition = Transition {
            stage: TabletStage::AllowWriteBothReadOld,
            new_replicas: std::mem::replace(tablet, replicas),
        };
        self.transitions.insert(index, transition);
        true
    }

    /// Begins to repair a tablet. Returns `false` if it does not exist or is in transition.
    pub(crate) fn begin_repair(&mut self, index: usize) -> bool {
        let is_free = !self.transitions.contains_key(&index);
        let replicas = self.tablets.get(index).filter(|_| is_free).cloned();
        let Some(new_replicas) = replicas else {
            return false;
        };
        let stage = TabletStage::Repair;
        let transition = Transition {
            stage,
            new_replicas,
        };
        self.transitions.insert(index, transition);
        true
    }

    /// Goes on to the next stage of a tablet's transition, or ends it. Returns the new stage.
    pub(crate) fn advance_transition(&mut self, index: usize) -> Option<TabletStage> {
        let transition = self.transitions.get_mut(&index)?;
        if let Some(next) = transition.stage.next() {
            transition.stage = next;
            return Some(next);
        }
        let ended = self.transitions.remove(&index)?;
        if let Some(tablet) = self.tablets.get_mut(index) {
            *tablet = ended.new_replicas;
        }
        None
    }

    /// Moves the tablets of a removed node to others of its datacenter: to a node of its rack if one is not yet a
    /// replica.
    pub(crate) fn remove_node(&mut self, removed: &Owner, owners: &[&Owner], load: &mut Load) {
        let datacenter = owners
            .iter()
            .filter(|owner| owner.datacenter == removed.datacenter);
        let (same_rack, other_racks): (Vec<&Owner>, Vec<&Owner>) =
            datacenter.partition(|owner| owner.rack == removed.rack);
        // The server ends the transitions to a node that it removes.
        self.transitions
            .retain(|_, transition| !transition.new_replicas.contains(&removed.number));
        for replicas in &mut self.tablets {
            let Some(index) = replicas
                .iter()
                .position(|replica| *replica == removed.number)
            else {
                continue;
            };
            replicas.remove(index);
            let replacement = pick_replica(&same_rack, replicas, load)
                .or_else(|| pick_replica(&other_racks, replicas, load));
            if let Some(replacement) = replacement {
                replicas.insert(index, replacement);
            }
        }
    }

    /// Returns the number of bits of a tablet's index.
    fn index_bits(&self) -> u32 {
        self.tablets.len().trailing_zeros()
    }
}

/// The number of tablets of all tables on each node.
pub(crate) type Load = BTreeMap<usize, usize>;

/// Picks the node for another replica, and adds the tablet to its load.
fn pick_replica(nodes: &[&Owner], replicas: &[usize], load: &mut Load) -> Option<usize> {
    let in_rack = |rack: &str| {
        let held = nodes.iter().filter(|node| replicas.contains(&node.number));
        held.filter(|node| node.rack == rack).count()
    };
    let free = nodes.iter().filter(|node| !replicas.contains(&node.number));
    let held = |node: &Owner| load.get(&node.number).copied().unwrap_or_default();
    let best = free.min_by_key(|node| (in_rack(&node.rack), held(node), node.number))?;
    *load.entry(best.number).or_default() += 1;
    Some(best.number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tokens::test_support::{assert_placement, owners, replication};

    fn map(count: u32, racks: &[usize], factor: usize) -> TabletMap {
        TabletMap::new(
            count,
            &replication(factor),
            owners(racks).iter(),
            &mut Load::new(),
        )
    }

    #[test]
    fn tablets_divide_the_token_range_equally() {
        let map = map(4, &[0], 1);
        let ranges: Vec<TokenRange> = (0..4).map(|index| map.range(index)).collect();
        let quarter = 1 << 62;
        assert_eq!(
            ranges[0],
            TokenRange {
                start: i64::MIN,
                end: -quarter - 1
            }
        );
        assert_eq!(
            ranges[1],
            TokenRange {
                start: -quarter - 1,
                end: -1
            }
        );
        assert_eq!(
            ranges[2],
            TokenRange {
                start: -1,
                end: quarter - 1
            }
        );
        assert_eq!(
            ranges[3],
            TokenRange {
                start: quarter - 1,
                end: i64::MAX
            }
        );
        for (index, range) in ranges.iter().enumerate() {
            assert_eq!(map.index_of(range.end), index);
            assert_eq!(map.index_of(range.start + 1), index);
        }
    }

    #[test]
    fn single_tablet_contains_all_tokens() {
        let map = map(1, &[0], 1);
        assert_eq!(
            map.range(0),
            TokenRange {
                start: i64::MIN,
                end: i64::MAX
            }
        );
        for token in [i64::MIN, 0, i64::MAX] {
            assert_eq!(map.index_of(token), 0);
        }
    }

    #[test]
    fn equal_racks_give_all_nodes_the_same_number_of_tablets() {
        let map = map(32, &[0, 0, 1, 1, 2, 2], 3);
        for number in 0..6 {
            let held = map
                .tablets()
                .iter()
                .filter(|replicas| replicas.contains(&number));
            assert_eq!(held.count(), 16, "node {number}");
        }
    }

    #[test]
    fn replica_moves_only_from_a_replica_to_another_node() {
        let mut map = map(2, &[0, 1, 2, 0], 3);
        assert_eq!(map.replicas(0), [0, 1, 2]);
        assert!(map.move_replica(0, 0, 3));
        assert_eq!(map.replicas(0), [3, 1, 2]);
        assert!(
            !map.move_replica(0, 0, 3),
            "the source is no longer a replica"
        );
        assert!(
            !map.move_replica(0, 1, 2),
            "the destination is a replica already"
        );
        assert!(!map.move_replica(2, 1, 2), "the tablet does not exist");
    }

    proptest! {
        #[test]
        fn replicas_are_distinct_and_spread_over_racks(
            racks in proptest::collection::vec(0..12_usize, 1..24),
            factor in 1..5_usize,
            bits in 0..6_u32,
        ) {
            let map = map(1 << bits, &racks, factor);
            for replicas in map.tablets() {
                assert_placement(replicas, &owners(&racks), factor);
            }
        }

        #[test]
        fn replicas_of_a_removed_node_move_to_other_nodes(
            racks in proptest::collection::vec(0..3_usize, 5..24),
            removed in 0..5_usize,
        ) {
            let nodes = owners(&racks);
            let mut load = Load::new();
            let mut map = TabletMap::new(16, &replication(3), nodes.iter(), &mut load);
            let others: Vec<&Owner> = nodes.iter().filter(|node| node.number != removed).collect();
            map.remove_node(&nodes[removed], &others, &mut load);
            for replicas in map.tablets() {
                prop_assert!(!replicas.contains(&removed));
                prop_assert_eq!(replicas.len(), 3);
            }
        }

        #[test]
        fn range_of_a_tablet_contains_its_tokens(token in any::<i64>(), bits in 0..12_u32) {
            let map = TabletMap { tablets: vec![Vec::new(); 1 << bits], transitions: BTreeMap::new() };
            let range = map.range(map.index_of(token));
            prop_assert!(token == i64::MIN || range.start < token);
            prop_assert!(token <= range.end);
        }
    }
}
