//! Token ranges and their replicas, by the names that the server's tables give these.

use super::addresses::{Addresses, NodeName};
use alternator_lb_core::routing::Token;
use std::collections::HashMap;
use std::net::IpAddr;

/// Ranges and their replicas, before the addresses of these are known.
#[derive(Clone, Debug, Default)]
pub(in crate::metadata) struct UnresolvedRanges {
    names: Vec<NodeName>,
    indexes: HashMap<NodeName, u32>,
    /// The last token of a range, with one of its replicas; with none where a range merely ends.
    ends: Vec<(Token, Option<u32>)>,
    is_too_large: bool,
}

/// The number of replicas of all ranges: those of the largest map if each range has four.
const MAX_REPLICAS: usize = 1 << 20;

impl UnresolvedRanges {
    /// Adds the last token of a range, with a replica if one is known.
    pub(super) fn push(&mut self, end: Token, name: Option<NodeName>) {
        if self.ends.len() >= MAX_REPLICAS {
            self.is_too_large = true;
            return;
        }
        let index = name.map(|name| self.index(name));
        self.ends.push((end, index));
    }

    fn index(&mut self, name: NodeName) -> u32 {
        // There are no more names than ends.
        let next = self.names.len() as u32;
        *self.indexes.entry(name).or_insert_with(|| {
            self.names.push(name);
            next
        })
    }

    /// The number of replicas and of ends without one.
    pub(in crate::metadata) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(in crate::metadata) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns whether the addresses of all nodes are known.
    pub(in crate::metadata) fn are_resolved_by(&self, addresses: &Addresses) -> bool {
        let mut names = self.names.iter();
        names.all(|name| addresses.find(*name).is_some())
    }

    /// The last tokens of ranges, each with the address of a replica or none, as for a replica whose address is
    /// unknown. `None` if there are more than a map can have.
    pub(super) fn resolve(
        &self,
        addresses: &Addresses,
    ) -> Option<impl Iterator<Item = (Token, Replica)>> {
        if self.is_too_large {
            return None;
        }
        let names = self.names.iter();
        let known: Vec<Option<IpAddr>> = names.map(|name| addresses.find(*name)).collect();
        let ends = self.ends.iter();
        Some(ends.map(move |(end, index)| {
            let address = index.and_then(|index| known.get(index as usize).copied().flatten());
            (*end, Replica(address))
        }))
    }
}

/// At most one replica, in the form of a slice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replica(Option<IpAddr>);

impl AsRef<[IpAddr]> for Replica {
    fn as_ref(&self) -> &[IpAddr] {
        self.0.as_slice()
    }
}
