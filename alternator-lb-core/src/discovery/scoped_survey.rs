//! The nodes of one datacenter or rack.

use super::groups::Group;
use super::race::race;
use super::survey::{MAX_KNOWN_ASKED, Survey, Unanswered};
use crate::topology::{Area, NodeUrl};
use std::collections::HashSet;

impl Survey<'_> {
    /// One group, empty if the area has no nodes.
    ///
    /// Any node can tell of any datacenter, so one good answer is enough, unless it would lose nodes, or is the first, or
    /// names nobody but who gave it: a node that is cut off names itself alone. Then another is asked, and both are
    /// believed.
    pub(super) async fn scoped(&self, area: &Area) -> Result<Vec<Group>, Unanswered> {
        let contenders: Vec<_> = self
            .candidates()
            .into_iter()
            .map(|node| self.put_by_name(node, area))
            .collect();
        let (asked, named) = race(contenders)
            .await
            .map_err(|failures| Unanswered::of(&failures))?;

        let mut group = Group::new(named, self.now);
        let known = self.knowledge.groups_of(area);
        let before: Vec<_> = known.iter().flat_map(|group| &group.nodes).collect();
        let is_first = known.is_empty();
        let loses = before.iter().any(|node| !group.contains(node));
        let is_all_alone = group.nodes == std::slice::from_ref(&asked);
        if is_first || loses || is_all_alone {
            let second = self.second_opinion(&group, &before, &[asked], area).await;
            group.extend(second);
        }
        Ok(vec![group])
    }

    /// Who is asked, in this order: some of the nodes known, then the seeds. Those of the most wanted link come first,
    /// being the nearest, and the surest to know who else is there.
    fn candidates(&self) -> Vec<&NodeUrl> {
        let mut seen = HashSet::new();
        let links = self.knowledge.all_links();
        let mut candidates: Vec<_> = links
            .flat_map(|link| self.in_turn(link.nodes()))
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
    pub(super) async fn second_opinion(
        &self,
        named: &Group,
        members: &[&NodeUrl],
        asked: &[NodeUrl],
        area: &Area,
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
        if let Some(second) = self.any_of(&insiders, area).await {
            return second;
        }
        let mut strangers = match area {
            // Each node tells of its own datacenter only.
            Area::Cluster => Vec::new(),
            Area::Datacenter(_) | Area::Rack { .. } => self.candidates(),
        };
        strangers.retain(|node| !members.contains(node) && !asked.contains(node));
        strangers.sort_by_key(|node| !named.contains(node));
        self.any_of(&strangers, area).await.unwrap_or_default()
    }

    /// What the first of these says that answers, of those that have not just failed to.
    async fn any_of(&self, nodes: &[&NodeUrl], area: &Area) -> Option<Vec<NodeUrl>> {
        let contenders: Vec<_> = nodes
            .iter()
            .filter(|node| !self.is_silent(node))
            .map(|node| self.put(node, area))
            .collect();
        race(contenders).await.ok()
    }
}
