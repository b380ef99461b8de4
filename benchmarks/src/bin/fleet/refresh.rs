//! Refreshes of the lists: the library's `discovery/schedule.rs` and `discovery/survey.rs`, in simulated time.

use crate::node_list::RefreshWindow;
use crate::reply::{Reply, race};
use crate::scenarios::{RACKS, Scope, rack};
use crate::schedule;
use crate::world::{Event, World};
use std::time::Duration;

/// `discovery/schedule.rs`: `DEBOUNCE`, `MAX_DEBOUNCE` and `JITTER`.
const DEBOUNCE: Duration = Duration::from_millis(250);
const MAX_DEBOUNCE: Duration = Duration::from_secs(2);
const JITTER: f64 = 0.2;

/// `discovery/survey.rs`: `ASK_TIMEOUT` and `MAX_KNOWN_ASKED`.
const ASK_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_KNOWN_ASKED: usize = 5;

impl World {
    /// A client has been refreshing its list for long: the next time is somewhere in a pause.
    pub(crate) fn begin_refreshing(&mut self, client: u32) {
        let share = self.clients[client].rng.f64();
        let due = self.now() + schedule::ACTIVE.mul_f64(share);
        self.schedule_refresh(client, RefreshWindow { earliest: due, due });
    }

    fn schedule_refresh(&mut self, client: u32, window: RefreshWindow) {
        self.clients[client].node_list.window = Some(window);
        self.events.schedule_at(window.due, Event::Refresh(client));
    }

    /// A node cannot be reached: the list may be out of date.
    pub(crate) fn hint_failure_if(&mut self, is_hint: bool, client: u32) {
        if !is_hint {
            return;
        }
        let now = self.now();
        let node_list = &mut self.clients[client].node_list;
        match node_list.window {
            None => node_list.has_failure_hint = true,
            Some(window) => {
                let due = window.earliest.max(now);
                if due < window.due {
                    self.schedule_refresh(client, RefreshWindow { due, ..window });
                }
            }
        }
    }

    /// It is time to refresh, unless that was put forward.
    pub(crate) fn refresh_if_due(&mut self, client: u32) {
        let now = self.now();
        let node_list = &mut self.clients[client].node_list;
        if node_list.window.is_none_or(|window| window.due != now) {
            return;
        }
        node_list.window = None;
        let (took, well) = match self.scope {
            Scope::Cluster => self.query_cluster(client),
            Scope::Datacenter => self.query_scopes(client, &[PriorityLevel::Datacenter]),
            Scope::RackFirst => {
                self.query_scopes(client, &[PriorityLevel::Rack, PriorityLevel::Datacenter])
            }
        };
        self.events
            .schedule_after(took, Event::RefreshEnd(client, well));
    }

    /// A refresh is over: its list is put in force, and the next one is scheduled.
    pub(crate) fn refreshed(&mut self, number: u32, well: bool) {
        let now = self.now();
        if well && self.clients[number].node_list.nodes != self.listed {
            let levels = self.priority_levels(self.clients[number].rack);
            let client = &mut self.clients[number];
            client.node_list.nodes = self.listed.clone();
            if client.publish(&levels, now) == Some(true) {
                self.record.panic_mode_entered(now);
            }
            self.wake(number);
        }
        let client = &mut self.clients[number];
        let node_list = &mut client.node_list;
        node_list.failures = if well { 0 } else { node_list.failures + 1 };
        let debounce = DEBOUNCE * 2u32.pow(node_list.failures.min(8));
        let debounce = debounce.min(MAX_DEBOUNCE);
        let mut jittered =
            |pause: Duration| pause.mul_f64(1.0 - JITTER + 2.0 * JITTER * client.rng.f64());
        let active = jittered(match node_list.failures {
            0 => schedule::ACTIVE,
            1.. => debounce,
        });
        let earliest = jittered(debounce).min(active);
        let wait = if std::mem::take(&mut node_list.has_failure_hint) {
            earliest
        } else {
            active
        };
        let window = RefreshWindow {
            earliest: now + earliest,
            due: now + wait,
        };
        self.schedule_refresh(number, window);
    }

    /// All seeds are asked. If that would lose nodes, another one is asked as well, and if no seed answers, some that are
    /// known.
    fn query_cluster(&mut self, client: u32) -> (Duration, bool) {
        let seeds: Vec<u32> = (0..RACKS)
            .map(|of| rack(of, self.nodes.len()).start)
            .collect();
        let mut took = Duration::ZERO;
        let mut asked = Vec::new();
        for &seed in &seeds {
            let reply = self.membership_query(client, seed, Duration::ZERO, false);
            took = took.max(reply.after);
            if reply.is_response {
                asked.push(seed);
            }
        }
        if asked.is_empty() {
            let candidates = self.candidates(client, |node| !seeds.contains(&node));
            let ask = |node, offset| self.membership_query(client, node, took + offset, false);
            let (longer, winner) = race(&candidates, ask);
            took += longer;
            asked.extend(winner);
        }
        if asked.is_empty() {
            return (took, false);
        }
        (
            took + self.confirm_removals(client, &asked, took, false),
            true,
        )
    }

    /// Somebody is asked for each of these, one after the other, the same node if possible.
    fn query_scopes(&mut self, client: u32, levels: &[PriorityLevel]) -> (Duration, bool) {
        let mut took = Duration::ZERO;
        let mut respondent = None;
        for level in levels {
            let own = rack(self.clients[client].rack, self.nodes.len());
            let is_near = |node: u32| *level == PriorityLevel::Datacenter || own.contains(&node);
            let mut candidates: Vec<u32> = respondent.into_iter().collect();
            candidates.extend(self.candidates(client, is_near));
            candidates.extend(self.candidates(client, |_| true));
            candidates.truncate(MAX_KNOWN_ASKED);
            let ask = |node, offset| self.membership_query(client, node, took + offset, true);
            let (longer, winner) = race(&candidates, ask);
            took += longer;
            let Some(winner) = winner else {
                return (took, false);
            };
            respondent = Some(winner);
            took += self.confirm_removals(client, &[winner], took, true);
        }
        (took, true)
    }

    /// Asks somebody else, if a node would be lost. Returns how long that takes.
    fn confirm_removals(
        &mut self,
        client: u32,
        asked: &[u32],
        offset: Duration,
        scoped: bool,
    ) -> Duration {
        if self.clients[client].node_list.nodes.is_subset(&self.listed) {
            return Duration::ZERO;
        }
        let listed = self.listed.clone();
        let candidates = self.candidates(client, |node| {
            listed.contains(node) && !asked.contains(&node)
        });
        let ask = |node, later| self.membership_query(client, node, offset + later, scoped);
        race(&candidates, ask).0
    }

    /// Some of the nodes that a client knows, at random, those that are down last.
    fn candidates(&mut self, client: u32, matches: impl Fn(u32) -> bool) -> Vec<u32> {
        let client = &mut self.clients[client];
        let table = client.router.table();
        let nodes = table.topology().nodes().iter();
        let mut nodes: Vec<_> = nodes.filter(|node| matches(*node.endpoint())).collect();
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
    fn membership_query(
        &mut self,
        client: u32,
        node: u32,
        offset: Duration,
        scoped: bool,
    ) -> Reply {
        let at = self.now() + offset;
        self.record.discovery_request(node, at);
        let mut reply = self.reply(client, node, ASK_TIMEOUT);
        if scoped && reply.is_response && self.clients[client].node_list.scope_aware.insert(node) {
            self.record.discovery_request(node, at);
            reply.after *= 2;
        }
        reply
    }
}

/// A level of a chain of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PriorityLevel {
    Rack,
    Datacenter,
}
