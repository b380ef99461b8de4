//! The nodes of all datacenters in which there is a seed.

use super::groups::{self, Group};
use super::race::race;
use super::survey::{MAX_KNOWN_ASKED, Survey, Unanswered};
use crate::topology::{Area, NodeUrl};
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

impl Survey<'_> {
    /// A group for each datacenter: at least one node of each that is known is asked, and all seeds.
    pub(super) async fn cluster(&self) -> Result<Vec<Group>, Unanswered> {
        let asked: Vec<_> = self
            .seeds
            .iter()
            .map(|seed| self.put_by_name(seed, &Area::Cluster))
            .collect();
        let answers: Vec<_> = stream::iter(asked)
            .buffer_unordered(SEEDS_AT_ONCE)
            .collect()
            .await;
        let seeds: Vec<(NodeUrl, Vec<NodeUrl>)> = answers.into_iter().flatten().collect();

        let known = match &self.knowledge.area {
            Some(Area::Cluster) => self.knowledge.groups.as_slice(),
            // The nodes of another scope are not the cluster's.
            Some(Area::Datacenter(_) | Area::Rack { .. }) | None => &[],
        };
        let mut found = Vec::new();
        let mut answered = !seeds.is_empty();
        for group in known {
            match self.again(group, &seeds).await {
                Some(again) => {
                    answered = true;
                    found.push(again);
                }
                None => found.push(group.silent(self.now)),
            }
        }
        if !answered {
            return Err(Unanswered::Silence);
        }
        let named = seeds.into_iter().map(|(_, named)| named);
        found.extend(named.map(|named| Group::new(named, self.now)));
        let mut groups = groups::merge(found);
        let answering = groups.iter().filter(|group| group.silence.is_none());
        let newest = answering.map(|group| group.known_since).max();
        groups.retain(|group| !self.is_lost(group, newest.unwrap_or_default()));
        Ok(groups)
    }

    /// Whether a group is silent for too long, when the newest of those that answer was heard of first at `newest`.
    fn is_lost(&self, group: &Group, newest: Duration) -> bool {
        group.silence.is_some_and(|silence| {
            let has_moved = newest >= silence.since && silence.refreshes >= MAX_SILENT_REFRESHES;
            has_moved || self.now.saturating_sub(silence.since) >= MAX_SILENCE
        })
    }

    /// What the members of a group say of it now; nothing if none of them answers.
    async fn again(&self, group: &Group, seeds: &[(NodeUrl, Vec<NodeUrl>)]) -> Option<Group> {
        let mut named = Group::new(Vec::new(), group.known_since);
        let mut asked = Vec::new();
        for (seed, list) in seeds.iter().filter(|(seed, _)| group.contains(seed)) {
            asked.push(seed.clone());
            named.extend(list.clone());
        }
        if asked.is_empty() {
            let members = group.nodes.iter().filter(|node| !self.seeds.contains(node));
            let contenders: Vec<_> = self
                .in_turn(members)
                .into_iter()
                .take(MAX_KNOWN_ASKED)
                .map(|node| self.put_by_name(node, &Area::Cluster))
                .collect();
            let (node, list) = race(contenders).await.ok()?;
            asked.push(node);
            named.extend(list);
        }
        if group.nodes.iter().any(|node| !named.contains(node)) {
            let second = self
                .second_opinion(&named, &group.nodes, &asked, &Area::Cluster)
                .await;
            named.extend(second);
        }
        Some(named)
    }
}
