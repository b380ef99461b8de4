//! The nodes of all datacenters that have a seed.

use super::membership::{InferredDatacenter, merge};
use super::membership_query::{MAX_KNOWN_QUERIED, MembershipQuery, QueryFailure};
use super::staggered_race::staggered_race;
use crate::topology::{Locality, NodeUrl};
use futures_util::StreamExt as _;
use futures_util::stream;
use std::time::Duration;

/// How many seeds are queried at the same time.
const SEEDS_AT_ONCE: usize = 8;

/// How long the nodes of an unresponsive datacenter are kept while others respond: longer than a router takes to
/// restart. Its seeds are queried in every refresh all the same, so a datacenter that was dropped is found again when
/// one of them is back.
const MAX_UNRESPONSIVE: Duration = Duration::from_secs(60);

/// For how many refreshes such nodes are kept if unknown nodes have appeared since: then the cluster has most likely
/// moved to these, and the unresponsive nodes are its former addresses. More than one, since the new nodes may also be
/// those of another datacenter, which happens to come while this one has a hiccup.
const MAX_UNRESPONSIVE_REFRESHES: u32 = 3;

impl MembershipQuery<'_> {
    /// Returns the datacenters: queries at least one node of each known datacenter, and all seeds.
    ///
    /// With `has_preferred_nodes`, those of an earlier level, a seed of a known datacenter is skipped as long as a node
    /// responds there. So a refresh costs one query for each datacenter then, however many seeds there are.
    pub(super) async fn query_cluster(
        &self,
        has_preferred_nodes: bool,
    ) -> Result<Vec<InferredDatacenter>, QueryFailure> {
        let known = self.membership.datacenters_in(&Locality::Cluster);
        let is_covered = |seed: &NodeUrl| {
            let mut known = known.iter();
            known.any(|known| known.contains(seed) || known.listed_by.contains(seed))
        };
        let (skipped, queried): (Vec<_>, Vec<_>) = self
            .seeds
            .iter()
            .partition(|seed| has_preferred_nodes && is_covered(seed));
        let mut responses = self.query_seeds(&queried).await;
        let mut found = Vec::new();
        for datacenter in known {
            let newer = self
                .query_datacenter(datacenter, &queried, &responses)
                .await;
            found.push(newer.unwrap_or_else(|| datacenter.after_missed_refresh(self.now)));
        }
        if !found.iter().all(InferredDatacenter::is_responsive) {
            responses.extend(self.query_seeds(&skipped).await);
        }
        if responses.is_empty() && !found.iter().any(InferredDatacenter::is_responsive) {
            return Err(QueryFailure::NoResponse);
        }
        found.extend(
            responses
                .into_iter()
                .map(|(seed, nodes)| InferredDatacenter {
                    listed_by: [seed].into(),
                    ..InferredDatacenter::new(nodes, self.now)
                }),
        );
        let mut datacenters = merge(found);
        let responsive = datacenters
            .iter()
            .filter(|datacenter| datacenter.is_responsive());
        let newest = responsive.map(|datacenter| datacenter.known_since).max();
        datacenters.retain(|datacenter| !self.is_lost(datacenter, newest.unwrap_or_default()));
        Ok(datacenters)
    }

    /// Returns the seeds that respond, with their nodes. Skips those that have just failed to respond.
    async fn query_seeds(&self, seeds: &[&NodeUrl]) -> Vec<(NodeUrl, Vec<NodeUrl>)> {
        let queries: Vec<_> = seeds
            .iter()
            .filter(|seed| !self.is_unresponsive(seed))
            .map(|seed| self.query(seed, &Locality::Cluster))
            .collect();
        let responses: Vec<_> = stream::iter(queries)
            .buffer_unordered(SEEDS_AT_ONCE)
            .collect()
            .await;
        responses.into_iter().flatten().collect()
    }

    /// Returns whether a datacenter has been unresponsive for too long. `newest` is when the newest responsive one was
    /// first listed.
    fn is_lost(&self, datacenter: &InferredDatacenter, newest: Duration) -> bool {
        datacenter.unresponsive.is_some_and(|unresponsive| {
            let has_moved = newest >= unresponsive.since
                && unresponsive.refreshes >= MAX_UNRESPONSIVE_REFRESHES;
            has_moved || self.now.saturating_sub(unresponsive.since) >= MAX_UNRESPONSIVE
        })
    }

    /// Returns what the nodes of a known datacenter list now; nothing if none of them responds. `responses` are those
    /// of the seeds that were `queried`.
    async fn query_datacenter(
        &self,
        known: &InferredDatacenter,
        queried: &[&NodeUrl],
        responses: &[(NodeUrl, Vec<NodeUrl>)],
    ) -> Option<InferredDatacenter> {
        let mut newer = InferredDatacenter::new(Vec::new(), known.known_since);
        let is_skipped = |seed: &&NodeUrl| self.seeds.contains(seed) && !queried.contains(seed);
        newer.listed_by = known.listed_by.iter().filter(is_skipped).cloned().collect();
        let mut respondents = Vec::new();
        for (seed, nodes) in responses.iter().filter(|(seed, _)| known.contains(seed)) {
            respondents.push(seed.clone());
            newer.extend(nodes.clone());
        }
        if respondents.is_empty() {
            let members = known.nodes.iter().filter(|node| !queried.contains(node));
            let queries: Vec<_> = self
                .in_query_order(members)
                .into_iter()
                .take(MAX_KNOWN_QUERIED)
                .map(|node| self.query(node, &Locality::Cluster))
                .collect();
            let (node, nodes) = staggered_race(queries).await.ok()?;
            respondents.push(node);
            newer.extend(nodes);
        }
        if known.nodes.iter().any(|node| !newer.contains(node)) {
            let members: Vec<_> = known.nodes.iter().collect();
            let confirmation = self
                .confirm(&newer, &members, &respondents, &Locality::Cluster)
                .await;
            newer.extend(confirmation);
        }
        Some(newer)
    }
}
