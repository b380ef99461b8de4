//! What is known of the tables that operations are about.
//!
//! An operation says which attributes its item has, not which of them is the partition key: that is the table's to say. So
//! a table is looked up when the first operation on it comes, [beside it](learn), and kept. What is known is read by each
//! request, without a lock: a table is found in an immutable map, and what is known of it is one pointer.
//!
//! Nothing polls. A look-up is due when an operation comes and the table is not known, when what is known is old, or when
//! there is a [sign](signs) that it is wrong.

pub(crate) mod atlas;
mod definition;
mod due;
mod isolation;
mod learn;
mod reading_turn;
mod server_tables;
mod signs;
mod table;
pub(crate) mod table_maps;
pub(crate) mod token_maps;

pub(crate) use definition::Definition;
pub(crate) use learn::learn_if_due;
pub(crate) use signs::{begin_change, judge, remember};
pub(crate) use table::Table;

use arc_swap::ArcSwap;
use isolation::Defaults;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The tables of a cluster.
#[derive(Debug)]
pub(crate) struct Tables {
    /// Which part a table is in, is told by its name.
    parts: [ArcSwap<Part>; PARTS],
    hashes: RandomState,
    /// Counts the tables that came, to tell which came first.
    came: AtomicU64,
    /// Whether it is to be known how they isolate writes.
    isolation_matters: bool,
    /// How those isolate writes that do not say so themselves.
    defaults: Arc<Defaults>,
    said: Said,
}

/// What is said once, however many tables it is true of.
#[derive(Debug, Default)]
struct Said {
    that_keys_are_unknown: AtomicBool,
    that_isolation_is_unknown: AtomicBool,
}

type Part = HashMap<Arc<str>, Arc<Table>>;

/// A table that is new is added to a copy of its part. One of 64 parts of ten thousand tables is copied in some
/// microseconds, all of them would not be.
const PARTS: usize = 64;

/// How many tables are kept, about: then the one that came first goes for the one that comes. Programs that use more are
/// those that make tables without end, and at a few hundred bytes each these are no more than some megabytes.
const TABLES: usize = 10_000;

impl Tables {
    /// `keys` are the partition keys that the application names itself.
    pub(crate) fn new(keys: HashMap<String, String>, isolation_matters: bool) -> Self {
        let this = Self {
            parts: std::array::from_fn(|_| ArcSwap::default()),
            hashes: RandomState::new(),
            came: AtomicU64::new(0),
            isolation_matters,
            defaults: Arc::default(),
            said: Said::default(),
        };
        for (name, key) in keys {
            // All that is to be known of it is known.
            let is_settled = !isolation_matters;
            this.add(&name, |number| {
                Table::with_key(&name, number, &key, is_settled)
            });
        }
        this
    }

    /// Says nothing where it cannot be known how tables isolate writes, as nobody has asked for it by name.
    pub(crate) fn silent_on_isolation(self) -> Self {
        let said = &self.said.that_isolation_is_unknown;
        said.store(true, Ordering::Relaxed);
        self
    }

    /// The table of this name, which is not known at first.
    pub(crate) fn table(&self, name: &str) -> Arc<Table> {
        self.find(name)
            .unwrap_or_else(|| self.add(name, |number| Table::new(name, number)))
    }

    /// The table of this name, if there was an operation on it.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<Table>> {
        self.part(name)?.load().get(name).cloned()
    }

    fn add(&self, name: &str, table: impl FnOnce(u64) -> Table) -> Arc<Table> {
        let table = Arc::new(table(self.came.fetch_add(1, Ordering::Relaxed)));
        let Some(part) = self.part(name) else {
            return table;
        };
        let mut added = Arc::clone(&table);
        part.rcu(|part| {
            let mut part = Part::clone(part);
            // Whoever was faster has added it.
            added = match part.get(name) {
                Some(known) => Arc::clone(known),
                None => {
                    make_room(&mut part);
                    part.insert(Arc::clone(table.name()), Arc::clone(&table));
                    Arc::clone(&table)
                }
            };
            part
        });
        added
    }

    fn part(&self, name: &str) -> Option<&ArcSwap<Part>> {
        let hash = usize::try_from(self.hashes.hash_one(name) % PARTS as u64).ok()?;
        self.parts.get(hash)
    }
}

fn make_room(part: &mut Part) {
    if part.len() < TABLES / PARTS {
        return;
    }
    let strangers = part.values().filter(|table| !table.is_named());
    let first = strangers.min_by_key(|table| table.number());
    if let Some(name) = first.map(|table| Arc::clone(table.name())) {
        part.remove(&name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(tables: &Tables) -> usize {
        tables.parts.iter().map(|part| part.load().len()).sum()
    }

    #[test]
    fn a_table_is_the_same_for_all_who_ask() {
        let tables = Tables::new(HashMap::new(), false);
        assert!(tables.find("a").is_none());
        let a = tables.table("a");
        assert!(Arc::ptr_eq(&a, &tables.table("a")));
        assert!(Arc::ptr_eq(&a, &tables.find("a").unwrap()));
        assert!(!Arc::ptr_eq(&a, &tables.table("b")));
    }

    #[test]
    fn no_more_tables_are_kept_than_there_is_room_for_and_those_that_are_named_stay() {
        let named = HashMap::from([("named".to_owned(), "pk".to_owned())]);
        let tables = Tables::new(named, false);
        for number in 0..3 * TABLES {
            tables.table(&number.to_string());
        }
        assert!(count(&tables) <= TABLES);
        assert!(tables.find("named").is_some());
        assert!(tables.find("0").is_none(), "the first goes first");
        let last = (3 * TABLES - 1).to_string();
        assert!(tables.find(&last).is_some());
    }
}
