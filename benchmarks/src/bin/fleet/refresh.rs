//! The refreshes of the node lists: those of the library, in simulated time.

use crate::node_list::RefreshWindow;
use crate::reply::{Reply, race};
use crate::scenarios::{Scope, rack};
use crate::world::{Event, World};
use alternator_lb_core::discovery::ACTIVE;
use alternator_lb_core::discovery::parameters::{
    DEBOUNCE, MAX_DEBOUNCE, MAX_KNOWN_QUERIED, QUERY_TIMEOUT,
};
use alternator_lb_core::jitter::{DEFAULT_JITTER, jittered};
use std::time::Duration;

impl World {
    /// Schedules the first refresh at a random time within an interval, as after a long run.
    pub(crate) fn begin_refreshing(&mut self, client: u32) {
        let share = self.clients[client].rng.f64();
        let due = self.now() + ACTIVE.mul_f64(share);
        self.schedule_refresh(client, RefreshWindow { earliest: due, due });
    }

    fn schedule_refresh(&mut self, client: u32, window: RefreshWindow) {
        self.clients[client].node_list.window = Some(window);
        self.events.schedule_at(window.due, Event::Refresh(client));
    }

    /// Moves the next refresh forward after a failure hint: the list may be out of date.
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

    /// Refreshes, unless the refresh was moved to an earlier time.
    pub(crate) fn refresh_if_due(&mut self, client: u32) {
        let now = self.now();
        let node_list = &mut self.clients[client].node_list;
        if node_list.window.is_none_or(|window| window.due != now) {
            return;
        }
        node_list.window = None;
        let (took, succeeded) = match self.scope {
            Scope::Cluster => self.query_cluster(client),
            Scope::Datacenter => self.query_scopes(client, &[PriorityLevel::Datacenter]),
            Scope::RackFirst => {
                self.query_scopes(client, &[PriorityLevel::Rack, PriorityLevel::Datacenter])
            }
        };
        self.events
            .schedule_after(took, Event::RefreshEnd(client, succeeded));
    }

    /// Handles the end of a refresh: publishes its list, and schedules the next refresh.
    pub(crate) fn refreshed(&mut self, number: u32, succeeded: bool) {
        let now = self.now();
        if succeeded && self.clients[number].node_list.nodes != self.listed {
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
        node_list.failures = if succeeded { 0 } else { node_list.failures + 1 };
        let debounce = DEBOUNCE * 2u32.pow(node_list.failures.min(8));
        let debounce = debounce.min(MAX_DEBOUNCE);
        let mut vary = |pause| jittered(pause, DEFAULT_JITTER, &mut client.rng);
        let active = vary(match node_list.failures {
            0 => ACTIVE,
            1.. => debounce,
        });
        let earliest = vary(debounce).min(active);
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

    /// Queries a known node: the cluster is one datacenter, in which all seeds are. Confirms with another node if nodes
    /// would be removed.
    fn query_cluster(&mut self, client: u32) -> (Duration, bool) {
        let candidates = self.candidates(client, |_| true);
        let query = |node, offset| self.membership_query(client, node, offset, false);
        let (took, winner) = race(&candidates, query);
        let Some(winner) = winner else {
            return (took, false);
        };
        let confirmation = self.confirm_removals(client, winner, took, false);
        (took + confirmation, true)
    }

    /// Queries one node for each priority level in turn, the same node if possible.
    fn query_scopes(&mut self, client: u32, levels: &[PriorityLevel]) -> (Duration, bool) {
        let mut took = Duration::ZERO;
        let mut respondent = None;
        for level in levels {
            let own = rack(self.clients[client].rack, self.nodes.len());
            let is_near = |node: u32| *level == PriorityLevel::Datacenter || own.contains(&node);
            let mut candidates: Vec<u32> = respondent.into_iter().collect();
            candidates.extend(self.candidates(client, is_near));
            candidates.extend(self.candidates(client, |_| true));
            candidates.truncate(MAX_KNOWN_QUERIED);
            let query = |node, offset| self.membership_query(client, node, took + offset, true);
            let (longer, winner) = race(&candidates, query);
            took += longer;
            let Some(winner) = winner else {
                return (took, false);
            };
            respondent = Some(winner);
            took += self.confirm_removals(client, winner, took, true);
        }
        (took, true)
    }

    /// Queries another node if a node would be removed. Returns how long that takes.
    fn confirm_removals(
        &mut self,
        client: u32,
        queried: u32,
        offset: Duration,
        scoped: bool,
    ) -> Duration {
        if self.clients[client].node_list.nodes.is_subset(&self.listed) {
            return Duration::ZERO;
        }
        let listed = self.listed.clone();
        let candidates = self.candidates(client, |node| listed.contains(node) && queried != node);
        let query = |node, later| self.membership_query(client, node, offset + later, scoped);
        race(&candidates, query).0
    }

    /// Returns some of the nodes that a client knows, in random order, with ejected nodes last.
    fn candidates(&mut self, client: u32, matches: impl Fn(u32) -> bool) -> Vec<u32> {
        let client = &mut self.clients[client];
        let snapshot = client.router.snapshot();
        let nodes = snapshot.topology().nodes().iter();
        let mut nodes: Vec<_> = nodes.filter(|node| matches(*node.extension())).collect();
        client.rng.shuffle(&mut nodes);
        let (up, down): (Vec<_>, Vec<_>) = nodes
            .into_iter()
            .partition(|node| node.health().state().is_up());
        let all = up.into_iter().chain(down);
        all.take(MAX_KNOWN_QUERIED)
            .map(|node| *node.extension())
            .collect()
    }

    /// Queries the membership from a node. The first scoped query of a node is preceded by a check that it supports
    /// scopes.
    fn membership_query(
        &mut self,
        client: u32,
        node: u32,
        offset: Duration,
        scoped: bool,
    ) -> Reply {
        let at = self.now() + offset;
        self.record.discovery_request(node, at);
        let mut reply = self.reply(client, node, QUERY_TIMEOUT);
        if scoped && reply.is_response && self.clients[client].node_list.scope_aware.insert(node) {
            self.record.discovery_request(node, at);
            reply.after *= 2;
        }
        reply
    }
}

/// A priority level of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PriorityLevel {
    Rack,
    Datacenter,
}
