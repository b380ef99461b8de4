//! The queries of one refresh.

use super::DiscoveryClient;
use super::address_translator::Network;
use super::membership::Membership;
use super::membership_query::{MembershipQuery, QueryLog};
use super::publication::NodeLists;
use super::seed_names::{LOOK_UP_TIMEOUT, LookUpReasons};
use super::state::Discovery;
use super::{RefreshError, single_flight};
use crate::health::NodeHealth;
use crate::topology::NodeUrl;
use futures_util::future::{Either, join, select};
use std::collections::HashSet;
use std::pin::pin;
use std::sync::Mutex;
use tokio::time::Instant;

/// The findings of the queries of one refresh.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) membership: Result<Membership, RefreshError>,
    pub(super) log: QueryLog,
    /// The seeds, with their names resolved.
    pub(super) seeds: Vec<NodeUrl>,
}

impl<E: Send + Sync + 'static> Discovery<E> {
    /// Queries the membership. Begins again if a name among the seeds gets other addresses before any node has
    /// responded.
    pub(super) async fn query_membership(
        &self,
        client: &dyn DiscoveryClient,
        has_failure_hint: bool,
    ) -> Findings {
        let deadline = Instant::now() + single_flight::LIMIT.saturating_sub(LOOK_UP_TIMEOUT);
        let mut unhealthy = self.last_known_good().unresponsive.clone();
        let reasons = LookUpReasons {
            is_failing: self.consecutive_failures() > 0,
            has_failure_hint,
            unresponsive: unhealthy.clone(),
        };
        let snapshot = self.router.snapshot();
        unhealthy.extend(snapshot.ejected().iter().map(|node| node.url().clone()));
        let (names, configured) = (&self.seed_names, &self.config.seeds);
        let renewed = self.renew_translations(client, &unhealthy);
        let resolved = names.resolve(configured, client, &reasons, self.clock);
        // The time of the queries is what both leave.
        let ((), (mut seeds, mut failures)) = join(renewed, resolved).await;
        let membership = self.last_known_good().membership.clone();
        loop {
            self.publish_serving_seeds(&membership, &seeds);
            let query = MembershipQuery {
                client,
                allowed_addresses: &self.config.allowed_addresses,
                translations: self.translations.as_ref(),
                translating: tokio::sync::Mutex::default(),
                seeds: &seeds,
                membership: &membership,
                unhealthy: unhealthy.clone(),
                now: self.clock.now(),
                deadline,
                log: Mutex::new(QueryLog {
                    failures: std::mem::take(&mut failures),
                    scope_aware: membership.scope_aware.clone(),
                    foreign: membership.foreign.clone(),
                    ..QueryLog::default()
                }),
            };
            if let Some(membership) = self.result_unless_changed(&query).await {
                let log = std::mem::take(&mut *query.log());
                return Findings {
                    membership,
                    log,
                    seeds,
                };
            }
            seeds = names.resolved(configured);
        }
    }

    /// Translates the addresses of unhealthy nodes anew: they may have moved to other ports. Seeds that are no nodes of
    /// this cluster are not asked where its nodes are.
    async fn renew_translations(&self, client: &dyn DiscoveryClient, unhealthy: &HashSet<NodeUrl>) {
        let Some(translations) = &self.translations else {
            return;
        };
        let seeds = self.seed_names.resolved(&self.config.seeds);
        let nodes: Vec<NodeUrl> = {
            let membership = &self.last_known_good().membership;
            let candidates = membership.candidates(&seeds, |node| {
                let is_stranger =
                    membership.left.contains(node) || membership.foreign.contains(node);
                (!is_stranger).then(|| u8::from(unhealthy.contains(node)))
            });
            candidates.into_iter().cloned().collect()
        };
        let network = Network {
            client,
            nodes: &nodes,
        };
        let renewing = translations.renew(unhealthy, network, self.clock.now());
        let renamed = renewing.await;
        if !renamed.is_empty() {
            self.last_known_good().membership.rename(&renamed);
        }
    }

    /// Returns the result of the query. `None` as soon as a name has other addresses before any node has responded.
    async fn result_unless_changed(
        &self,
        query: &MembershipQuery<'_>,
    ) -> Option<Result<Membership, RefreshError>> {
        let is_unanswered = || query.log().respondents.is_empty();
        let (names, seeds) = (&self.seed_names, &self.config.seeds);
        let result = pin!(self.result_of(query));
        let changed = pin!(names.changed(seeds, query.client, self.clock, is_unanswered));
        match select(result, changed).await {
            Either::Left((result, _)) => Some(result),
            Either::Right(((), _)) => None,
        }
    }

    async fn result_of(&self, query: &MembershipQuery<'_>) -> Result<Membership, RefreshError> {
        let config = &self.config;
        let local_datacenter = config.discovers_local_datacenter;
        match config.queries_nodes {
            true => {
                let run = query.run(&config.scope, config.spill_over, local_datacenter);
                run.await
            }
            false => query.seeds_alone(),
        }
    }

    /// Publishes the seeds as long as they serve: their addresses may be others now.
    fn publish_serving_seeds(&self, membership: &Membership, seeds: &[NodeUrl]) {
        if !self.has_reached_node() && !seeds.is_empty() && !self.router.snapshot().refuses() {
            let nodes = NodeLists::new(membership, seeds);
            self.publish(nodes, |_| NodeHealth::default());
        }
    }
}
