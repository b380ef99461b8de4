//! Ranges and their replicas, by the names that the server's tables give these.

use super::addresses::{Addresses, Name};
use alternator_lb_core::routing::Token;
use std::collections::HashMap;
use std::net::IpAddr;

/// Which nodes hold which ranges, before their addresses are looked up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Placement {
    names: Vec<Name>,
    numbers: HashMap<Name, u32>,
    /// The last token of a range, with one of its replicas; none where a range shall merely end.
    ends: Vec<(Token, Option<u32>)>,
    is_too_large: bool,
}

/// How many replicas there are at most, of all ranges: those of the largest map if each range has four.
const MAX_REPLICAS: usize = 1 << 20;

impl Placement {
    /// A range ends with this token; with its replica, if one is known.
    pub(crate) fn push(&mut self, end: Token, name: Option<Name>) {
        if self.ends.len() >= MAX_REPLICAS {
            self.is_too_large = true;
            return;
        }
        let number = name.map(|name| self.number(name));
        self.ends.push((end, number));
    }

    fn number(&mut self, name: Name) -> u32 {
        // No more than there are ends.
        let next = self.names.len() as u32;
        *self.numbers.entry(name).or_insert_with(|| {
            self.names.push(name);
            next
        })
    }

    /// How many replicas were read, and ends of ranges.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether nothing was read at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether there is more than a map can have. What comes then is not kept.
    pub(crate) fn is_too_large(&self) -> bool {
        self.is_too_large
    }

    /// Whether the addresses of all nodes are known.
    pub(crate) fn is_covered_by(&self, addresses: &Addresses) -> bool {
        self.names
            .iter()
            .all(|name| addresses.find(*name).is_some())
    }

    /// The last tokens of ranges, each with a replica or none. Replicas without an address are left out.
    pub(crate) fn ends(&self, addresses: &Addresses) -> impl Iterator<Item = (Token, Replica)> {
        let known: Vec<Option<IpAddr>> = self
            .names
            .iter()
            .map(|name| addresses.find(*name))
            .collect();
        let ends = self.ends.iter();
        ends.map(move |(end, number)| {
            let address = number.and_then(|number| known.get(number as usize).copied().flatten());
            (*end, Replica(address))
        })
    }
}

/// At most one replica, in the form of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replica(Option<IpAddr>);

impl AsRef<[IpAddr]> for Replica {
    fn as_ref(&self) -> &[IpAddr] {
        self.0.as_slice()
    }
}
