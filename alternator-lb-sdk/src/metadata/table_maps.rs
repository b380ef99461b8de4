//! The token maps of one table.

use alternator_lb_core::routing::TokenMap;
use arc_swap::{ArcSwap, ArcSwapOption};
use std::sync::Arc;
use std::time::Duration;

/// The token maps of a table and of its indexes, of those of them that are used.
///
/// They are fetched together, as the indexes are found with the table, and all of a keyspace of vnodes share one map.
#[derive(Debug, Default)]
pub(super) struct TableMaps {
    maps: ArcSwap<Vec<Arc<SourceMap>>>,
    /// The id of the table that they are of: another one of the same name has other maps.
    pub(super) table_id: ArcSwapOption<String>,
}

/// The map of a table, or of an index of it, which is a table of its own to the server.
#[derive(Debug)]
pub(super) struct SourceMap {
    /// `None` for the table itself.
    pub(super) index: Option<Box<str>>,
    pub(super) fetched: ArcSwapOption<FetchedMap>,
}

/// A token map with its age.
#[derive(Clone, Debug)]
pub(crate) struct FetchedMap {
    pub(crate) map: Arc<TokenMap>,
    pub(crate) fetched_at: Duration,
}

/// The number of maps of a table: DynamoDB allows 20 global and 5 local indexes.
const MAX_MAPS: usize = 32;

impl TableMaps {
    /// The maps that are used.
    pub(super) fn all(&self) -> Arc<Vec<Arc<SourceMap>>> {
        self.maps.load_full()
    }

    /// The map of the table or of an index, if it is used.
    pub(super) fn find(&self, index: Option<&str>) -> Option<Arc<SourceMap>> {
        let maps = self.maps.load();
        maps.iter()
            .find(|map| map.index.as_deref() == index)
            .cloned()
    }

    /// Adds the table or an index to those that are used. Returns whether it is new.
    pub(super) fn add(&self, index: Option<&str>) -> bool {
        let has_it = |maps: &[Arc<SourceMap>]| {
            maps.iter().any(|map| map.index.as_deref() == index) || maps.len() >= MAX_MAPS
        };
        // Each operation on an index beyond the limit comes here.
        if has_it(&self.maps.load()) {
            return false;
        }
        let added = Arc::new(SourceMap {
            index: index.map(Into::into),
            fetched: ArcSwapOption::empty(),
        });
        let before = self.maps.rcu(|maps| {
            let mut maps = Vec::clone(maps);
            if !has_it(&maps) {
                maps.push(Arc::clone(&added));
            }
            maps
        });
        !has_it(&before)
    }

    /// Returns whether the maps are those of a table with another id.
    pub(super) fn are_of_another_table(&self, id: &str) -> bool {
        let known = self.table_id.load();
        known.as_deref().is_some_and(|known| known != id)
    }

    /// Drops all maps.
    pub(super) fn clear(&self) {
        self.table_id.store(None);
        for map in self.maps.load().iter() {
            map.fetched.store(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn map_beyond_the_limit_is_not_added_and_copies_no_list() {
        let maps = TableMaps::default();
        for index in 0..MAX_MAPS {
            assert!(maps.add(Some(&index.to_string())));
        }
        let before = maps.all();
        assert!(!maps.add(Some("another")));
        assert!(!maps.add(Some("0")));
        assert!(Arc::ptr_eq(&before, &maps.all()));
        assert_eq!(before.len(), MAX_MAPS);
    }
}
