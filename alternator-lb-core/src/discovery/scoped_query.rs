//! The nodes of one datacenter or rack.

use super::membership::{InferredDatacenter, LevelMembers, MAX_KNOWN_QUERIED};
use super::membership_query::{MembershipQuery, QueryFailure};
use super::node_list::{Agreement, NodeList, agree};
use super::staggered_race::staggered_race;
use crate::topology::{Locality, NodeUrl};
use std::collections::HashSet;
use tokio::time::{Instant, timeout_at};

/// How many nodes are queried for one list at most, where they disagree.
const MAX_LISTS: usize = 3;

impl MembershipQuery<'_> {
    /// Returns the one datacenter of a level, without nodes if the level has none.
    ///
    /// Every node knows every datacenter, so one response is enough, unless others have to confirm it.
    pub(super) async fn query_scope(
        &self,
        locality: &Locality,
    ) -> Result<Vec<InferredDatacenter>, QueryFailure> {
        let queries: Vec<_> = self
            .candidates()
            .into_iter()
            .map(|node| self.query(node, locality))
            .collect();
        let list = staggered_race(queries).await.map_err(|failures| {
            let failure = failures.into_iter().max();
            failure.unwrap_or(QueryFailure::NoResponse)
        })?;
        let known = self.membership.datacenters_in(locality);
        let is_first = known.is_empty();
        let known = known.iter().flat_map(|known| &known.nodes).collect();
        let nodes = self.confirmed(list, &known, is_first, locality).await;
        Ok(vec![InferredDatacenter::new(nodes, self.now)])
    }

    /// Returns the nodes that count after a response: those of this list, and of others that confirm it.
    ///
    /// Another node is queried if the response drops known nodes, is the first, or names none of the former peers of
    /// its node: one that is partitioned does so, and one whose address belongs to another cluster now.
    pub(super) async fn confirmed(
        &self,
        list: NodeList,
        known: &HashSet<&NodeUrl>,
        is_first: bool,
        locality: &Locality,
    ) -> HashSet<NodeUrl> {
        let drops_nodes = !known.iter().all(|node| list.nodes.contains(*node));
        let has_strangers = !list.nodes.is_empty() && !list.names_peer(known);
        let mut is_settled = !is_first && !drops_nodes && !has_strangers;
        let mut lists = vec![list];
        while !is_settled && lists.len() < MAX_LISTS {
            let Some(list) = self.confirm(&lists, known, locality).await else {
                break;
            };
            lists.push(list);
            is_settled = known.is_empty() || lists.iter().any(|list| list.names_peer(known));
        }
        let Agreement { nodes, foreign } = agree(known, &lists);
        let left = known.iter().filter(|node| !nodes.contains(**node));
        let mut log = self.log();
        log.left.extend(left.map(|node| NodeUrl::clone(node)));
        log.foreign.extend(foreign);
        nodes
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

    /// The nodes in the order in which they are queried. Those of the preferred level are also the surest to know the
    /// other nodes of it.
    fn candidates(&self) -> Vec<&NodeUrl> {
        let log = self.log();
        let rank = |node: &NodeUrl| self.rank(&log, node);
        self.membership.candidates(self.seeds, rank)
    }

    /// Returns what another node lists, if one responds.
    ///
    /// Queries known members that are still listed, since most of those that are not will have left. If there are none,
    /// queries the members to be dropped, and waits for them before it queries any other node: they know best that they
    /// are there, when they are partitioned from the node that dropped them.
    async fn confirm(
        &self,
        lists: &[NodeList],
        members: &HashSet<&NodeUrl>,
        locality: &Locality,
    ) -> Option<NodeList> {
        let is_respondent = |node: &NodeUrl| lists.iter().any(|list| list.respondent == *node);
        let is_listed = |node: &NodeUrl| lists.iter().any(|list| list.nodes.contains(node));
        let (kept, dropped): (Vec<&NodeUrl>, Vec<&NodeUrl>) = members
            .iter()
            .filter(|node| !is_respondent(node))
            .partition(|node| is_listed(node));
        let confirmers = if kept.is_empty() { dropped } else { kept };
        let mut confirmers = self.in_query_order(confirmers.into_iter());
        confirmers.truncate(MAX_KNOWN_QUERIED);
        if let Some(list) = self.query_any(&confirmers, locality).await {
            return Some(list);
        }
        let mut others = match locality {
            // Each node lists only its own datacenter.
            Locality::Cluster => Vec::new(),
            Locality::Datacenter(_) | Locality::Rack { .. } => self.candidates(),
        };
        others.retain(|node| !members.contains(node) && !is_respondent(node));
        others.sort_by_key(|node| !is_listed(node));
        self.query_any(&others, locality).await
    }

    /// Returns what the first of these nodes lists that responds soon. Skips those that have just failed to respond.
    async fn query_any(&self, nodes: &[&NodeUrl], locality: &Locality) -> Option<NodeList> {
        let queries: Vec<_> = nodes
            .iter()
            .filter(|node| !self.is_unresponsive(node))
            .map(|node| self.query(node, locality))
            .collect();
        let limit = self.limit(nodes.iter().copied());
        let end = self.deadline.min(Instant::now() + limit);
        timeout_at(end, staggered_race(queries)).await.ok()?.ok()
    }
}
