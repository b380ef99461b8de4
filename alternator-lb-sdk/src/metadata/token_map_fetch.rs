//! Fetches the token maps of a table from the server's own tables.

use super::MetadataClient;
use super::server_tables::{Addresses, Placement, ServerQuery, id_in, keyspace};
use super::table_maps::{FetchedMap, SourceMap, TableMaps};
use crate::internal::client::InternalError;
use alternator_lb_core::routing::TokenMap;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The places of a table and its indexes, according to the server's tables.
#[derive(Debug)]
pub(super) struct FetchOutcome {
    /// The id of the table itself, if its map was fetched.
    table_id: Option<String>,
    /// `None` for a table or an index that does not exist.
    placements: Vec<(Arc<SourceMap>, Option<Arc<Placement>>)>,
    pub(super) addresses: Addresses,
}

/// The number of times that the nodes' addresses are read, each time from other nodes, until those of all replicas are
/// known. The second time brings what the first one lacks: a node does not list itself among its peers. A replica that
/// is still missing then is about to join or to leave.
const ADDRESS_ROUNDS: usize = 3;

impl FetchOutcome {
    /// Builds and publishes the maps; `share` finds the memory for one. Returns the number of their ranges.
    pub(super) fn publish(
        &self,
        maps: &TableMaps,
        fetched_at: Duration,
        share: impl Fn(TokenMap) -> Option<Arc<TokenMap>>,
    ) -> usize {
        for (source, placement) in &self.placements {
            let Some(placement) = placement else {
                source.fetched.store(None);
                continue;
            };
            if let Some(map) = placement.map(&self.addresses).and_then(&share) {
                let fetched = FetchedMap { map, fetched_at };
                source.fetched.store(Some(Arc::new(fetched)));
            }
        }
        if let Some(id) = &self.table_id {
            maps.table_id.store(Some(Arc::new(id.clone())));
        }
        let sources = self.placements.iter().map(|(source, _)| source);
        let fetched = sources.filter_map(|source| source.fetched.load_full());
        fetched.map(|fetched| fetched.map.range_count()).sum()
    }

    /// The number of replicas of all ranges.
    pub(super) fn replicas(&self) -> usize {
        self.existing().map(Placement::len).sum()
    }

    /// Returns whether the address of a replica is unknown: its node is about to join or to leave.
    pub(super) fn is_incomplete(&self) -> bool {
        let mut existing = self.existing();
        existing.any(|placement| !placement.is_resolved_by(&self.addresses))
    }

    /// Returns whether tablets are moving between nodes.
    pub(super) fn is_moving(&self) -> bool {
        self.existing().any(|placement| placement.is_moving)
    }

    fn existing(&self) -> impl Iterator<Item = &Placement> {
        let placements = self.placements.iter();
        placements.filter_map(|(_, placement)| placement.as_deref())
    }
}

/// Fetches where a table and its indexes in `sources` are. `addresses` are those that are known already.
pub(super) async fn fetch_token_maps(
    client: &impl MetadataClient,
    table: &str,
    sources: &[Arc<SourceMap>],
    mut addresses: Addresses,
) -> Result<FetchOutcome, InternalError> {
    let mut fetcher = PlacementFetcher {
        client,
        keyspace: keyspace(table),
        tablets: HashMap::new(),
        ring: None,
    };
    let mut table_id = None;
    let mut placements = Vec::new();
    let ids = fetcher.ids(table, sources).await?;
    for (source, id) in sources.iter().zip(ids) {
        let mut placement = None;
        if let Some(id) = &id {
            placement = fetcher.fetch(id).await?;
        }
        if let Some(placement) = &placement {
            resolve(client, placement, &mut addresses).await?;
        }
        if source.index.is_none() {
            table_id = id;
        }
        placements.push((Arc::clone(source), placement));
    }
    Ok(FetchOutcome {
        table_id,
        placements,
        addresses,
    })
}

/// Fetches the placements of the tables of one keyspace, each once.
struct PlacementFetcher<'a, C> {
    client: &'a C,
    keyspace: String,
    tablets: HashMap<String, Arc<Placement>>,
    ring: Option<Arc<Placement>>,
}

impl<C: MetadataClient> PlacementFetcher<'_, C> {
    /// The id of each source.
    async fn ids(
        &self,
        table: &str,
        sources: &[Arc<SourceMap>],
    ) -> Result<Vec<Option<String>>, InternalError> {
        let keyspace = ("keyspace_name", self.keyspace.as_str());
        let mut ids = vec![None; sources.len()];
        let mut read = |row: &Value| {
            for (source, id) in sources.iter().zip(&mut ids) {
                let found = id_in(row, table, source.index.as_deref());
                *id = id.take().or_else(|| found.map(str::to_owned));
            }
        };
        if sources.iter().any(|source| source.index.is_none()) {
            let key = [keyspace, ("table_name", table)];
            let query = ServerQuery::new("system_schema.tables", &key, &["table_name", "id"]);
            query.read(self.client, &mut read).await?;
        }
        if sources.iter().any(|source| source.index.is_some()) {
            let query = ServerQuery::new("system_schema.views", &[keyspace], &["view_name", "id"]);
            query.read(self.client, &mut read).await?;
        }
        Ok(ids)
    }

    /// The placement of the table or index with this id, if there is one.
    async fn fetch(&mut self, id: &str) -> Result<Option<Arc<Placement>>, InternalError> {
        // A keyspace has either tablets or vnodes.
        if self.ring.is_some() {
            return Ok(self.ring.clone());
        }
        let mut tablets = self.tablets(id).await?;
        if let Some(base) = tablets.base_table().map(str::to_owned) {
            tablets = self.tablets(&base).await?;
        }
        if !tablets.is_empty() {
            return Ok(Some(tablets));
        }
        let mut ring = Placement::default();
        let key = [("keyspace_name", self.keyspace.as_str())];
        let query = ServerQuery::new("system.token_ring", &key, &Placement::OF_RING);
        query.read(self.client, |row| ring.read_vnode(row)).await?;
        self.ring = (!ring.is_empty()).then(|| Arc::new(ring));
        Ok(self.ring.clone())
    }

    async fn tablets(&mut self, id: &str) -> Result<Arc<Placement>, InternalError> {
        if let Some(tablets) = self.tablets.get(id) {
            return Ok(Arc::clone(tablets));
        }
        let mut tablets = Placement::default();
        let query = ServerQuery::new(
            "system.tablets",
            &[("table_id", id)],
            &Placement::OF_TABLETS,
        );
        match query
            .read(self.client, |row| tablets.read_tablet(row))
            .await
        {
            // Servers before 6.0 have no tablets.
            Ok(()) | Err(InternalError::NotFound) => {}
            Err(error) => return Err(error),
        }
        let tablets = Arc::new(tablets);
        self.tablets.insert(id.to_owned(), Arc::clone(&tablets));
        Ok(tablets)
    }
}

/// Fetches the addresses of the nodes of this placement.
async fn resolve(
    client: &impl MetadataClient,
    placement: &Placement,
    addresses: &mut Addresses,
) -> Result<(), InternalError> {
    let local = ServerQuery::new("system.local", &[("key", "local")], &Addresses::OF_LOCAL);
    let peers = ServerQuery::new("system.peers", &[], &Addresses::OF_PEERS);
    for round in 0..ADDRESS_ROUNDS {
        if placement.is_resolved_by(addresses) {
            break;
        }
        // Nodes are picked in turn: of two, each would always get the same query.
        let mut queries = [&local, &peers];
        if round % 2 == 1 {
            queries.reverse();
        }
        for query in queries {
            let query = query.clone();
            query.read(client, |row| addresses.read(row)).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
