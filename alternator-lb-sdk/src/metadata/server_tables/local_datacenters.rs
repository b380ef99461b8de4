//! The datacenters that requests go to.

use super::addresses::{Addresses, NodeName};
use super::replication::Replication;
use alternator_lb_core::metadata_schedule::{DatacenterReplication, gains_from_map};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

/// The datacenters of the listed nodes, with all their nodes: also those that are down. Empty before nodes are listed,
/// and where the listed ones are not known to the server by their addresses.
#[derive(Debug, Default)]
pub(crate) struct LocalDatacenters {
    nodes: HashMap<Arc<str>, HashSet<IpAddr>>,
    /// The nodes of other datacenters.
    remote: HashSet<NodeName>,
    /// True if the datacenters of all listed nodes are known.
    are_complete: bool,
}

impl LocalDatacenters {
    pub(crate) fn new(addresses: &Addresses, listed: &HashSet<IpAddr>) -> Self {
        let mut nodes: HashMap<Arc<str>, HashSet<IpAddr>> = HashMap::new();
        for (_, known) in addresses.nodes() {
            if let Some(datacenter) = &known.datacenter {
                let nodes = nodes.entry(Arc::clone(datacenter)).or_default();
                nodes.insert(known.address);
            }
        }
        nodes.retain(|_, nodes| !nodes.is_disjoint(listed));
        let is_remote = |datacenter: &Option<Arc<str>>| {
            let datacenter = datacenter.as_ref();
            datacenter.is_some_and(|datacenter| !nodes.contains_key(datacenter))
        };
        let remote = addresses.nodes();
        let remote = remote.filter(|(_, known)| is_remote(&known.datacenter));
        let is_known = |address| nodes.values().any(|nodes| nodes.contains(address));
        Self {
            remote: remote.map(|(name, _)| name).collect(),
            are_complete: !listed.is_empty() && listed.iter().all(is_known),
            nodes,
        }
    }

    /// Returns whether a replica on this node is in one of them, or may be. Its datacenter can be given.
    pub(crate) fn contain(&self, node: NodeName, datacenter: Option<&str>) -> bool {
        self.nodes.is_empty()
            || datacenter.map_or_else(
                || !self.remote.contains(&node),
                |datacenter| self.nodes.contains_key(datacenter),
            )
    }

    /// Returns whether the maps of tables with this replication gain anything.
    pub(crate) fn gain_from_map(&self, replication: &Replication) -> bool {
        let datacenters = self.nodes.iter();
        let datacenters = datacenters.map(|(name, nodes)| DatacenterReplication {
            nodes: nodes.len(),
            replicas: replication.factor(name),
        });
        !self.are_complete || gains_from_map(datacenters)
    }

    /// Returns whether a map whose ranges have at least this many replicas gains anything.
    pub(crate) fn gain_from_replicas(&self, fewest: usize) -> bool {
        let nodes = self.nodes.values().map(HashSet::len).sum();
        let together = DatacenterReplication {
            nodes,
            replicas: Some(fewest),
        };
        !self.are_complete || gains_from_map([together])
    }
}

#[cfg(test)]
mod tests {
    use super::super::query::RowReader as _;
    use super::*;
    use serde_json::json;

    /// Nodes 1 to 3 in dc1, 4 to 6 in dc2.
    fn addresses() -> Addresses {
        let mut addresses = Addresses::default();
        for node in 1..=6 {
            let datacenter = if node <= 3 { "dc1" } else { "dc2" };
            addresses.read(&json!({
                "peer": {"S": format!("192.168.0.{node}")},
                "rpc_address": {"S": format!("10.0.0.{node}")},
                "data_center": {"S": datacenter},
            }));
        }
        addresses
    }

    fn local(listed: &[u8]) -> LocalDatacenters {
        let listed = listed.iter().map(|node| [10, 0, 0, *node].into());
        LocalDatacenters::new(&addresses(), &listed.collect())
    }

    fn replication(text: &str) -> Replication {
        Replication::new(&format!("({{class : x.NetworkTopologyStrategy}}, {text})"))
    }

    #[test]
    fn replicas_elsewhere_are_not_local() {
        let node = |number: u8| NodeName::Internal([192, 168, 0, number].into());
        let local = local(&[1, 2]);
        assert!(local.contain(node(3), None), "it is down");
        assert!(!local.contain(node(4), None));
        assert!(local.contain(node(9), None), "it may be");
        assert!(!local.contain(node(9), Some("dc2")));
        assert!(LocalDatacenters::default().contain(node(4), Some("dc2")));
    }

    #[test]
    fn map_gains_unless_all_nodes_of_all_listed_datacenters_are_replicas() {
        for (listed, text, expected) in [
            (&[1_u8, 2, 3][..], "{dc1 : 3}, {dc2 : 1}", false),
            (&[1, 2], "{dc1 : 3}", false),
            (&[1, 2], "{dc1 : 2}", true),
            (&[1, 2, 4], "{dc1 : 3}, {dc2 : 1}", true),
            (&[1, 2, 4], "{dc1 : 3}, {dc2 : 3}", false),
            (&[1, 2, 7], "{dc1 : 3}", true),
            (&[], "{dc1 : 3}", true),
            (&[1, 2, 3], "{replication_factor : 3}", true),
        ] {
            let gains = local(listed).gain_from_map(&replication(text));
            assert_eq!(gains, expected, "{listed:?} {text}");
        }
        assert!(!local(&[1, 2]).gain_from_replicas(3));
        assert!(local(&[1, 2]).gain_from_replicas(2));
        assert!(local(&[1, 4]).gain_from_replicas(3));
    }
}
