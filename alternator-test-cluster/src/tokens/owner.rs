//! Nodes as owners of tokens and tablets.

use std::net::IpAddr;

use uuid::Uuid;

use super::murmur3::{self, token};

/// A node's entry in the token map and in the internal tables.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    /// The number of the node, in the order in which nodes were added.
    pub(crate) number: usize,
    pub(crate) host_id: Uuid,
    /// The address for the other nodes.
    pub(crate) internal: IpAddr,
    /// The address for clients.
    pub(crate) rpc: IpAddr,
    pub(crate) datacenter: String,
    pub(crate) rack: String,
    pub(crate) tokens: Vec<i64>,
}

impl Owner {
    /// Creates an owner with `tokens` tokens, derived from its number and address, so that every run of a test has the
    /// same ring.
    pub(crate) fn new(
        number: usize,
        (internal, rpc): (IpAddr, IpAddr),
        datacenter: &str,
        rack: &str,
        tokens: u16,
    ) -> Self {
        let name = format!("{number}/{rpc}");
        let mut tokens: Vec<i64> = (0..tokens)
            .map(|index| token(format!("{name}/{index}").as_bytes()))
            .collect();
        tokens.sort_unstable();
        Self {
            number,
            host_id: deterministic_uuid(&name),
            internal,
            rpc,
            datacenter: datacenter.to_owned(),
            rack: rack.to_owned(),
            tokens,
        }
    }
}

/// Returns a UUID in the form of version 4 that is derived from a name.
pub(crate) fn deterministic_uuid(name: &str) -> Uuid {
    let (high, low) = murmur3::hash(name.as_bytes());
    uuid::Builder::from_random_bytes(Uuid::from_u64_pair(high, low).into_bytes()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_host_ids_are_deterministic_and_unique_per_node() {
        let node = |number| {
            let ip = IpAddr::from([127, 0, 0, 1]);
            Owner::new(number, (ip, ip), "dc1", "r1", 3)
        };
        assert_eq!(node(0).tokens, node(0).tokens);
        assert_eq!(node(0).host_id, node(0).host_id);
        assert_ne!(
            node(0).tokens,
            node(1).tokens,
            "a later node at the same address"
        );
        assert_ne!(node(0).host_id, node(1).host_id);
        assert_eq!(node(0).host_id.get_version_num(), 4);
        assert!(node(0).tokens.is_sorted());
    }
}
