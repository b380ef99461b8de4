//! The nodes of one datacenter or rack.

use super::groups::Group;
use super::race::race;
use super::survey::{MAX_KNOWN_ASKED, Survey, Unanswered};
use crate::topology::{Area, NodeUrl};

impl Survey<'_> {
    /// One group, empty if the area has no nodes.
    ///
    /// Any node can tell of any datacenter, so one good answer is enough, unless it would lose nodes, or is the first: a
    /// node that is cut off names itself alone. Then another is asked, and both are believed.
    pub(super) async fn scoped(&self, area: &Area) -> Result<Vec<Group>, Unanswered> {
        let everybody = self.knowledge.nodes();
        let known = self.in_turn(everybody.iter());
        let seeds = self.in_turn(self.seeds.iter().filter(|seed| !everybody.contains(seed)));
        let contenders: Vec<_> = known
            .into_iter()
            .take(MAX_KNOWN_ASKED)
            .chain(seeds)
            .map(|node| self.put_by_name(node, area))
            .collect();
        let (asked, named) = race(contenders)
            .await
            .map_err(|failures| Unanswered::of(&failures))?;

        let mut group = Group::new(named, self.now);
        let before = self.knowledge.nodes_of(area);
        let loses = before.iter().any(|node| !group.contains(node));
        let is_all_alone = group.nodes.iter().all(|node| *node == asked);
        if loses || before.is_empty() || is_all_alone {
            let seeds = self.seeds.iter().filter(|seed| !before.contains(seed));
            let others: Vec<_> = before.iter().chain(seeds).cloned().collect();
            let second = self.second_opinion(&group, &others, &[asked], area).await;
            group.extend(second);
        }
        Ok(vec![group])
    }

    /// What another node says, if one answers: preferably one that is still named, since of those that are not most will
    /// have gone.
    pub(super) async fn second_opinion(
        &self,
        named: &Group,
        others: &[NodeUrl],
        asked: &[NodeUrl],
        area: &Area,
    ) -> Vec<NodeUrl> {
        let (still, gone): (Vec<&NodeUrl>, Vec<&NodeUrl>) = others
            .iter()
            .filter(|node| !asked.contains(node))
            .partition(|node| named.contains(node));
        let candidates = match still.is_empty() {
            true => gone,
            false => still,
        };
        let contenders: Vec<_> = self
            .in_turn(candidates.into_iter())
            .into_iter()
            .take(MAX_KNOWN_ASKED)
            .map(|node| self.put(node, area))
            .collect();
        race(contenders).await.unwrap_or_default()
    }
}
