//! Reads the maps of a table from the server's own tables.

use super::told::{Placed, Told};
use crate::internal::client::{CallError, Caller};
use crate::metadata::server_tables::{
    Addresses, Page, Placement, Question, Ring, Tablets, id_in, keyspace,
};
use crate::metadata::table_maps::{KeptMap, TableMaps};
use serde_json::Value;
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

/// Somebody who can be asked.
pub(crate) trait Ask: Sync {
    fn ask(&self, question: &Question) -> impl Future<Output = Result<Value, CallError>> + Send;
}

impl Ask for Caller {
    async fn ask(&self, question: &Question) -> Result<Value, CallError> {
        self.call(question.operation(), question.body()).await
    }
}

/// How many pages of one table are read at most: more rows than the largest map has replicas. What comes after that is not
/// known.
const MAX_PAGES: usize = 250;

/// How often the nodes' addresses are asked for, each time of other nodes, until those of all replicas are known. The
/// second time brings what the first one lacks: a node does not name itself among the others. A replica that is still
/// missing then is about to come or to go.
const ROUNDS: usize = 3;

/// Reads where a table is, and those of its indexes that are wanted. `addresses` are those that are known.
pub(crate) async fn read(
    ask: &impl Ask,
    table: &TableMaps,
    mut addresses: Addresses,
) -> Result<Told, CallError> {
    let wanted = table.all();
    let ids = ids(ask, table.name(), &wanted).await?;
    let bases = wanted
        .iter()
        .zip(&ids)
        .filter(|(kept, _)| kept.index().is_none());
    let base = bases.filter_map(|(_, id)| id.clone()).next();
    let mut reader = Reader {
        ask,
        keyspace: keyspace(table.name()),
        tablets: HashMap::new(),
        ring: None,
    };
    let mut placements = Vec::new();
    for (kept, id) in wanted.iter().zip(ids) {
        let placed = match id {
            Some(id) => reader.place(&id).await?,
            None => Placed::Nowhere,
        };
        if let Some(placement) = placed.placement() {
            look_up(ask, placement, &mut addresses).await?;
        }
        placements.push((Arc::clone(kept), placed));
    }
    Ok(Told {
        base,
        placements,
        addresses,
    })
}

/// The id of each that is wanted.
async fn ids(
    ask: &impl Ask,
    table: &str,
    wanted: &[Arc<KeptMap>],
) -> Result<Vec<Option<String>>, CallError> {
    let keyspace = keyspace(table);
    let mut ids = vec![None; wanted.len()];
    let mut note = |row: &Value| {
        for (kept, id) in wanted.iter().zip(&mut ids) {
            let found = id_in(row, table, kept.index());
            *id = id.take().or_else(|| found.map(str::to_owned));
        }
    };
    if wanted.iter().any(|kept| kept.index().is_none()) {
        let key = [("keyspace_name", keyspace.as_str()), ("table_name", table)];
        let question = Question::query("system_schema.tables", &key, &["table_name", "id"]);
        rows(ask, question, &mut note).await?;
    }
    if wanted.iter().any(|kept| kept.index().is_some()) {
        let key = [("keyspace_name", keyspace.as_str())];
        let question = Question::query("system_schema.views", &key, &["view_name", "id"]);
        rows(ask, question, &mut note).await?;
    }
    Ok(ids)
}

/// Reads the tables of one keyspace, each place once.
struct Reader<'a, A> {
    ask: &'a A,
    keyspace: String,
    tablets: HashMap<String, Arc<Tablets>>,
    ring: Option<Arc<Ring>>,
}

impl<A: Ask> Reader<'_, A> {
    async fn place(&mut self, id: &str) -> Result<Placed, CallError> {
        // A keyspace has the one or the other.
        if let Some(ring) = &self.ring {
            return Ok(Placed::Ring(Arc::clone(ring)));
        }
        let mut tablets = self.tablets(id).await?;
        if let Some(base) = tablets.base_table().map(str::to_owned) {
            tablets = self.tablets(&base).await?;
        }
        if !tablets.placement().is_empty() {
            return Ok(Placed::Tablets(tablets));
        }
        let ring = Arc::new(self.ring().await?);
        if ring.placement().is_empty() {
            return Ok(Placed::Nowhere);
        }
        self.ring = Some(Arc::clone(&ring));
        Ok(Placed::Ring(ring))
    }

    async fn tablets(&mut self, id: &str) -> Result<Arc<Tablets>, CallError> {
        if let Some(tablets) = self.tablets.get(id) {
            return Ok(Arc::clone(tablets));
        }
        let mut tablets = Tablets::default();
        let key = [("table_id", id)];
        let question = Question::query("system.tablets", &key, &Tablets::COLUMNS);
        match rows(self.ask, question, |row| tablets.read(row)).await {
            // Servers before 6.0 know of no tablets.
            Ok(()) | Err(CallError::NotFound) => {}
            Err(error) => return Err(error),
        }
        let tablets = Arc::new(tablets);
        self.tablets.insert(id.to_owned(), Arc::clone(&tablets));
        Ok(tablets)
    }

    async fn ring(&self) -> Result<Ring, CallError> {
        let mut ring = Ring::default();
        let key = [("keyspace_name", self.keyspace.as_str())];
        let question = Question::query("system.token_ring", &key, &Ring::COLUMNS);
        rows(self.ask, question, |row| ring.read(row)).await?;
        Ok(ring)
    }
}

/// Finds out by which addresses clients know the nodes that hold something.
async fn look_up(
    ask: &impl Ask,
    placement: &Placement,
    addresses: &mut Addresses,
) -> Result<(), CallError> {
    let itself = Question::query("system.local", &[("key", "local")], &Addresses::OF_ITSELF);
    let others = Question::scan("system.peers", &Addresses::OF_PEERS);
    for round in 0..ROUNDS {
        if placement.is_covered_by(addresses) {
            break;
        }
        // Nodes are asked in turn: of two, each would always be asked the same.
        let mut questions = [&itself, &others];
        if round % 2 == 1 {
            questions.reverse();
        }
        for question in questions {
            rows(ask, question.clone(), |row| addresses.read(row)).await?;
        }
    }
    Ok(())
}

/// Shows all rows of the answer, page by page.
async fn rows(
    ask: &impl Ask,
    mut question: Question,
    mut visit: impl FnMut(&Value) + Send,
) -> Result<(), CallError> {
    for _ in 0..MAX_PAGES {
        let answer = ask.ask(&question).await?;
        let page = Page::of(&answer)
            .ok_or_else(|| CallError::NotUnderstood("it answers without items".to_owned()))?;
        page.rows().iter().for_each(&mut visit);
        match question.after(page) {
            Some(next) => question = next,
            None => return Ok(()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
