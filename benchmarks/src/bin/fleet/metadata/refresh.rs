//! The refreshes of tables, with the requests of the library.

use super::client::SharedReading;
use super::responses;
use super::world::{MetadataEvent, MetadataWorld, TABLES, TABLETS};
use alternator_lb_core::jitter::{DEFAULT_JITTER, jittered};
use alternator_lb_core::metadata_schedule::{
    MAP_CHANGE_INTERVAL, MapOutcome, PlacementSummary, SHARED_AGE, SchemaOutcome, address_age,
    look_up_delay,
};
use benchmarks::fleet::RequestKind;
use std::time::Duration;

/// The time until a schema is known: two requests.
const SCHEMA_FETCH: Duration = Duration::from_millis(5);

/// The times after which the library lets another refresh take over. None is reached here.
const SCHEMA_EXPIRY: Duration = Duration::from_secs(60);
const MAPS_EXPIRY: Duration = Duration::from_secs(220);

/// The time until the next operation on a table.
const NEXT_USE: Duration = Duration::from_secs(1);

impl MetadataWorld {
    /// An operation uses a table, which is refreshed if a part is due.
    pub(super) fn use_table(&mut self, pair: u32) {
        let now = self.events.now();
        let client = &mut self.clients[pair / TABLES];
        let table = &mut self.tables[pair];
        let schema = table.schema_schedule.try_acquire(now, SCHEMA_EXPIRY);
        let maps = table.maps_schedule.try_acquire(now, MAPS_EXPIRY);
        if maps.is_some() {
            table.maps = maps;
            table.maps_began = now;
            client.maps_wanted += 1;
        }
        if schema.is_some() {
            table.schema = schema;
            self.fetch_schema(pair);
            self.events
                .schedule_after(SCHEMA_FETCH, MetadataEvent::SchemaEnd(pair));
        } else if maps.is_some() {
            self.delay_maps(pair);
        }
    }

    /// An operation uses a table whose maps a new node has made stale. They may have been fetched too recently.
    pub(super) fn use_invalidated(&mut self, pair: u32) {
        let now = self.events.now();
        self.use_table(pair);
        let table = &self.tables[pair];
        if table.maps.is_none() && now < table.maps_began + MAP_CHANGE_INTERVAL {
            let event = MetadataEvent::UseInvalidated(pair);
            self.events.schedule_after(NEXT_USE, event);
        }
    }

    fn fetch_schema(&mut self, pair: u32) {
        let number = pair / TABLES;
        for bytes in responses::schema() {
            self.request(number, RequestKind::Schema, bytes);
        }
        self.tables[pair].requests += 2;
        let now = self.events.now();
        if self.clients[number].settings.is_stale(0, now) {
            for _ in 0..2 {
                self.request(number, RequestKind::Shared, responses::setting());
            }
            let stale_at = now + self.jittered(number, SHARED_AGE);
            self.clients[number].settings = SharedReading::new(stale_at, 0);
        }
    }

    pub(super) fn schema_ended(&mut self, pair: u32) {
        let now = self.events.now();
        let client = &mut self.clients[pair / TABLES];
        let table = &mut self.tables[pair];
        if let Some(refresh) = table.schema.take() {
            let next = SchemaOutcome::Known.next(now, &mut client.rng);
            table.schema_schedule.finish(refresh, next);
            self.events.schedule_at(next, MetadataEvent::Use(pair));
        }
        if table.maps.is_some() {
            self.delay_maps(pair);
        }
    }

    fn delay_maps(&mut self, pair: u32) {
        let client = &mut self.clients[pair / TABLES];
        let delay = look_up_delay(client.maps_wanted, &mut client.rng);
        self.events
            .schedule_after(delay, MetadataEvent::FetchMaps(pair));
    }

    pub(super) fn fetch_maps(&mut self, pair: u32) {
        let (number, index) = (pair / TABLES, (pair % TABLES) as usize);
        self.read_shared(number);
        let tablets = &self.tablets;
        let moving = tablets.moving.get(index).copied().unwrap_or_default() as usize;
        let moved = tablets.moved.get(index).copied().unwrap_or_default();
        let in_transition = if tablets.in_repair {
            TABLETS as usize
        } else {
            moving
        };
        let bytes = responses::tablets(TABLETS as usize, in_transition);
        self.request(number, RequestKind::Tablets, bytes);
        let now = self.events.now();
        let client = &mut self.clients[number];
        client.maps_wanted -= 1;
        let table = &mut self.tables[pair];
        table.requests += 1;
        if let Some(before) = table.moves.replace(moved) {
            self.tablets.stale_replicas -= u64::from(moved - before);
        }
        // Those whose hosts change: a repair changes none.
        let placement = PlacementSummary {
            ranges: TABLETS as usize,
            moving,
            is_incomplete: false,
        };
        let outcome = MapOutcome::Known(placement.age(0));
        if let Some(refresh) = table.maps.take() {
            let next = outcome.next(0, now, &mut client.rng);
            table.maps_schedule.finish(refresh, next);
            self.events.schedule_at(next, MetadataEvent::Use(pair));
        }
        // A new node has made them stale meanwhile.
        if table.maps_schedule.is_due(now) {
            let event = MetadataEvent::UseInvalidated(pair);
            self.events.schedule_after(NEXT_USE, event);
        }
    }

    /// Reads what the tables of a client share, if it is stale: the addresses of all nodes, from two of them, and the
    /// replications of the keyspaces.
    fn read_shared(&mut self, number: u32) {
        let now = self.events.now();
        let joins = self.clients[number].joins;
        if self.clients[number].addresses.is_stale(joins, now) {
            let bytes = responses::peers(self.listed.len());
            for _ in 0..2 {
                self.request(number, RequestKind::Shared, bytes);
            }
            let unchanged = self.clients[number].history.unchanged(now);
            let stale_at = now + self.jittered(number, address_age(unchanged));
            self.clients[number].addresses = SharedReading::new(stale_at, joins);
        }
        if self.clients[number].replications.is_stale(joins, now) {
            let bytes = responses::keyspaces(TABLES as usize);
            self.request(number, RequestKind::Shared, bytes);
            let stale_at = now + self.jittered(number, SHARED_AGE);
            self.clients[number].replications = SharedReading::new(stale_at, joins);
        }
    }

    fn jittered(&mut self, client: u32, pause: Duration) -> Duration {
        jittered(pause, DEFAULT_JITTER, &mut self.clients[client].rng)
    }
}
