//! Nodes that can be used, to choose one from in any way.

use super::Endpoint;
use super::rendezvous::NodeHash;
use std::net::IpAddr;
use std::sync::Arc;

/// The nodes of one scope that can be used, or those at local: in the order in which rotation walks them, and by address.
#[derive(Debug)]
pub(super) struct HealthySet<E> {
    members: Box<[Candidate<E>]>,
    /// The places of the members that have an address, sorted by that: a key's replicas are found among a thousand nodes in
    /// ten steps.
    places: Box<[(Address, usize)]>,
}

/// An address as a number, the same for one of IPv4 however it is written: comparing numbers takes a fraction of the time.
type Address = u128;

/// A node with its hash. The seats of a pool lie side by side, since an operation that wants one coordinator looks at all
/// of them, and at one node only.
#[derive(Debug)]
pub(super) struct Candidate<E> {
    pub(super) hash: NodeHash,
    pub(super) node: Arc<Endpoint<E>>,
}

impl<E> HealthySet<E> {
    pub(super) fn new(members: impl IntoIterator<Item = Candidate<E>>) -> Self {
        let members: Box<[Candidate<E>]> = members.into_iter().collect();
        let addresses = members.iter().map(|member| member.node.url().ip());
        let mut places: Vec<(Address, usize)> = addresses
            .enumerate()
            .filter_map(|(place, ip)| Some((address(ip?), place)))
            .collect();
        places.sort_unstable();
        Self {
            members,
            places: places.into(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn members(&self) -> &[Candidate<E>] {
        &self.members
    }

    pub(super) fn nodes(&self) -> impl DoubleEndedIterator<Item = &Arc<Endpoint<E>>> {
        self.members.iter().map(|member| &member.node)
    }

    /// The nodes in order, beginning anywhere.
    pub(super) fn iter_from(&self, start: usize) -> impl Iterator<Item = &Arc<Endpoint<E>>> {
        let (before, from) = self.members.split_at(start % self.members.len().max(1));
        from.iter().chain(before).map(|member| &member.node)
    }

    /// The member at an address, with its place.
    pub(super) fn find(&self, ip: IpAddr) -> Option<(usize, &Candidate<E>)> {
        let address = address(ip);
        let found = self
            .places
            .binary_search_by_key(&address, |(other, _)| *other);
        let found = found.ok()?;
        let (_, place) = *self.places.get(found)?;
        Some((place, self.members.get(place)?))
    }
}

fn address(ip: IpAddr) -> Address {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
    .to_bits()
}

impl<E> Clone for Candidate<E> {
    fn clone(&self) -> Self {
        Self {
            hash: self.hash.clone(),
            node: Arc::clone(&self.node),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::{EndpointState, RoutingSnapshot};
    use crate::topology::{Host, NodeUrl, Scheme, Topology};
    use proptest::prelude::*;

    fn pool(hosts: &[Host]) -> HealthySet<()> {
        let url = |host: &Host| NodeUrl::new(Scheme::Http, host.clone(), 8000);
        let topology = Topology::new(&[hosts.iter().map(url).collect()], |_| {
            EndpointState::new(())
        });
        let table = RoutingSnapshot::new(Arc::new(topology));
        let members = table.local().members().iter().cloned();
        HealthySet::new(members)
    }

    fn found(pool: &HealthySet<()>, ip: &str) -> Option<usize> {
        pool.find(ip.parse().unwrap()).map(|(place, _)| place)
    }

    #[test]
    fn nodes_are_found_by_their_address_however_it_is_written() {
        let ip = |ip: &str| Host::Ip(ip.parse().unwrap());
        let pool = pool(&[ip("10.0.0.9"), ip("2001:db8::1"), ip("10.0.0.1")]);
        assert_eq!(found(&pool, "10.0.0.1"), Some(2));
        assert_eq!(found(&pool, "::ffff:10.0.0.9"), Some(0));
        assert_eq!(found(&pool, "2001:db8:0::1"), Some(1));
        assert_eq!(found(&pool, "::10.0.0.1"), None);
    }

    #[test]
    fn a_node_that_goes_by_a_name_is_found_at_no_address() {
        let pool = pool(&[
            Host::Name("10.0.0.1.example".into()),
            Host::Name("db".into()),
        ]);
        assert_eq!(found(&pool, "10.0.0.1"), None);
        assert_eq!(pool.nodes().count(), 2);
    }

    proptest! {
        #[test]
        fn each_node_is_found_and_no_other(
            listed in prop::collection::hash_set(any::<[u8; 4]>(), 0..50), others in prop::collection::vec(any::<[u8; 4]>(), 0..50),
        ) {
            let hosts: Vec<_> = listed.iter().map(|&ip| Host::Ip(ip.into())).collect();
            let pool = pool(&hosts);
            for &ip in listed.iter().chain(&others) {
                let node = pool.find(ip.into()).map(|(_, member)| member.node.url().ip());
                prop_assert_eq!(node, listed.contains(&ip).then_some(Some(ip.into())));
            }
        }
    }
}
