//! What all nodes know of the cluster: its nodes and tables, and where tables are kept.

mod contents;
mod lwt_log;
mod table;
mod targets;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use serde_json::Value;

use crate::sync::lock;
use crate::tokens::{Owner, Tokens};
use crate::{WriteIsolation, isolation};

pub(crate) use contents::Contents;
pub(crate) use lwt_log::LwtLog;
pub use lwt_log::LwtPartition;
pub(crate) use table::Kind;
pub(crate) use targets::{Target, targets};

/// The tables and the nodes. Written when one comes or goes; read by the nodes with every request, if they keep to
/// tokens.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// `None` where nobody asks for tokens.
    pub(crate) tokens: Option<Tokens>,
    /// Of tables whose tag says nothing.
    pub(crate) isolation: WriteIsolation,
    replication_factor: Option<usize>,
    contents: Mutex<Contents>,
    /// Whether there is a table that refuses writes: if not, writes need not be read for it.
    refuses_writes: AtomicBool,
}

impl Catalog {
    pub(crate) fn new(
        tokens: Option<Tokens>,
        replication_factor: Option<usize>,
        isolation: WriteIsolation,
    ) -> Self {
        Self {
            tokens,
            isolation,
            replication_factor,
            contents: Mutex::default(),
            refuses_writes: AtomicBool::new(isolation == WriteIsolation::ForbidRmw),
        }
    }

    pub(crate) fn contents(&self) -> MutexGuard<'_, Contents> {
        lock(&self.contents)
    }

    /// A node joins, and has its share of the ring at once. It gets no tablets of the tables that there are.
    pub(crate) fn join(&self, owner: Owner) {
        self.contents().join(owner);
    }

    /// A node leaves. What it held is held by others at once.
    pub(crate) fn leave(&self, number: usize) {
        self.contents().leave(number);
    }

    /// Takes note of a table that was created with this request, and described so.
    pub(crate) fn create(&self, description: &Value, tags: Option<&Value>) {
        let isolation = isolation::of_tags(tags).ok().flatten();
        let asked = initial_tablets(tags);
        let tablets = self.tokens.and_then(|tokens| tokens.tablets_for(asked));
        let mut contents = self.contents();
        let factor = self.replication_factor;
        let factor = factor.unwrap_or_else(|| contents.default_replication_factor());
        for (name, mut table) in table::described(description, factor) {
            if table.kind == Kind::Base {
                table.isolation = isolation;
            }
            contents.place(name, table, tablets);
        }
        self.look_for_refusals(&contents);
    }

    /// Takes note of the indexes that a table has got or lost.
    pub(crate) fn update(&self, description: &Value) {
        let mut contents = self.contents();
        let described = table::described(description, 0);
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
                table.replication_factor = base.replication_factor;
                contents.place(name, table, tablets);
            }
        }
    }

    pub(crate) fn forget(&self, name: &str) {
        let mut contents = self.contents();
        contents.retain(|_, table| table.base != name);
        self.look_for_refusals(&contents);
    }

    /// Sets the isolation of a table, or leaves it to the cluster.
    pub(crate) fn isolate(&self, name: &str, isolation: Option<WriteIsolation>) {
        let mut contents = self.contents();
        contents.isolate(name, isolation);
        self.look_for_refusals(&contents);
    }

    pub(crate) fn refuses_writes(&self) -> bool {
        self.refuses_writes.load(Ordering::Relaxed)
    }

    /// Returns how the writes of a table are isolated, whether or not there is such a table.
    pub(crate) fn isolation_of(&self, name: &str) -> WriteIsolation {
        let own = self
            .contents()
            .table(name)
            .and_then(|table| table.isolation);
        own.unwrap_or(self.isolation)
    }

    fn look_for_refusals(&self, contents: &Contents) {
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
