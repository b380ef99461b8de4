//! The work of the health checker between the requests of a client.
//!
//! The library's checker ticks every 25 ms while there is work. Here a client simulates only the ticks that would find
//! something, with the same result at a hundredth of the cost.

use crate::operations::Token;
use crate::world::{Event, World};
use alternator_lb_core::discovery::parameters::{FORCED_PROBE_INTERVAL, MAX_PROBES, TICK};
use alternator_lb_core::routing::Endpoint;
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
        checker.next_probe = checker.next_probe_time(&client_of.router.snapshot());
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
        if !checker.stall_detector.is_empty() {
            self.schedule_tick(client, now + TICK);
        } else if checker.next_probe < Duration::MAX {
            let next = checker.tick_at_or_after(checker.next_probe.max(now + TICK));
            self.schedule_tick(client, next);
        } else {
            checker.is_idle = checker.probes == 0;
        }
    }

    /// Returns the nodes on which requests wait for too long.
    fn find_stalled(&mut self, client: u32) -> Vec<Arc<Endpoint<u32>>> {
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
            checker.stall_detector.tick([&node].into_iter(), waited, 0);
        }
        if client.in_flight.is_empty() && checker.stall_detector.is_empty() {
            return Vec::new();
        }
        let in_flight: Vec<_> = client
            .in_flight
            .iter()
            .copied()
            .filter_map(node_of)
            .collect();
        let mut stalled = match in_flight.iter().all(|node| node.latency().is_some()) {
            true => checker
                .stall_detector
                .tick(in_flight.iter(), TICK, MAX_PROBES),
            // Without a latency of its own, a node is compared with the others.
            false => {
                let snapshot = client.router.snapshot();
                let nodes = snapshot.topology().nodes().iter();
                checker.stall_detector.tick(nodes, TICK, MAX_PROBES)
            }
        };
        // Their order is arbitrary, and every run must be the same.
        stalled.sort_by_key(|node| *node.extension());
        stalled
    }

    /// Probes the nodes whose ejection is over, or all ejected nodes where no node is usable.
    fn probe_ejected(&mut self, client: u32) {
        let now = self.now();
        if self.clients[client].health_checker.next_probe > now {
            return;
        }
        let snapshot = self.clients[client].router.snapshot();
        let checker = &mut self.clients[client].health_checker;
        let is_forced =
            !snapshot.has_usable() && checker.last_forced_probe + FORCED_PROBE_INTERVAL <= now;
        if is_forced {
            checker.last_forced_probe = now;
        }
        for node in snapshot.ejected() {
            if !self.clients[client].health_checker.may_probe() {
                break;
            }
            if let Some(permit) = node.health().acquire_probe_permit(is_forced, now) {
                self.probe_ejected_node(client, Arc::clone(node), permit);
            }
        }
        let checker = &mut self.clients[client].health_checker;
        checker.next_probe = checker.next_probe_time(&snapshot);
    }
}
