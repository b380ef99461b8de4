//! The addresses by which clients know the nodes.

use super::query::RowReader;
use super::row::{Uuid, parsed, text, uuid};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

/// Addresses of nodes and their datacenters, from `system.local` and `system.peers`.
///
/// A node lists itself in the one and its peers in the other. All nodes are known once the latter is read from two of
/// them, or both from the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Addresses {
    by_name: HashMap<NodeName, KnownNode>,
    /// Nodes that several nodes were asked for in vain.
    unknown: HashSet<NodeName>,
}

/// A node as clients know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KnownNode {
    pub(super) address: IpAddr,
    pub(super) datacenter: Option<Arc<str>>,
}

/// The name of a node in the tables of replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum NodeName {
    Host(Uuid),
    /// The address by which the other nodes know it.
    Internal(IpAddr),
}

/// The number of names that are kept: two for each node of a cluster larger than any.
const MAX_NAMES: usize = 20_000;

impl RowReader for Addresses {
    /// Reads a row of either table.
    fn read(&mut self, row: &Value) {
        let internal = ["peer", "broadcast_address", "listen_address"];
        let internal = internal.iter().find_map(|column| address(row, column));
        // Without an RPC address, clients use the internal one.
        let Some(address) = address(row, "rpc_address").or(internal) else {
            return;
        };
        let host = text(row, "host_id").and_then(uuid).map(NodeName::Host);
        let known = KnownNode {
            address,
            datacenter: text(row, "data_center").map(Into::into),
        };
        for name in host.into_iter().chain(internal.map(NodeName::Internal)) {
            if self.by_name.len() < MAX_NAMES {
                self.unknown.remove(&name);
                self.by_name.insert(name, known.clone());
            }
        }
    }
}

impl Addresses {
    /// The columns that are read of `system.local`.
    pub(crate) const OF_LOCAL: [&'static str; 5] = [
        "host_id",
        "rpc_address",
        "broadcast_address",
        "listen_address",
        "data_center",
    ];
    /// The columns that are read of `system.peers`.
    pub(crate) const OF_PEERS: [&'static str; 4] =
        ["host_id", "rpc_address", "peer", "data_center"];

    pub(crate) fn find(&self, name: NodeName) -> Option<IpAddr> {
        self.by_name.get(&name).map(|known| known.address)
    }

    /// Returns whether the addresses of these nodes are known, or cannot be found out.
    pub(crate) fn are_settled(&self, names: &[NodeName]) -> bool {
        let is_settled =
            |name: &NodeName| self.by_name.contains_key(name) || self.unknown.contains(name);
        names.iter().all(is_settled)
    }

    /// Those to which the next reading adds: none, apart from the nodes that were asked for in vain.
    pub(crate) fn renewed(&self) -> Self {
        Self {
            by_name: HashMap::new(),
            unknown: self.unknown.clone(),
        }
    }

    /// Notes which of these nodes are unknown although several nodes were asked.
    pub(crate) fn give_up(&mut self, names: &[NodeName]) {
        let is_unknown = |name: &&NodeName| !self.by_name.contains_key(name);
        self.unknown.extend(names.iter().filter(is_unknown));
    }

    /// Returns whether no node was asked for in vain.
    pub(crate) fn are_complete(&self) -> bool {
        self.unknown.is_empty()
    }

    /// Returns whether there are nodes at all of these addresses.
    pub(crate) fn have_all(&self, listed: &HashSet<IpAddr>) -> bool {
        let known: HashSet<IpAddr> = self.by_name.values().map(|known| known.address).collect();
        listed.is_subset(&known)
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = (NodeName, &KnownNode)> {
        self.by_name.iter().map(|(name, known)| (*name, known))
    }
}

/// Parses an address that can be connected to.
fn address(row: &Value, column: &str) -> Option<IpAddr> {
    let address = parsed::<IpAddr>(row, column)?.to_canonical();
    (!address.is_unspecified()).then_some(address)
}
