//! Where the partitions of tables lie, as far as a cluster knows.
//!
//! ```text
//! interceptor ── a request is about a partition ──▶ TokenMaps ──▶ its table's map, as it is known
//!                                                       │ due, and nobody is at it
//!                                                       ▼
//!                                                    Reading      an errand: asks the server's tables, by the means of
//!                                                       │         the operation that came by
//!                                                       ▼
//!                                                     Atlas        maps that requests read without a lock
//! ```
//!
//! A map is read when its table is used for the first time, and again on use: when it is old, when the set of nodes has
//! changed, soon while tablets are on their way. A table that is not used is not asked for.
//! Meanwhile, and where nothing can be learned, requests go by what is known, or their ordinary way: a map that is wrong
//! costs them a hop, and nothing else.

mod reading;
mod told;

use super::atlas::Atlas;
use super::server_tables::Addresses;
use super::table_maps::{Known, TableMaps};
use crate::events;
use crate::internal::background_tasks::Errands;
use crate::internal::client::{CallError, Caller};
use crate::operation::access::Source;
use alternator_lb_core::clock::Clock;
use alternator_lb_core::discovery::{TopologyEvent, jittered};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use told::Told;

/// The token maps of a cluster.
#[derive(Debug)]
pub(crate) struct TokenMaps {
    clock: Clock,
    atlas: Atlas,
    /// Of the nodes that the tables named, since the set of nodes has changed last; and until when they are believed.
    addresses: Mutex<(Addresses, Duration)>,
    /// How often the set of nodes has changed.
    changes: AtomicU32,
    /// Until when nothing is asked, in milliseconds: it would be refused.
    refused_until: AtomicU64,
    /// A refusal is told once.
    was_refused: AtomicBool,
}

/// How old a map gets before it is read again. Between two looks a balancer moves some tablets of a table, each of which
/// costs its requests a hop.
const INTERVAL: Duration = Duration::from_secs(5 * 60);

/// While tablets are on their way, which takes each some seconds to minutes.
const INTERVAL_ON_THE_MOVE: Duration = Duration::from_secs(15);

/// Where the address of a replica is not known: a node is about to join or to leave, which takes minutes.
const INTERVAL_IF_INCOMPLETE: Duration = Duration::from_secs(60);

/// For each so many ranges an interval is waited once, so that large maps do not cost more than small ones: a table of
/// 100,000 tablets is 25 MB of answers.
const RANGES: usize = 10_000;

/// How long addresses are believed, which all tables have in common. A node that comes back at another address is known by
/// the old one to other nodes for some seconds, in which its new one is listed already.
const BELIEVED: Duration = Duration::from_secs(60);

/// Until what was refused is tried again. Permissions and servers change by an operator's hand.
const COOLDOWN: Duration = Duration::from_secs(5 * 60);

/// Until what failed is tried again: by then discovery knows which nodes are down.
const RETRY: Duration = Duration::from_secs(10);

/// How long a reading takes at most. The largest one is some 250 questions.
const READING: Duration = Duration::from_secs(120);

/// A map with more replicas is made where it keeps no requests waiting: at this size that takes some milliseconds.
const LARGE: usize = 10_000;

/// Within this time the clients of a cluster begin to read again when the set of its nodes has changed.
const SPREAD_MILLIS: u64 = 1_000;

impl TokenMaps {
    pub(crate) fn new(clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            clock,
            atlas: Atlas::default(),
            addresses: Mutex::default(),
            changes: AtomicU32::new(0),
            refused_until: AtomicU64::new(0),
            was_refused: AtomicBool::new(false),
        })
    }

    /// What is known of a table or an index; `id` is that of the table, if it is known. If it is to be read, `caller` says by
    /// whom, and an errand does it.
    pub(crate) fn find(
        self: &Arc<Self>,
        source: Source<'_>,
        id: Option<&str>,
        errands: &Errands,
        caller: impl FnOnce() -> Option<Caller>,
    ) -> Option<Arc<Known>> {
        let now = self.clock.now();
        let table = self.atlas.look_up(source.table, now)?;
        let known = table.find(source.index);
        if id.is_some_and(|id| table.is_told_to_be(id)) {
            table.turn().hasten(now);
        }
        let must_wait = self.is_refused(now) || errands.are_many();
        if must_wait || !table.turn().take(now, now + READING + RETRY) {
            return known;
        }
        let reading = Reading {
            maps: Arc::clone(self),
            table,
            due: now + RETRY,
        };
        if let Some(caller) = caller() {
            errands.send(reading.run(caller));
        }
        known
    }

    /// What is known of a table or an index, of which nothing is read because of this.
    pub(crate) fn peek(&self, source: Source<'_>) -> Option<Arc<Known>> {
        let table = self.atlas.get(source.table)?;
        let maps = table.all();
        let kept = maps.iter().find(|kept| kept.index() == source.index)?;
        kept.known()
    }

    /// Passes reports on, and reads again when the set of nodes has changed.
    pub(crate) fn told_of_changes<R: Fn(&TopologyEvent)>(
        self: &Arc<Self>,
        report: R,
    ) -> impl Fn(&TopologyEvent) + use<R> {
        let maps = Arc::clone(self);
        move |news| {
            report(news);
            if matches!(news, TopologyEvent::Changed { .. }) {
                maps.nodes_changed();
            }
        }
    }

    fn nodes_changed(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
        *self.lock_addresses() = Default::default();
        let now = self.clock.now();
        for table in self.atlas.tables() {
            let wait = Duration::from_millis(fastrand::u64(..SPREAD_MILLIS));
            table.turn().hasten(now + wait);
        }
    }

    /// Keeps the addresses of nodes, unless the set of these has changed since they were asked for.
    fn remember(&self, addresses: &Addresses, changes: u32) {
        let now = self.clock.now();
        let mut known = self.lock_addresses();
        if self.changes.load(Ordering::Relaxed) == changes {
            let until = match known.1 > now {
                // Some of them are as old as they were.
                true => known.1,
                false => now + BELIEVED,
            };
            *known = (addresses.clone(), until);
        }
    }

    /// The addresses that are known, unless they are too old to be believed.
    fn addresses(&self) -> Addresses {
        let known = self.lock_addresses();
        match known.1 > self.clock.now() {
            true => known.0.clone(),
            false => Addresses::default(),
        }
    }

    fn lock_addresses(&self) -> MutexGuard<'_, (Addresses, Duration)> {
        self.addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn is_refused(&self, now: Duration) -> bool {
        self.refused_until.load(Ordering::Relaxed) > millis(now)
    }

    /// Takes note of what a reading brought. Returns when the next one is due.
    fn learn(&self, table: &TableMaps, told: &Told) -> Duration {
        let now = self.clock.now();
        self.was_refused.store(false, Ordering::Relaxed);
        let ranges = told.publish(table, now, |map| self.atlas.keep(map, now));
        events::token_maps_read(table.name(), ranges);
        let interval = match (told.is_on_the_move(), told.is_incomplete()) {
            (true, _) => INTERVAL_ON_THE_MOVE,
            (false, true) => INTERVAL_IF_INCOMPLETE,
            (false, false) => INTERVAL,
        };
        now + jittered(stretched(interval, ranges))
    }

    /// Takes note of why a reading brought nothing. Returns when the next one is due.
    fn fail(&self, error: &CallError) -> Duration {
        let now = self.clock.now();
        let is_refusal = match error {
            CallError::Unreachable(error) => {
                events::token_maps_unreachable(error.as_ref());
                return now + jittered(RETRY);
            }
            CallError::Refused(_) => true,
            CallError::NotFound | CallError::NotUnderstood(_) => false,
        };
        if !self.was_refused.swap(true, Ordering::Relaxed) {
            match is_refusal {
                true => events::token_maps_refused(error),
                false => events::token_maps_absent(error),
            }
        }
        let until = now + jittered(COOLDOWN);
        self.refused_until.store(millis(until), Ordering::Relaxed);
        until
    }
}

/// The reading of one table. However it ends, its turn is passed on.
#[derive(Debug)]
struct Reading {
    maps: Arc<TokenMaps>,
    table: Arc<TableMaps>,
    /// When the next one is due: soon, unless this one comes to its end.
    due: Duration,
}

impl Reading {
    async fn run(mut self, caller: Caller) {
        let changes = self.maps.changes.load(Ordering::Relaxed);
        let addresses = self.maps.addresses();
        let reading = reading::read(&caller, &self.table, addresses);
        let result = match timeout(READING, reading).await {
            Ok(result) => result,
            Err(elapsed) => Err(CallError::Unreachable(elapsed.into())),
        };
        let due = match result {
            Ok(told) => {
                self.maps.remember(&told.addresses, changes);
                self.learn(told).await
            }
            Err(error) => Some(self.maps.fail(&error)),
        };
        self.due = due.unwrap_or(self.due);
    }

    /// None if the runtime is about to go.
    async fn learn(&self, told: Told) -> Option<Duration> {
        let (maps, table) = (Arc::clone(&self.maps), Arc::clone(&self.table));
        match told.replicas() > LARGE {
            true => spawn_blocking(move || maps.learn(&table, &told)).await.ok(),
            false => Some(maps.learn(&table, &told)),
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.table.turn().pass(self.due);
    }
}

/// An interval between readings of so many ranges.
fn stretched(interval: Duration, ranges: usize) -> Duration {
    interval * u32::try_from(1 + ranges / RANGES).unwrap_or(u32::MAX)
}

fn millis(moment: Duration) -> u64 {
    u64::try_from(moment.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
