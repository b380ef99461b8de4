//! A node as the owner of tokens and tablets.

use std::net::IpAddr;

use uuid::Uuid;

use super::murmur3::{self, token};

/// A node, as the token map and the internal tables know it.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    /// In the order of adding.
    pub(crate) number: usize,
    pub(crate) host_id: Uuid,
    /// Where the other nodes find it.
    pub(crate) internal: IpAddr,
    /// Where clients find it.
    pub(crate) rpc: IpAddr,
    pub(crate) datacenter: String,
    pub(crate) rack: String,
    pub(crate) tokens: Vec<i64>,
}

impl Owner {
    /// Gives a node as many tokens, which follow from its number and address, so that a test sees the same ring each time.
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
            host_id: id(&name),
            internal,
            rpc,
            datacenter: datacenter.to_owned(),
            rack: rack.to_owned(),
            tokens,
        }
    }
}

/// Returns an id in the form of a random one that follows from a name.
pub(crate) fn id(name: &str) -> Uuid {
    let (high, low) = murmur3::hash(name.as_bytes());
    uuid::Builder::from_random_bytes(Uuid::from_u64_pair(high, low).into_bytes()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_ids_are_a_nodes_own_and_always_the_same() {
        let node = |number| {
            let ip = IpAddr::from([127, 0, 0, 1]);
            Owner::new(number, (ip, ip), "dc1", "r1", 3)
        };
        assert_eq!(node(0).tokens, node(0).tokens);
        assert_eq!(node(0).host_id, node(0).host_id);
        assert_ne!(node(0).tokens, node(1).tokens, "at the same address, later");
        assert_ne!(node(0).host_id, node(1).host_id);
        assert_eq!(node(0).host_id.get_version_num(), 4);
        assert!(node(0).tokens.is_sorted());
    }
}
