//! The refresh of the list of nodes.

use super::findings::Findings;
use super::membership::Membership;
use super::publication::NodeLists;
use super::readiness::Contacts;
use super::single_flight::{self, Joined, Leader};
use super::state::Discovery;
use super::translations::Translations;
use super::wake_ups::DEBOUNCE;
use super::{RefreshError, TopologyEvent};
use crate::health::NodeHealth;
use crate::routing::SelectionError;
use crate::topology::NodeUrl;
use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::Instant;

impl<E: Send + Sync + 'static> Discovery<E> {
    /// Returns whether a new background task has to refresh the list at once. Where each request has a runtime of its
    /// own, each starts a task.
    pub(super) fn is_refresh_due(&self) -> bool {
        let (now, active) = (self.clock.now(), self.config.intervals.active);
        let last_known_good = self.last_known_good();
        let is_past = |time: Option<Duration>, interval: Duration| {
            time.is_none_or(|time| now.saturating_sub(time) >= interval)
        };
        let is_wanted =
            is_past(last_known_good.succeeded, active) || self.wake_ups.has_failure_hint();
        is_wanted && is_past(last_known_good.began, DEBOUNCE.min(active))
    }

    /// Refreshes the list, or shares a refresh that begins after this call.
    ///
    /// # Errors
    /// [`RefreshError`]; the last good list stays in use.
    pub async fn refresh(&self) -> Result<(), RefreshError> {
        self.refresh_unless(|| false).await
    }

    /// Refreshes the list, unless a refresh that was under way has made that needless.
    pub(super) async fn refresh_unless(
        &self,
        is_needless: impl Fn() -> bool,
    ) -> Result<(), RefreshError> {
        let client = self.client.get().ok_or(RefreshError::NoHttpClient)?;
        let client = client.as_ref();
        Handle::try_current().map_err(|_outside| RefreshError::NoRuntime)?;
        loop {
            let leader = match self.single_flight.join(self.clock).await {
                Joined::Leader(leader) => leader,
                Joined::Completed(result) => return result,
            };
            if is_needless() {
                return Ok(());
            }
            self.last_known_good().began = Some(self.clock.now());
            let end = Instant::now() + single_flight::LIMIT;
            let failure_hint = self.wake_ups.take_failure_hint();
            let findings = self.query_membership(client, failure_hint.is_some()).await;
            let contacts = self.contact_nodes(client, &findings, end).await;
            self.warm_up_new(client, &findings, &contacts, end).await;
            // Otherwise another caller has become the leader since.
            if leader.is_current() {
                if let Some(failure_hint) = failure_hint {
                    failure_hint.consume();
                }
                return self.complete(leader, findings, contacts);
            }
        }
    }

    /// Applies the result of the current leader.
    fn complete(
        &self,
        leader: Leader<'_>,
        findings: Findings,
        contacts: Contacts,
    ) -> Result<(), RefreshError> {
        let Findings {
            membership,
            log,
            seeds,
        } = findings;
        let mut events = Vec::new();
        events.extend(self.last_known_good().record_queries(&log, &seeds));
        events.extend(self.last_known_good().record_dropped(log.dropped));
        let translations = self.translations.as_ref();
        events.extend(translations.into_iter().flat_map(Translations::take_events));
        let result = membership.map(|membership| {
            events.extend(self.apply(membership, &seeds, &contacts));
        });
        let counts = &self.refresh_counts;
        counts.refreshes.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = &result {
            counts.failures.fetch_add(1, Ordering::Relaxed);
            events.extend(self.apply_failure(error));
        }
        events.push(TopologyEvent::RefreshEnded {
            nodes: self.router.snapshot().topology().nodes().len(),
            has_succeeded: result.is_ok(),
            requests: self.router.traffic().requests,
        });
        leader.complete(&result);
        self.report(events);
        result
    }

    fn apply(
        &self,
        membership: Membership,
        seeds: &[NodeUrl],
        contacts: &Contacts,
    ) -> Vec<TopologyEvent> {
        let is_reached = self.has_reached_node() || contacts.has_reached_node();
        let serve = |seed: &&NodeUrl| !is_reached && !membership.foreign.contains(*seed);
        let seeds: Vec<NodeUrl> = seeds.iter().filter(serve).cloned().collect();
        let nodes = NodeLists::new(&membership, &seeds);
        let now = self.clock.now();
        // Before any caller sees that it has succeeded.
        let changes = self.publish(nodes, |url| {
            match contacts.are_trusted || seeds.contains(url) {
                true => NodeHealth::default(),
                false if contacts.responding.contains(url) => NodeHealth::slow_starting(now),
                false => NodeHealth::pending(now),
            }
        });
        let snapshot = self.router.snapshot();
        let listed = snapshot.topology().nodes().iter();
        listed.for_each(|node| node.record_listed(now));
        self.has_succeeded.store(true, Ordering::Relaxed);
        if is_reached {
            self.record_reached_node();
        }
        self.admit(&contacts.responding);
        let unreached = (!is_reached).then(|| RefreshError::served_by_seeds(&contacts.failures));
        if let Some(translations) = &self.translations {
            translations.retain(membership.nodes());
        }
        let mut last_known_good = self.last_known_good();
        last_known_good.succeeded = Some(now);
        let mut events = last_known_good.record_success(membership, changes, &self.config);
        events.extend(last_known_good.record_served_by_seeds(unreached));
        events
    }

    /// Admits the nodes that were pending before the refresh, and responded to it.
    fn admit(&self, responding: &HashSet<NodeUrl>) {
        let snapshot = self.router.snapshot();
        let nodes = snapshot.ejected().iter();
        for node in nodes.filter(|node| responding.contains(node.url())) {
            if let Some(event) = self.router.responded(node, self.clock.now()) {
                self.record_health_event(&event);
            }
        }
    }

    fn apply_failure(&self, error: &RefreshError) -> Option<TopologyEvent> {
        if let RefreshError::ScopeUnsupported { scope } = error
            && !self.has_succeeded()
        {
            // No node is known to be in the scope.
            self.router.refuse(SelectionError::ScopeUnsupported {
                scope: scope.clone(),
            });
        }
        self.last_known_good().record_failure(error)
    }
}

#[cfg(test)]
mod tests;
