//! The nodes and tables of a cluster, and the replicas of each table.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::table::Table;
use crate::tokens::{Load, Owner, Replication, Ring, TabletMap, TokenRange};
use crate::{TabletStage, WriteIsolation};

/// The contents of the [`Catalog`](super::Catalog).
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    /// The nodes that have not been removed, in the order of adding.
    owners: Vec<Owner>,
    /// By the names that the server gives them, which keeps the indexes of a table next to it.
    tables: BTreeMap<String, Table>,
    /// Computed on demand, cleared when nodes are added or removed.
    rings: BTreeMap<Replication, Arc<Ring>>,
}

/// The range that contains a token, and its replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) range: TokenRange,
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
        let removed = self.owners.remove(index);
        self.rings.clear();
        let mut load = self.load();
        let others: Vec<&Owner> = self.owners.iter().collect();
        for map in self
            .tables
            .values_mut()
            .filter_map(|table| table.tablets.as_mut())
        {
            map.remove_node(&removed, &others, &mut load);
        }
    }

    /// Adds a table, with this number of tablets, or on vnodes if `None`.
    pub(super) fn place(&mut self, name: String, mut table: Table, tablets: Option<u32>) {
        if let (Some(count), true) = (tablets, !table.shares_tablets) {
            let mut load = self.load();
            let owners = self.owners.iter();
            let map = TabletMap::new(count, &table.replication, owners, &mut load);
            table.tablets = Some(map);
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

    /// Replaces a node by another as replica of a tablet. Returns whether that was possible.
    pub(crate) fn move_tablet(&mut self, name: &str, index: usize, from: usize, to: usize) -> bool {
        let is_present = self.owner(to).is_some();
        let map = self.tablets_mut(name);
        is_present && map.is_some_and(|map| map.move_replica(index, from, to))
    }

    /// Begins to replace a node by another as replica of a tablet. Returns whether that was possible.
    pub(crate) fn migrate_tablet(
        &mut self,
        name: &str,
        index: usize,
        from: usize,
        to: usize,
    ) -> bool {
        let is_present = self.owner(to).is_some();
        let map = self.tablets_mut(name);
        is_present && map.is_some_and(|map| map.begin_migration(index, from, to))
    }

    /// Begins to repair a tablet. Returns whether that was possible.
    pub(crate) fn repair_tablet(&mut self, name: &str, index: usize) -> bool {
        let map = self.tablets_mut(name);
        map.is_some_and(|map| map.begin_repair(index))
    }

    /// Goes on to the next stage of a tablet's transition, or ends it. Returns the new stage.
    pub(crate) fn advance_transition(&mut self, name: &str, index: usize) -> Option<TabletStage> {
        self.tablets_mut(name)?.advance_transition(index)
    }

    fn tablets_mut(&mut self, name: &str) -> Option<&mut TabletMap> {
        let owner = self.tablet_owner(name)?;
        self.tables.get_mut(&owner)?.tablets.as_mut()
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
        self.table(&self.tablet_owner(name)?)?.tablets.as_ref()
    }

    /// Returns the placement of a token of a table. `None` if there is no such table.
    pub(crate) fn placement(&mut self, name: &str, token: i64) -> Option<Placement> {
        let replication = self.table(name)?.replication.clone();
        if let Some(map) = self.tablets(name) {
            let index = map.index_of(token);
            return Some(Placement {
                range: map.range(index),
                replicas: map.read_replicas(index).to_vec(),
            });
        }
        let ring = self.ring(&replication);
        Some(Placement {
            range: ring.range_of(token),
            replicas: ring.replicas(token).to_vec(),
        })
    }

    /// Returns the placement of all ranges of a table. Empty if there is no such table.
    pub(crate) fn placements(&mut self, name: &str) -> Vec<Placement> {
        let Some(table) = self.table(name) else {
            return Vec::new();
        };
        let replication = table.replication.clone();
        if let Some(map) = self.tablets(name) {
            let placement = |index| Placement {
                range: map.range(index),
                replicas: map.read_replicas(index).to_vec(),
            };
            return (0..map.tablets().len()).map(placement).collect();
        }
        let placement = |(range, replicas): (TokenRange, &[usize])| Placement {
            range,
            replicas: replicas.to_vec(),
        };
        self.ring(&replication).ranges().map(placement).collect()
    }

    /// Returns the ring of tables with this replication.
    pub(crate) fn ring(&mut self, replication: &Replication) -> Arc<Ring> {
        if let Some(ring) = self.rings.get(replication) {
            return Arc::clone(ring);
        }
        let ring = Arc::new(Ring::new(self.owners.iter(), replication));
        self.rings.insert(replication.clone(), Arc::clone(&ring));
        ring
    }

    /// Returns the name of the table whose tablets a table uses: for a local index, its base.
    fn tablet_owner(&self, name: &str) -> Option<String> {
        let table = self.table(name)?;
        Some(if table.shares_tablets {
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
