//! Plays the steps of a dump.

use super::decisions::{Change, Decision};
use super::dump::{Attempt as RecordedAttempt, Dump, HealthChange, Step};
use alternator_lb_core::health::{NodeHealth, Outcome, Transition};
use alternator_lb_core::routing::{
    Attempt, Endpoint, EndpointState, HealthEvent, Plan, Policy, Reason, Router, RoutingSnapshot,
};
use alternator_lb_core::topology::{NodeUrl, Topology};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// The library's routing and health, at the time of the last step.
#[derive(Debug)]
pub(super) struct Player {
    router: Router<()>,
    levels: Vec<Vec<NodeUrl>>,
    /// The nodes that responded for the first time after they were listed. The others were trusted at once.
    admitted: HashSet<NodeUrl>,
    decisions: Vec<Decision>,
}

/// Backoffs are random: a probe that was recorded is due in a replay after all.
const PAST_ANY_BACKOFF: Duration = Duration::from_secs(3_600);

impl Player {
    pub(super) fn new(dump: &Dump) -> Self {
        let mut levels: Vec<Vec<NodeUrl>> = Vec::new();
        for (node, priority) in dump.first_nodes() {
            levels.resize_with(levels.len().max(priority + 1), Vec::new);
            if let Some(level) = levels.get_mut(priority) {
                level.push(node);
            }
        }
        let topology = Topology::new(&levels, |_| EndpointState::new(()));
        let snapshot = RoutingSnapshot::new(Arc::new(topology));
        let mut this = Self {
            router: Router::new(snapshot, Policy::round_robin(), 0),
            levels,
            admitted: dump.admitted(),
            decisions: Vec::new(),
        };
        this.eject_initially(dump);
        this
    }

    /// Ejects the nodes whose ejection was recorded before the entries that are left.
    fn eject_initially(&mut self, dump: &Dump) {
        let mut seen: Vec<&NodeUrl> = Vec::new();
        for (at, step) in &dump.steps {
            let Step::Health(HealthChange { node, change, .. }) = step else {
                continue;
            };
            if seen.contains(&node) {
                continue;
            }
            seen.push(node);
            let was_ejected = matches!(change, Change::ProbeFailed | Change::Restored);
            if let Some(node) = self.find(node).filter(|_| was_ejected) {
                self.router.eject_unresponsive(node, *at);
            }
        }
    }

    pub(super) fn play(&mut self, at: Duration, step: &Step) {
        match step {
            Step::Attempt(attempt) => self.play_attempt(at, attempt),
            Step::Ordinary { node, count } => self.play_ordinary(at, node, *count),
            Step::NodesChanged { added, removed } => self.change_nodes(at, added, removed),
            Step::Health(health) if health.is_input => self.play_health(at, health),
            // Decided by the replay itself.
            Step::Health(_) | Step::PanicMode(_) => {}
        }
    }

    pub(super) fn into_decisions(self) -> Vec<Decision> {
        self.decisions
    }

    fn find(&self, url: &NodeUrl) -> Option<Arc<Endpoint<()>>> {
        self.router.snapshot().topology().find(url).cloned()
    }

    fn play_attempt(&mut self, at: Duration, attempt: &RecordedAttempt) {
        let Some(node) = self.find(&attempt.node) else {
            return;
        };
        let began = at.saturating_sub(attempt.duration);
        let permit = attempt.is_probe.then(|| {
            let health = node.health();
            health.acquire_request_permit(began + PAST_ANY_BACKOFF)
        });
        let under_way = Attempt::new(node, Reason::RoundRobin, permit.flatten(), began);
        self.settle(
            Plan::of_attempt(under_way),
            attempt.outcome,
            attempt.status,
            at,
        );
    }

    fn settle(&mut self, mut plan: Plan<()>, outcome: Outcome, status: Option<u16>, at: Duration) {
        let event = self.router.settle(&mut plan, outcome, status, at);
        if let Some(event) = event {
            self.decisions.push(Decision {
                at,
                node: Some(event.node.url().clone()),
                change: match event.transition {
                    Transition::Ejected { .. } => Change::Ejected,
                    Transition::ProbeFailed { .. } => Change::ProbeFailed,
                    Transition::Admitted => Change::Admitted,
                    Transition::Restored => Change::Restored,
                },
            });
            self.note_panic_mode(at, event.panic_mode);
        }
    }

    fn note_panic_mode(&mut self, at: Duration, changed: Option<bool>) {
        let decision = changed.map(|is_on| Decision::of_panic_mode(at, is_on));
        self.decisions.extend(decision);
    }

    fn play_ordinary(&mut self, at: Duration, node: &NodeUrl, count: u32) {
        // The attempts on ejected nodes have entries.
        let node = self.find(node);
        let Some(node) = node.filter(|node| node.health().state().is_up()) else {
            return;
        };
        for _ in 0..count {
            let attempt = Attempt::new(Arc::clone(&node), Reason::RoundRobin, None, at);
            let plan = Plan::of_attempt(attempt);
            self.settle(plan, Outcome::Responded, Some(200), at);
        }
    }

    fn play_health(&mut self, at: Duration, change: &HealthChange) {
        let Some(node) = self.find(&change.node) else {
            return;
        };
        let event = match change.change {
            Change::Ejected if change.is_unresponsive => self.router.eject_unresponsive(node, at),
            // Another attempt than those that are left.
            Change::Ejected => return,
            Change::Admitted => self.router.responded(&node, at),
            Change::ProbeFailed => self.probed(node, false, at),
            Change::Restored => self.probed(node, true, at),
            Change::PanicModeEntered | Change::PanicModeExited => None,
        };
        let panic_mode = event.and_then(|event| event.panic_mode);
        self.note_panic_mode(at, panic_mode);
    }

    fn probed(
        &self,
        node: Arc<Endpoint<()>>,
        has_passed: bool,
        at: Duration,
    ) -> Option<HealthEvent<()>> {
        let due = at + PAST_ANY_BACKOFF;
        let permit = node.health().acquire_probe_permit(true, due)?;
        self.router.probed(node, has_passed, permit, at)
    }

    fn change_nodes(&mut self, at: Duration, added: &[NodeUrl], removed: &[NodeUrl]) {
        for level in &mut self.levels {
            level.retain(|node| !removed.contains(node));
        }
        if let Some(preferred) = self.levels.first_mut() {
            preferred.extend(added.iter().cloned());
        }
        let snapshot = self.router.snapshot();
        let topology = snapshot.topology().refreshed(&self.levels, |url| {
            let health = match self.admitted.contains(url) {
                true => NodeHealth::pending(at),
                false => NodeHealth::default(),
            };
            EndpointState::with_health((), health)
        });
        let snapshot = RoutingSnapshot::new(Arc::new(topology));
        let panic_mode = self.router.publish(snapshot);
        self.note_panic_mode(at, panic_mode);
    }
}
