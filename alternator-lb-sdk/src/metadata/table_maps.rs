//! What is known of one table.

use super::reading_turn::ReadingTurn;
use alternator_lb_core::routing::TokenMap;
use arc_swap::{ArcSwap, ArcSwapOption};
use std::sync::Arc;
use std::time::Duration;

/// The maps of a table and of its indexes, of those of them that were used.
///
/// They are read together, as the indexes are found with the table, and all of a keyspace of vnodes have one map.
#[derive(Debug)]
pub(crate) struct TableMaps {
    name: Box<str>,
    maps: ArcSwap<Vec<Arc<KeptMap>>>,
    turn: ReadingTurn,
    /// The table that they are of: another one of the same name has other maps.
    id: ArcSwapOption<String>,
    /// Which other one somebody else took it for last.
    told: ArcSwapOption<String>,
}

/// The map of a table, or of an index of it, which is a table of its own to the server.
#[derive(Debug)]
pub(crate) struct KeptMap {
    index: Option<Box<str>>,
    known: ArcSwapOption<Known>,
}

/// A map, and what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) map: Arc<TokenMap>,
    /// When it was read.
    pub(crate) learned: Duration,
}

/// How many maps a table has at most: DynamoDB allows 20 global and 5 local indexes.
const MAX_MAPS: usize = 32;

impl TableMaps {
    pub(crate) fn new(name: &str, now: Duration) -> Self {
        Self {
            name: name.into(),
            maps: ArcSwap::default(),
            turn: ReadingTurn::new(now),
            id: ArcSwapOption::empty(),
            told: ArcSwapOption::empty(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn turn(&self) -> &ReadingTurn {
        &self.turn
    }

    /// The maps of what was used.
    pub(crate) fn all(&self) -> Arc<Vec<Arc<KeptMap>>> {
        self.maps.load_full()
    }

    /// What is known of the table, or of an index of it. Nothing at the first look, after which it is wanted.
    pub(crate) fn find(&self, index: Option<&str>) -> Option<Arc<Known>> {
        let maps = self.maps.load();
        match maps.iter().find(|kept| kept.index() == index) {
            Some(kept) => kept.known(),
            None => {
                drop(maps);
                self.want(index);
                None
            }
        }
    }

    /// The maps are those of the table with this id from now on.
    pub(crate) fn set_id(&self, id: String) {
        self.id.store(Some(Arc::new(id)));
    }

    /// Somebody says that the table has this id. If the maps are those of another one, they should be read again: for each
    /// such id once, as whoever says so may be behind.
    pub(crate) fn is_told_to_be(&self, id: &str) -> bool {
        let is = |known: &ArcSwapOption<String>| match known.load().as_deref() {
            Some(known) => known == id,
            None => false,
        };
        if self.id.load().is_none() || is(&self.id) || is(&self.told) {
            return false;
        }
        self.told.store(Some(Arc::new(id.to_owned())));
        true
    }

    fn want(&self, index: Option<&str>) {
        let wanted = Arc::new(KeptMap {
            index: index.map(Into::into),
            known: ArcSwapOption::empty(),
        });
        let is_wanted = |maps: &[Arc<KeptMap>]| {
            maps.iter().any(|kept| kept.index() == index) || maps.len() >= MAX_MAPS
        };
        let before = self.maps.rcu(|maps| {
            let mut maps = Vec::clone(maps);
            if !is_wanted(&maps) {
                maps.push(Arc::clone(&wanted));
            }
            maps
        });
        if !is_wanted(&before) {
            self.turn.widen();
        }
    }
}

impl KeptMap {
    /// None for the table itself.
    pub(crate) fn index(&self) -> Option<&str> {
        self.index.as_deref()
    }

    pub(crate) fn known(&self) -> Option<Arc<Known>> {
        self.known.load_full()
    }

    /// The map is this one from now on.
    pub(crate) fn learn(&self, map: Arc<TokenMap>, now: Duration) {
        let learned = now;
        self.known.store(Some(Arc::new(Known { map, learned })));
    }

    /// There is no such table any more.
    pub(crate) fn forget(&self) {
        self.known.store(None);
    }
}
