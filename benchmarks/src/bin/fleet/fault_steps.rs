//! Applies the steps of a scenario to the nodes.

use crate::node::{Availability, REFUSED_AFTER};
use crate::step::Step;
use crate::world::{Event, Partition, World};
use alternator_lb_core::health::Outcome;

impl World {
    pub(crate) fn step(&mut self, step: Step) {
        if self.now() == self.record.fault() {
            self.record.start_fault();
        }
        match step {
            Step::Stop(nodes) => {
                nodes.for_each(|node| self.take_down(node, Availability::Refusing))
            }
            Step::HostDown(nodes) => {
                nodes.for_each(|node| self.take_down(node, Availability::Unreachable))
            }
            Step::Boot(nodes) => {
                nodes.for_each(|node| self.nodes[node].availability = Availability::Refusing);
            }
            Step::Listen(nodes) => nodes.for_each(|node| {
                self.nodes[node].availability = Availability::Serving;
                self.recover(node);
            }),
            Step::Delist(nodes) => nodes.for_each(|node| self.listed.remove(node)),
            Step::List(nodes) => nodes.for_each(|node| {
                self.listed.insert(node);
            }),
            Step::Hang(nodes) => nodes.for_each(|node| {
                let now = self.now();
                self.nodes[node].availability = Availability::Hanging;
                self.nodes[node].server.freeze();
                self.record.node_down(node, now);
            }),
            Step::Resume(nodes) => nodes.for_each(|node| {
                self.nodes[node].availability = Availability::Serving;
                if self.nodes[node].server.thaw() {
                    self.begin_service(node);
                }
                self.recover(node);
            }),
            Step::Slow {
                nodes,
                factor,
                delays_probes,
            } => nodes.for_each(|number| {
                let node = &mut self.nodes[number];
                node.server.slow_down(factor);
                node.is_slow = true;
                node.delays_probes = delays_probes;
                self.record.mark_faulty(number);
            }),
            Step::Fail { nodes, share } => nodes.for_each(|node| {
                self.nodes[node].error_share = share;
                self.record.mark_faulty(node);
            }),
            Step::Recover(nodes) => nodes.for_each(|number| {
                let node = &mut self.nodes[number];
                node.server.slow_down(1.0);
                node.is_slow = false;
                node.error_share = 0.0;
                self.recover(number);
            }),
            Step::BeginPartition(nodes) => {
                nodes.clone().for_each(|node| self.record.mark_faulty(node));
                let clients = 0..self.clients.len() / 3;
                self.partition = Some(Partition { clients, nodes });
            }
            Step::EndPartition(nodes) => {
                self.partition = None;
                nodes.for_each(|node| self.recover(node));
            }
        }
    }

    fn recover(&mut self, node: u32) {
        let now = self.now();
        self.record.node_recovered(node, now);
    }

    fn take_down(&mut self, node: u32, availability: Availability) {
        let now = self.now();
        self.record.node_down(node, now);
        self.nodes[node].availability = availability;
        for token in self.nodes[node].server.stop() {
            // A lost host does not even reset its connections.
            if availability == Availability::Refusing {
                let event = Event::Failure(token, Outcome::ConnectionLost);
                self.events.schedule_after(REFUSED_AFTER, event);
            }
        }
    }
}
