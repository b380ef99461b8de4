//! Metadata that all nodes share: the nodes, the tables, and the replicas of each partition.

mod contents;
mod lwt_log;
mod partitions;
mod replication_factors;
mod table;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use serde_json::Value;

use crate::operation::Operation;
use crate::sync::lock;
use crate::tokens::{Owner, Replication, Tokens};
use crate::{WriteIsolation, isolation};

pub(crate) use contents::{Contents, Placement};
pub(crate) use lwt_log::LwtLog;
pub use lwt_log::LwtPartition;
pub(crate) use partitions::{Partition, partition_of, partitions, table_of_read};
pub(crate) use replication_factors::ReplicationFactors;
use table::Table;
pub(crate) use table::TableKind;

/// The tables and the nodes. Written when one is added or removed; read with every request if the cluster has tokens.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// `None` if the cluster has no tokens.
    pub(crate) tokens: Option<Tokens>,
    /// The isolation of tables without the tag.
    pub(crate) isolation: WriteIsolation,
    /// True if UpdateItem and DeleteItem always read the item first.
    pub(crate) forces_read_before_write: bool,
    replication_factors: ReplicationFactors,
    contents: Mutex<Contents>,
    /// True if a table refuses writes: only then must writes be parsed for it.
    refuses_writes: AtomicBool,
}

impl Catalog {
    pub(crate) fn new(
        tokens: Option<Tokens>,
        replication_factors: ReplicationFactors,
        isolation: WriteIsolation,
        forces_read_before_write: bool,
    ) -> Self {
        Self {
            tokens,
            isolation,
            forces_read_before_write,
            replication_factors,
            contents: Mutex::default(),
            refuses_writes: AtomicBool::new(isolation == WriteIsolation::ForbidRmw),
        }
    }

    pub(crate) fn contents(&self) -> MutexGuard<'_, Contents> {
        lock(&self.contents)
    }

    /// Adds a node, which has its share of the ring at once. It gets no tablets of existing tables.
    pub(crate) fn join(&self, owner: Owner) {
        self.contents().join(owner);
    }

    /// Removes a node. Others hold its partitions at once.
    pub(crate) fn leave(&self, number: usize) {
        self.contents().leave(number);
    }

    /// Adds a table, from its description and the tags of the request that created it.
    pub(crate) fn create(&self, description: &Value, tags: Option<&Value>) {
        let isolation = isolation::from_tags(tags).ok().flatten();
        let requested = initial_tablets(tags);
        let tablets = self.tokens.and_then(|tokens| tokens.tablets_for(requested));
        let mut contents = self.contents();
        let replication = self.replication_factors.at_creation(contents.owners());
        for (name, mut table) in table::described(description, &replication) {
            if table.kind == TableKind::Base {
                table.isolation = isolation;
            }
            self.colocate(&mut table);
            contents.place(name, table, tablets);
        }
        self.update_refuses_writes(&contents);
    }

    /// Adds and removes indexes of a table, from its new description.
    pub(crate) fn update(&self, description: &Value) {
        let mut contents = self.contents();
        let described = table::described(description, &Replication::default());
        let Some(base) = described
            .first()
            .and_then(|(name, _)| contents.table(name))
            .cloned()
        else {
            return;
        };
        let tablets = base.tablets.as_ref().map(|map| map.tablets().len() as u32);
        contents.retain(|name, table| {
            table.base != base.base || described.iter().any(|(described, _)| described == name)
        });
        for (name, mut table) in described {
            if contents.table(&name).is_none() {
                table.replication = base.replication.clone();
                self.colocate(&mut table);
                contents.place(name, table, tablets);
            }
        }
    }

    pub(crate) fn forget(&self, name: &str) {
        let mut contents = self.contents();
        contents.retain(|_, table| table.base != name);
        self.update_refuses_writes(&contents);
    }

    /// Sets the isolation of a table, or resets it to that of the cluster.
    pub(crate) fn isolate(&self, name: &str, isolation: Option<WriteIsolation>) {
        let mut contents = self.contents();
        contents.isolate(name, isolation);
        self.update_refuses_writes(&contents);
    }

    pub(crate) fn refuses_writes(&self) -> bool {
        self.refuses_writes.load(Ordering::Relaxed)
    }

    /// Returns whether a write reads the item first.
    pub(crate) fn reads_before_write(&self, operation: Operation, request: &Value) -> bool {
        let is_forced = self.forces_read_before_write && operation != Operation::PutItem;
        is_forced || isolation::is_read_modify_write(operation, request)
    }

    pub(crate) fn has_table(&self, name: &str) -> bool {
        self.contents().table(name).is_some()
    }

    /// Returns how the writes of a table are isolated, whether or not there is such a table.
    pub(crate) fn isolation_of(&self, name: &str) -> WriteIsolation {
        let own = self
            .contents()
            .table(name)
            .and_then(|table| table.isolation);
        own.unwrap_or(self.isolation)
    }

    fn colocate(&self, table: &mut Table) {
        let colocates = self.tokens.is_some_and(|tokens| tokens.colocates_indexes);
        table.shares_tablets |= colocates && table.kind == TableKind::GlobalIndex;
    }

    fn update_refuses_writes(&self, contents: &Contents) {
        let mut isolations = contents.tables().filter_map(|(_, table)| table.isolation);
        let refuses = self.isolation == WriteIsolation::ForbidRmw
            || isolations.any(|isolation| isolation == WriteIsolation::ForbidRmw);
        self.refuses_writes.store(refuses, Ordering::Relaxed);
    }
}

fn initial_tablets(tags: Option<&Value>) -> Option<&str> {
    let tags = tags?.as_array()?;
    let is_it = |tag: &&Value| tag.get("Key").and_then(Value::as_str) == Some(TAG);
    tags.iter().find(is_it)?.get("Value")?.as_str()
}

const TAG: &str = "system:initial_tablets";
