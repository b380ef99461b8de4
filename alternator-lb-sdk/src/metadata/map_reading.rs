//! A map as it was read from the server's tables.

use super::token_map_budget::OverLimit;
use alternator_lb_core::metadata_schedule::PlacementSummary;
use alternator_lb_core::routing::TokenMap;
use std::sync::Arc;
use std::time::Duration;

/// The map of a table or of an index.
#[derive(Debug)]
pub(super) struct MapReading {
    pub(super) map: Result<Arc<TokenMap>, OverLimit>,
    pub(super) summary: PlacementSummary,
    /// True unless every node holds every partition.
    pub(super) gains: bool,
    pub(super) read_at: Duration,
    pub(super) stale_at: Duration,
}
