//! The metadata of all tables that are used.

use super::MetadataClient;
use super::fetch_client::{FetchClient, FetchError};
use super::needs::MetadataNeeds;
use super::refusals::Refusals;
use super::server_tables::{Addresses, NodeName, Replication, ServerTable, grants};
use super::shared_look_ups::SharedLookUps;
use super::table_metadata::TableMetadata;
use super::token_map_budget::{OverLimit, TokenMapBudget};
use alternator_lb_core::clock::Clock;
use alternator_lb_core::metadata_schedule::{NodeHistory, join_delay};
use alternator_lb_core::observe::{Event, Observer, with_causes};
use alternator_lb_core::routing::TokenMap;
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// The tables of a cluster, each from its first use on.
///
/// Of tables and of the memory of their maps there are limits. A table beyond the limit replaces the one whose last use
/// is longest ago; a map beyond it replaces those that were not used for some time, or is not kept.
#[derive(Debug)]
pub(crate) struct MetadataCache {
    clock: Clock,
    pub(super) observer: Arc<Observer>,
    /// Sharded by the hash of the name.
    shards: [ArcSwap<Shard>; SHARDS],
    hasher: RandomState,
    /// That of the topology whose nodes are known.
    generation: AtomicU64,
    nodes: ArcSwap<NodeHistory<IpAddr>>,
    /// The number of lists of nodes that made maps stale.
    joins: AtomicU64,
    pub(super) shared: SharedLookUps,
    pub(super) refusals: Refusals,
    pub(super) token_map_budget: TokenMapBudget,
    /// The number of refreshes that fetch maps, or wait for it.
    maps_wanted: AtomicUsize,
    pub(super) has_warned_of_keys: AtomicBool,
    pub(super) has_warned_of_isolation: AtomicBool,
    pub(super) has_warned_of_support: AtomicBool,
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

/// One of the refreshes that fetch maps, or wait for it, while it exists.
#[derive(Debug)]
pub(super) struct WantedMap(Arc<MetadataCache>);

impl WantedMap {
    pub(super) fn new(cache: &Arc<MetadataCache>) -> Self {
        cache.maps_wanted.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(cache))
    }
}

impl Drop for WantedMap {
    fn drop(&mut self) {
        self.0.maps_wanted.fetch_sub(1, Ordering::Relaxed);
    }
}

impl MetadataCache {
    /// `partition_keys` are those that the application names, by their tables, with what is needed of these at least.
    pub(crate) fn new(
        clock: Clock,
        observer: Arc<Observer>,
        partition_keys: &HashMap<String, String>,
        needs: MetadataNeeds,
    ) -> Self {
        let this = Self {
            clock,
            observer,
            shards: std::array::from_fn(|_| ArcSwap::default()),
            hasher: RandomState::new(),
            generation: AtomicU64::new(0),
            nodes: ArcSwap::default(),
            joins: AtomicU64::new(0),
            shared: SharedLookUps::default(),
            refusals: Refusals::default(),
            token_map_budget: TokenMapBudget::default(),
            maps_wanted: AtomicUsize::new(0),
            has_warned_of_keys: AtomicBool::new(false),
            has_warned_of_isolation: AtomicBool::new(false),
            has_warned_of_support: AtomicBool::new(false),
        };
        for (name, key) in partition_keys {
            this.add(name, Some(key), needs);
        }
        this
    }

    /// Takes the nodes of this generation for seeds.
    pub(crate) fn with_seeds(
        mut self,
        generation: u64,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) -> Self {
        let addresses = addresses.into_iter().map(|ip| ip.to_canonical());
        self.nodes = ArcSwap::from_pointee(NodeHistory::of_seeds(addresses));
        self.generation = AtomicU64::new(generation);
        self
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    /// The table of this name, which is in use now, with the metadata that is needed at least.
    pub(crate) fn table(
        &self,
        name: &str,
        needs: MetadataNeeds,
        now: Duration,
    ) -> Arc<TableMetadata> {
        let known = self.find(name).filter(|table| table.needs.cover(needs));
        let table = known.unwrap_or_else(|| self.add(name, None, needs));
        table.note_use(now);
        table
    }

    /// The table of this name as its next use would find it. Has no effect.
    pub(crate) fn peek(&self, name: &str, needs: MetadataNeeds) -> Arc<TableMetadata> {
        let new = || Arc::new(TableMetadata::new(name, None, needs));
        self.find(name).unwrap_or_else(new)
    }

    /// The table of this name, if it is cached.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<TableMetadata>> {
        self.shard(name)?.load().get(name).cloned()
    }

    /// Sends requests through `client`, except those that were refused to its credentials.
    pub(super) fn fetch_client<'a, C: MetadataClient>(
        &'a self,
        client: &'a C,
    ) -> FetchClient<'a, C> {
        FetchClient {
            client,
            refusals: &self.refusals,
            clock: self.clock,
        }
    }

    /// The addresses of all nodes, and of the nodes `needed` as far as they can be found out.
    pub(super) async fn addresses(
        &self,
        client: &FetchClient<'_, impl MetadataClient>,
        needed: &[NodeName],
    ) -> Result<Arc<Addresses>, FetchError> {
        let (nodes, joins) = (self.nodes(), self.joins());
        let shared = &self.shared;
        shared.addresses(client, (&nodes, joins), needed).await
    }

    /// The replication of a table's keyspace. `None` if it cannot be known.
    pub(super) async fn replication(
        &self,
        client: &FetchClient<'_, impl MetadataClient>,
        table: &str,
    ) -> Option<Replication> {
        match self.shared.replication(client, self.joins(), table).await {
            Ok(replication) => replication,
            Err(error) => {
                if let FetchError::Refused { is_new: true, .. } = error {
                    self.observer.emit(Event::ReplicationRefused {
                        error: with_causes(&error),
                        grants: grants(&[ServerTable::Keyspaces]),
                    });
                }
                None
            }
        }
    }

    /// Compares the generation of the topology with that of the nodes that are known, and invalidates the maps if a
    /// node has joined. While the generation is the same, this is one load.
    pub(crate) fn observe_generation<I: IntoIterator<Item = IpAddr>>(
        &self,
        generation: u64,
        addresses: impl FnOnce() -> I,
    ) {
        if self.generation.load(Ordering::Relaxed) < generation
            && self.generation.fetch_max(generation, Ordering::Relaxed) < generation
        {
            self.record_nodes(addresses().into_iter().map(|ip| ip.to_canonical()));
        }
    }

    fn record_nodes(&self, addresses: impl Iterator<Item = IpAddr>) {
        let now = self.now();
        let addresses: Vec<IpAddr> = addresses.collect();
        let mut has_joined = false;
        self.nodes.rcu(|nodes| {
            let mut nodes = NodeHistory::clone(nodes);
            has_joined = nodes.record(addresses.iter().copied(), now);
            nodes
        });
        if has_joined {
            self.joins.fetch_add(1, Ordering::Relaxed);
            self.for_each_table(|table| {
                let delay = join_delay(&mut fastrand::Rng::new());
                table.maps_schedule.refresh_by(now + delay);
            });
        }
    }

    /// The nodes that are listed.
    pub(super) fn nodes(&self) -> Arc<NodeHistory<IpAddr>> {
        self.nodes.load_full()
    }

    /// The number of lists of nodes that made maps stale.
    pub(super) fn joins(&self) -> u64 {
        self.joins.load(Ordering::Relaxed)
    }

    /// The number of refreshes that fetch maps, or wait for it.
    pub(super) fn maps_wanted(&self) -> usize {
        self.maps_wanted.load(Ordering::Relaxed)
    }

    /// Shares the memory of an equal map, or takes some of the budget, if there is room.
    pub(super) fn share_map(&self, map: TokenMap) -> Result<Arc<TokenMap>, OverLimit> {
        let shared = self.token_map_budget.share(map).or_else(|map| {
            let now = self.now();
            self.for_each_table(|table| {
                if now.saturating_sub(table.used_at()) >= UNUSED {
                    table.evict_maps();
                }
            });
            self.token_map_budget.share(map)
        });
        shared.map_err(|_| OverLimit::Memory)
    }

    fn for_each_table(&self, visit: impl Fn(&TableMetadata)) {
        for shard in &self.shards {
            shard.load().values().for_each(|table| visit(table));
        }
    }

    /// Adds a table, unless another thread was faster. One of which less was needed is replaced, and fetched anew.
    fn add(&self, name: &str, named_key: Option<&str>, needs: MetadataNeeds) -> Arc<TableMetadata> {
        let new = |former: Option<&Arc<TableMetadata>>| {
            let former_key = former.and_then(|former| former.named_key.as_deref());
            let needs = former.map_or(needs, |former| former.needs.union(needs));
            Arc::new(TableMetadata::new(name, named_key.or(former_key), needs))
        };
        let Some(shard) = self.shard(name) else {
            return new(None);
        };
        shard.rcu(|shard| {
            let former = shard.get(name);
            if former.is_some_and(|former| former.needs.cover(needs)) {
                return Arc::clone(shard);
            }
            let table = new(former);
            let mut shard = Shard::clone(shard);
            if former.is_none() {
                evict_if_full(&mut shard);
            }
            shard.insert(Arc::clone(&table.name), table);
            Arc::new(shard)
        });
        shard.load().get(name).cloned().unwrap_or_else(|| new(None))
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
