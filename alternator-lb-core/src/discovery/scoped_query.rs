//! The nodes of one datacenter or rack.

use super::inferred_datacenter::InferredDatacenter;
use super::membership_query::{MAX_KNOWN_ASKED, MembershipQuery, Unanswered};
use super::staggered_race::staggered_race;
use crate::topology::{Locality, NodeUrl};
use std::collections::HashSet;

impl MembershipQuery<'_> {
    /// One group, empty if the locality has no nodes.
    ///
    /// Any node can tell of any datacenter, so one good answer is enough, unless it would lose nodes, or is the first, or
    /// names nobody but who gave it: a node that is cut off names itself alone. Then another is asked, and both are
    /// believed.
    pub(super) async fn scoped(
        &self,
        locality: &Locality,
    ) -> Result<Vec<InferredDatacenter>, Unanswered> {
        let contenders: Vec<_> = self
            .candidates()
            .into_iter()
            .map(|node| self.query_named(node, locality))
            .collect();
        let (asked, named) = staggered_race(contenders)
            .await
            .map_err(|failures| Unanswered::of(&failures))?;

        let mut group = InferredDatacenter::new(named, self.now);
        let known = self.membership.groups_of(locality);
        let before: Vec<_> = known.iter().flat_map(|group| &group.nodes).collect();
        let is_first = known.is_empty();
        let loses = before.iter().any(|node| !group.contains(node));
        let is_all_alone = group.nodes == std::slice::from_ref(&asked);
        if is_first || loses || is_all_alone {
            let second = self.confirm(&group, &before, &[asked], locality).await;
            group.extend(second);
        }
        Ok(vec![group])
    }

    /// Who is asked, in this order: some of the nodes known, then the seeds. Those of the most wanted level come first,
    /// being the nearest, and the surest to know who else is there.
    fn candidates(&self) -> Vec<&NodeUrl> {
        let mut seen = HashSet::new();
        let levels = self.membership.all_levels();
        let mut candidates: Vec<_> = levels
            .flat_map(|level| self.in_turn(level.nodes()))
            .filter(|node| seen.insert(*node))
            .collect();
        self.soonest_first(&mut candidates);
        candidates.truncate(MAX_KNOWN_ASKED);
        let seeds = self.in_turn(self.seeds.iter());
        let seeds: Vec<_> = seeds
            .into_iter()
            .filter(|seed| !candidates.contains(seed))
            .collect();
        candidates.extend(seeds);
        self.soonest_first(&mut candidates);
        candidates
    }

    /// What another node says, if one answers: preferably a member that is still named, since of those that are not most
    /// will have gone. If there is none, those are asked all the same, and are waited for before any stranger is asked:
    /// nobody knows better that they are there, when they are cut off from whoever was asked.
    pub(super) async fn confirm(
        &self,
        named: &InferredDatacenter,
        members: &[&NodeUrl],
        asked: &[NodeUrl],
        locality: &Locality,
    ) -> Vec<NodeUrl> {
        let (still, gone): (Vec<&NodeUrl>, Vec<&NodeUrl>) = members
            .iter()
            .filter(|node| !asked.contains(node))
            .partition(|node| named.contains(node));
        let insiders = match still.is_empty() {
            true => gone,
            false => still,
        };
        let mut insiders = self.in_turn(insiders.into_iter());
        insiders.truncate(MAX_KNOWN_ASKED);
        if let Some(second) = self.any_of(&insiders, locality).await {
            return second;
        }
        let mut strangers = match locality {
            // Each node tells of its own datacenter only.
            Locality::Cluster => Vec::new(),
            Locality::Datacenter(_) | Locality::Rack { .. } => self.candidates(),
        };
        strangers.retain(|node| !members.contains(node) && !asked.contains(node));
        strangers.sort_by_key(|node| !named.contains(node));
        self.any_of(&strangers, locality).await.unwrap_or_default()
    }

    /// What the first of these says that answers, of those that have not just failed to.
    async fn any_of(&self, nodes: &[&NodeUrl], locality: &Locality) -> Option<Vec<NodeUrl>> {
        let contenders: Vec<_> = nodes
            .iter()
            .filter(|node| !self.is_unresponsive(node))
            .map(|node| self.query(node, locality))
            .collect();
        staggered_race(contenders).await.ok()
    }
}
