//! The nodes of all datacenters that have a seed.

use super::membership::{InferredDatacenter, MAX_KNOWN_QUERIED, merge};
use super::membership_query::{MembershipQuery, QueryFailure, UNHEALTHY_TIMEOUT};
use super::node_list::NodeList;
use super::staggered_race::{STAGGER, WIDTH, staggered_race};
use crate::topology::{Locality, NodeUrl};
use futures_util::StreamExt as _;
use futures_util::future::{Either, join, join_all, select};
use futures_util::stream::FuturesUnordered;
use std::collections::HashSet;
use std::pin::pin;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

/// How long the nodes of an unresponsive datacenter are kept while others respond: longer than a router takes to
/// restart. Its seeds are queried in every refresh all the same, so a datacenter that was dropped is found again when
/// one of them is back.
const MAX_UNRESPONSIVE: Duration = Duration::from_secs(60);

/// For how many refreshes such nodes are kept if unknown nodes have appeared since: then the cluster has most likely
/// moved to these, and the unresponsive nodes are its former addresses. More than one, since the new nodes may also be
/// those of another datacenter, which happens to come while this one has a hiccup.
const MAX_UNRESPONSIVE_REFRESHES: u32 = 3;

impl MembershipQuery<'_> {
    /// Returns the datacenters: queries a node of each known one, and the seeds that are in none of them.
    ///
    /// A seed of a known datacenter is skipped as long as a node responds there. So a refresh costs one query for each
    /// datacenter, however many seeds there are.
    pub(super) async fn query_cluster(&self) -> Result<Vec<InferredDatacenter>, QueryFailure> {
        let known = self.membership.datacenters_in(&Locality::Cluster);
        let healthy = known.iter().filter(|known| self.is_healthy(known));
        let uncovered = self.seeds_outside(healthy);
        let has_response = watch::Sender::new(false);
        let queries = known.iter().map(async |datacenter| {
            let newer = self.query_datacenter(datacenter, &uncovered, &has_response);
            newer
                .await
                .unwrap_or_else(|| datacenter.after_missed_refresh(self.now))
        });
        let sweep = self.query_seeds(&uncovered, &has_response);
        let (mut found, mut lists) = join(join_all(queries), sweep).await;

        let responsive = found.iter().filter(|datacenter| datacenter.is_responsive());
        let mut skipped = self.seeds_outside(responsive);
        skipped.retain(|seed| !uncovered.contains(seed));
        lists.extend(self.query_seeds(&skipped, &has_response).await);
        self.remove_foreign(known, &found, &mut lists).await;
        if lists.is_empty() && !found.iter().any(InferredDatacenter::is_responsive) {
            return Err(QueryFailure::NoResponse);
        }
        found.extend(lists.into_iter().map(|list| InferredDatacenter {
            listed_by: [list.respondent].into(),
            ..InferredDatacenter::new(list.nodes, self.now)
        }));
        let mut datacenters = merge(found);
        let responsive = datacenters
            .iter()
            .filter(|datacenter| datacenter.is_responsive());
        let newest = responsive.map(|datacenter| datacenter.known_since).max();
        datacenters.retain(|datacenter| !self.is_lost(datacenter, newest.unwrap_or_default()));
        Ok(datacenters)
    }

    /// Returns the seeds that are in none of these datacenters, and have listed the nodes of none.
    fn seeds_outside<'d>(
        &self,
        datacenters: impl Iterator<Item = &'d InferredDatacenter>,
    ) -> HashSet<&NodeUrl> {
        let covered: HashSet<&NodeUrl> = datacenters
            .flat_map(|datacenter| datacenter.nodes.iter().chain(&datacenter.listed_by))
            .collect();
        let seeds = self.seeds.iter();
        seeds.filter(|seed| !covered.contains(seed)).collect()
    }

    /// Returns whether any node of a datacenter can be expected to respond.
    fn is_healthy(&self, datacenter: &InferredDatacenter) -> bool {
        !datacenter.nodes.is_subset(&self.unhealthy)
    }

    /// Returns the lists of the seeds that respond. Skips those that have just failed to respond, and those that
    /// another one lists. Ends soon after the first response: silent seeds are queried again in the next refresh.
    async fn query_seeds(
        &self,
        seeds: &HashSet<&NodeUrl>,
        has_response: &watch::Sender<bool>,
    ) -> Vec<NodeList> {
        let mut waiting = self.in_query_order(seeds.iter().copied());
        waiting.retain(|seed| !self.is_unresponsive(seed));
        // The next one is taken from the end.
        waiting.reverse();
        let (mut running, mut unanswered) = (FuturesUnordered::new(), HashSet::new());
        let (mut width, mut first_response) = (1, None);
        let mut lists: Vec<NodeList> = Vec::new();
        loop {
            while running.len() < width
                && let Some(seed) = waiting.pop()
            {
                unanswered.insert(seed);
                running.push(async move { (seed, self.query(seed, &Locality::Cluster).await) });
            }
            if unanswered.is_empty() {
                return lists;
            }
            let now = Instant::now();
            if *has_response.borrow() {
                first_response.get_or_insert(now);
            }
            let end = first_response.map_or(self.deadline, |first_response| {
                let rest = unanswered.iter().chain(&waiting);
                first_response + self.limit(rest.copied())
            });
            match timeout_at(end.min(now + STAGGER), running.next()).await {
                Ok(Some((seed, result))) => {
                    unanswered.remove(seed);
                    if let Ok(list) = result {
                        waiting.retain(|seed| !list.nodes.contains(*seed));
                        unanswered.retain(|seed| !list.nodes.contains(*seed));
                        has_response.send_replace(true);
                        lists.push(list);
                    }
                }
                Ok(None) => return lists,
                Err(_elapsed) if Instant::now() >= end => return lists,
                Err(_elapsed) => width = (width * 2).min(WIDTH),
            }
        }
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

    /// Returns what the nodes of a known datacenter list now; nothing if none of them responds, or, where they are
    /// unhealthy, not soon after another node. Those among the seeds that are `queried` as such are left out.
    async fn query_datacenter(
        &self,
        known: &InferredDatacenter,
        queried: &HashSet<&NodeUrl>,
        has_response: &watch::Sender<bool>,
    ) -> Option<InferredDatacenter> {
        let members = known.nodes.iter().filter(|node| !queried.contains(node));
        let queries = self.in_query_order(members).into_iter();
        let queries = queries.take(MAX_KNOWN_QUERIED);
        let queries: Vec<_> = queries
            .map(|node| self.query(node, &Locality::Cluster))
            .collect();
        let race = pin!(staggered_race(queries));
        let is_healthy = self.is_healthy(known);
        let given_up = pin!(async {
            let mut others = has_response.subscribe();
            if is_healthy || others.wait_for(|responds| *responds).await.is_err() {
                return std::future::pending().await;
            }
            sleep(UNHEALTHY_TIMEOUT).await;
        });
        let list = match select(race, given_up).await {
            Either::Left((result, _)) => result.ok()?,
            Either::Right(((), _)) => return None,
        };
        has_response.send_replace(true);
        let members = known.nodes.iter().collect();
        let nodes = self.confirmed(list, &members, false, &Locality::Cluster);
        // A seed that was a node, and is none any more, is queried as a seed again.
        let listed_by = known.listed_by.iter().filter(|seed| !known.contains(seed));
        Some(InferredDatacenter {
            listed_by: listed_by.cloned().collect(),
            ..InferredDatacenter::new(nodes.await, known.known_since)
        })
    }
}
