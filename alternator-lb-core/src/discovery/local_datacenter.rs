//! The whole datacenter, where ordinary requests stay in a rack.
//!
//! Operations that need the same coordinator for all clients go to one node whatever rack a client is in. So the nodes
//! of the datacenter are discovered as well, if the application has such operations and the scope chain does not
//! contain the datacenter anyway. It costs one more query per refresh, like a further level, and like one it keeps its
//! former nodes when no node responds.

use super::membership::{LevelMembers, Membership};
use super::membership_query::MembershipQuery;
use crate::topology::{Locality, NodeUrl, Scope};
use tokio::time::timeout_at;

impl MembershipQuery<'_> {
    /// Returns the datacenter of the preferred level, unless it is a level itself, or the servers do not know of racks.
    pub(super) async fn local_datacenter(
        &self,
        scope: &Scope,
        levels: &[LevelMembers],
    ) -> Option<LevelMembers> {
        let locality = datacenter_of(scope.localities().first()?)?;
        // The preferred level is unknown where the servers do not know of racks.
        let is_supported = levels
            .first()
            .is_some_and(|level| !level.datacenters.is_empty());
        if !is_supported || levels.iter().any(|level| level.locality == locality) {
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
}

impl Membership {
    /// The known nodes of the local datacenter, which is that of the preferred level.
    ///
    /// In cluster scope all nodes count as local, since no server reports which node is in which datacenter.
    pub(super) fn local_nodes(&self) -> Vec<NodeUrl> {
        let Some(first) = self.levels.first() else {
            return Vec::new();
        };
        let is_local = |level: &&LevelMembers| {
            level.locality == first.locality
                || datacenter_name(&level.locality) == datacenter_name(&first.locality)
        };
        let levels = self.levels.iter().filter(is_local);
        let levels = levels.chain(&self.local_datacenter);
        levels.flat_map(LevelMembers::nodes).cloned().collect()
    }
}

/// The datacenter of a rack.
fn datacenter_of(locality: &Locality) -> Option<Locality> {
    match locality {
        Locality::Rack { datacenter, .. } => Some(Locality::Datacenter(datacenter.clone())),
        Locality::Cluster | Locality::Datacenter(_) => None,
    }
}

fn datacenter_name(locality: &Locality) -> Option<&str> {
    match locality {
        Locality::Rack { datacenter, .. } | Locality::Datacenter(datacenter) => Some(datacenter),
        Locality::Cluster => None,
    }
}
