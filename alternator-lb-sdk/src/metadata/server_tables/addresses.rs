//! The addresses by which clients know the nodes.

use super::row::{Uuid, parsed, text, uuid};
use serde_json::Value;
use std::collections::HashMap;
use std::net::IpAddr;

/// Addresses of nodes, from `system.local` and `system.peers`.
///
/// A node lists itself in the one and its peers in the other. All nodes are known once both are read from the same
/// node, or the latter from two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Addresses {
    by_name: HashMap<NodeName, IpAddr>,
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

impl Addresses {
    /// The columns that are read of `system.local`.
    pub(crate) const OF_LOCAL: [&'static str; 4] = [
        "host_id",
        "rpc_address",
        "broadcast_address",
        "listen_address",
    ];
    /// The columns that are read of `system.peers`.
    pub(crate) const OF_PEERS: [&'static str; 3] = ["host_id", "rpc_address", "peer"];

    /// Reads a row of either table.
    pub(crate) fn read(&mut self, row: &Value) {
        let internal = ["peer", "broadcast_address", "listen_address"];
        let internal = internal.iter().find_map(|column| address(row, column));
        // Without an RPC address, clients use the internal one.
        let Some(known_as) = address(row, "rpc_address").or(internal) else {
            return;
        };
        let host = text(row, "host_id").and_then(uuid).map(NodeName::Host);
        for name in host.into_iter().chain(internal.map(NodeName::Internal)) {
            if self.by_name.len() < MAX_NAMES {
                self.by_name.insert(name, known_as);
            }
        }
    }

    pub(crate) fn find(&self, name: NodeName) -> Option<IpAddr> {
        self.by_name.get(&name).copied()
    }
}

/// Parses an address that can be connected to.
fn address(row: &Value, column: &str) -> Option<IpAddr> {
    let address = parsed::<IpAddr>(row, column)?.to_canonical();
    (!address.is_unspecified()).then_some(address)
}
