//! A client, and what it knows of its tables.

use super::picker::NodePicker;
use alternator_lb_core::metadata_schedule::{
    MAP_CHANGE_INTERVAL, NodeHistory, SCHEMA_HINT_INTERVAL,
};
use alternator_lb_core::refresh_schedule::{Refresh, RefreshSchedule};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
pub(super) struct MetadataClient {
    pub(super) picker: NodePicker,
    pub(super) rng: fastrand::Rng,
    pub(super) history: NodeHistory<u32>,
    /// The number of lists of nodes that made maps stale.
    pub(super) joins: u64,
    /// The version of the list that it has.
    pub(super) list: u32,
    /// The number of refreshes that fetch maps, or wait for it.
    pub(super) maps_wanted: usize,
    /// The time of the next probe of an ejected node.
    pub(super) next_probe: Option<Duration>,
    pub(super) addresses: SharedReading,
    pub(super) replications: SharedReading,
    pub(super) settings: SharedReading,
}

/// A reading that all tables of a client share.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SharedReading {
    stale_at: Duration,
    joins: u64,
}

/// A table that a client uses.
#[derive(Debug)]
pub(super) struct ClientTable {
    pub(super) schema_schedule: RefreshSchedule,
    pub(super) maps_schedule: RefreshSchedule,
    /// The refreshes under way.
    pub(super) schema: Option<Refresh>,
    pub(super) maps: Option<Refresh>,
    /// The beginning of the latest refresh of the maps.
    pub(super) maps_began: Duration,
    /// The number of moves of the table's tablets that had ended when its map was read. None without a map.
    pub(super) moves: Option<u32>,
    /// The number of requests about it.
    pub(super) requests: u32,
}

impl MetadataClient {
    /// Creates a client that knows these nodes.
    pub(super) fn new(listed: &Arc<[u32]>, now: Duration, mut rng: fastrand::Rng) -> Self {
        let mut history = NodeHistory::default();
        history.record(listed.iter().copied(), now);
        Self {
            picker: NodePicker::new(Arc::clone(listed), rng.usize(..)),
            rng,
            history,
            joins: 0,
            list: 0,
            maps_wanted: 0,
            next_probe: None,
            addresses: SharedReading::default(),
            replications: SharedReading::default(),
            settings: SharedReading::default(),
        }
    }
}

impl SharedReading {
    pub(super) fn is_stale(self, joins: u64, now: Duration) -> bool {
        self.stale_at <= now || self.joins != joins
    }

    pub(super) fn new(stale_at: Duration, joins: u64) -> Self {
        Self { stale_at, joins }
    }
}

impl ClientTable {
    pub(super) fn new() -> Self {
        Self {
            schema_schedule: RefreshSchedule::new(SCHEMA_HINT_INTERVAL),
            maps_schedule: RefreshSchedule::new(MAP_CHANGE_INTERVAL),
            schema: None,
            maps: None,
            maps_began: Duration::ZERO,
            moves: None,
            requests: 0,
        }
    }
}
