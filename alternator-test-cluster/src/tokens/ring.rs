//! Placement by vnodes: the token ring, and the replicas of each of its ranges.

use std::collections::{BTreeMap, BTreeSet};

use super::TokenRange;
use super::owner::Owner;
use super::replication::Replication;

/// The token ring for tables of one replication.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    /// The segments of the ring, in the order of their tokens.
    segments: Vec<Segment>,
}

/// The tokens from the end of the previous segment (exclusive) to `end` (inclusive).
#[derive(Debug)]
struct Segment {
    end: i64,
    /// The numbers of the replica nodes, the primary replica first.
    replicas: Vec<usize>,
}

impl Ring {
    /// Places replicas as NetworkTopologyStrategy does.
    pub(crate) fn new<'a>(
        owners: impl Iterator<Item = &'a Owner> + Clone,
        replication: &Replication,
    ) -> Self {
        let by_token: BTreeMap<i64, &Owner> = owners
            .clone()
            .flat_map(|owner| owner.tokens.iter().map(move |token| (*token, owner)))
            .collect();
        let quotas = ReplicaQuotas::new(owners, replication);
        let walk: Vec<&Owner> = by_token.values().copied().collect();
        let segments = by_token.keys().enumerate();
        let segments = segments.map(|(index, end)| Segment {
            end: *end,
            replicas: quotas.select_replicas(walk.iter().cycle().skip(index).take(walk.len())),
        });
        Self {
            segments: segments.collect(),
        }
    }

    /// Returns the replicas of a token, the primary replica first.
    pub(crate) fn replicas(&self, token: i64) -> &[usize] {
        let segment = self.segments.get(self.index_of(token));
        segment.map_or(&[], |segment| &segment.replicas)
    }

    /// Returns the range that contains a token. The range that wraps around the ring is reported as the server does: as
    /// the range up to the first token, although that does not contain the tokens after the last.
    pub(crate) fn range_of(&self, token: i64) -> TokenRange {
        let index = self.index_of(token);
        let end = self
            .segments
            .get(index)
            .map_or(i64::MAX, |segment| segment.end);
        let before = index
            .checked_sub(1)
            .and_then(|index| self.segments.get(index));
        TokenRange {
            start: before.map_or(i64::MIN, |segment| segment.end),
            end,
        }
    }

    /// Returns all ranges with their replicas. The first range wraps around: its start is the last token of the ring.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (TokenRange, &[usize])> {
        let starts = self.segments.iter().cycle();
        let starts = starts.skip(self.segments.len().saturating_sub(1));
        starts.zip(&self.segments).map(|(before, segment)| {
            let range = TokenRange {
                start: before.end,
                end: segment.end,
            };
            (range, segment.replicas.as_slice())
        })
    }

    /// Returns the index of the segment that contains a token: the first that ends at or after it, otherwise segment 0.
    fn index_of(&self, token: i64) -> usize {
        let index = self.segments.partition_point(|segment| segment.end < token);
        if index == self.segments.len() {
            0
        } else {
            index
        }
    }
}

/// The number of replicas that each datacenter must have.
struct ReplicaQuotas<'a> {
    by_datacenter: BTreeMap<&'a str, ReplicaQuota>,
}

#[derive(Clone, Copy)]
struct ReplicaQuota {
    replicas: usize,
    /// The number of replicas that share a rack with another, if there are fewer racks than replicas.
    rack_repeats: usize,
}

impl<'a> ReplicaQuotas<'a> {
    fn new(owners: impl Iterator<Item = &'a Owner>, replication: &Replication) -> Self {
        let mut nodes: BTreeMap<&str, Vec<&Owner>> = BTreeMap::new();
        for owner in owners {
            nodes.entry(&owner.datacenter).or_default().push(owner);
        }
        let quotas = nodes.into_iter().map(|(name, nodes)| {
            let racks: BTreeSet<&str> = nodes.iter().map(|node| node.rack.as_str()).collect();
            let factor = replication.factor(name);
            let quota = ReplicaQuota {
                replicas: factor.min(nodes.len()),
                rack_repeats: factor.saturating_sub(racks.len()),
            };
            (name, quota)
        });
        Self {
            by_datacenter: quotas.collect(),
        }
    }

    /// Selects nodes along the ring, from the first of `walk` on, until each datacenter has its replicas.
    fn select_replicas<'w>(&self, walk: impl Iterator<Item = &'w &'w Owner>) -> Vec<usize> {
        let mut remaining = self.by_datacenter.clone();
        let mut racks = BTreeSet::new();
        let mut replicas = Vec::new();
        for owner in walk {
            if remaining.values().all(|quota| quota.replicas == 0) {
                break;
            }
            let Some(quota) = remaining.get_mut(owner.datacenter.as_str()) else {
                continue;
            };
            if quota.replicas == 0 || replicas.contains(&owner.number) {
                continue;
            }
            let is_new_rack = racks.insert((&owner.datacenter, &owner.rack));
            if !is_new_rack {
                if quota.rack_repeats == 0 {
                    continue;
                }
                quota.rack_repeats -= 1;
            }
            quota.replicas -= 1;
            replicas.push(owner.number);
        }
        replicas
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tokens::test_support::{assert_placement, owners, replication};

    #[test]
    fn range_includes_its_end_and_excludes_its_start() {
        let mut nodes = owners(&[0, 0]);
        nodes[0].tokens = vec![-100, 50];
        nodes[1].tokens = vec![0];
        let ring = Ring::new(nodes.iter(), &replication(1));
        for (token, owner, range) in [
            (i64::MIN, 0, (i64::MIN, -100)),
            (-100, 0, (i64::MIN, -100)),
            (-99, 1, (-100, 0)),
            (0, 1, (-100, 0)),
            (1, 0, (0, 50)),
            (50, 0, (0, 50)),
            // The ring wraps around after the last token.
            (51, 0, (i64::MIN, -100)),
            (i64::MAX, 0, (i64::MIN, -100)),
        ] {
            assert_eq!(ring.replicas(token), [owner], "{token}");
            let (start, end) = range;
            assert_eq!(ring.range_of(token), TokenRange { start, end }, "{token}");
        }
        let ranges: Vec<_> = ring
            .ranges()
            .map(|(range, _)| (range.start, range.end))
            .collect();
        assert_eq!(ranges, [(50, -100), (-100, 0), (0, 50)]);
    }

    #[test]
    fn every_rack_has_a_replica_before_one_has_two() {
        // There are two racks, of three nodes and of one: of three replicas two share a rack, but never all.
        let nodes = owners(&[0, 0, 0, 1]);
        let ring = Ring::new(nodes.iter(), &replication(3));
        for (_, replicas) in ring.ranges() {
            assert_eq!(replicas.len(), 3);
            assert!(replicas.contains(&3));
        }
    }

    #[test]
    fn empty_ring_has_no_replicas() {
        let ring = Ring::new(std::iter::empty(), &replication(3));
        assert!(ring.replicas(0).is_empty());
        assert_eq!(ring.ranges().count(), 0);
    }

    proptest! {
        #[test]
        fn replicas_are_distinct_and_spread_over_racks(
            racks in proptest::collection::vec(0..12_usize, 1..24),
            factor in 1..5_usize,
            token in any::<i64>(),
        ) {
            let nodes = owners(&racks);
            let ring = Ring::new(nodes.iter(), &replication(factor));
            assert_placement(ring.replicas(token), &nodes, factor);
        }
    }
}
