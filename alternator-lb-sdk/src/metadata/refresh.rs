//! The background refresh of one table.

mod maps;
mod schema;

use super::MetadataClient;
use super::cache::{MetadataCache, WantedMap};
use super::table_metadata::TableMetadata;
use crate::internal::background_tasks::{BackgroundTasks, TaskSlots};
use crate::internal::client::{Credentials, InternalClient};
use alternator_lb_core::metadata_schedule::look_up_delay;
use alternator_lb_core::refresh_schedule::Refresh;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// One refresh of one table, which fetches the parts that are stale. If it is dropped, they stay due.
#[derive(Debug)]
struct TableRefresh {
    cache: Arc<MetadataCache>,
    table: Arc<TableMetadata>,
    schema: Option<Refresh>,
    maps: Option<(Refresh, WantedMap)>,
}

/// The pause where an operation has no means to refresh.
const NO_CLIENT: Duration = Duration::from_secs(10);

/// Four calls of half that time each would be a cluster in which nothing else is done either.
const SCHEMA_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest maps take some 250 requests.
const MAPS_TIMEOUT: Duration = Duration::from_secs(120);

/// The time after which another refresh takes over: the timeouts of the part and of those before it, the wait before
/// maps are fetched, and 30 s in each queue.
const SCHEMA_EXPIRY: Duration = Duration::from_secs(60);
const MAPS_EXPIRY: Duration = Duration::from_secs(220);

impl MetadataCache {
    /// Spawns the refresh of a table, if it is due, by the means of an operation: its `credentials` and the `client`
    /// made of it. Where the queue is full, the next operation tries again.
    pub(crate) fn refresh_if_due(
        self: &Arc<Self>,
        table: &Arc<TableMetadata>,
        tasks: &BackgroundTasks,
        credentials: impl FnOnce() -> Credentials,
        client: impl FnOnce() -> Option<InternalClient>,
    ) {
        let now = self.now();
        if self.refusals.any(now) && table.is_refused() {
            let credentials = credentials();
            table.retry_refused(|permission| {
                let until = self.refusals.until(permission, credentials, now);
                until.is_some()
            });
        }
        if !table.is_due(now) || !tasks.have_room() {
            return;
        }
        let Some(mut refresh) = TableRefresh::acquire(self, table, now) else {
            return;
        };
        match client() {
            Some(client) => {
                tasks.spawn(|slots| async move { refresh.run(client, &slots).await });
            }
            None => refresh.finish(now + NO_CLIENT),
        }
    }
}

impl TableRefresh {
    /// Acquires the parts that are stale, unless they are being fetched.
    fn acquire(
        cache: &Arc<MetadataCache>,
        table: &Arc<TableMetadata>,
        now: Duration,
    ) -> Option<Self> {
        let schema = table.schema_schedule.try_acquire(now, SCHEMA_EXPIRY);
        let can_use_maps = schema.is_some() || table.has_schema();
        let acquire_maps = || table.maps_schedule.try_acquire(now, MAPS_EXPIRY);
        let maps = can_use_maps.then(acquire_maps).flatten();
        (schema.is_some() || maps.is_some()).then(|| Self {
            cache: Arc::clone(cache),
            table: Arc::clone(table),
            schema,
            maps: maps.map(|refresh| (refresh, WantedMap::new(cache))),
        })
    }

    /// Fetches the schema, and after a wait the maps. Takes a slot for each, and none while it waits.
    async fn run(mut self, client: impl MetadataClient, slots: &TaskSlots) {
        if self.schema.is_some() {
            slots.run(self.run_schema(&client)).await;
        }
        if self.maps.is_some() && self.table.has_schema() {
            let wanted = self.cache.maps_wanted();
            sleep(look_up_delay(wanted, &mut fastrand::Rng::new())).await;
            slots.run(self.run_maps(&client)).await;
        }
    }

    async fn run_schema(&mut self, client: &impl MetadataClient) {
        if let Some(refresh) = self.schema
            // Another refresh may have taken over while this one was queued.
            && self.table.schema_schedule.is_current(refresh)
        {
            let next = self.refresh_schema(client, refresh).await;
            self.table.schema_schedule.finish(refresh, next);
            self.schema = None;
        }
    }

    async fn run_maps(&mut self, client: &impl MetadataClient) {
        if let Some((refresh, _)) = self.maps
            && self.table.maps_schedule.is_current(refresh)
        {
            let next = self.refresh_maps(client, refresh).await;
            self.table.maps_schedule.finish(refresh, next);
            self.maps = None;
        }
    }

    /// Ends what is under way. The parts are due at `next`.
    fn finish(&mut self, next: Duration) {
        if let Some(refresh) = self.schema.take() {
            self.table.schema_schedule.finish(refresh, next);
        }
        if let Some((refresh, _)) = self.maps.take() {
            self.table.maps_schedule.finish(refresh, next);
        }
    }
}

impl Drop for TableRefresh {
    fn drop(&mut self) {
        self.finish(Duration::ZERO);
    }
}

#[cfg(test)]
mod tests;
