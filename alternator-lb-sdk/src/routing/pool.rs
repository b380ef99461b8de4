//! Nodes that can be used, to choose one from in any way.

use super::Target;
use super::rendezvous::Seat;
use std::net::IpAddr;
use std::sync::Arc;

/// The nodes of one scope that can be used, or those at home: in the order in which rotation walks them, and by address.
#[derive(Debug)]
pub(super) struct Pool<E> {
    members: Box<[Member<E>]>,
    /// The places of the members that have an address, sorted by that: a key's replicas are found among a thousand nodes in
    /// ten steps.
    places: Box<[(IpAddr, usize)]>,
}

/// A node with its seat. The seats of a pool lie side by side, since an operation that wants one coordinator looks at all
/// of them, and at one node only.
#[derive(Debug)]
pub(super) struct Member<E> {
    pub(super) seat: Seat,
    pub(super) node: Arc<Target<E>>,
}

impl<E> Pool<E> {
    pub(super) fn new(members: impl IntoIterator<Item = Member<E>>) -> Self {
        let members: Box<[Member<E>]> = members.into_iter().collect();
        let addresses = members.iter().map(|member| member.node.url().ip());
        let mut places: Vec<(IpAddr, usize)> = addresses
            .enumerate()
            .filter_map(|(place, ip)| Some((ip?.to_canonical(), place)))
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

    pub(super) fn members(&self) -> &[Member<E>] {
        &self.members
    }

    pub(super) fn nodes(&self) -> impl DoubleEndedIterator<Item = &Arc<Target<E>>> {
        self.members.iter().map(|member| &member.node)
    }

    /// The nodes in order, beginning anywhere.
    pub(super) fn nodes_from(&self, start: usize) -> impl Iterator<Item = &Arc<Target<E>>> {
        let (before, from) = self.members.split_at(start % self.members.len().max(1));
        from.iter().chain(before).map(|member| &member.node)
    }

    /// The member at an address, with its place.
    pub(super) fn find(&self, ip: IpAddr) -> Option<(usize, &Member<E>)> {
        let ip = ip.to_canonical();
        let found = self.places.binary_search_by_key(&ip, |(ip, _)| *ip).ok()?;
        let (_, place) = *self.places.get(found)?;
        Some((place, self.members.get(place)?))
    }
}

impl<E> Clone for Member<E> {
    fn clone(&self) -> Self {
        Self {
            seat: self.seat.clone(),
            node: Arc::clone(&self.node),
        }
    }
}
