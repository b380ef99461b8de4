//! The nodes of all datacenters in which there is a seed.

use super::inferred_datacenter;
use super::inferred_datacenter::InferredDatacenter;
use super::membership_query::{MAX_KNOWN_ASKED, MembershipQuery, Unanswered};
use super::staggered_race::staggered_race;
use crate::topology::{Locality, NodeUrl};
use futures_util::StreamExt as _;
use futures_util::stream;
use std::time::Duration;

/// How many seeds are asked at the same time.
const SEEDS_AT_ONCE: usize = 8;

/// For how long the nodes of a datacenter are kept of which nobody answers any more while others do: longer than a router
/// takes to restart. Its seeds are asked in every refresh all the same, so a datacenter that was dropped is found again
/// when one of them is back.
const MAX_SILENCE: Duration = Duration::from_secs(60);

/// For how many refreshes they are kept if nodes have appeared since then of which nobody had heard: then the cluster has
/// most likely moved to these, and what is silent are its former addresses. More than one, since those may also be those
/// of another datacenter, which happens to come while this one has a hiccup.
const MAX_SILENT_REFRESHES: u32 = 3;

impl MembershipQuery<'_> {
    /// A group for each datacenter: at least one node of each that is known is asked, and all seeds.
    ///
    /// When nodes of a more wanted level are at hand, a seed whose datacenter is known is spared as long as somebody
    /// answers there: that the list stays fresh costs one question for each datacenter then, however many seeds there are.
    pub(super) async fn cluster(
        &self,
        is_at_hand: bool,
    ) -> Result<Vec<InferredDatacenter>, Unanswered> {
        let known = self.membership.groups_of(&Locality::Cluster);
        let (spared, due): (Vec<_>, Vec<_>) = self
            .seeds
            .iter()
            .partition(|seed| is_at_hand && known.iter().any(|group| group.speaks_for(seed)));
        let mut seeds = self.ask_seeds(&due).await;
        let mut found = Vec::new();
        for group in known {
            let again = self.again(group, &due, &seeds).await;
            found.push(again.unwrap_or_else(|| group.silent(self.now)));
        }
        if found.iter().any(|group| group.unresponsive.is_some()) {
            seeds.extend(self.ask_seeds(&spared).await);
        }
        if seeds.is_empty() && found.iter().all(|group| group.unresponsive.is_some()) {
            return Err(Unanswered::NoResponse);
        }
        found.extend(seeds.into_iter().map(|(seed, named)| InferredDatacenter {
            named_by: vec![seed],
            ..InferredDatacenter::new(named, self.now)
        }));
        let mut datacenters = inferred_datacenter::merge(found);
        let answering = datacenters
            .iter()
            .filter(|group| group.unresponsive.is_none());
        let newest = answering.map(|group| group.known_since).max();
        datacenters.retain(|group| !self.is_lost(group, newest.unwrap_or_default()));
        Ok(datacenters)
    }

    /// What each of these seeds says, unless it does not answer, or has just not answered.
    async fn ask_seeds(&self, seeds: &[&NodeUrl]) -> Vec<(NodeUrl, Vec<NodeUrl>)> {
        let asked: Vec<_> = seeds
            .iter()
            .filter(|seed| !self.is_unresponsive(seed))
            .map(|seed| self.query_named(seed, &Locality::Cluster))
            .collect();
        let answers: Vec<_> = stream::iter(asked)
            .buffer_unordered(SEEDS_AT_ONCE)
            .collect()
            .await;
        answers.into_iter().flatten().collect()
    }

    /// Whether a group is silent for too long, when the newest of those that answer was heard of first at `newest`.
    fn is_lost(&self, group: &InferredDatacenter, newest: Duration) -> bool {
        group.unresponsive.is_some_and(|unresponsive| {
            let has_moved =
                newest >= unresponsive.since && unresponsive.refreshes >= MAX_SILENT_REFRESHES;
            has_moved || self.now.saturating_sub(unresponsive.since) >= MAX_SILENCE
        })
    }

    /// What the members of a group say of it now; nothing if none of them answers. The seeds that were `due` have been
    /// asked, and their answers are `seeds`.
    async fn again(
        &self,
        group: &InferredDatacenter,
        due: &[&NodeUrl],
        seeds: &[(NodeUrl, Vec<NodeUrl>)],
    ) -> Option<InferredDatacenter> {
        let mut again = InferredDatacenter::new(Vec::new(), group.known_since);
        let spared = |seed: &&NodeUrl| self.seeds.contains(seed) && !due.contains(seed);
        again.named_by = group.named_by.iter().filter(spared).cloned().collect();
        let mut asked = Vec::new();
        for (seed, list) in seeds.iter().filter(|(seed, _)| group.contains(seed)) {
            asked.push(seed.clone());
            again.extend(list.clone());
        }
        if asked.is_empty() {
            let members = group.nodes.iter().filter(|node| !due.contains(node));
            let contenders: Vec<_> = self
                .in_turn(members)
                .into_iter()
                .take(MAX_KNOWN_ASKED)
                .map(|node| self.query_named(node, &Locality::Cluster))
                .collect();
            let (node, list) = staggered_race(contenders).await.ok()?;
            asked.push(node);
            again.extend(list);
        }
        if group.nodes.iter().any(|node| !again.contains(node)) {
            let members: Vec<_> = group.nodes.iter().collect();
            let second = self
                .confirm(&again, &members, &asked, &Locality::Cluster)
                .await;
            again.extend(second);
        }
        Some(again)
    }
}
