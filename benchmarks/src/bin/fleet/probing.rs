//! The probes of nodes: those of the library, in simulated time.

use crate::probes::{Probe, ProbePurpose};
use crate::reply::Reply;
use crate::world::{Event, World};
use alternator_lb_core::discovery::parameters::{
    MAX_PROBE_TIMEOUT, REFERENCE_NODES, SEND_DELAY, probe_timeout,
};
use alternator_lb_core::health::ProbePermit;
use alternator_lb_core::routing::Endpoint;
use std::sync::Arc;
use std::time::Duration;

impl World {
    /// Probes an ejected node.
    pub(crate) fn probe_ejected_node(
        &mut self,
        client: u32,
        node: Arc<Endpoint<u32>>,
        permit: ProbePermit,
    ) {
        let reply = self.probe(client, &node, MAX_PROBE_TIMEOUT);
        let has_responded = reply.is_response;
        self.begin_probe(
            client,
            node,
            ProbePurpose::Return {
                permit,
                has_responded,
            },
            reply.after,
        );
    }

    /// Probes a node with stalled requests, and other nodes for reference.
    pub(crate) fn probe_stalled_node(&mut self, client: u32, node: Arc<Endpoint<u32>>) {
        let snapshot = self.clients[client].router.snapshot();
        let mut others: Vec<_> = snapshot
            .usable()
            .filter(|other| other.id() != node.id())
            .collect();
        self.clients[client].rng.shuffle(&mut others);
        let timeout = probe_timeout(node.latency());
        let reply = self.probe(client, &node, timeout);
        let others = others.into_iter().take(REFERENCE_NODES);
        let replies: Vec<Reply> = others.map(|it| self.probe(client, it, timeout)).collect();
        let responses = replies.iter().filter(|other| other.is_response);
        let (purpose, after) = match responses.map(|other| other.after).min() {
            Some(other) if !reply.is_response => (
                ProbePurpose::Unresponsive { times: 2 },
                reply.after.max(other),
            ),
            Some(_) | None => (ProbePurpose::FalseAlarm, reply.after),
        };
        self.begin_probe(client, node, purpose, after);
    }

    fn probe(&mut self, client: u32, node: &Endpoint<u32>, timeout: Duration) -> Reply {
        let node = *node.extension();
        let now = self.now();
        self.record.probe(node, now);
        self.reply(client, node, timeout)
    }

    fn begin_probe(
        &mut self,
        client: u32,
        node: Arc<Endpoint<u32>>,
        purpose: ProbePurpose,
        after: Duration,
    ) {
        self.clients[client].health_checker.probes += 1;
        self.schedule_probe_end(
            Probe {
                client,
                node,
                purpose,
            },
            after,
        );
    }

    fn schedule_probe_end(&mut self, probe: Probe, after: Duration) {
        let slot = self.probes.begin(probe);
        self.events.schedule_after(after, Event::ProbeEnd(slot));
    }

    /// Handles the response or the timeout of a probe.
    pub(crate) fn probe_ended(&mut self, slot: u32) {
        let now = self.now();
        let Some(probe) = self.probes.end(slot) else {
            return;
        };
        let Probe {
            client,
            node,
            purpose,
        } = probe;
        let router = &self.clients[client].router;
        let change = match purpose {
            ProbePurpose::Return {
                permit,
                has_responded,
            } => router.probed(Arc::clone(&node), has_responded, permit, now),
            ProbePurpose::FalseAlarm | ProbePurpose::Unresponsive { times: 0 } => None,
            ProbePurpose::Unresponsive { .. } => router.eject_unresponsive(Arc::clone(&node), now),
        };
        if let Some(change) = change {
            self.on_health_change(client, &change);
        }
        if let ProbePurpose::Unresponsive { times: 1.. } = purpose
            && !node.health().state().is_up()
        {
            self.abort_requests(client, *node.extension());
        }
        match purpose {
            ProbePurpose::Unresponsive { times } if times > 0 => {
                let purpose = ProbePurpose::Unresponsive { times: times - 1 };
                let probe = Probe {
                    client,
                    node,
                    purpose,
                };
                self.schedule_probe_end(probe, SEND_DELAY);
            }
            ProbePurpose::Return { .. }
            | ProbePurpose::FalseAlarm
            | ProbePurpose::Unresponsive { .. } => {
                self.clients[client].health_checker.probes -= 1;
                self.wake(client);
            }
        }
    }
}
