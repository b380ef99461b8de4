//! The maps of all tables.

use super::reading_turn::millis;
use super::table_maps::TableMaps;
use alternator_lb_core::routing::TokenMap;
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What is known of the tables that are used.
///
/// Requests read it without a lock; it is made anew when a table is used for the first time. Of tables and ranges there are
/// only so many: beyond that those make way that were not used for a while, and where none does, what comes is not kept.
#[derive(Debug)]
pub(crate) struct Atlas {
    tables: ArcSwap<HashMap<Box<str>, Arc<TableMaps>>>,
    /// Until when no table makes way for another, in milliseconds.
    full_until: AtomicU64,
    max_ranges: usize,
}

/// How many tables are known at most.
const MAX_TABLES: usize = 1_000;

/// How many ranges all maps together have at most, of which each takes 12 bytes: 50 MB. That are sixteen maps of the
/// largest size. Equal ones, as the tables of a cluster of vnodes have, are kept once.
const MAX_RANGES: usize = 1 << 22;

/// A table that was not used for so long makes way for others.
const UNUSED: Duration = Duration::from_secs(10 * 60);

/// How long it is not looked again whether a table makes way for others.
const FULL: Duration = Duration::from_secs(10);

impl Default for Atlas {
    fn default() -> Self {
        Self {
            tables: ArcSwap::default(),
            full_until: AtomicU64::new(0),
            max_ranges: MAX_RANGES,
        }
    }
}

impl Atlas {
    /// The maps of a table, from its first use on. None if there are too many tables.
    pub(crate) fn look_up(&self, table: &str, now: Duration) -> Option<Arc<TableMaps>> {
        let maps = self.get(table).or_else(|| self.add(table, now))?;
        maps.turn().note_use(now);
        Some(maps)
    }

    /// The maps of a table that is known.
    pub(crate) fn get(&self, table: &str) -> Option<Arc<TableMaps>> {
        self.tables.load().get(table).cloned()
    }

    fn add(&self, table: &str, now: Duration) -> Option<Arc<TableMaps>> {
        if millis(now) < self.full_until.load(Ordering::Relaxed) {
            return None;
        }
        let added = Arc::new(TableMaps::new(table, now));
        self.tables.rcu(|tables| {
            let mut tables = HashMap::clone(tables);
            if tables.len() >= MAX_TABLES {
                tables.retain(|_, maps| is_used(maps, now));
            }
            if tables.len() < MAX_TABLES {
                let entry = tables.entry(table.into());
                entry.or_insert_with(|| Arc::clone(&added));
            }
            tables
        });
        let added = self.get(table);
        if added.is_none() {
            self.full_until.store(millis(now + FULL), Ordering::Relaxed);
        }
        added
    }

    /// All tables.
    pub(crate) fn tables(&self) -> Vec<Arc<TableMaps>> {
        self.tables.load().values().cloned().collect()
    }

    /// A map that takes the memory of an equal one, if there is one. None if there is no room for it.
    pub(crate) fn keep(&self, map: TokenMap, now: Duration) -> Option<Arc<TokenMap>> {
        let mut kept = self.maps();
        if let Some(equal) = kept.iter().find(|kept| ***kept == map) {
            return Some(Arc::clone(equal));
        }
        if size(&kept) + map.range_count() > self.max_ranges {
            self.forget_unused(now);
            kept = self.maps();
        }
        (size(&kept) + map.range_count() <= self.max_ranges).then(|| Arc::new(map))
    }

    /// Each map once.
    fn maps(&self) -> Vec<Arc<TokenMap>> {
        let tables = self.tables.load();
        let kept = tables.values().flat_map(|table| {
            let maps = table.all();
            maps.iter()
                .filter_map(|kept| kept.known())
                .collect::<Vec<_>>()
        });
        let mut maps: Vec<_> = kept.map(|known| Arc::clone(&known.map)).collect();
        maps.sort_unstable_by_key(Arc::as_ptr);
        maps.dedup_by(|one, other| Arc::ptr_eq(one, other));
        maps
    }

    fn forget_unused(&self, now: Duration) {
        self.tables.rcu(|tables| {
            let mut tables = HashMap::clone(tables);
            tables.retain(|_, maps| is_used(maps, now));
            tables
        });
    }
}

fn is_used(maps: &TableMaps, now: Duration) -> bool {
    now.saturating_sub(maps.turn().used()) < UNUSED
}

fn size(maps: &[Arc<TokenMap>]) -> usize {
    maps.iter().map(|map| map.range_count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alternator_lb_core::routing::Token;
    use std::net::IpAddr;

    const NOW: Duration = Duration::from_secs(1_000);
    const LATER: Duration = Duration::from_secs(2_000);

    /// Three ranges: what is before this token, the token, and what is after it.
    fn map(token: i64) -> TokenMap {
        let none: &[IpAddr] = &[];
        let one: &[IpAddr] = &[[10, 0, 0, 1].into()];
        TokenMap::of_tablets([(Token::new(token - 1), none), (Token::new(token), one)]).unwrap()
    }

    fn learn(atlas: &Atlas, table: &str, token: i64, now: Duration) -> Option<Arc<TokenMap>> {
        let maps = atlas.look_up(table, now).unwrap();
        assert!(maps.find(None).is_none());
        if let Some(map) = atlas.keep(map(token), now) {
            maps.all()[0].learn(map, now);
        }
        Some(Arc::clone(&maps.find(None)?.map))
    }

    #[test]
    fn a_map_is_wanted_from_its_first_look_on() {
        let atlas = Atlas::default();
        let maps = atlas.look_up("t", NOW).unwrap();
        assert!(maps.all().is_empty());
        assert!(maps.find(None).is_none());
        assert!(maps.turn().take(NOW, LATER));
        maps.turn().pass(LATER);
        assert!(maps.find(None).is_none() && maps.find(Some("i")).is_none());
        assert!(maps.turn().take(NOW, LATER), "the index is to be read, too");
        let wanted: Vec<_> = maps
            .all()
            .iter()
            .map(|kept| kept.index().map(str::to_owned))
            .collect();
        assert_eq!(wanted, [None, Some("i".to_owned())]);
        assert!(Arc::ptr_eq(&maps, &atlas.look_up("t", NOW).unwrap()));
    }

    #[test]
    fn equal_maps_are_kept_once() {
        let atlas = Atlas::default();
        let maps = ["a", "b"].map(|table| learn(&atlas, table, 5, NOW).unwrap());
        assert!(Arc::ptr_eq(&maps[0], &maps[1]));
    }

    #[test]
    fn tables_that_are_not_used_make_way() {
        let atlas = Atlas::default();
        for table in 0..MAX_TABLES {
            assert!(atlas.look_up(&table.to_string(), NOW).is_some());
        }
        assert!(atlas.look_up("one more", NOW).is_none());
        let list = atlas.tables.load_full();
        assert!(atlas.look_up("and another", NOW).is_none());
        assert!(
            Arc::ptr_eq(&list, &atlas.tables.load_full()),
            "not even copied"
        );
        let used = atlas.look_up("7", LATER).unwrap();
        assert!(atlas.look_up("one more", LATER).is_some());
        assert_eq!(atlas.tables().len(), 2);
        assert!(Arc::ptr_eq(&used, &atlas.look_up("7", LATER).unwrap()));
    }

    #[test]
    fn what_there_is_no_room_for_is_not_kept() {
        let atlas = Atlas {
            max_ranges: 5,
            ..Atlas::default()
        };
        let keep = |table, token, now| learn(&atlas, table, token, now).is_some();
        assert!(keep("a", 1, NOW));
        assert!(!keep("b", 2, NOW));
        assert!(keep("c", 1, NOW), "it takes no more");
        assert!(keep("d", 3, LATER), "the others are not used any more");
    }
}
