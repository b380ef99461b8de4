//! Fetches the token maps of a table from the server's own tables.

use super::MetadataClient;
use super::cache::MetadataCache;
use super::fetch_client::{FetchClient, FetchError};
use super::map_reading::MapReading;
use super::server_tables::{
    IndexIds, LocalDatacenters, Placement, Replication, RingReader, ServerQuery, ServerTable,
    TabletReader, keyspace,
};
use super::table_maps::SourceMap;
use super::token_map_budget::OverLimit;
use alternator_lb_core::jitter::with_default_jitter;
use alternator_lb_core::routing::TokenMap;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// The maps of a table and its indexes, according to the server's tables.
#[derive(Debug)]
pub(super) enum FetchOutcome {
    /// Every node holds every partition, so that no map was read.
    NoGain,
    /// A reading of each source. None for a table or an index without partitions.
    Read(Vec<(Arc<SourceMap>, Option<Arc<MapReading>>)>),
}

/// A map with more replicas is built where it blocks no requests: at this size that takes some milliseconds.
const LARGE: usize = 10_000;

/// Fetches where a table and its indexes in `sources` are. `id` is that of the table.
pub(super) async fn fetch_token_maps<C: MetadataClient>(
    cache: &Arc<MetadataCache>,
    client: &C,
    (table, id): (&str, &str),
    sources: &[Arc<SourceMap>],
) -> Result<FetchOutcome, FetchError> {
    let client = cache.fetch_client(client);
    let addresses = cache.addresses(&client, &[]).await?;
    let nodes = cache.nodes();
    let local = Arc::new(LocalDatacenters::new(&addresses, nodes.listed()));
    let replication = cache.replication(&client, table).await;
    if replication
        .as_ref()
        .is_some_and(|replication| !local.gain_from_map(replication))
    {
        return Ok(FetchOutcome::NoGain);
    }
    let keyspace = keyspace(table);
    let has_indexes = sources.iter().any(|source| source.index.is_some());
    let index_ids = match has_indexes {
        true => index_ids(&client, &keyspace).await?,
        false => IndexIds::default(),
    };
    let mut fetcher = MapFetcher {
        cache,
        client,
        keyspace,
        replication,
        local,
        tablets: HashMap::new(),
        ring: None,
    };
    let mut readings = Vec::new();
    for source in sources {
        let id = match &source.index {
            Some(index) => index_ids.find(table, index),
            None => Some(id),
        };
        let reading = match id {
            Some(id) => fetcher.fetch(id).await?,
            None => None,
        };
        readings.push((Arc::clone(source), reading));
    }
    Ok(FetchOutcome::Read(readings))
}

async fn index_ids(
    client: &FetchClient<'_, impl MetadataClient>,
    keyspace: &str,
) -> Result<IndexIds, FetchError> {
    let key = [("keyspace_name", keyspace)];
    let query = ServerQuery::new(ServerTable::Views, &key, &IndexIds::COLUMNS);
    query.read(client, IndexIds::default()).await
}

/// Fetches the maps of the tables of one keyspace, each once.
struct MapFetcher<'a, C> {
    cache: &'a Arc<MetadataCache>,
    client: FetchClient<'a, C>,
    keyspace: String,
    replication: Option<Replication>,
    local: Arc<LocalDatacenters>,
    tablets: HashMap<String, Arc<MapReading>>,
    ring: Option<Arc<MapReading>>,
}

impl<C: MetadataClient> MapFetcher<'_, C> {
    /// The map of the table or index with this id, if it has partitions.
    async fn fetch(&mut self, id: &str) -> Result<Option<Arc<MapReading>>, FetchError> {
        // A keyspace has either tablets or vnodes.
        if self.ring.is_some() {
            return Ok(self.ring.clone());
        }
        if let Some(reading) = self.tablets.get(id) {
            return Ok(Some(Arc::clone(reading)));
        }
        let tablets = self.read_tablets(id).await?;
        let Some(base) = tablets.base_table().map(str::to_owned) else {
            return self.place(id.to_owned(), tablets).await;
        };
        if let Some(reading) = self.tablets.get(&base) {
            return Ok(Some(Arc::clone(reading)));
        }
        let tablets = self.read_tablets(&base).await?;
        self.place(base, tablets).await
    }

    /// The map of these tablets, or of the ring where there are none.
    async fn place(
        &mut self,
        id: String,
        tablets: Placement,
    ) -> Result<Option<Arc<MapReading>>, FetchError> {
        if tablets.is_empty() {
            let ring = self.fetch_ring().await?;
            self.ring = ring.filter(|ring| ring.summary.ranges > 0);
            return Ok(self.ring.clone());
        }
        let reading = Arc::new(self.build(tablets).await?);
        self.tablets.insert(id, Arc::clone(&reading));
        Ok(Some(reading))
    }

    async fn read_tablets(&self, id: &str) -> Result<Placement, FetchError> {
        let key = [("table_id", id)];
        let query = ServerQuery::new(ServerTable::Tablets, &key, &Placement::OF_TABLETS);
        let placement = Placement::new(Arc::clone(&self.local));
        match query.read(&self.client, TabletReader(placement)).await {
            Ok(TabletReader(tablets)) => Ok(tablets),
            // Servers before 6.0 have no tablets.
            Err(FetchError::NotFound) => Ok(Placement::default()),
            Err(error) => Err(error),
        }
    }

    /// The map of the vnodes, which the keyspaces of one replication share.
    async fn fetch_ring(&self) -> Result<Option<Arc<MapReading>>, FetchError> {
        let Some(replication) = &self.replication else {
            return Ok(Some(Arc::new(self.read_ring().await?)));
        };
        let cache = self.cache;
        let ring = cache.shared.ring(replication);
        let read = async |_| {
            let reading = self.read_ring().await?;
            let stale_at = reading.stale_at;
            Ok((reading, stale_at))
        };
        let is_placed = |reading: &MapReading| reading.summary.ranges > 0;
        let ring = ring
            .get(cache.now(), cache.joins(), is_placed, read)
            .await?;
        Ok(Some(ring))
    }

    async fn read_ring(&self) -> Result<MapReading, FetchError> {
        let key = [("keyspace_name", self.keyspace.as_str())];
        let query = ServerQuery::new(ServerTable::TokenRing, &key, &Placement::OF_RING);
        let placement = Placement::new(Arc::clone(&self.local));
        let RingReader(ring) = query.read(&self.client, RingReader(placement)).await?;
        self.build(ring).await
    }

    /// Builds a map, once the addresses of its nodes are known.
    async fn build(&self, placement: Placement) -> Result<MapReading, FetchError> {
        let (cache, local) = (Arc::clone(self.cache), Arc::clone(&self.local));
        let needed = placement.node_names();
        let addresses = cache.addresses(&self.client, needed).await?;
        let read_at = cache.now();
        let is_large = placement.len() > LARGE;
        let build = move || {
            let map = placement.map(&addresses).ok_or(OverLimit::Ranges);
            let gains = |map: &TokenMap| local.gain_from_replicas(map.fewest_replicas());
            let summary = placement.summary(&addresses);
            MapReading {
                gains: map.as_ref().map_or(true, gains),
                map: map.and_then(|map| cache.share_map(map)),
                summary,
                read_at,
                stale_at: read_at + with_default_jitter(summary.age(1)),
            }
        };
        match is_large {
            // An error says that the runtime is being dropped.
            true => spawn_blocking(build).await.map_err(FetchError::unreachable),
            false => Ok(build()),
        }
    }
}

#[cfg(test)]
mod tests;
