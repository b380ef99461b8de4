//! The background refresh of one table.

use super::cache::MetadataCache;
use super::describe::describe;
use super::table_metadata::TableMetadata;
use super::token_map_fetch::{FetchOutcome, fetch_token_maps};
use super::{MetadataClient, TableSchema};
use crate::events;
use crate::internal::background_tasks::BackgroundTasks;
use crate::internal::client::{InternalClient, InternalError, with_timeout};
use alternator_lb_core::jitter::with_default_jitter;
use alternator_lb_core::refresh_schedule::Refresh;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::task::spawn_blocking;

/// One refresh of one table, which fetches the parts that are stale. If it is dropped, they stay due.
#[derive(Debug)]
struct TableRefresh {
    cache: Arc<MetadataCache>,
    table: Arc<TableMetadata>,
    schema: Option<Refresh>,
    maps: Option<Refresh>,
}

/// The age at which a schema is stale. It matters only for changes by other clients that cause no error, and costs one
/// small request per table and process in that time, while the table is used.
const SCHEMA_AGE: Duration = Duration::from_secs(10 * 60);

/// The pause after a refusal. Permissions change when an operator changes them.
const SCHEMA_REFUSED: Duration = Duration::from_secs(5 * 60);

/// The pause while a table does not exist: an application that uses it is about to create it.
const SCHEMA_MISSING: Duration = Duration::from_secs(5);

/// The pause after no node responded.
const SCHEMA_UNREACHABLE: Duration = Duration::from_secs(30);

/// The age at which a map is stale. In that time a balancer moves some tablets of a table, each of which costs its
/// requests a hop.
const MAPS_AGE: Duration = Duration::from_secs(5 * 60);

/// While tablets are moving, which takes seconds to minutes for each.
const MAPS_AGE_MOVING: Duration = Duration::from_secs(15);

/// While the address of a replica is unknown: a node is about to join or to leave, which takes minutes.
const MAPS_AGE_INCOMPLETE: Duration = Duration::from_secs(60);

/// The number of ranges that stretch these times by once their length, so that large maps do not cost more than small
/// ones: a table of 100,000 tablets takes 25 MB of responses.
const RANGES_PER_STRETCH: usize = 10_000;

/// The pause after maps were refused, for all tables. Permissions and servers change by an operator's hand.
const MAPS_REFUSED: Duration = Duration::from_secs(5 * 60);

/// The pause after maps could not be fetched: by then discovery knows which nodes are down.
const MAPS_UNREACHABLE: Duration = Duration::from_secs(10);

/// The pause where an operation has no means to refresh.
const NO_CLIENT: Duration = Duration::from_secs(10);

/// Four calls of half that time each would be a cluster in which nothing else is done either.
const SCHEMA_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest maps take some 250 requests.
const MAPS_TIMEOUT: Duration = Duration::from_secs(120);

/// The time after which another refresh takes over: the timeouts of the part and of those before it, and 30 s in the
/// queue.
const SCHEMA_EXPIRY: Duration = Duration::from_secs(60);
const MAPS_EXPIRY: Duration = Duration::from_secs(180);

/// A map with more replicas is built where it blocks no requests: at this size that takes some milliseconds.
const LARGE: usize = 10_000;

impl MetadataCache {
    /// Spawns the refresh of a table, if it is due, by the means of an operation. Where the queue is full, the next
    /// operation tries again.
    pub(crate) fn refresh_if_due(
        self: &Arc<Self>,
        table: &Arc<TableMetadata>,
        tasks: &BackgroundTasks,
        client: impl FnOnce() -> Option<InternalClient>,
    ) {
        let now = self.now();
        if !table.is_due(now) || !tasks.have_room() {
            return;
        }
        let Some(mut refresh) = TableRefresh::acquire(self, table, now) else {
            return;
        };
        match client() {
            Some(client) => tasks.spawn(refresh.run(client)),
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
            maps,
        })
    }

    async fn run(mut self, client: impl MetadataClient) {
        if let Some(refresh) = self.schema
            // Another refresh may have taken over while this one was queued.
            && self.table.schema_schedule.is_current(refresh)
        {
            let next = self.refresh_schema(&client, refresh).await;
            self.table.schema_schedule.finish(refresh, next);
            self.schema = None;
        }
        if let Some(refresh) = self.maps
            && self.table.maps_schedule.is_current(refresh)
            && self.table.has_schema()
        {
            let next = self.refresh_maps(&client, refresh).await;
            self.table.maps_schedule.finish(refresh, next);
            self.maps = None;
        }
    }

    /// Ends what is under way. The parts are due at `next`.
    fn finish(&mut self, next: Duration) {
        if let Some(refresh) = self.schema.take() {
            self.table.schema_schedule.finish(refresh, next);
        }
        if let Some(refresh) = self.maps.take() {
            self.table.maps_schedule.finish(refresh, next);
        }
    }

    /// Fetches and publishes the schema. Returns when it is stale.
    async fn refresh_schema(&mut self, client: &impl MetadataClient, refresh: Refresh) -> Duration {
        let name = &self.table.name;
        let cache = &self.cache;
        let defaults = cache.needs.isolation.then_some(&cache.server_defaults);
        let description = with_timeout(SCHEMA_TIMEOUT, describe(client, name, defaults)).await;
        let pause = match description {
            // Revoked or expired: the result does not count.
            _ if !self.table.schema_schedule.is_current(refresh) => Duration::ZERO,
            Ok((schema, isolation_error)) => {
                let pause = match &isolation_error {
                    Some(InternalError::Unreachable(_)) => SCHEMA_UNREACHABLE,
                    Some(error) => {
                        if !cache.has_warned_of_isolation.swap(true, Ordering::Relaxed) {
                            events::isolation_unavailable(name, error);
                        }
                        SCHEMA_AGE
                    }
                    None => SCHEMA_AGE,
                };
                self.publish_schema(schema);
                pause
            }
            // The operations on it fail and say so: its name may be a mistake.
            Err(InternalError::NotFound) => {
                self.table.clear_schema();
                SCHEMA_MISSING
            }
            // Discovery reports nodes that do not respond.
            Err(InternalError::Unreachable(_)) => SCHEMA_UNREACHABLE,
            Err(error @ (InternalError::Refused(_) | InternalError::Unsupported(_))) => {
                if !cache.has_warned_of_keys.swap(true, Ordering::Relaxed) {
                    events::schema_unavailable(name, &error);
                }
                SCHEMA_REFUSED
            }
        };
        self.cache.now() + with_default_jitter(pause)
    }

    fn publish_schema(&mut self, schema: TableSchema) {
        events::schema_fetched(&self.table.name, schema.partition_key(None));
        // The table was created anew.
        if let Some(id) = &schema.id
            && self.table.maps.are_of_another_table(id)
            && self.maps.is_none()
        {
            let maps = &self.table.maps_schedule;
            maps.refresh_now();
            self.maps = maps.try_acquire(self.cache.now(), MAPS_EXPIRY);
        }
        self.table.set_schema(schema);
    }

    /// Fetches and publishes the token maps. Returns when they are stale.
    async fn refresh_maps(&self, client: &impl MetadataClient, refresh: Refresh) -> Duration {
        let (cache, table) = (&self.cache, &self.table);
        let now = cache.now();
        let refused_until = cache.maps_refused_until();
        if refused_until > now {
            return refused_until;
        }
        let generation = cache.generation();
        let addresses = cache.addresses.get(now, generation);
        let sources = table.maps.all();
        let fetching = fetch_token_maps(client, &table.name, &sources, addresses);
        let outcome = match with_timeout(MAPS_TIMEOUT, fetching).await {
            Ok(outcome) => outcome,
            Err(error) => return maps_failed(cache, &error),
        };
        let addresses = &outcome.addresses;
        cache.addresses.set(addresses, cache.now(), generation);
        if !table.maps_schedule.is_current(refresh) {
            return now;
        }
        if outcome.replicas() <= LARGE {
            return publish_maps(cache, table, &outcome);
        }
        let (cache, table) = (Arc::clone(cache), Arc::clone(table));
        let publishing = spawn_blocking(move || publish_maps(&cache, &table, &outcome));
        // An error says that the runtime is being dropped.
        publishing.await.unwrap_or_default()
    }
}

impl Drop for TableRefresh {
    fn drop(&mut self) {
        self.finish(Duration::ZERO);
    }
}

/// Publishes token maps. Returns when they are stale.
fn publish_maps(cache: &MetadataCache, table: &TableMetadata, outcome: &FetchOutcome) -> Duration {
    cache.has_warned_of_maps.store(false, Ordering::Relaxed);
    let share = |map| cache.share_map(map);
    let ranges = outcome.publish(&table.maps, cache.now(), share);
    events::token_maps_fetched(&table.name, ranges);
    let age = match (outcome.is_moving(), outcome.is_incomplete()) {
        (true, _) => MAPS_AGE_MOVING,
        (false, true) => MAPS_AGE_INCOMPLETE,
        (false, false) => MAPS_AGE,
    };
    let stretch = u32::try_from(1 + ranges / RANGES_PER_STRETCH).unwrap_or(u32::MAX);
    cache.now() + with_default_jitter(age * stretch)
}

/// Records why token maps could not be fetched. Returns when to try again.
fn maps_failed(cache: &MetadataCache, error: &InternalError) -> Duration {
    let warn: fn(&(dyn Error + 'static)) = match error {
        InternalError::Unreachable(error) => {
            events::token_maps_unreachable(error.as_ref());
            return cache.now() + with_default_jitter(MAPS_UNREACHABLE);
        }
        InternalError::Refused(_) => events::token_maps_refused,
        InternalError::NotFound | InternalError::Unsupported(_) => events::token_maps_unsupported,
    };
    if !cache.has_warned_of_maps.swap(true, Ordering::Relaxed) {
        warn(error);
    }
    let until = cache.now() + with_default_jitter(MAPS_REFUSED);
    cache.refuse_maps_until(until);
    until
}

#[cfg(test)]
mod tests;
