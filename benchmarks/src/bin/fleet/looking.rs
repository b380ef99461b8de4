//! What a client does between its requests: the library's `discovery/watch.rs`, in simulated time.
//!
//! The library looks at all nodes every 25 ms while there is anything to see. Here a client looks at those of these moments
//! only at which it would find something, which comes to the same and costs a hundredth.

use crate::health::{Cause, State};
use crate::operations::Token;
use crate::routing::{Table, Target};
use crate::stalls::Stalls;
use crate::world::{Event, World};
use std::sync::Arc;
use std::time::Duration;

/// `discovery/watch.rs`: `TICK`, `MAX_PROBES` and `PRESSING`.
const TICK: Duration = Duration::from_millis(25);
const MAX_PROBES: usize = 16;
const PRESSING: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(crate) struct Watch {
    stalls: Stalls<u32>,
    /// How many are under way.
    pub(crate) probes: usize,
    looked: Duration,
    is_resting: bool,
    /// The attempt that has ended its rest, and for how long the library would hold it to have waited at that moment.
    woken_by: Option<(Token, Duration)>,
    /// When it looks next.
    next_look: Option<Duration>,
    /// When the next node may be asked whether it is back.
    due: Duration,
    /// When nodes were last asked before the end of their rest.
    pressed: Duration,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self {
            stalls: Stalls::default(),
            probes: 0,
            looked: Duration::ZERO,
            is_resting: true,
            woken_by: None,
            next_look: None,
            due: Duration::MAX,
            pressed: Duration::ZERO,
        }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.probes < MAX_PROBES
    }

    /// The first of its moments that is not before `time`.
    fn moment(&self, time: Duration) -> Duration {
        let passed = time.saturating_sub(self.looked).as_nanos();
        let ticks = passed.div_ceil(TICK.as_nanos());
        self.looked + TICK * u32::try_from(ticks).unwrap_or(u32::MAX)
    }

    /// When the next node may be asked, or a former question counts as given up.
    fn next_due(&self, table: &Table<u32>) -> Duration {
        if !self.has_room() {
            return Duration::MAX;
        }
        let ejected = table.ejected().iter();
        let ends = ejected.filter_map(|node| match node.health().state() {
            State::Resting { cause, until } | State::OnTrial { cause, until } => match cause {
                Cause::Unproven | Cause::Unreachable => Some(until),
                Cause::Failing => None,
            },
            State::Up | State::Warming { .. } => None,
        });
        let end = ends.min().unwrap_or(Duration::MAX);
        match table.has_usable() {
            true => end,
            false => end.min(self.pressed + PRESSING),
        }
    }
}

impl World {
    /// An attempt has begun.
    pub(crate) fn attempt_begun(&mut self, client: u32, token: Token) {
        let now = self.now();
        let watch = &mut self.clients[client].watch;
        if !watch.is_resting {
            let next = watch.moment(now + Duration::from_nanos(1));
            self.look_before(client, next);
            return;
        }
        watch.is_resting = false;
        watch.woken_by = Some((token, now.saturating_sub(watch.looked).min(2 * TICK)));
        watch.looked = now;
        self.look_before(client, now + TICK);
        self.ask_ejected(client);
    }

    /// There is something new to watch over.
    pub(crate) fn wake(&mut self, client: u32) {
        let now = self.now();
        let Self { clients, .. } = self;
        let client_of = &mut clients[client];
        let watch = &mut client_of.watch;
        watch.due = watch.next_due(&client_of.router.table());
        if std::mem::take(&mut watch.is_resting) {
            watch.looked = now;
        }
        let next = watch.moment(watch.due.max(now).min(now + TICK));
        self.look_before(client, next);
    }

    fn look_before(&mut self, client: u32, time: Duration) {
        let watch = &mut self.clients[client].watch;
        if watch.next_look.is_none_or(|next| time < next) {
            watch.next_look = Some(time);
            self.agenda.at(time, Event::Look(client));
        }
    }

    /// It is time for a look, unless that was put forward.
    pub(crate) fn look_if_due(&mut self, client: u32) {
        let now = self.now();
        let watch = &mut self.clients[client].watch;
        if watch.next_look == Some(now) {
            watch.next_look = None;
            self.look(client);
        }
    }

    fn look(&mut self, client: u32) {
        let now = self.now();
        self.clients[client].watch.looked = now;
        for node in self.find_stalled(client) {
            if self.clients[client].watch.has_room() {
                self.ask_stalled(client, node);
            }
        }
        self.ask_ejected(client);
        let watch = &mut self.clients[client].watch;
        if !watch.stalls.is_empty() {
            self.look_before(client, now + TICK);
        } else if watch.due < Duration::MAX {
            let next = watch.moment(watch.due.max(now + TICK));
            self.look_before(client, next);
        } else {
            watch.is_resting = watch.probes == 0;
        }
    }

    /// The nodes on which requests wait for too long.
    fn find_stalled(&mut self, client: u32) -> Vec<Arc<Target<u32>>> {
        let client = &mut self.clients[client];
        let watch = &mut client.watch;
        let node_of = |token: Token| {
            let attempt = self.operations.of(token)?.plan.current()?;
            Some(Arc::clone(attempt.node()))
        };
        if let Some((token, waited)) = watch.woken_by.take()
            && let Some(node) = node_of(token)
        {
            // The look with which it woke up, made up for: it was too early to find anything.
            watch.stalls.look([&node].into_iter(), waited, 0);
        }
        if client.in_flight.is_empty() && watch.stalls.is_empty() {
            return Vec::new();
        }
        let in_flight: Vec<_> = client
            .in_flight
            .iter()
            .copied()
            .filter_map(node_of)
            .collect();
        let mut stalled = match in_flight.iter().all(|node| node.latency().is_some()) {
            true => watch.stalls.look(in_flight.iter(), TICK, MAX_PROBES),
            // Then it matters what is usual elsewhere.
            false => {
                let table = client.router.table();
                let nodes = table.topology().nodes().iter();
                watch.stalls.look(nodes, TICK, MAX_PROBES)
            }
        };
        // They come in no certain order, and a run shall be the same every time.
        stalled.sort_by_key(|node| *node.endpoint());
        stalled
    }

    /// Asks the nodes that are out and whose rest is over, or all of them where none can be used.
    fn ask_ejected(&mut self, client: u32) {
        let now = self.now();
        if self.clients[client].watch.due > now {
            return;
        }
        let table = self.clients[client].router.table();
        let watch = &mut self.clients[client].watch;
        let is_pressing = !table.has_usable() && watch.pressed + PRESSING <= now;
        if is_pressing {
            watch.pressed = now;
        }
        for node in table.ejected() {
            if !self.clients[client].watch.has_room() {
                break;
            }
            if let Some(trial) = node.health().claim_probe(is_pressing, now) {
                self.ask_whether_back(client, Arc::clone(node), trial);
            }
        }
        let watch = &mut self.clients[client].watch;
        watch.due = watch.next_due(&table);
    }
}
