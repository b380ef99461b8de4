//! The nodes and tables of a cluster, and where each table is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::table::{Kind, Table};
use crate::WriteIsolation;
use crate::tokens::{Load, Owner, Range, Ring, TabletMap};

/// What the [`Catalog`](super::Catalog) holds.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// Those that have not been removed, in the order of adding.
    owners: Vec<Owner>,
    /// By the names that the server gives them, so that those of a table stand together.
    tables: BTreeMap<String, Table>,
    /// By replication factor. Computed on demand, cleared when nodes are added or removed.
    rings: BTreeMap<usize, Arc<Ring>>,
}

/// Where a token is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) range: Range,
    /// Numbers of nodes.
    pub(crate) replicas: Vec<usize>,
}

impl Contents {
    pub(super) fn join(&mut self, owner: Owner) {
        self.owners.push(owner);
        self.rings.clear();
    }

    pub(super) fn leave(&mut self, number: usize) {
        let Some(index) = self.owners.iter().position(|owner| owner.number == number) else {
            return;
        };
        let gone = self.owners.remove(index);
        self.rings.clear();
        let mut load = self.load();
        let others: Vec<&Owner> = self.owners.iter().collect();
        for map in self
            .tables
            .values_mut()
            .filter_map(|table| table.tablets.as_mut())
        {
            map.leave(&gone, &others, &mut load);
        }
    }

    /// Adds a table, with so many tablets if with any.
    pub(super) fn place(&mut self, name: String, mut table: Table, tablets: Option<u32>) {
        if let (Some(count), true) = (tablets, table.kind != Kind::LocalIndex) {
            let factor = table.replication_factor;
            let mut load = self.load();
            table.tablets = Some(TabletMap::new(count, factor, self.owners.iter(), &mut load));
        }
        self.tables.insert(name, table);
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&str, &Table) -> bool) {
        self.tables.retain(|name, table| keep(name, table));
    }

    pub(super) fn isolate(&mut self, name: &str, isolation: Option<WriteIsolation>) {
        if let Some(table) = self.tables.get_mut(name) {
            table.isolation = isolation;
        }
    }

    /// Puts a node in another's place as replica of a tablet. Returns whether that was possible.
    pub(crate) fn move_tablet(&mut self, name: &str, index: usize, from: usize, to: usize) -> bool {
        let Some(keeper) = self.keeper(name) else {
            return false;
        };
        let is_here = self.owners.iter().any(|owner| owner.number == to);
        let map = self
            .tables
            .get_mut(&keeper)
            .and_then(|table| table.tablets.as_mut());
        is_here && map.is_some_and(|map| map.replace(index, from, to))
    }

    pub(crate) fn owners(&self) -> &[Owner] {
        &self.owners
    }

    pub(crate) fn owner(&self, number: usize) -> Option<&Owner> {
        self.owners.iter().find(|owner| owner.number == number)
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = (&str, &Table)> {
        self.tables
            .iter()
            .map(|(name, table)| (name.as_str(), table))
    }

    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)
    }

    /// Returns the tablets of a table, those of its base for a local index. `None` if it has none.
    pub(crate) fn tablets(&self, name: &str) -> Option<&TabletMap> {
        self.table(&self.keeper(name)?)?.tablets.as_ref()
    }

    /// Returns where a token of a table is kept. `None` if there is no such table.
    pub(crate) fn placement(&mut self, name: &str, token: i64) -> Option<Placement> {
        let factor = self.table(name)?.replication_factor;
        if let Some(map) = self.tablets(name) {
            let index = map.index_of(token);
            return Some(Placement {
                range: map.range(index),
                replicas: map.replicas(index).to_vec(),
            });
        }
        let ring = self.ring(factor);
        Some(Placement {
            range: ring.range_of(token),
            replicas: ring.replicas(token).to_vec(),
        })
    }

    /// Returns the ring of tables with this replication factor.
    pub(crate) fn ring(&mut self, factor: usize) -> Arc<Ring> {
        let ring = self.rings.entry(factor);
        Arc::clone(ring.or_insert_with(|| Arc::new(Ring::new(self.owners.iter(), factor))))
    }

    /// As Alternator chooses it.
    pub(super) fn default_replication_factor(&self) -> usize {
        if self.owners.len() >= 3 { 3 } else { 1 }
    }

    /// The table whose tablets a table is in.
    fn keeper(&self, name: &str) -> Option<String> {
        let table = self.table(name)?;
        Some(if table.kind == Kind::LocalIndex {
            table.base.clone()
        } else {
            name.to_owned()
        })
    }

    fn load(&self) -> Load {
        let mut load = Load::new();
        let maps = self
            .tables
            .values()
            .filter_map(|table| table.tablets.as_ref());
        for replica in maps.flat_map(TabletMap::tablets).flatten() {
            *load.entry(*replica).or_default() += 1;
        }
        load
    }
}
