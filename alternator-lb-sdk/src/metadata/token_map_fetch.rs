//! Fetches the token maps of a table from the server's own tables.

use super::MetadataClient;
use super::fetch_outcome::{FetchOutcome, Placement};
use super::server_tables::{
    Addresses, Page, ServerQuery, Tablets, UnresolvedRanges, VnodeRing, id_in, keyspace,
};
use super::table_maps::SourceMap;
use crate::internal::client::InternalError;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// The number of pages that are read of one table: more rows than the largest map has replicas. The rest is unknown.
const MAX_PAGES: usize = 250;

/// The number of times that the nodes' addresses are read, each time from other nodes, until those of all replicas are
/// known. The second time brings what the first one lacks: a node does not list itself among its peers. A replica that
/// is still missing then is about to join or to leave.
const ADDRESS_ROUNDS: usize = 3;

/// Fetches where a table and its indexes in `sources` are. `addresses` are those that are known already.
pub(super) async fn fetch_token_maps(
    client: &impl MetadataClient,
    table: &str,
    sources: &[Arc<SourceMap>],
    mut addresses: Addresses,
) -> Result<FetchOutcome, InternalError> {
    let ids = fetch_ids(client, table, sources).await?;
    let base = sources.iter().position(|source| source.index.is_none());
    let table_id = base.and_then(|base| ids.get(base)?.clone());
    let mut fetcher = PlacementFetcher {
        client,
        keyspace: keyspace(table),
        tablets: HashMap::new(),
        ring: None,
    };
    let mut placements = Vec::new();
    for (source, id) in sources.iter().zip(ids) {
        let placement = match id {
            Some(id) => fetcher.fetch(&id).await?,
            None => Placement::Missing,
        };
        if let Some(ranges) = placement.ranges() {
            resolve(client, ranges, &mut addresses).await?;
        }
        placements.push((Arc::clone(source), placement));
    }
    Ok(FetchOutcome {
        table_id,
        placements,
        addresses,
    })
}

/// The id of each source.
async fn fetch_ids(
    client: &impl MetadataClient,
    table: &str,
    sources: &[Arc<SourceMap>],
) -> Result<Vec<Option<String>>, InternalError> {
    let keyspace = keyspace(table);
    let mut ids = vec![None; sources.len()];
    let mut read = |row: &Value| {
        for (source, id) in sources.iter().zip(&mut ids) {
            let found = id_in(row, table, source.index.as_deref());
            *id = id.take().or_else(|| found.map(str::to_owned));
        }
    };
    if sources.iter().any(|source| source.index.is_none()) {
        let key = [("keyspace_name", keyspace.as_str()), ("table_name", table)];
        let query = ServerQuery::query("system_schema.tables", &key, &["table_name", "id"]);
        read_rows(client, query, &mut read).await?;
    }
    if sources.iter().any(|source| source.index.is_some()) {
        let key = [("keyspace_name", keyspace.as_str())];
        let query = ServerQuery::query("system_schema.views", &key, &["view_name", "id"]);
        read_rows(client, query, &mut read).await?;
    }
    Ok(ids)
}

/// Fetches the placements of the tables of one keyspace, each once.
struct PlacementFetcher<'a, C> {
    client: &'a C,
    keyspace: String,
    tablets: HashMap<String, Arc<Tablets>>,
    ring: Option<Arc<VnodeRing>>,
}

impl<C: MetadataClient> PlacementFetcher<'_, C> {
    async fn fetch(&mut self, id: &str) -> Result<Placement, InternalError> {
        // A keyspace has either tablets or vnodes.
        if let Some(ring) = &self.ring {
            return Ok(Placement::Ring(Arc::clone(ring)));
        }
        let mut tablets = self.tablets(id).await?;
        if let Some(base) = tablets.base_table().map(str::to_owned) {
            tablets = self.tablets(&base).await?;
        }
        if !tablets.ranges().is_empty() {
            return Ok(Placement::Tablets(tablets));
        }
        let ring = Arc::new(self.fetch_ring().await?);
        if ring.ranges().is_empty() {
            return Ok(Placement::Missing);
        }
        self.ring = Some(Arc::clone(&ring));
        Ok(Placement::Ring(ring))
    }

    async fn tablets(&mut self, id: &str) -> Result<Arc<Tablets>, InternalError> {
        if let Some(tablets) = self.tablets.get(id) {
            return Ok(Arc::clone(tablets));
        }
        let mut tablets = Tablets::default();
        let query = ServerQuery::query("system.tablets", &[("table_id", id)], &Tablets::COLUMNS);
        match read_rows(self.client, query, |row| tablets.read(row)).await {
            // Servers before 6.0 have no tablets.
            Ok(()) | Err(InternalError::NotFound) => {}
            Err(error) => return Err(error),
        }
        let tablets = Arc::new(tablets);
        self.tablets.insert(id.to_owned(), Arc::clone(&tablets));
        Ok(tablets)
    }

    async fn fetch_ring(&self) -> Result<VnodeRing, InternalError> {
        let mut ring = VnodeRing::default();
        let key = [("keyspace_name", self.keyspace.as_str())];
        let query = ServerQuery::query("system.token_ring", &key, &VnodeRing::COLUMNS);
        read_rows(self.client, query, |row| ring.read(row)).await?;
        Ok(ring)
    }
}

/// Fetches the addresses of the nodes that hold these ranges.
async fn resolve(
    client: &impl MetadataClient,
    ranges: &UnresolvedRanges,
    addresses: &mut Addresses,
) -> Result<(), InternalError> {
    let local = ServerQuery::query("system.local", &[("key", "local")], &Addresses::OF_LOCAL);
    let peers = ServerQuery::scan("system.peers", &Addresses::OF_PEERS);
    for round in 0..ADDRESS_ROUNDS {
        if ranges.are_resolved_by(addresses) {
            break;
        }
        // Nodes are picked in turn: of two, each would always get the same query.
        let mut queries = [&local, &peers];
        if round % 2 == 1 {
            queries.reverse();
        }
        for query in queries {
            read_rows(client, query.clone(), |row| addresses.read(row)).await?;
        }
    }
    Ok(())
}

/// Visits all rows of the result, page by page.
async fn read_rows(
    client: &impl MetadataClient,
    mut query: ServerQuery,
    mut visit: impl FnMut(&Value) + Send,
) -> Result<(), InternalError> {
    for _ in 0..MAX_PAGES {
        let response = client.call(query.operation(), query.input()).await?;
        let page = Page::new(&response)
            .ok_or_else(|| InternalError::Unsupported("a response without items".to_owned()))?;
        page.rows().iter().for_each(&mut visit);
        match query.after(page) {
            Some(next) => query = next,
            None => return Ok(()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
