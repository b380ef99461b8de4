//! The metadata of one table.

use super::TableSchema;
use super::needs::MetadataNeeds;
use super::refusals::Permission;
use super::table_maps::{FetchedMap, TableMaps};
use alternator_lb_core::clock::millis;
use alternator_lb_core::metadata_schedule::{MAP_CHANGE_INTERVAL, SCHEMA_HINT_INTERVAL};
use alternator_lb_core::refresh_schedule::RefreshSchedule;
use arc_swap::ArcSwapOption;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// The metadata of a table, in two parts: its schema, and its token maps.
///
/// A schedule for each says when it is stale. One refresh fetches those that are.
#[derive(Debug)]
pub(crate) struct TableMetadata {
    pub(super) name: Arc<str>,
    /// The partition key as the application names it, which overrides that of the server.
    pub(super) named_key: Option<Box<str>>,
    schema: ArcSwapOption<TableSchema>,
    /// The permission for the lack of which the schema is not known, or not all of it.
    pub(super) schema_refusal: ArcSwapOption<Permission>,
    /// Operations that indicate a wrong schema make it due.
    pub(crate) schema_schedule: RefreshSchedule,
    pub(super) maps: TableMaps,
    pub(super) maps_schedule: RefreshSchedule,
    /// The permission for the lack of which there are no maps.
    pub(super) maps_refusal: ArcSwapOption<Permission>,
    /// The number of fetches in a row that did not bring complete maps.
    pub(super) map_failures: AtomicU32,
    pub(super) has_warned_of_size: AtomicBool,
    pub(super) needs: MetadataNeeds,
    /// In milliseconds.
    used_at: AtomicU64,
}

/// Maps take the table's id, which its schema has, so that also a table with a named key is described for them.
fn fetches_schema(named_key: Option<&str>, needs: MetadataNeeds) -> bool {
    named_key.is_none() || needs.isolation || needs.token_maps
}

/// The accuracy of [`TableMetadata::used_at`]: operations of all threads read it, and seldom write it.
const USE_RESOLUTION: Duration = Duration::from_secs(1);

impl TableMetadata {
    pub(super) fn new(name: &str, named_key: Option<&str>, needs: MetadataNeeds) -> Self {
        let schedule = |is_used, min_interval| match is_used {
            true => RefreshSchedule::new(min_interval),
            false => RefreshSchedule::never(),
        };
        let fetches_schema = fetches_schema(named_key, needs);
        Self {
            name: name.into(),
            named_key: named_key.map(Into::into),
            schema: ArcSwapOption::new(named_key.map(TableSchema::from_key).map(Arc::new)),
            schema_refusal: ArcSwapOption::empty(),
            schema_schedule: schedule(fetches_schema, SCHEMA_HINT_INTERVAL),
            maps: TableMaps::default(),
            maps_schedule: schedule(needs.token_maps, MAP_CHANGE_INTERVAL),
            maps_refusal: ArcSwapOption::empty(),
            map_failures: AtomicU32::new(0),
            has_warned_of_size: AtomicBool::new(false),
            needs,
            used_at: AtomicU64::new(0),
        }
    }

    pub(crate) fn schema(&self) -> Option<Arc<TableSchema>> {
        self.schema.load_full()
    }

    /// Returns whether the partition key is known.
    pub(super) fn has_schema(&self) -> bool {
        self.schema.load().is_some()
    }

    pub(super) fn set_schema(&self, mut schema: TableSchema) {
        if let Some(key) = &self.named_key {
            schema.key.clone_from(key);
        }
        self.schema.store(Some(Arc::new(schema)));
    }

    /// Drops what the server said.
    pub(super) fn clear_schema(&self) {
        let named = self.named_key.as_deref().map(TableSchema::from_key);
        self.schema.store(named.map(Arc::new));
    }

    /// The token map of the table or of an index, which is fetched from its first use on.
    pub(crate) fn token_map(&self, index: Option<&str>) -> Option<Arc<FetchedMap>> {
        if !self.needs.token_maps {
            return None;
        }
        if let Some(map) = self.maps.find(index) {
            return map.fetched.load_full();
        }
        if self.maps.add(index) {
            self.maps_schedule.refresh_now();
        }
        None
    }

    /// The token map of the table or of an index. Causes no fetch.
    pub(crate) fn peek_token_map(&self, index: Option<&str>) -> Option<Arc<FetchedMap>> {
        self.maps.find(index)?.fetched.load_full()
    }

    /// The table is another one, or none: drops what is known, and what the refresh under way will bring.
    pub(super) fn replace(&self) {
        self.schema_schedule.revoke();
        self.maps_schedule.revoke();
        self.clear_schema();
        self.maps.clear();
    }

    /// Returns whether a part is not known, or not all of it, for the lack of a permission.
    pub(super) fn is_refused(&self) -> bool {
        self.schema_refusal.load().is_some() || self.maps_refusal.load().is_some()
    }

    /// Makes the parts due that were refused, if `is_refused` says that the credentials at hand may fetch them.
    pub(super) fn retry_refused(&self, is_refused: impl Fn(&Permission) -> bool) {
        for (refusal, schedule) in [
            (&self.schema_refusal, &self.schema_schedule),
            (&self.maps_refusal, &self.maps_schedule),
        ] {
            let permission = refusal.load();
            if permission
                .as_deref()
                .is_some_and(|permission| !is_refused(permission))
            {
                refusal.store(None);
                schedule.refresh_now();
            }
        }
    }

    /// Drops the maps to save memory. They are fetched again when the table is used.
    pub(super) fn evict_maps(&self) {
        self.maps.clear();
        self.maps_schedule.refresh_now();
    }

    /// Returns whether a part is stale. Maps wait for the schema, without which no operation has a token.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        fetches_schema(self.named_key.as_deref(), self.needs) && self.schema_schedule.is_due(now)
            || self.needs.token_maps && self.maps_schedule.is_due(now) && self.has_schema()
    }

    pub(super) fn note_use(&self, now: Duration) {
        let now = millis(now);
        let used_at = self.used_at.load(Ordering::Relaxed);
        if used_at == 0 || now >= used_at.saturating_add(millis(USE_RESOLUTION)) {
            self.used_at.store(now, Ordering::Relaxed);
        }
    }

    /// Returns when the table was used last.
    pub(super) fn used_at(&self) -> Duration {
        Duration::from_millis(self.used_at.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn needs(isolation: bool, token_maps: bool) -> MetadataNeeds {
        MetadataNeeds {
            isolation,
            warns_of_unknown_isolation: true,
            token_maps,
        }
    }

    const ALL: MetadataNeeds = needs(true, true);
    const KEY_ONLY: MetadataNeeds = needs(false, false);

    fn key(table: &TableMetadata) -> Option<String> {
        let schema = table.schema()?;
        Some(schema.partition_key(None)?.to_owned())
    }

    #[test]
    fn schema_is_known_until_the_table_is_replaced() {
        let table = TableMetadata::new("t", None, KEY_ONLY);
        assert_eq!(key(&table), None);
        table.set_schema(TableSchema::from_key("pk"));
        assert_eq!(key(&table).as_deref(), Some("pk"));
        table.schema_schedule.refresh_by(Duration::ZERO);
        assert_eq!(key(&table).as_deref(), Some("pk"));
        table.replace();
        assert_eq!(key(&table), None);
    }

    #[test]
    fn named_key_overrides_the_servers_and_outlives_it() {
        let table = TableMetadata::new("t", Some("id"), ALL);
        assert_eq!(key(&table).as_deref(), Some("id"));
        table.set_schema(TableSchema::from_key("pk"));
        assert_eq!(key(&table).as_deref(), Some("id"));
        table.replace();
        assert_eq!(key(&table).as_deref(), Some("id"));
    }

    #[test]
    fn table_with_a_named_key_is_refreshed_only_if_more_must_be_known() {
        let is_due = |isolation, maps| {
            let table = TableMetadata::new("t", Some("id"), needs(isolation, maps));
            table.is_due(Duration::MAX / 2)
        };
        assert!(!is_due(false, false));
        assert!(is_due(true, false) && is_due(false, true));
    }

    #[test]
    fn maps_are_fetched_from_their_first_use_on() {
        let table = TableMetadata::new("t", None, ALL);
        let now = Duration::from_secs(1);
        let limit = Duration::from_secs(60);
        let refresh = table.maps_schedule.try_acquire(now, limit).unwrap();
        table.maps_schedule.finish(refresh, now + limit);
        assert!(table.peek_token_map(None).is_none() && table.maps.all().is_empty());
        assert!(table.token_map(None).is_none() && table.token_map(Some("i")).is_none());
        assert!(table.maps_schedule.is_due(now));
        let used: Vec<_> = table
            .maps
            .all()
            .iter()
            .map(|map| map.index.clone())
            .collect();
        assert_eq!(used, [None, Some("i".into())]);
        assert!(
            TableMetadata::new("t", None, KEY_ONLY)
                .token_map(None)
                .is_none()
        );
    }

    #[test]
    fn time_of_use_is_kept_to_a_second() {
        let table = TableMetadata::new("t", None, KEY_ONLY);
        for (now, expected) in [(5_000, 5_000), (5_999, 5_000), (6_000, 6_000)] {
            table.note_use(Duration::from_millis(now));
            assert_eq!(table.used_at(), Duration::from_millis(expected));
        }
    }
}
