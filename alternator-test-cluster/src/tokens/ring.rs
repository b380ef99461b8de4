//! Vnodes: the ring of tokens, and the replicas of each of its ranges.

use std::collections::{BTreeMap, BTreeSet};

use super::Range;
use super::owner::Owner;

/// The ring, for one replication factor.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    /// In the order of their tokens.
    segments: Vec<Segment>,
}

#[derive(Debug)]
struct Segment {
    end: i64,
    /// Numbers of nodes, the primary replica first.
    replicas: Vec<usize>,
}

impl Ring {
    /// Places replicas as NetworkTopologyStrategy does, with `factor` of them in each datacenter.
    pub(crate) fn new<'a>(owners: impl Iterator<Item = &'a Owner> + Clone, factor: usize) -> Self {
        let by_token: BTreeMap<i64, &Owner> = owners
            .clone()
            .flat_map(|owner| owner.tokens.iter().map(move |token| (*token, owner)))
            .collect();
        let datacenters = Datacenters::of(owners, factor);
        let walk: Vec<&Owner> = by_token.values().copied().collect();
        let segments = by_token.keys().enumerate();
        let segments = segments.map(|(index, end)| Segment {
            end: *end,
            replicas: datacenters.replicas(walk.iter().cycle().skip(index).take(walk.len())),
        });
        Self {
            segments: segments.collect(),
        }
    }

    /// Returns the replicas of a token, the primary one first.
    pub(crate) fn replicas(&self, token: i64) -> &[usize] {
        let segment = self.segments.get(self.index_of(token));
        segment.map_or(&[], |segment| &segment.replicas)
    }

    /// Returns the range that a token is in. Where the ring wraps around, it is said in the server's manner: as the range
    /// up to the first token, though that does not contain tokens after the last.
    pub(crate) fn range_of(&self, token: i64) -> Range {
        let index = self.index_of(token);
        let end = self
            .segments
            .get(index)
            .map_or(i64::MAX, |segment| segment.end);
        let before = index
            .checked_sub(1)
            .and_then(|index| self.segments.get(index));
        Range {
            start: before.map_or(i64::MIN, |segment| segment.end),
            end,
        }
    }

    /// Returns all ranges with their replicas. The first wraps around: its start is the last token.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (Range, &[usize])> {
        let starts = self.segments.iter().cycle();
        let starts = starts.skip(self.segments.len().saturating_sub(1));
        starts.zip(&self.segments).map(|(before, segment)| {
            let range = Range {
                start: before.end,
                end: segment.end,
            };
            (range, segment.replicas.as_slice())
        })
    }

    /// The first segment that ends at or after a token, or else the first.
    fn index_of(&self, token: i64) -> usize {
        let index = self.segments.partition_point(|segment| segment.end < token);
        if index == self.segments.len() {
            0
        } else {
            index
        }
    }
}

/// What a walk along the ring must know of the datacenters.
struct Datacenters<'a> {
    wanted: BTreeMap<&'a str, Wanted>,
}

#[derive(Clone, Copy)]
struct Wanted {
    replicas: usize,
    /// How many replicas must share a rack with another, since there are too few racks.
    repeats: usize,
}

impl<'a> Datacenters<'a> {
    fn of(owners: impl Iterator<Item = &'a Owner>, factor: usize) -> Self {
        let mut nodes: BTreeMap<&str, Vec<&Owner>> = BTreeMap::new();
        for owner in owners {
            nodes.entry(&owner.datacenter).or_default().push(owner);
        }
        let wanted = nodes.into_iter().map(|(name, nodes)| {
            let racks: BTreeSet<&str> = nodes.iter().map(|node| node.rack.as_str()).collect();
            let wanted = Wanted {
                replicas: factor.min(nodes.len()),
                repeats: factor.saturating_sub(racks.len()),
            };
            (name, wanted)
        });
        Self {
            wanted: wanted.collect(),
        }
    }

    /// Takes nodes off a walk along the ring until each datacenter has its replicas.
    fn replicas<'w>(&self, walk: impl Iterator<Item = &'w &'w Owner>) -> Vec<usize> {
        let mut missing = self.wanted.clone();
        let mut racks = BTreeSet::new();
        let mut replicas = Vec::new();
        for owner in walk {
            if missing.values().all(|wanted| wanted.replicas == 0) {
                break;
            }
            let Some(wanted) = missing.get_mut(owner.datacenter.as_str()) else {
                continue;
            };
            if wanted.replicas == 0 || replicas.contains(&owner.number) {
                continue;
            }
            let is_new_rack = racks.insert((&owner.datacenter, &owner.rack));
            if !is_new_rack {
                if wanted.repeats == 0 {
                    continue;
                }
                wanted.repeats -= 1;
            }
            wanted.replicas -= 1;
            replicas.push(owner.number);
        }
        replicas
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tokens::test_owners::{check_placement, owners};

    #[test]
    fn a_token_belongs_to_the_range_that_ends_at_it() {
        let mut nodes = owners(&[0, 0]);
        nodes[0].tokens = vec![-100, 50];
        nodes[1].tokens = vec![0];
        let ring = Ring::new(nodes.iter(), 1);
        for (token, owner, range) in [
            (i64::MIN, 0, (i64::MIN, -100)),
            (-100, 0, (i64::MIN, -100)),
            (-99, 1, (-100, 0)),
            (0, 1, (-100, 0)),
            (1, 0, (0, 50)),
            (50, 0, (0, 50)),
            // After the last token, the ring wraps around.
            (51, 0, (i64::MIN, -100)),
            (i64::MAX, 0, (i64::MIN, -100)),
        ] {
            assert_eq!(ring.replicas(token), [owner], "{token}");
            let (start, end) = range;
            assert_eq!(ring.range_of(token), Range { start, end }, "{token}");
        }
        let ranges: Vec<_> = ring
            .ranges()
            .map(|(range, _)| (range.start, range.end))
            .collect();
        assert_eq!(ranges, [(50, -100), (-100, 0), (0, 50)]);
    }

    #[test]
    fn racks_are_met_before_any_repeats() {
        // Two racks, the first of three nodes: of three replicas two share a rack, never all.
        let nodes = owners(&[0, 0, 0, 1]);
        let ring = Ring::new(nodes.iter(), 3);
        for (_, replicas) in ring.ranges() {
            assert_eq!(replicas.len(), 3);
            assert!(replicas.contains(&3));
        }
    }

    #[test]
    fn an_empty_ring_has_no_replicas() {
        let ring = Ring::new(std::iter::empty(), 3);
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
            let ring = Ring::new(nodes.iter(), factor);
            check_placement(ring.replicas(token), &nodes, factor);
        }
    }
}
