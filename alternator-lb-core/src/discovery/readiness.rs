//! The first contact with the listed nodes.
//!
//! A seed that can be reached may list nodes that cannot: behind a load balancer or Docker's address translation, with
//! an internal `broadcast_rpc_address`, or over `https` with certificates for a name only. Until a listed node has
//! responded, requests go to the seeds.

use super::error::NodeFailure;
use super::findings::Findings;
use super::membership::Membership;
use super::probe;
use super::state::Discovery;
use super::warm_up::warm_up;
use super::{DiscoveryClient, RefreshError};
use crate::topology::NodeUrl;
use std::collections::HashSet;
use tokio::runtime::Handle;
use tokio::time::Instant;

/// The nodes of a new list that have responded.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    /// True if all nodes of the list are used at once, since it is the first and one of them returned it: there are no
    /// others.
    pub(super) are_trusted: bool,
    /// To a query or a probe of this refresh.
    pub(super) responding: HashSet<NodeUrl>,
    /// The probes that failed.
    pub(super) failures: Vec<NodeFailure>,
}

impl Contacts {
    pub(super) fn has_reached_node(&self) -> bool {
        self.are_trusted || !self.responding.is_empty()
    }
}

impl<E: Send + Sync + 'static> Discovery<E> {
    /// Succeeds if a listed node was ever reached; refreshes if none was. Without queries a seed has to respond to a
    /// probe.
    ///
    /// # Errors
    /// That of the refresh, [`RefreshError::ServedBySeeds`] or [`RefreshError::NotReached`].
    pub async fn ready(&self) -> Result<(), RefreshError> {
        if !self.has_reached_node() {
            self.refresh_unless(|| self.has_reached_node()).await?;
        }
        match self.config.queries_nodes {
            true if self.has_reached_node() => Ok(()),
            true => {
                let error = self.last_known_good().served_by_seeds.clone();
                error.map_or(Ok(()), Err)
            }
            // Nothing was sent to any of them so far.
            false => self.reach_any_seed().await,
        }
    }

    async fn reach_any_seed(&self) -> Result<(), RefreshError> {
        let client = self.client.get().ok_or(RefreshError::NoHttpClient)?;
        Handle::try_current().map_err(|_outside| RefreshError::NoRuntime)?;
        let snapshot = self.router.snapshot();
        let seeds = snapshot.topology().nodes().iter();
        let seeds = seeds.map(|node| node.url().clone()).collect();
        let end = Instant::now() + probe::MAX_PROBE_TIMEOUT;
        let results = probe::probe_all(client.as_ref(), seeds, end).await;
        match results.responding.is_empty() {
            true => Err(RefreshError::not_reached(&results.failures)),
            false => Ok(()),
        }
    }

    /// Finds out which of the listed nodes respond. Later nodes have to before they are used: servers list a node some
    /// ten seconds before it listens. Ends at `end` at the latest.
    pub(super) async fn contact_nodes(
        &self,
        client: &dyn DiscoveryClient,
        findings: &Findings,
        end: Instant,
    ) -> Contacts {
        let Ok(membership) = &findings.membership else {
            return Contacts::default();
        };
        if self.has_reached_node() {
            return self.probe_new(client, membership).await;
        }
        let listed: HashSet<NodeUrl> = membership.nodes().cloned().collect();
        let respondents = listed.intersection(&findings.log.respondents);
        let respondents: HashSet<NodeUrl> = respondents.cloned().collect();
        let is_first = !self.has_succeeded();
        if !self.config.queries_nodes || (is_first && !respondents.is_empty()) {
            return Contacts {
                are_trusted: true,
                responding: respondents,
                failures: Vec::new(),
            };
        }
        let end = end.min(Instant::now() + probe::MAX_PROBE_TIMEOUT);
        let mut contacts = Contacts::from(probe::probe_all(client, listed, end).await);
        contacts.responding.extend(respondents);
        contacts
    }

    /// Opens connections to the nodes that have responded for the first time, and to all nodes of a first list. Ends at
    /// `end` at the latest.
    pub(super) async fn warm_up_new(
        &self,
        client: &dyn DiscoveryClient,
        findings: &Findings,
        contacts: &Contacts,
        end: Instant,
    ) {
        let min_idle = self.config.min_idle;
        let Ok(membership) = &findings.membership else {
            return;
        };
        let is_first = contacts.are_trusted && !self.has_reached_node();
        let mut seen = HashSet::new();
        let nodes = membership.nodes().filter(|node| seen.insert(*node));
        let new = nodes.filter(|node| is_first || contacts.responding.contains(*node));
        warm_up(client, new, min_idle, end).await;
    }

    async fn probe_new(&self, client: &dyn DiscoveryClient, membership: &Membership) -> Contacts {
        let snapshot = self.router.snapshot();
        let known = snapshot.topology().nodes().iter();
        let known: HashSet<&NodeUrl> = known.map(|node| node.url()).collect();
        let new = membership.nodes().filter(|node| !known.contains(node));
        let end = Instant::now() + probe::MIN_TIMEOUT;
        Contacts::from(probe::probe_all(client, new.cloned().collect(), end).await)
    }
}

impl From<probe::ProbeResults> for Contacts {
    fn from(results: probe::ProbeResults) -> Self {
        Self {
            are_trusted: false,
            responding: results.responding,
            failures: results.failures,
        }
    }
}
