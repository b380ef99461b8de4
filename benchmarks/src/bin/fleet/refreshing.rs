//! Refreshes of the lists: the library's `discovery/schedule.rs` and `discovery/survey.rs`, in simulated time.

use crate::asking::{Reply, race};
use crate::scenarios::{RACKS, Scope, rack};
use crate::schedule;
use crate::world::{Event, World};
use benchmarks::fleet::NodeSet;
use std::time::Duration;

/// `discovery/schedule.rs`: `DEBOUNCE`, `MAX_DEBOUNCE` and `JITTER`.
const DEBOUNCE: Duration = Duration::from_millis(250);
const MAX_DEBOUNCE: Duration = Duration::from_secs(2);
const JITTER: f64 = 0.2;

/// `discovery/survey.rs`: `ASK_TIMEOUT` and `MAX_KNOWN_ASKED`.
const ASK_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_KNOWN_ASKED: usize = 5;

/// A client's list, and when it is refreshed.
#[derive(Debug)]
pub(crate) struct List {
    nodes: NodeSet,
    /// Nodes that have shown that they honour the question for a datacenter or rack.
    scoped: NodeSet,
    failures: u32,
    /// Whether there was trouble since the last refresh began.
    trouble: bool,
    /// From when on trouble leads to a refresh, and when there is one at the latest. None during a refresh.
    pause: Option<Pause>,
}

#[derive(Clone, Copy, Debug)]
struct Pause {
    floor: Duration,
    end: Duration,
}

impl List {
    pub(crate) fn new(nodes: NodeSet) -> Self {
        Self {
            nodes,
            scoped: NodeSet::default(),
            failures: 0,
            trouble: false,
            pause: None,
        }
    }
}

impl World {
    /// A client has been refreshing its list for long: the next time is somewhere in a pause.
    pub(crate) fn begin_refreshing(&mut self, client: u32) {
        let share = self.clients[client].rng.f64();
        let end = self.now() + schedule::ACTIVE.mul_f64(share);
        self.pause(client, Pause { floor: end, end });
    }

    fn pause(&mut self, client: u32, pause: Pause) {
        self.clients[client].list.pause = Some(pause);
        self.agenda.at(pause.end, Event::Refresh(client));
    }

    /// A node cannot be reached: the list may be out of date.
    pub(crate) fn trouble_if(&mut self, is_trouble: bool, client: u32) {
        if !is_trouble {
            return;
        }
        let now = self.now();
        let list = &mut self.clients[client].list;
        match list.pause {
            None => list.trouble = true,
            Some(pause) => {
                let end = pause.floor.max(now);
                if end < pause.end {
                    self.pause(client, Pause { end, ..pause });
                }
            }
        }
    }

    /// It is time to refresh, unless that was put forward.
    pub(crate) fn refresh_if_due(&mut self, client: u32) {
        let now = self.now();
        let list = &mut self.clients[client].list;
        if list.pause.is_none_or(|pause| pause.end != now) {
            return;
        }
        list.pause = None;
        let (took, well) = match self.scope {
            Scope::Cluster => self.survey_cluster(client),
            Scope::Datacenter => self.survey_scoped(client, &[Link::Datacenter]),
            Scope::RackFirst => self.survey_scoped(client, &[Link::Rack, Link::Datacenter]),
        };
        self.agenda.after(took, Event::Refreshed(client, well));
    }

    /// A refresh is over: its list is put in force, and the next one is scheduled.
    pub(crate) fn refreshed(&mut self, number: u32, well: bool) {
        let now = self.now();
        if well && self.clients[number].list.nodes != self.named {
            let tiers = self.tiers(self.clients[number].rack);
            let client = &mut self.clients[number];
            client.list.nodes = self.named.clone();
            if client.publish(&tiers, now) == Some(true) {
                self.record.panic(now);
            }
            self.wake(number);
        }
        let client = &mut self.clients[number];
        let list = &mut client.list;
        list.failures = if well { 0 } else { list.failures + 1 };
        let debounce = DEBOUNCE * 2u32.pow(list.failures.min(8));
        let debounce = debounce.min(MAX_DEBOUNCE);
        let mut jittered =
            |pause: Duration| pause.mul_f64(1.0 - JITTER + 2.0 * JITTER * client.rng.f64());
        let active = jittered(match list.failures {
            0 => schedule::ACTIVE,
            1.. => debounce,
        });
        let floor = jittered(debounce).min(active);
        let wait = if std::mem::take(&mut list.trouble) {
            floor
        } else {
            active
        };
        let pause = Pause {
            floor: now + floor,
            end: now + wait,
        };
        self.pause(number, pause);
    }

    /// All seeds are asked. If that would lose nodes, another one is asked as well, and if no seed answers, some that are
    /// known.
    fn survey_cluster(&mut self, client: u32) -> (Duration, bool) {
        let seeds: Vec<u32> = (0..RACKS)
            .map(|of| rack(of, self.nodes.len()).start)
            .collect();
        let mut took = Duration::ZERO;
        let mut asked = Vec::new();
        for &seed in &seeds {
            let reply = self.question(client, seed, Duration::ZERO, false);
            took = took.max(reply.after);
            if reply.is_answer {
                asked.push(seed);
            }
        }
        if asked.is_empty() {
            let candidates = self.candidates(client, |node| !seeds.contains(&node));
            let ask = |node, offset| self.question(client, node, took + offset, false);
            let (longer, winner) = race(&candidates, ask);
            took += longer;
            asked.extend(winner);
        }
        if asked.is_empty() {
            return (took, false);
        }
        (
            took + self.second_opinion(client, &asked, took, false),
            true,
        )
    }

    /// Somebody is asked for each of these, one after the other, the same node if possible.
    fn survey_scoped(&mut self, client: u32, links: &[Link]) -> (Duration, bool) {
        let mut took = Duration::ZERO;
        let mut respondent = None;
        for link in links {
            let own = rack(self.clients[client].rack, self.nodes.len());
            let is_near = |node: u32| *link == Link::Datacenter || own.contains(&node);
            let mut candidates: Vec<u32> = respondent.into_iter().collect();
            candidates.extend(self.candidates(client, is_near));
            candidates.extend(self.candidates(client, |_| true));
            candidates.truncate(MAX_KNOWN_ASKED);
            let ask = |node, offset| self.question(client, node, took + offset, true);
            let (longer, winner) = race(&candidates, ask);
            took += longer;
            let Some(winner) = winner else {
                return (took, false);
            };
            respondent = Some(winner);
            took += self.second_opinion(client, &[winner], took, true);
        }
        (took, true)
    }

    /// Asks somebody else, if a node would be lost. Returns how long that takes.
    fn second_opinion(
        &mut self,
        client: u32,
        asked: &[u32],
        offset: Duration,
        scoped: bool,
    ) -> Duration {
        if !self.clients[client].list.nodes.has_more_than(&self.named) {
            return Duration::ZERO;
        }
        let named = self.named.clone();
        let candidates = self.candidates(client, |node| {
            named.contains(node) && !asked.contains(&node)
        });
        let ask = |node, later| self.question(client, node, offset + later, scoped);
        race(&candidates, ask).0
    }

    /// Some of the nodes that a client knows, at random, those that are down last.
    fn candidates(&mut self, client: u32, is_one: impl Fn(u32) -> bool) -> Vec<u32> {
        let client = &mut self.clients[client];
        let table = client.router.table();
        let nodes = table.topology().nodes().iter();
        let mut nodes: Vec<_> = nodes.filter(|node| is_one(*node.endpoint())).collect();
        client.rng.shuffle(&mut nodes);
        let (up, down): (Vec<_>, Vec<_>) = nodes
            .into_iter()
            .partition(|node| node.health().state().is_up());
        let all = up.into_iter().chain(down);
        all.take(MAX_KNOWN_ASKED)
            .map(|node| *node.endpoint())
            .collect()
    }

    /// Asks a node who is in the cluster. Whoever was never asked for a datacenter or rack is asked first whether it knows
    /// such things.
    fn question(&mut self, client: u32, node: u32, offset: Duration, scoped: bool) -> Reply {
        let at = self.now() + offset;
        self.record.question(node, at);
        let mut reply = self.reply(client, node, ASK_TIMEOUT);
        if scoped && reply.is_answer && self.clients[client].list.scoped.insert(node) {
            self.record.question(node, at);
            reply.after *= 2;
        }
        reply
    }
}

/// A link of a chain of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Rack,
    Datacenter,
}
