//! The whole datacenter, where ordinary requests keep to a rack.
//!
//! Operations that must meet the others of their key go to one node for all clients, whatever rack a client is in. So the
//! nodes of the datacenter are looked for as well, if the application has such operations, and if the scope chain does not
//! bring them anyway. That costs one more question for each refresh, as a further level does, and like one it fails nothing
//! that nobody can answer it: then the former answer stays.

use super::membership::{LevelMembers, Membership};
use super::membership_query::MembershipQuery;
use crate::topology::{Locality, NodeUrl, Scope};
use tokio::time::timeout_at;

impl MembershipQuery<'_> {
    /// The datacenter of the most wanted level, unless the levels of the chain bring it, or the servers do not tell who is in
    /// one.
    pub(super) async fn home(
        &self,
        scope: &Scope,
        levels: &[LevelMembers],
    ) -> Option<LevelMembers> {
        let locality = datacenter_of(scope.localities().first()?)?;
        // Nobody has told of the most wanted level: the servers do not know of racks.
        let is_supported = levels
            .first()
            .is_some_and(|level| !level.datacenters.is_empty());
        if !is_supported || levels.iter().any(|level| level.locality == locality) {
            return None;
        }
        let answer = timeout_at(self.end, self.scoped(&locality)).await;
        let datacenters = match answer {
            Ok(Ok(datacenters)) => datacenters,
            // Nobody tells, or time is up.
            Ok(Err(_)) | Err(_) => self.membership.groups_of(&locality).to_vec(),
        };
        Some(LevelMembers {
            locality,
            datacenters,
        })
    }
}

impl Membership {
    /// The nodes at home, as far as they are known: those of the datacenter of the most wanted level.
    ///
    /// Of a cluster nobody tells which nodes are in which datacenter, so there it is all of them.
    pub(super) fn local_nodes(&self) -> Vec<NodeUrl> {
        let Some(first) = self.levels.first() else {
            return Vec::new();
        };
        let is_local = |level: &&LevelMembers| {
            level.locality == first.locality
                || datacenter(&level.locality) == datacenter(&first.locality)
        };
        let home = self.levels.iter().filter(is_local).chain(&self.home);
        home.flat_map(LevelMembers::nodes).cloned().collect()
    }
}

/// The datacenter of a rack.
fn datacenter_of(locality: &Locality) -> Option<Locality> {
    match locality {
        Locality::Rack { datacenter, .. } => Some(Locality::Datacenter(datacenter.clone())),
        Locality::Cluster | Locality::Datacenter(_) => None,
    }
}

fn datacenter(locality: &Locality) -> Option<&str> {
    match locality {
        Locality::Rack { datacenter, .. } | Locality::Datacenter(datacenter) => Some(datacenter),
        Locality::Cluster => None,
    }
}
