//! What a reading brings.

use crate::metadata::server_tables::{Addresses, Placement, Ring, Tablets};
use crate::metadata::table_maps::{KeptMap, TableMaps};
use alternator_lb_core::routing::TokenMap;
use std::sync::Arc;
use std::time::Duration;

/// What the server's tables tell of a table and its indexes.
#[derive(Debug)]
pub(crate) struct Told {
    /// The id of the table itself, where that was asked for.
    pub(crate) base: Option<String>,
    pub(crate) placements: Vec<(Arc<KeptMap>, Placed)>,
    pub(crate) addresses: Addresses,
}

/// Where a table is.
#[derive(Clone, Debug)]
pub(crate) enum Placed {
    Tablets(Arc<Tablets>),
    Ring(Arc<Ring>),
    /// There is no such table.
    Nowhere,
}

impl Told {
    /// Makes it known. Returns how many ranges there are.
    pub(crate) fn publish(
        &self,
        table: &TableMaps,
        now: Duration,
        keep: impl Fn(TokenMap) -> Option<Arc<TokenMap>>,
    ) -> usize {
        for (kept, placed) in &self.placements {
            let map = match placed {
                Placed::Tablets(tablets) => tablets.map(&self.addresses),
                Placed::Ring(ring) => ring.map(&self.addresses),
                Placed::Nowhere => {
                    kept.forget();
                    None
                }
            };
            if let Some(map) = map.and_then(&keep) {
                kept.learn(map, now);
            }
        }
        if let Some(id) = &self.base {
            table.set_id(id.clone());
        }
        let known = self.placements.iter().filter_map(|(kept, _)| kept.known());
        known.map(|known| known.map.range_count()).sum()
    }

    /// How many replicas were told, of all ranges.
    pub(crate) fn replicas(&self) -> usize {
        let placements = self
            .placements
            .iter()
            .filter_map(|(_, placed)| placed.placement());
        placements.map(Placement::len).sum()
    }

    /// Whether a replica is among them of which no address is known: it is about to come or to go.
    pub(crate) fn is_incomplete(&self) -> bool {
        let mut placements = self
            .placements
            .iter()
            .filter_map(|(_, placed)| placed.placement());
        placements.any(|placement| !placement.is_covered_by(&self.addresses))
    }

    /// Whether tablets are on their way.
    pub(crate) fn is_on_the_move(&self) -> bool {
        self.placements.iter().any(|(_, placed)| match placed {
            Placed::Tablets(tablets) => tablets.are_moving(),
            Placed::Ring(_) | Placed::Nowhere => false,
        })
    }
}

impl Placed {
    pub(crate) fn placement(&self) -> Option<&Placement> {
        match self {
            Self::Tablets(tablets) => Some(tablets.placement()),
            Self::Ring(ring) => Some(ring.placement()),
            Self::Nowhere => None,
        }
    }
}
