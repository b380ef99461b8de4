//! Fetches and publishes the token maps of a table.

use super::{MAPS_TIMEOUT, TableRefresh};
use crate::metadata::MetadataClient;
use crate::metadata::fetch_client::{FetchError, with_timeout};
use crate::metadata::map_reading::MapReading;
use crate::metadata::server_tables::grants;
use crate::metadata::table_maps::{FetchedMap, SourceMap};
use crate::metadata::token_map_fetch::{FetchOutcome, fetch_token_maps};
use alternator_lb_core::metadata_schedule::MapOutcome;
use alternator_lb_core::observe::{Event, with_causes};
use alternator_lb_core::refresh_schedule::Refresh;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A map that was read, or none.
type Reading = (Arc<SourceMap>, Option<Arc<MapReading>>);

impl TableRefresh {
    /// Fetches and publishes the token maps. Returns when they are stale.
    pub(super) async fn refresh_maps(
        &self,
        client: &impl MetadataClient,
        refresh: Refresh,
    ) -> Duration {
        let table = &self.table;
        let schema = table.schema();
        let Some(id) = schema.as_ref().and_then(|schema| schema.id.as_deref()) else {
            let text = "DescribeTable names no id of the table".to_owned();
            return self.maps_failed(FetchError::Unsupported(text));
        };
        let sources = table.maps.all();
        let fetching = fetch_token_maps(&self.cache, client, (&table.name, id), &sources);
        let outcome = with_timeout(MAPS_TIMEOUT, fetching).await;
        // Revoked or expired: the result does not count.
        if !table.maps_schedule.is_current(refresh) {
            return self.cache.now();
        }
        table.maps_refusal.store(None);
        match outcome {
            Ok(FetchOutcome::Read(readings)) => {
                table.maps.table_id.store(Some(Arc::new(id.to_owned())));
                self.publish_maps(&readings)
            }
            Ok(FetchOutcome::NoGain) => {
                table.maps.clear();
                self.next(MapOutcome::NoGain, 0)
            }
            Err(error) => self.maps_failed(error),
        }
    }

    /// Publishes token maps. Returns when they are stale.
    fn publish_maps(&self, readings: &[Reading]) -> Duration {
        let table = &self.table;
        let is_missing = readings.iter().any(|(_, reading)| reading.is_none());
        let existing = || {
            readings
                .iter()
                .filter_map(|(_, reading)| reading.as_deref())
        };
        let is_incomplete = existing().any(|reading| reading.summary.is_incomplete);
        let failures = match is_missing || is_incomplete {
            true => table.map_failures.load(Ordering::Relaxed).saturating_add(1),
            false => 0,
        };
        table.map_failures.store(failures, Ordering::Relaxed);
        if !is_missing && !existing().any(|reading| reading.gains) {
            table.maps.clear();
            return self.next(MapOutcome::EveryNodeIsReplica, 0);
        }
        for (source, reading) in readings {
            self.publish_map(source, reading.as_deref());
        }
        let ranges = existing().filter_map(|reading| reading.map.as_ref().ok());
        let ranges = ranges.map(|map| map.range_count()).sum();
        self.cache.observer.emit(Event::TokenMapsFetched {
            table: table.name.to_string(),
            ranges,
        });
        let stale_at = |reading: &MapReading| match failures > 1 {
            true => self.next(MapOutcome::Known(reading.summary.age(failures)), failures),
            false => reading.stale_at,
        };
        let missing = is_missing.then(|| self.next(MapOutcome::Missing, failures));
        let stale_at = existing().map(stale_at).chain(missing).min();
        stale_at.unwrap_or_else(|| self.next(MapOutcome::Missing, failures))
    }

    fn publish_map(&self, source: &SourceMap, reading: Option<&MapReading>) {
        let table = &self.table;
        match reading.map(|reading| (reading, &reading.map)) {
            None => source.fetched.store(None),
            Some((reading, Ok(map))) => {
                let fetched = FetchedMap {
                    map: Arc::clone(map),
                    fetched_at: reading.read_at,
                };
                source.fetched.store(Some(Arc::new(fetched)));
            }
            Some((reading, Err(limit))) => {
                source.fetched.store(None);
                if !table.has_warned_of_size.swap(true, Ordering::Relaxed) {
                    let (ranges, limit) = (reading.summary.ranges, limit.to_string());
                    self.cache.observer.emit(Event::TokenMapOverLimit {
                        table: table.name.to_string(),
                        ranges,
                        limit,
                    });
                }
            }
        }
    }

    /// Records why token maps could not be fetched. Returns when to try again.
    fn maps_failed(&self, error: FetchError) -> Duration {
        let (cache, table) = (&self.cache, &self.table);
        match error {
            FetchError::Unreachable(_) => {
                self.emit_maps_failed(&error);
                self.next(MapOutcome::Unreachable, 0)
            }
            FetchError::Unsupported(_) => {
                self.emit_maps_failed(&error);
                let failures = table.map_failures.fetch_add(1, Ordering::Relaxed);
                self.next(MapOutcome::Malformed, failures.saturating_add(1))
            }
            FetchError::NotFound => {
                if !cache.has_warned_of_support.swap(true, Ordering::Relaxed) {
                    cache.observer.emit(Event::TokenMapsUnsupported {
                        error: with_causes(&error),
                    });
                }
                self.next(MapOutcome::Unsupported, 0)
            }
            FetchError::Refused {
                ref permission,
                until,
                is_new,
                ..
            } => {
                let permission = Arc::new(permission.clone());
                table.maps_refusal.store(Some(permission));
                if is_new {
                    let grants = grants(&table.needs.server_tables());
                    cache.observer.emit(Event::TokenMapsRefused {
                        error: with_causes(&error),
                        grants,
                    });
                }
                until
            }
        }
    }

    fn emit_maps_failed(&self, error: &FetchError) {
        self.cache.observer.emit(Event::TokenMapsFailed {
            table: self.table.name.to_string(),
            error: with_causes(error),
        });
    }

    fn next(&self, outcome: MapOutcome, failures: u32) -> Duration {
        outcome.next(failures, self.cache.now(), &mut fastrand::Rng::new())
    }
}
