//! Asking nodes whether they are there: the library's `discovery/probe.rs`, in simulated time.

use crate::asking::Reply;
use crate::health::Trial;
use crate::numbered::Numbered;
use crate::routing::Target;
use crate::world::{Event, World};
use std::sync::Arc;
use std::time::Duration;

/// `discovery/probe.rs`: `FACTOR`, `SHORTEST`, `LONGEST`, `WITNESSES` and `ON_THE_WAY`.
const FACTOR: u32 = 4;
const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(2);
const WITNESSES: usize = 3;
const ON_THE_WAY: Duration = Duration::from_millis(25);

/// The probes that are under way, each in a place that the next one takes when it is over.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    places: Numbered<Option<Probe>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Probe {
    client: u32,
    node: Arc<Target<u32>>,
    question: Question,
}

#[derive(Debug)]
enum Question {
    /// Whether a node that is out is back.
    Return { trial: Trial, is_answered: bool },
    /// Whether a node on which requests wait is there. It is not what is wrong, so there is nothing to be done.
    Needless,
    /// It is not there; so many times it still has to be left out and its requests ended.
    Absent { times: u32 },
}

impl Probes {
    fn begin(&mut self, probe: Probe) -> u32 {
        match self.free.pop() {
            Some(place) => {
                self.places[place] = Some(probe);
                place
            }
            None => self.places.push(Some(probe)),
        }
    }

    fn end(&mut self, place: u32) -> Option<Probe> {
        self.free.push(place);
        self.places[place].take()
    }
}

impl World {
    /// Asks a node that is out whether it is back.
    pub(crate) fn ask_whether_back(&mut self, client: u32, node: Arc<Target<u32>>, trial: Trial) {
        let reply = self.probe(client, &node, LONGEST);
        let is_answered = reply.is_answer;
        self.begin_probe(
            client,
            node,
            Question::Return { trial, is_answered },
            reply.after,
        );
    }

    /// Asks a node on which requests wait whether it is there, and others beside it.
    pub(crate) fn ask_stalled(&mut self, client: u32, node: Arc<Target<u32>>) {
        let table = self.clients[client].router.table();
        let mut others: Vec<_> = table
            .usable()
            .filter(|other| other.id() != node.id())
            .collect();
        self.clients[client].rng.shuffle(&mut others);
        let usual = node.latency().unwrap_or_default();
        let patience = usual.saturating_mul(FACTOR).clamp(SHORTEST, LONGEST);
        let reply = self.probe(client, &node, patience);
        let witnesses = others.into_iter().take(WITNESSES);
        let answers = witnesses.map(|other| self.probe(client, other, patience));
        let answers: Vec<Reply> = answers.collect();
        let answers = answers.iter().filter(|answer| answer.is_answer);
        let (question, after) = match answers.map(|answer| answer.after).min() {
            Some(other) if !reply.is_answer => {
                (Question::Absent { times: 2 }, reply.after.max(other))
            }
            Some(_) | None => (Question::Needless, reply.after),
        };
        self.begin_probe(client, node, question, after);
    }

    fn probe(&mut self, client: u32, node: &Target<u32>, patience: Duration) -> Reply {
        let node = *node.endpoint();
        let now = self.now();
        self.record.probe(node, now);
        self.reply(client, node, patience)
    }

    fn begin_probe(
        &mut self,
        client: u32,
        node: Arc<Target<u32>>,
        question: Question,
        after: Duration,
    ) {
        self.clients[client].watch.probes += 1;
        self.go_on_probing(
            Probe {
                client,
                node,
                question,
            },
            after,
        );
    }

    fn go_on_probing(&mut self, probe: Probe, after: Duration) {
        let place = self.probes.begin(probe);
        self.agenda.after(after, Event::Probed(place));
    }

    /// A probe is answered, or was waited for long enough.
    pub(crate) fn probe_ended(&mut self, place: u32) {
        let now = self.now();
        let Some(probe) = self.probes.end(place) else {
            return;
        };
        let Probe {
            client,
            node,
            question,
        } = probe;
        let router = &self.clients[client].router;
        let change = match question {
            Question::Return { trial, is_answered } => {
                router.probed(Arc::clone(&node), is_answered, trial, now)
            }
            Question::Needless | Question::Absent { times: 0 } => None,
            Question::Absent { .. } => router.silent(Arc::clone(&node), now),
        };
        if let Some(change) = change {
            self.note(client, &change);
        }
        if let Question::Absent { times: 1.. } = question
            && !node.health().state().is_up()
        {
            self.end_requests(client, *node.endpoint());
        }
        match question {
            Question::Absent { times } if times > 0 => {
                let question = Question::Absent { times: times - 1 };
                let probe = Probe {
                    client,
                    node,
                    question,
                };
                self.go_on_probing(probe, ON_THE_WAY);
            }
            Question::Return { .. } | Question::Needless | Question::Absent { .. } => {
                self.clients[client].watch.probes -= 1;
                self.wake(client);
            }
        }
    }
}
