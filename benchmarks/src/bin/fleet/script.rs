//! What happens to the nodes.

use crate::health::Outcome;
use crate::node::Presence;
use crate::requests::REFUSED_AFTER;
use crate::world::{Event, Partition, World};
use std::ops::Range;

/// Something that happens to some of the nodes.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// The process ends: its connections are cut, and its host refuses others.
    Stop(Range<u32>),
    /// The host is gone.
    Vanish(Range<u32>),
    /// The host is there, and the process does not listen yet.
    Boot(Range<u32>),
    /// It serves again.
    Listen(Range<u32>),
    /// No node names it any more, or all do again.
    Forget(Range<u32>),
    Name(Range<u32>),
    /// The process stands still, or goes on.
    Hang(Range<u32>),
    Resume(Range<u32>),
    /// Everything takes so many times as long; also probes and discovery have to wait, or not.
    Slow {
        nodes: Range<u32>,
        factor: f64,
        makes_probes_wait: bool,
    },
    /// This share of the requests is answered with an error of the node's own.
    Fail {
        nodes: Range<u32>,
        share: f64,
    },
    /// As before.
    Mend(Range<u32>),
    /// A third of the clients cannot reach the nodes, or all can again.
    CutOff(Range<u32>),
    Reconnect(Range<u32>),
}

impl World {
    pub(crate) fn step(&mut self, step: Step) {
        if self.now() == self.record.fault() {
            self.record.fault_begins();
        }
        match step {
            Step::Stop(nodes) => nodes.for_each(|node| self.lose(node, Presence::Refuses)),
            Step::Vanish(nodes) => nodes.for_each(|node| self.lose(node, Presence::Silent)),
            Step::Boot(nodes) => {
                nodes.for_each(|node| self.nodes[node].presence = Presence::Refuses);
            }
            Step::Listen(nodes) => nodes.for_each(|node| {
                self.nodes[node].presence = Presence::Serves;
                self.well(node);
            }),
            Step::Forget(nodes) => nodes.for_each(|node| self.named.remove(node)),
            Step::Name(nodes) => nodes.for_each(|node| {
                self.named.insert(node);
            }),
            Step::Hang(nodes) => nodes.for_each(|node| {
                let now = self.now();
                self.nodes[node].presence = Presence::Hangs;
                self.nodes[node].server.freeze();
                self.record.gone(node, now);
            }),
            Step::Resume(nodes) => nodes.for_each(|node| {
                self.nodes[node].presence = Presence::Serves;
                if self.nodes[node].server.thaw() {
                    self.begin_service(node);
                }
                self.well(node);
            }),
            Step::Slow {
                nodes,
                factor,
                makes_probes_wait,
            } => nodes.for_each(|number| {
                let node = &mut self.nodes[number];
                node.server.slow_down(factor);
                node.is_slow = true;
                node.makes_probes_wait = makes_probes_wait;
                self.record.troubled(number);
            }),
            Step::Fail { nodes, share } => nodes.for_each(|node| {
                self.nodes[node].errors = share;
                self.record.troubled(node);
            }),
            Step::Mend(nodes) => nodes.for_each(|number| {
                let node = &mut self.nodes[number];
                node.server.slow_down(1.0);
                node.is_slow = false;
                node.errors = 0.0;
                self.well(number);
            }),
            Step::CutOff(nodes) => {
                nodes.clone().for_each(|node| self.record.troubled(node));
                let clients = 0..self.clients.len() / 3;
                self.partition = Some(Partition { clients, nodes });
            }
            Step::Reconnect(nodes) => {
                self.partition = None;
                nodes.for_each(|node| self.well(node));
            }
        }
    }

    fn well(&mut self, node: u32) {
        let now = self.now();
        self.record.well(node, now);
    }

    fn lose(&mut self, node: u32, presence: Presence) {
        let now = self.now();
        self.record.gone(node, now);
        self.nodes[node].presence = presence;
        for token in self.nodes[node].server.stop() {
            // Of a host that is gone nothing is heard, not even that.
            if presence == Presence::Refuses {
                let event = Event::Fails(token, Outcome::Cut);
                self.agenda.after(REFUSED_AFTER, event);
            }
        }
    }
}
