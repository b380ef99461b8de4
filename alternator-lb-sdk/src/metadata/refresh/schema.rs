//! Fetches and publishes the schema of a table.

use super::{MAPS_EXPIRY, SCHEMA_TIMEOUT, TableRefresh};
use crate::metadata::cache::WantedMap;
use crate::metadata::describe::describe;
use crate::metadata::fetch_client::{FetchError, with_timeout};
use crate::metadata::server_tables::{ServerTable, grants};
use crate::metadata::{MetadataClient, TableSchema};
use alternator_lb_core::metadata_schedule::SchemaOutcome;
use alternator_lb_core::observe::{Event, with_causes};
use alternator_lb_core::refresh_schedule::Refresh;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl TableRefresh {
    /// Fetches and publishes the schema. Returns when it is stale.
    pub(super) async fn refresh_schema(
        &mut self,
        client: &impl MetadataClient,
        refresh: Refresh,
    ) -> Duration {
        let (cache, table) = (Arc::clone(&self.cache), Arc::clone(&self.table));
        let client = cache.fetch_client(client);
        let settings = table.needs.isolation.then_some(&cache.shared.settings);
        let describing = describe(&client, &table.name, settings);
        let description = with_timeout(SCHEMA_TIMEOUT, describing).await;
        // Revoked or expired: the result does not count.
        if !table.schema_schedule.is_current(refresh) {
            return cache.now();
        }
        let next = |outcome: SchemaOutcome| outcome.next(cache.now(), &mut fastrand::Rng::new());
        table.schema_refusal.store(None);
        match description {
            Ok((schema, isolation_error)) => {
                self.publish_schema(schema);
                match isolation_error {
                    Some(error) => next(self.isolation_failed(&error)),
                    None => next(SchemaOutcome::Known),
                }
            }
            // The operations on it fail and say so: its name may be a mistake.
            Err(FetchError::NotFound) => {
                table.clear_schema();
                next(SchemaOutcome::Missing)
            }
            // Discovery reports nodes that do not respond.
            Err(FetchError::Unreachable(_)) => next(SchemaOutcome::Unreachable),
            Err(error @ (FetchError::Refused { .. } | FetchError::Unsupported(_))) => {
                if !cache.has_warned_of_keys.swap(true, Ordering::Relaxed) {
                    cache.observer.emit(Event::SchemaUnavailable {
                        table: table.name.to_string(),
                        error: with_causes(&error),
                    });
                }
                match error {
                    FetchError::Refused {
                        permission, until, ..
                    } => {
                        table.schema_refusal.store(Some(Arc::new(permission)));
                        until
                    }
                    _ => next(SchemaOutcome::Refused),
                }
            }
        }
    }

    /// Records why the isolation of writes is not known.
    fn isolation_failed(&self, error: &FetchError) -> SchemaOutcome {
        let cache = &self.cache;
        if let FetchError::Unreachable(_) = error {
            return SchemaOutcome::Unreachable;
        }
        if let FetchError::Refused { permission, .. } = error {
            // Another role may know it.
            let permission = Arc::new(permission.clone());
            self.table.schema_refusal.store(Some(permission));
        }
        if self.table.needs.warns_of_unknown_isolation
            && !cache.has_warned_of_isolation.swap(true, Ordering::Relaxed)
        {
            let grants = grants(&[ServerTable::Config]);
            cache.observer.emit(Event::IsolationUnavailable {
                table: self.table.name.to_string(),
                error: with_causes(error),
                grants,
            });
        }
        SchemaOutcome::Known
    }

    fn publish_schema(&mut self, schema: TableSchema) {
        self.cache.observer.emit(Event::SchemaFetched {
            table: self.table.name.to_string(),
            partition_key: schema.partition_key(None).map(str::to_owned),
        });
        // The table was created anew.
        if let Some(id) = &schema.id
            && self.table.maps.are_of_another_table(id)
            && self.maps.is_none()
        {
            let maps = &self.table.maps_schedule;
            maps.refresh_now();
            let refresh = maps.try_acquire(self.cache.now(), MAPS_EXPIRY);
            self.maps = refresh.map(|refresh| (refresh, WantedMap::new(&self.cache)));
        }
        self.table.set_schema(schema);
    }
}
