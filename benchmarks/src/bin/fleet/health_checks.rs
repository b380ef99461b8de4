//! The work of the health checker between the requests of a client.
//!
//! The library's checker ticks every 25 ms while there is work. Here a client simulates only the ticks that would find
//! something, with the same result at a hundredth of the cost.

use crate::health_checker::{FORCED_PROBE_INTERVAL, MAX_PROBES, TICK};
use crate::operations::Token;
use crate::routing::Target;
use crate::world::{Event, World};
use std::sync::Arc;
use std::time::Duration;

impl World {
    /// Handles the beginning of an attempt.
    pub(crate) fn on_attempt(&mut self, client: u32, token: Token) {
        let now = self.now();
        let checker = &mut self.clients[client].health_checker;
        if !checker.is_idle {
            let next = checker.tick_at_or_after(now + Duration::from_nanos(1));
            self.schedule_tick(client, next);
            return;
        }
        checker.is_idle = false;
        checker.woken_by = Some((token, now.saturating_sub(checker.last_tick).min(2 * TICK)));
        checker.last_tick = now;
        self.schedule_tick(client, now + TICK);
        self.probe_ejected(client);
    }

    /// Ends the idle state after a change.
    pub(crate) fn wake(&mut self, client: u32) {
        let now = self.now();
        let Self { clients, .. } = self;
        let client_of = &mut clients[client];
        let checker = &mut client_of.health_checker;
        checker.next_probe = checker.next_probe_time(&client_of.router.table());
        if std::mem::take(&mut checker.is_idle) {
            checker.last_tick = now;
        }
        let next = checker.tick_at_or_after(checker.next_probe.max(now).min(now + TICK));
        self.schedule_tick(client, next);
    }

    fn schedule_tick(&mut self, client: u32, time: Duration) {
        let checker = &mut self.clients[client].health_checker;
        if checker.next_tick.is_none_or(|next| time < next) {
            checker.next_tick = Some(time);
            self.events.schedule_at(time, Event::Tick(client));
        }
    }

    /// Ticks, unless the tick was moved to an earlier time.
    pub(crate) fn tick_if_due(&mut self, client: u32) {
        let now = self.now();
        let checker = &mut self.clients[client].health_checker;
        if checker.next_tick == Some(now) {
            checker.next_tick = None;
            self.tick(client);
        }
    }

    fn tick(&mut self, client: u32) {
        let now = self.now();
        self.clients[client].health_checker.last_tick = now;
        for node in self.find_stalled(client) {
            if self.clients[client].health_checker.may_probe() {
                self.probe_stalled_node(client, node);
            }
        }
        self.probe_ejected(client);
        let checker = &mut self.clients[client].health_checker;
        if !checker.stalls.is_empty() {
            self.schedule_tick(client, now + TICK);
        } else if checker.next_probe < Duration::MAX {
            let next = checker.tick_at_or_after(checker.next_probe.max(now + TICK));
            self.schedule_tick(client, next);
        } else {
            checker.is_idle = checker.probes == 0;
        }
    }

    /// Returns the nodes on which requests wait for too long.
    fn find_stalled(&mut self, client: u32) -> Vec<Arc<Target<u32>>> {
        let client = &mut self.clients[client];
        let checker = &mut client.health_checker;
        let node_of = |token: Token| {
            let attempt = self.operations.get(token)?.plan.current()?;
            Some(Arc::clone(attempt.node()))
        };
        if let Some((token, waited)) = checker.woken_by.take()
            && let Some(node) = node_of(token)
        {
            // Makes up for the tick at the wake-up, which was too early to find anything.
            checker.stalls.look([&node].into_iter(), waited, 0);
        }
        if client.in_flight.is_empty() && checker.stalls.is_empty() {
            return Vec::new();
        }
        let in_flight: Vec<_> = client
            .in_flight
            .iter()
            .copied()
            .filter_map(node_of)
            .collect();
        let mut stalled = match in_flight.iter().all(|node| node.latency().is_some()) {
            true => checker.stalls.look(in_flight.iter(), TICK, MAX_PROBES),
            // Without a latency of its own, a node is compared with the others.
            false => {
                let table = client.router.table();
                let nodes = table.topology().nodes().iter();
                checker.stalls.look(nodes, TICK, MAX_PROBES)
            }
        };
        // Their order is arbitrary, and every run must be the same.
        stalled.sort_by_key(|node| *node.endpoint());
        stalled
    }

    /// Probes the nodes whose ejection is over, or all ejected nodes where no node is usable.
    fn probe_ejected(&mut self, client: u32) {
        let now = self.now();
        if self.clients[client].health_checker.next_probe > now {
            return;
        }
        let table = self.clients[client].router.table();
        let checker = &mut self.clients[client].health_checker;
        let is_forced =
            !table.has_usable() && checker.last_forced_probe + FORCED_PROBE_INTERVAL <= now;
        if is_forced {
            checker.last_forced_probe = now;
        }
        for node in table.ejected() {
            if !self.clients[client].health_checker.may_probe() {
                break;
            }
            if let Some(trial) = node.health().claim_probe(is_forced, now) {
                self.probe_ejected_node(client, Arc::clone(node), trial);
            }
        }
        let checker = &mut self.clients[client].health_checker;
        checker.next_probe = checker.next_probe_time(&table);
    }
}
