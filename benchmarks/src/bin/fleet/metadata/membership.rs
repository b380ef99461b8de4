//! The lists of nodes, as clients learn of them, and the probes.

use super::world::{MetadataEvent, MetadataWorld, TABLES};
use alternator_lb_core::discovery::ACTIVE;
use alternator_lb_core::discovery::parameters::TICK;
use alternator_lb_core::jitter::{DEFAULT_JITTER, jittered};
use alternator_lb_core::metadata_schedule::join_delay;
use benchmarks::fleet::RequestKind;
use std::sync::Arc;
use std::time::Duration;

/// The mean time until one of the operations of a client goes to a certain node.
const MEAN_MEETING: Duration = Duration::from_secs(4);

impl MetadataWorld {
    /// Handles the end of a client's interval of discovery.
    pub(super) fn poll(&mut self, number: u32) {
        self.request(number, RequestKind::Membership, 0);
        let client = &mut self.clients[number];
        let next = jittered(ACTIVE, DEFAULT_JITTER, &mut client.rng);
        self.events
            .schedule_after(next, MetadataEvent::Poll(number));
        if client.list == self.list {
            return;
        }
        let is_removed = |node: &u32| !self.listed.contains(node);
        if client.history.listed().iter().any(is_removed) {
            self.request(number, RequestKind::Membership, 0);
        }
        self.publish(number);
    }

    fn publish(&mut self, number: u32) {
        let now = self.events.now();
        let client = &mut self.clients[number];
        client.list = self.list;
        client.picker.publish(Arc::clone(&self.listed), now);
        let has_joined = client.history.record(self.listed.iter().copied(), now);
        self.schedule_probe(number);
        if !has_joined {
            return;
        }
        let client = &mut self.clients[number];
        client.joins += 1;
        for pair in number * TABLES..(number + 1) * TABLES {
            let time = now + join_delay(&mut client.rng);
            self.tables[pair].maps_schedule.refresh_by(time);
            self.events
                .schedule_at(time, MetadataEvent::UseInvalidated(pair));
        }
    }

    /// Handles the end of a node: each client meets it with one of its next operations.
    pub(super) fn take_down(&mut self, node: u32) {
        self.down.insert(node);
        for number in 0..self.clients.len() {
            let after = MEAN_MEETING.mul_f64(-(1.0 - self.rng.f64()).ln());
            self.events
                .schedule_after(after, MetadataEvent::Meet(number, node));
        }
    }

    /// An operation of a client goes to a node that was taken down.
    pub(super) fn meet(&mut self, number: u32, node: u32) {
        let now = self.events.now();
        if !self.down.contains(node) {
            return;
        }
        let client = &mut self.clients[number];
        client.picker.eject(node, now, &mut client.rng);
        self.schedule_probe(number);
    }

    /// Probes the nodes whose ejection is over, unless the probe was moved to an earlier time.
    pub(super) fn probe_if_due(&mut self, number: u32) {
        let now = self.events.now();
        if self.clients[number].next_probe != Some(now) {
            return;
        }
        let elapsed = self.elapsed();
        let client = &mut self.clients[number];
        let responds = |node| {
            self.record.request(RequestKind::Probe, node, 0, elapsed);
            !self.down.contains(node)
        };
        client.picker.probe(responds, now, &mut client.rng);
        self.schedule_probe(number);
    }

    fn schedule_probe(&mut self, number: u32) {
        let earliest = self.events.now() + TICK;
        let client = &mut self.clients[number];
        let next = client.picker.next_probe().map(|end| end.max(earliest));
        client.next_probe = next;
        if let Some(next) = next {
            self.events.schedule_at(next, MetadataEvent::Probe(number));
        }
    }
}
