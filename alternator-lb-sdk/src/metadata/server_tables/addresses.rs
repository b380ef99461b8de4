//! By which addresses clients know the nodes.

use super::row::{Row, Uuid, uuid};
use serde_json::Value;
use std::collections::HashMap;
use std::net::IpAddr;

/// Addresses of nodes, from `system.local` and `system.peers`.
///
/// A node tells of itself in the one, and of the others in the other: for all of them both must come from the same node,
/// or the latter from two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Addresses {
    by_name: HashMap<Name, IpAddr>,
}

/// What the tables of replicas call a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Name {
    Host(Uuid),
    /// Where the other nodes find it.
    Internal(IpAddr),
}

/// How many names are kept: two for each node of a cluster larger than any.
const MAX_NAMES: usize = 20_000;

impl Addresses {
    /// What is asked for of `system.local`.
    pub(crate) const OF_ITSELF: [&'static str; 4] = [
        "host_id",
        "rpc_address",
        "broadcast_address",
        "listen_address",
    ];
    /// What is asked for of `system.peers`.
    pub(crate) const OF_PEERS: [&'static str; 3] = ["host_id", "rpc_address", "peer"];

    /// Takes note of a row of either table.
    pub(crate) fn read(&mut self, row: &Value) {
        let row = Row::new(row);
        let internal = ["peer", "broadcast_address", "listen_address"]
            .into_iter()
            .find_map(|column| address(row, column));
        // A node that names no other is known by the one that it has.
        let Some(known_as) = address(row, "rpc_address").or(internal) else {
            return;
        };
        let host = row.text("host_id").and_then(uuid).map(Name::Host);
        for name in [host, internal.map(Name::Internal)].into_iter().flatten() {
            if self.by_name.len() < MAX_NAMES {
                self.by_name.insert(name, known_as);
            }
        }
    }

    pub(crate) fn find(&self, name: Name) -> Option<IpAddr> {
        self.by_name.get(&name).copied()
    }
}

/// An address that somebody can be found at.
fn address(row: Row<'_>, column: &str) -> Option<IpAddr> {
    let address: IpAddr = row.parsed(column)?;
    let address = address.to_canonical();
    (!address.is_unspecified()).then_some(address)
}
