//! Seeds that belong to another cluster.

use super::membership::InferredDatacenter;
use super::membership_query::{MembershipQuery, QUERY_TIMEOUT};
use super::node_list::NodeList;
use crate::topology::NodeUrl;
use futures_util::future::join_all;
use std::collections::HashSet;
use tokio::time::timeout;

impl MembershipQuery<'_> {
    /// Removes the lists of seeds of another cluster. A list of other nodes than the known ones is that of another
    /// datacenter, unless
    ///
    /// * the seed was a node of a `known` datacenter, which no longer lists it as it was `found` now, and it lists none
    ///   of the nodes found, or
    /// * its cluster has another name, where the servers tell it: that of the known nodes counts, else that of the
    ///   first seed.
    pub(super) async fn remove_foreign(
        &self,
        known: &[InferredDatacenter],
        found: &[InferredDatacenter],
        lists: &mut Vec<NodeList>,
    ) {
        let nodes: HashSet<&NodeUrl> = found.iter().flat_map(|found| &found.nodes).collect();
        let is_other = |list: &NodeList| !list.nodes.iter().any(|node| nodes.contains(node));
        let has_left = |list: &NodeList| {
            let mut datacenters = known.iter().zip(found);
            datacenters.any(|(known, found)| {
                let seed = &list.respondent;
                known.contains(seed) && found.is_responsive() && !found.contains(seed)
            })
        };
        let left = lists.extract_if(.., |list| is_other(list) && has_left(list));
        let mut foreign: HashSet<NodeUrl> = left.map(|list| list.respondent).collect();

        let others: Vec<&NodeList> = lists.iter().filter(|list| is_other(list)).collect();
        foreign.extend(self.of_other_name(&nodes, &others).await);
        lists.retain(|list| !foreign.contains(&list.respondent));
        self.log().foreign.extend(foreign);
    }

    /// Returns the seeds whose cluster has another name than that of the known nodes, or else of the first seed.
    async fn of_other_name(&self, known: &HashSet<&NodeUrl>, lists: &[&NodeList]) -> Vec<NodeUrl> {
        let reference = {
            let log = self.log();
            let mut known = known.iter().copied();
            known.find(|node| log.respondents.contains(*node)).cloned()
        };
        let first = || {
            let leads_to = |seed: &NodeUrl, list: &NodeList| {
                list.respondent == *seed || list.nodes.contains(seed)
            };
            let lists_of = |seed| lists.iter().find(|list| leads_to(seed, list));
            let list = self.seeds.iter().find_map(lists_of)?;
            Some(list.respondent.clone())
        };
        let Some(reference) = reference.or_else(first) else {
            return Vec::new();
        };
        let own = lists.iter().find(|list| list.respondent == reference);
        let is_disjoint =
            |list: &NodeList| own.is_none_or(|own| list.nodes.is_disjoint(&own.nodes));
        let others: Vec<_> = lists.iter().filter(|list| is_disjoint(list)).collect();
        if others.is_empty() {
            return Vec::new();
        }
        let Some(name) = self.cluster_name(&reference).await else {
            return Vec::new();
        };
        let names = others.iter().map(async |list| {
            let other = self.cluster_name(&list.respondent).await?;
            (other != name).then(|| list.respondent.clone())
        });
        join_all(names).await.into_iter().flatten().collect()
    }

    /// Returns the name of the cluster of a node, if the node tells it.
    async fn cluster_name(&self, node: &NodeUrl) -> Option<String> {
        let name = timeout(QUERY_TIMEOUT, self.client.cluster_name(node)).await;
        name.ok()?.ok()?
    }
}
