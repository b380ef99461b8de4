//! The usable nodes among which a selection is made.

use super::Endpoint;
use super::rendezvous::NodeHash;
use std::net::IpAddr;
use std::sync::Arc;

/// The usable nodes of one scope or of the local datacenter, in round-robin order and by address.
#[derive(Debug)]
pub(super) struct HealthySet<E> {
    pub(super) candidates: Box<[Candidate<E>]>,
    /// The positions of the candidates that have an address, sorted by address: ten steps find a key's replica among a
    /// thousand nodes.
    by_address: Box<[(Address, usize)]>,
}

/// An address as a number, the same for IPv4 in either notation: numbers compare in a fraction of the time.
type Address = u128;

/// A node with its hash. The hashes of a set lie side by side, since the search for a primary node reads all of them,
/// and only one node.
pub(super) type Candidate<E> = Hashed<Arc<Endpoint<E>>>;

#[derive(Clone, Debug)]
pub(super) struct Hashed<N> {
    pub(super) hash: NodeHash,
    pub(super) node: N,
}

impl<E> HealthySet<E> {
    pub(super) fn new(candidates: impl IntoIterator<Item = Candidate<E>>) -> Self {
        let candidates: Box<[Candidate<E>]> = candidates.into_iter().collect();
        let positions = candidates.iter().enumerate();
        let addresses = positions
            .filter_map(|(position, each)| Some((address(each.node.address()?), position)));
        let mut by_address: Vec<(Address, usize)> = addresses.collect();
        by_address.sort_unstable();
        Self {
            candidates,
            by_address: by_address.into(),
        }
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &Arc<Endpoint<E>>> {
        self.candidates.iter().map(|candidate| &candidate.node)
    }

    /// The nodes in round-robin order, from any position on.
    pub(super) fn iter_from(&self, start: usize) -> impl Iterator<Item = &Arc<Endpoint<E>>> {
        let start = start % self.candidates.len().max(1);
        let (before, from) = self.candidates.split_at(start);
        from.iter().chain(before).map(|candidate| &candidate.node)
    }

    /// Returns the candidate at an address, and its position.
    pub(super) fn find(&self, ip: IpAddr) -> Option<(usize, &Candidate<E>)> {
        let address = address(ip);
        let found = self
            .by_address
            .binary_search_by_key(&address, |(other, _)| *other);
        let (_, position) = *self.by_address.get(found.ok()?)?;
        Some((position, self.candidates.get(position)?))
    }
}

#[inline]
fn address(ip: IpAddr) -> Address {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
    .to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::{EndpointState, RoutingSnapshot};
    use crate::topology::{Host, NodeUrl, Scheme, Topology};
    use proptest::prelude::*;

    fn healthy_set(hosts: &[Host]) -> HealthySet<()> {
        let url = |host: &Host| NodeUrl::new(Scheme::Http, host.clone(), 8000);
        let topology = Topology::new(&[hosts.iter().map(url).collect()], |_| {
            EndpointState::new(())
        });
        let snapshot = RoutingSnapshot::new(Arc::new(topology));
        HealthySet::new(snapshot.usable_local.candidates.iter().cloned())
    }

    fn position(set: &HealthySet<()>, ip: &str) -> Option<usize> {
        set.find(ip.parse().unwrap()).map(|(position, _)| position)
    }

    #[test]
    fn node_is_found_by_its_address_in_any_notation() {
        let ip = |ip: &str| Host::Ip(ip.parse().unwrap());
        let set = healthy_set(&[ip("10.0.0.9"), ip("2001:db8::1"), ip("10.0.0.1")]);
        assert_eq!(position(&set, "10.0.0.1"), Some(2));
        assert_eq!(position(&set, "::ffff:10.0.0.9"), Some(0));
        assert_eq!(position(&set, "2001:db8:0::1"), Some(1));
        assert_eq!(position(&set, "::10.0.0.1"), None);
    }

    #[test]
    fn node_with_a_dns_name_is_found_at_no_address() {
        let set = healthy_set(&[
            Host::Name("10.0.0.1.example".into()),
            Host::Name("db".into()),
        ]);
        assert_eq!(position(&set, "10.0.0.1"), None);
        assert_eq!(set.nodes().count(), 2);
    }

    proptest! {
        #[test]
        fn every_listed_address_is_found_and_no_other(
            listed in prop::collection::hash_set(any::<[u8; 4]>(), 0..50), others in prop::collection::vec(any::<[u8; 4]>(), 0..50),
        ) {
            let hosts: Vec<_> = listed.iter().map(|&ip| Host::Ip(ip.into())).collect();
            let set = healthy_set(&hosts);
            for &ip in listed.iter().chain(&others) {
                let found = set.find(ip.into()).map(|(_, candidate)| candidate.node.url().ip());
                prop_assert_eq!(found, listed.contains(&ip).then_some(Some(ip.into())));
            }
        }
    }
}
