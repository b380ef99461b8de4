//! The nodes of one datacenter or rack.

use super::membership::{InferredDatacenter, LevelMembers};
use super::membership_query::{MAX_KNOWN_QUERIED, MembershipQuery, QueryFailure};
use super::staggered_race::staggered_race;
use crate::topology::{Locality, NodeUrl};
use std::collections::HashSet;
use tokio::time::timeout_at;

impl MembershipQuery<'_> {
    /// Returns the one datacenter of a level, without nodes if the level has none.
    ///
    /// Every node knows every datacenter, so one response is enough, unless it drops known nodes, is the first, or
    /// lists only the node itself: a partitioned node does. Then another node is queried, and the union of both
    /// responses counts.
    pub(super) async fn query_scope(
        &self,
        locality: &Locality,
    ) -> Result<Vec<InferredDatacenter>, QueryFailure> {
        let queries: Vec<_> = self
            .candidates()
            .into_iter()
            .map(|node| self.query(node, locality))
            .collect();
        let (respondent, nodes) = staggered_race(queries).await.map_err(|failures| {
            let failure = failures.into_iter().max();
            failure.unwrap_or(QueryFailure::NoResponse)
        })?;

        let mut datacenter = InferredDatacenter::new(nodes, self.now);
        let known = self.membership.datacenters_in(locality);
        let before: Vec<_> = known.iter().flat_map(|known| &known.nodes).collect();
        let is_first = known.is_empty();
        let drops_nodes = before.iter().any(|node| !datacenter.contains(node));
        let is_alone = datacenter.nodes == std::slice::from_ref(&respondent);
        if is_first || drops_nodes || is_alone {
            let respondents = [respondent];
            let confirmation = self
                .confirm(&datacenter, &before, &respondents, locality)
                .await;
            datacenter.extend(confirmation);
        }
        Ok(vec![datacenter])
    }

    /// Returns the datacenter of the rack that is the preferred level, unless it is a level itself, or the servers do
    /// not know of racks.
    ///
    /// Operations that need the same coordinator for all clients go to one node whatever rack a client is in. So the
    /// nodes of the datacenter are discovered as well, if the application has such operations. It costs one more query
    /// per refresh, like a further level, and like one it keeps its former nodes when no node responds.
    pub(super) async fn local_datacenter(&self, levels: &[LevelMembers]) -> Option<LevelMembers> {
        let preferred = levels.first()?;
        let Locality::Rack { datacenter, .. } = &preferred.locality else {
            return None;
        };
        let locality = Locality::Datacenter(datacenter.clone());
        // The preferred level is unknown where the servers do not know of racks.
        if preferred.datacenters.is_empty() || levels.iter().any(|level| level.locality == locality)
        {
            return None;
        }
        let datacenters = match timeout_at(self.deadline, self.query_scope(&locality)).await {
            Ok(Ok(datacenters)) => datacenters,
            Ok(Err(_)) | Err(_) => self.membership.datacenters_in(&locality).to_vec(),
        };
        Some(LevelMembers {
            locality,
            datacenters,
        })
    }

    /// The nodes in the order in which they are queried: some of the known ones, then the seeds. Those of the preferred
    /// level come first, as they are the nearest and the surest to know the other nodes of it.
    fn candidates(&self) -> Vec<&NodeUrl> {
        let mut seen = HashSet::new();
        let levels = self.membership.all_levels();
        let mut candidates: Vec<_> = levels
            .flat_map(|level| self.in_query_order(level.nodes()))
            .filter(|node| seen.insert(*node))
            .collect();
        self.sort_by_responsiveness(&mut candidates);
        candidates.truncate(MAX_KNOWN_QUERIED);
        let mut seeds = self.in_query_order(self.seeds.iter());
        seeds.retain(|seed| !candidates.contains(seed));
        candidates.extend(seeds);
        self.sort_by_responsiveness(&mut candidates);
        candidates
    }

    /// Returns what another node lists, if one responds.
    ///
    /// Queries known members that are still listed, since most of those that are not will have left. If there are none,
    /// queries the members to be dropped, and waits for them before it queries any other node: they know best that they
    /// are there, when they are partitioned from the node that dropped them.
    pub(super) async fn confirm(
        &self,
        listed: &InferredDatacenter,
        members: &[&NodeUrl],
        respondents: &[NodeUrl],
        locality: &Locality,
    ) -> Vec<NodeUrl> {
        let (kept, dropped): (Vec<&NodeUrl>, Vec<&NodeUrl>) = members
            .iter()
            .filter(|node| !respondents.contains(node))
            .partition(|node| listed.contains(node));
        let confirmers = if kept.is_empty() { dropped } else { kept };
        let mut confirmers = self.in_query_order(confirmers.into_iter());
        confirmers.truncate(MAX_KNOWN_QUERIED);
        if let Some(nodes) = self.query_any(&confirmers, locality).await {
            return nodes;
        }
        let mut others = match locality {
            // Each node lists only its own datacenter.
            Locality::Cluster => Vec::new(),
            Locality::Datacenter(_) | Locality::Rack { .. } => self.candidates(),
        };
        others.retain(|node| !members.contains(node) && !respondents.contains(node));
        others.sort_by_key(|node| !listed.contains(node));
        self.query_any(&others, locality).await.unwrap_or_default()
    }

    /// Returns what the first of these nodes lists that responds. Skips those that have just failed to respond.
    async fn query_any(&self, nodes: &[&NodeUrl], locality: &Locality) -> Option<Vec<NodeUrl>> {
        let queries: Vec<_> = nodes
            .iter()
            .filter(|node| !self.is_unresponsive(node))
            .map(|node| self.query(node, locality))
            .collect();
        let (_, nodes) = staggered_race(queries).await.ok()?;
        Some(nodes)
    }
}
