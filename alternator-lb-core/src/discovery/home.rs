//! The whole datacenter, where ordinary requests keep to a rack.
//!
//! Operations that must meet the others of their key go to one node for all clients, whatever rack a client is in. So the
//! nodes of the datacenter are looked for as well, if the application has such operations, and if the scope chain does not
//! bring them anyway. That costs one more question for each refresh, as a further link does, and like one it fails nothing
//! that nobody can answer it: then the former answer stays.

use super::knowledge::{Knowledge, Link};
use super::survey::Survey;
use crate::topology::{Area, NodeUrl, Scope};
use tokio::time::timeout_at;

impl Survey<'_> {
    /// The datacenter of the most wanted link, unless the links of the chain bring it, or the servers do not tell who is in
    /// one.
    pub(super) async fn home(&self, scope: &Scope, links: &[Link]) -> Option<Link> {
        let area = datacenter_of(scope.areas().first()?)?;
        // Nobody has told of the most wanted link: the servers do not know of racks.
        let is_supported = links.first().is_some_and(|link| !link.groups.is_empty());
        if !is_supported || links.iter().any(|link| link.area == area) {
            return None;
        }
        let answer = timeout_at(self.end, self.scoped(&area)).await;
        let groups = match answer {
            Ok(Ok(groups)) => groups,
            // Nobody tells, or time is up.
            Ok(Err(_)) | Err(_) => self.knowledge.groups_of(&area).to_vec(),
        };
        Some(Link { area, groups })
    }
}

impl Knowledge {
    /// The nodes at home, as far as they are known: those of the datacenter of the most wanted link.
    ///
    /// Of a cluster nobody tells which nodes are in which datacenter, so there it is all of them.
    pub(super) fn at_home(&self) -> Vec<NodeUrl> {
        let Some(first) = self.links.first() else {
            return Vec::new();
        };
        let is_home = |link: &&Link| {
            link.area == first.area || datacenter(&link.area) == datacenter(&first.area)
        };
        let home = self.links.iter().filter(is_home).chain(&self.home);
        home.flat_map(Link::nodes).cloned().collect()
    }
}

/// The datacenter of a rack.
fn datacenter_of(area: &Area) -> Option<Area> {
    match area {
        Area::Rack { datacenter, .. } => Some(Area::Datacenter(datacenter.clone())),
        Area::Cluster | Area::Datacenter(_) => None,
    }
}

fn datacenter(area: &Area) -> Option<&str> {
    match area {
        Area::Rack { datacenter, .. } | Area::Datacenter(datacenter) => Some(datacenter),
        Area::Cluster => None,
    }
}
