//! Tablets: equal ranges of tokens, each with replicas of its own.

use std::collections::BTreeMap;

use super::Range;
use super::owner::Owner;

/// The tablets of one table, as many as a power of two.
#[derive(Clone, Debug)]
pub(crate) struct TabletMap {
    /// Numbers of nodes, for each tablet.
    tablets: Vec<Vec<usize>>,
}

impl TabletMap {
    /// Places the tablets with `factor` replicas in each datacenter. `count` is a power of two.
    ///
    /// Racks take turns first, and then nodes with fewer tablets come before others, as the server's balancer would have
    /// it in the end.
    pub(crate) fn new<'a>(
        count: u32,
        factor: usize,
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
            for nodes in datacenters.values() {
                for _ in 0..factor {
                    replicas.extend(pick(nodes, &replicas, load));
                }
            }
            replicas
        };
        Self {
            tablets: (0..count).map(tablet).collect(),
        }
    }

    /// Returns the number of the tablet that a token is in.
    pub(crate) fn index_of(&self, token: i64) -> usize {
        // The tokens in order from 0, of which the highest bits are the number.
        let position = token.cast_unsigned() ^ (1 << 63);
        position.checked_shr(64 - self.bits()).unwrap_or(0) as usize
    }

    /// Returns the tokens of a tablet.
    pub(crate) fn range(&self, index: usize) -> Range {
        let end = |index: u64| {
            let next = (index + 1).checked_shl(64 - self.bits()).unwrap_or(0);
            (next.wrapping_sub(1) ^ (1 << 63)).cast_signed()
        };
        let index = index as u64;
        Range {
            start: index.checked_sub(1).map_or(i64::MIN, end),
            end: end(index),
        }
    }

    /// Returns the replicas of each tablet.
    pub(crate) fn tablets(&self) -> &[Vec<usize>] {
        &self.tablets
    }

    pub(crate) fn replicas(&self, index: usize) -> &[usize] {
        self.tablets.get(index).map_or(&[], Vec::as_slice)
    }

    /// Puts a node in another's place. Returns whether that was possible.
    pub(crate) fn replace(&mut self, index: usize, from: usize, to: usize) -> bool {
        let Some(replicas) = self.tablets.get_mut(index) else {
            return false;
        };
        if replicas.contains(&to) {
            return false;
        }
        let replica = replicas.iter_mut().find(|replica| **replica == from);
        replica.map(|replica| *replica = to).is_some()
    }

    /// Gives what a node held to others: those of its rack, if there are any that do not hold the tablet yet.
    pub(crate) fn leave(&mut self, gone: &Owner, owners: &[&Owner], load: &mut Load) {
        let datacenter = owners
            .iter()
            .filter(|owner| owner.datacenter == gone.datacenter);
        let (same, other): (Vec<&Owner>, Vec<&Owner>) =
            datacenter.partition(|owner| owner.rack == gone.rack);
        for replicas in &mut self.tablets {
            let Some(place) = replicas.iter().position(|replica| *replica == gone.number) else {
                continue;
            };
            replicas.remove(place);
            let heir = pick(&same, replicas, load).or_else(|| pick(&other, replicas, load));
            if let Some(heir) = heir {
                replicas.insert(place, heir);
            }
        }
    }

    fn bits(&self) -> u32 {
        self.tablets.len().trailing_zeros()
    }
}

/// How many tablets each node holds, of all tables.
pub(crate) type Load = BTreeMap<usize, usize>;

/// Picks the node for another replica, and counts the tablet as its own.
fn pick(nodes: &[&Owner], replicas: &[usize], load: &mut Load) -> Option<usize> {
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
    use crate::tokens::test_owners::{check_placement, owners};

    fn map(count: u32, racks: &[usize], factor: usize) -> TabletMap {
        TabletMap::new(count, factor, owners(racks).iter(), &mut Load::new())
    }

    #[test]
    fn tablets_are_equal_parts_of_the_ring() {
        let map = map(4, &[0], 1);
        let ranges: Vec<Range> = (0..4).map(|index| map.range(index)).collect();
        let quarter = 1 << 62;
        assert_eq!(
            ranges[0],
            Range {
                start: i64::MIN,
                end: -quarter - 1
            }
        );
        assert_eq!(
            ranges[1],
            Range {
                start: -quarter - 1,
                end: -1
            }
        );
        assert_eq!(
            ranges[2],
            Range {
                start: -1,
                end: quarter - 1
            }
        );
        assert_eq!(
            ranges[3],
            Range {
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
    fn one_tablet_is_the_whole_ring() {
        let map = map(1, &[0], 1);
        assert_eq!(
            map.range(0),
            Range {
                start: i64::MIN,
                end: i64::MAX
            }
        );
        for token in [i64::MIN, 0, i64::MAX] {
            assert_eq!(map.index_of(token), 0);
        }
    }

    #[test]
    fn all_nodes_get_as_many_tablets() {
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
    fn a_replica_moves_only_from_where_it_is_to_where_none_is() {
        let mut map = map(2, &[0, 1, 2, 0], 3);
        assert_eq!(map.replicas(0), [0, 1, 2]);
        assert!(map.replace(0, 0, 3));
        assert_eq!(map.replicas(0), [3, 1, 2]);
        assert!(!map.replace(0, 0, 3), "it holds the tablet no more");
        assert!(!map.replace(0, 1, 2), "that holds it already");
        assert!(!map.replace(2, 1, 2), "there is no such tablet");
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
                check_placement(replicas, &owners(&racks), factor);
            }
        }

        #[test]
        fn what_a_leaving_node_held_goes_to_others_of_its_datacenter(
            racks in proptest::collection::vec(0..3_usize, 5..24),
            gone in 0..5_usize,
        ) {
            let nodes = owners(&racks);
            let mut load = Load::new();
            let mut map = TabletMap::new(16, 3, nodes.iter(), &mut load);
            let others: Vec<&Owner> = nodes.iter().filter(|node| node.number != gone).collect();
            map.leave(&nodes[gone], &others, &mut load);
            for replicas in map.tablets() {
                prop_assert!(!replicas.contains(&gone));
                prop_assert_eq!(replicas.len(), 3);
            }
        }

        #[test]
        fn every_token_is_in_the_range_of_its_tablet(token in any::<i64>(), bits in 0..12_u32) {
            let map = TabletMap { tablets: vec![Vec::new(); 1 << bits] };
            let range = map.range(map.index_of(token));
            prop_assert!(token == i64::MIN || range.start < token);
            prop_assert!(token <= range.end);
        }
    }
}
