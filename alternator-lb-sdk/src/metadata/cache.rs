//! The metadata of all tables that are used.

use super::address_cache::AddressCache;
use super::describe::ServerDefaults;
use super::table_metadata::{MetadataNeeds, TableMetadata};
use super::token_map_budget::TokenMapBudget;
use alternator_lb_core::clock::{Clock, millis};
use alternator_lb_core::routing::TokenMap;
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// The tables of a cluster, each from its first use on.
///
/// Of tables and of the ranges of their maps there are limits. A table beyond the limit replaces the one whose last use
/// is longest ago; a map beyond it replaces those that were not used for some time, or is not kept.
#[derive(Debug)]
pub(crate) struct MetadataCache {
    clock: Clock,
    /// Sharded by the hash of the name.
    shards: [ArcSwap<Shard>; SHARDS],
    hasher: RandomState,
    pub(super) needs: MetadataNeeds,
    /// That of the topology for which the maps were fetched.
    generation: AtomicU64,
    pub(super) server_defaults: ServerDefaults,
    pub(super) addresses: AddressCache,
    token_map_budget: TokenMapBudget,
    /// Until then, in milliseconds, no map is fetched, since that would be refused.
    maps_refused_until: AtomicU64,
    pub(super) has_warned_of_keys: AtomicBool,
    pub(super) has_warned_of_isolation: AtomicBool,
    pub(super) has_warned_of_maps: AtomicBool,
}

type Shard = HashMap<Arc<str>, Arc<TableMetadata>>;

/// A new table is added to a copy of its shard. One of 64 shards of ten thousand tables is copied in some microseconds,
/// all of them would not be.
const SHARDS: usize = 64;

/// The approximate number of tables. Programs that use more are those that create tables without end, and at a few
/// hundred bytes of schema each these take some megabytes; maps have a budget of their own.
const MAX_TABLES: usize = 10_000;

/// The maps of a table that was not used for so long are dropped when others need the memory. A shorter time would let
/// tables in use take it from each other, at up to 25 MB of responses per fetch.
const UNUSED: Duration = Duration::from_secs(10 * 60);

/// Within this time the clients of a cluster begin to fetch maps again when the set of its nodes has changed.
const CHANGE_SPREAD_MILLIS: u64 = 1_000;

impl MetadataCache {
    /// `partition_keys` are those that the application names, by their tables.
    pub(crate) fn new(
        clock: Clock,
        partition_keys: &HashMap<String, String>,
        needs: MetadataNeeds,
    ) -> Self {
        let this = Self {
            clock,
            shards: std::array::from_fn(|_| ArcSwap::default()),
            hasher: RandomState::new(),
            needs,
            generation: AtomicU64::new(0),
            server_defaults: ServerDefaults::default(),
            addresses: AddressCache::default(),
            token_map_budget: TokenMapBudget::default(),
            maps_refused_until: AtomicU64::new(0),
            has_warned_of_keys: AtomicBool::new(false),
            has_warned_of_isolation: AtomicBool::new(!needs.warns_of_unknown_isolation),
            has_warned_of_maps: AtomicBool::new(false),
        };
        for (name, key) in partition_keys {
            this.add(TableMetadata::new(name, Some(key), needs));
        }
        this
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    /// The table of this name, which is in use now.
    pub(crate) fn table(&self, name: &str, now: Duration) -> Arc<TableMetadata> {
        let add = || self.add(TableMetadata::new(name, None, self.needs));
        let table = self.find(name).unwrap_or_else(add);
        table.note_use(now);
        table
    }

    /// The table of this name, if it is cached.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<TableMetadata>> {
        self.shard(name)?.load().get(name).cloned()
    }

    /// Compares the generation of the topology with that of the maps, and invalidates these if the nodes have changed.
    pub(crate) fn observe_generation(&self, generation: u64) {
        if self.generation.load(Ordering::Relaxed) < generation
            && self.generation.fetch_max(generation, Ordering::Relaxed) < generation
        {
            let now = self.now();
            self.for_each_table(|table| {
                let spread = Duration::from_millis(fastrand::u64(..CHANGE_SPREAD_MILLIS));
                table.maps_schedule.refresh_by(now + spread);
            });
        }
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    /// Until when no map is fetched.
    pub(super) fn maps_refused_until(&self) -> Duration {
        Duration::from_millis(self.maps_refused_until.load(Ordering::Relaxed))
    }

    pub(super) fn refuse_maps_until(&self, time: Duration) {
        self.maps_refused_until
            .store(millis(time), Ordering::Relaxed);
    }

    /// Shares the memory of an equal map, or takes some of the budget. `None` if there is no room.
    pub(super) fn share_map(&self, map: TokenMap) -> Option<Arc<TokenMap>> {
        let shared = self.token_map_budget.share(map).or_else(|map| {
            let now = self.now();
            self.for_each_table(|table| {
                if now.saturating_sub(table.used_at()) >= UNUSED {
                    table.evict_maps();
                }
            });
            self.token_map_budget.share(map)
        });
        shared.ok()
    }

    fn for_each_table(&self, visit: impl Fn(&TableMetadata)) {
        for shard in &self.shards {
            shard.load().values().for_each(|table| visit(table));
        }
    }

    /// Adds a table, unless another thread was faster.
    fn add(&self, table: TableMetadata) -> Arc<TableMetadata> {
        let table = Arc::new(table);
        let Some(shard) = self.shard(&table.name) else {
            return table;
        };
        shard.rcu(|shard| {
            if shard.contains_key(&table.name) {
                return Arc::clone(shard);
            }
            let mut shard = Shard::clone(shard);
            evict_if_full(&mut shard);
            shard.insert(Arc::clone(&table.name), Arc::clone(&table));
            Arc::new(shard)
        });
        shard.load().get(&*table.name).cloned().unwrap_or(table)
    }

    fn shard(&self, name: &str) -> Option<&ArcSwap<Shard>> {
        let hash = self.hasher.hash_one(name) as usize;
        self.shards.get(hash % SHARDS)
    }
}

/// Removes the least recently used table of a full shard. Those whose keys the application names stay.
fn evict_if_full(shard: &mut Shard) {
    if shard.len() < MAX_TABLES / SHARDS {
        return;
    }
    let evictable = shard.values().filter(|table| table.named_key.is_none());
    let oldest = evictable.min_by_key(|table| table.used_at());
    if let Some(name) = oldest.map(|table| Arc::clone(&table.name)) {
        shard.remove(&name);
    }
}

#[cfg(test)]
mod tests;
