//! The outcome of fetching token maps.

use super::server_tables::{Addresses, Tablets, UnresolvedRanges, VnodeRing};
use super::table_maps::{SourceMap, TableMaps};
use alternator_lb_core::routing::TokenMap;
use std::sync::Arc;
use std::time::Duration;

/// The places of a table and its indexes, according to the server's tables.
#[derive(Debug)]
pub(super) struct FetchOutcome {
    /// The id of the table itself, if its map was fetched.
    pub(super) table_id: Option<String>,
    pub(super) placements: Vec<(Arc<SourceMap>, Placement)>,
    pub(super) addresses: Addresses,
}

/// The place of a table or an index.
#[derive(Clone, Debug)]
pub(super) enum Placement {
    Tablets(Arc<Tablets>),
    Ring(Arc<VnodeRing>),
    /// The table or index does not exist.
    Missing,
}

impl FetchOutcome {
    /// Builds and publishes the maps; `share` finds the memory for one. Returns the number of their ranges.
    pub(super) fn publish(
        &self,
        maps: &TableMaps,
        now: Duration,
        share: impl Fn(TokenMap) -> Option<Arc<TokenMap>>,
    ) -> usize {
        for (source, placement) in &self.placements {
            let map = match placement {
                Placement::Tablets(tablets) => tablets.map(&self.addresses),
                Placement::Ring(ring) => ring.map(&self.addresses),
                Placement::Missing => {
                    source.clear();
                    None
                }
            };
            if let Some(map) = map.and_then(&share) {
                source.set(map, now);
            }
        }
        if let Some(id) = &self.table_id {
            maps.set_table_id(id.clone());
        }
        let sources = self.placements.iter().map(|(source, _)| source);
        let fetched = sources.filter_map(|source| source.fetched());
        fetched.map(|fetched| fetched.map.range_count()).sum()
    }

    /// The number of replicas of all ranges.
    pub(super) fn replicas(&self) -> usize {
        self.ranges().map(UnresolvedRanges::len).sum()
    }

    /// Returns whether the address of a replica is unknown: its node is about to join or to leave.
    pub(super) fn is_incomplete(&self) -> bool {
        let mut ranges = self.ranges();
        ranges.any(|ranges| !ranges.are_resolved_by(&self.addresses))
    }

    /// Returns whether tablets are moving between nodes.
    pub(super) fn is_moving(&self) -> bool {
        let mut placements = self.placements.iter();
        placements.any(|(_, placement)| match placement {
            Placement::Tablets(tablets) => tablets.are_moving(),
            Placement::Ring(_) | Placement::Missing => false,
        })
    }

    fn ranges(&self) -> impl Iterator<Item = &UnresolvedRanges> {
        let placements = self.placements.iter();
        placements.filter_map(|(_, placement)| placement.ranges())
    }
}

impl Placement {
    pub(super) fn ranges(&self) -> Option<&UnresolvedRanges> {
        match self {
            Self::Tablets(tablets) => Some(tablets.ranges()),
            Self::Ring(ring) => Some(ring.ranges()),
            Self::Missing => None,
        }
    }
}
