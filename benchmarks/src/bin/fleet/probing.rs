//! The probes of nodes: the library's `discovery/probe.rs`, in simulated time.

use crate::health::Trial;
use crate::probes::{Probe, ProbePurpose};
use crate::reply::Reply;
use crate::routing::Target;
use crate::world::{Event, World};
use std::sync::Arc;
use std::time::Duration;

/// `FACTOR`, `SHORTEST`, `LONGEST`, `WITNESSES` and `ON_THE_WAY` of the library's `discovery/probe.rs`.
const FACTOR: u32 = 4;
const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(2);
const WITNESSES: usize = 3;
const ON_THE_WAY: Duration = Duration::from_millis(25);

impl World {
    /// Probes an ejected node.
    pub(crate) fn probe_ejected_node(&mut self, client: u32, node: Arc<Target<u32>>, trial: Trial) {
        let reply = self.probe(client, &node, LONGEST);
        let is_answered = reply.is_response;
        self.begin_probe(
            client,
            node,
            ProbePurpose::Return { trial, is_answered },
            reply.after,
        );
    }

    /// Probes a node with stalled requests, and other nodes as witnesses.
    pub(crate) fn probe_stalled_node(&mut self, client: u32, node: Arc<Target<u32>>) {
        let table = self.clients[client].router.table();
        let mut others: Vec<_> = table
            .usable()
            .filter(|other| other.id() != node.id())
            .collect();
        self.clients[client].rng.shuffle(&mut others);
        let usual = node.latency().unwrap_or_default();
        let timeout = usual.saturating_mul(FACTOR).clamp(SHORTEST, LONGEST);
        let reply = self.probe(client, &node, timeout);
        let witnesses = others.into_iter().take(WITNESSES);
        let answers = witnesses.map(|other| self.probe(client, other, timeout));
        let answers: Vec<Reply> = answers.collect();
        let answers = answers.iter().filter(|answer| answer.is_response);
        let (purpose, after) = match answers.map(|answer| answer.after).min() {
            Some(other) if !reply.is_response => (
                ProbePurpose::Unresponsive { times: 2 },
                reply.after.max(other),
            ),
            Some(_) | None => (ProbePurpose::FalseAlarm, reply.after),
        };
        self.begin_probe(client, node, purpose, after);
    }

    fn probe(&mut self, client: u32, node: &Target<u32>, timeout: Duration) -> Reply {
        let node = *node.endpoint();
        let now = self.now();
        self.record.probe(node, now);
        self.reply(client, node, timeout)
    }

    fn begin_probe(
        &mut self,
        client: u32,
        node: Arc<Target<u32>>,
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
            ProbePurpose::Return { trial, is_answered } => {
                router.probed(Arc::clone(&node), is_answered, trial, now)
            }
            ProbePurpose::FalseAlarm | ProbePurpose::Unresponsive { times: 0 } => None,
            ProbePurpose::Unresponsive { .. } => router.silent(Arc::clone(&node), now),
        };
        if let Some(change) = change {
            self.on_health_change(client, &change);
        }
        if let ProbePurpose::Unresponsive { times: 1.. } = purpose
            && !node.health().state().is_up()
        {
            self.abort_requests(client, *node.endpoint());
        }
        match purpose {
            ProbePurpose::Unresponsive { times } if times > 0 => {
                let purpose = ProbePurpose::Unresponsive { times: times - 1 };
                let probe = Probe {
                    client,
                    node,
                    purpose,
                };
                self.schedule_probe_end(probe, ON_THE_WAY);
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
