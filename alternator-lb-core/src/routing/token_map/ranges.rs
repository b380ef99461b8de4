//! The ranges of a token map that is being built.

use super::TokenMap;
use crate::routing::token::Token;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::rc::Rc;

/// The ranges by their last tokens. They cover the whole ring; those whose replicas are not known have none.
pub(super) struct Ranges {
    by_end: BTreeMap<i64, Rc<[IpAddr]>>,
}

/// The most ranges of a map: more than twice a table of 100,000 tablets, and ten times the ring of 100 nodes with 256
/// vnodes each. More are more likely a mistake than a cluster.
pub(super) const MAX_RANGES: usize = 1 << 18;

impl Ranges {
    /// Collects ranges by their last tokens. Those with the same end are merged, with the replicas of all.
    pub(super) fn from_ends<R: AsRef<[IpAddr]>>(
        ranges: impl IntoIterator<Item = (Token, R)>,
    ) -> Option<Self> {
        let mut by_end: BTreeMap<i64, Vec<IpAddr>> = BTreeMap::new();
        for (end, replicas) in ranges {
            let known = by_end.entry(end.value()).or_default();
            known.extend_from_slice(replicas.as_ref());
            known.sort_unstable();
            known.dedup();
            if by_end.len() > MAX_RANGES {
                return None;
            }
        }
        let by_end = by_end.into_iter();
        let mut by_end: BTreeMap<i64, Rc<[IpAddr]>> = by_end
            .map(|(end, replicas)| (end, replicas.into()))
            .collect();
        by_end.entry(i64::MAX).or_default();
        Some(Self { by_end })
    }

    /// Assigns the tokens after the last range to the first.
    pub(super) fn wrap_around(&mut self) {
        let first = self
            .by_end
            .first_key_value()
            .map(|(_, replicas)| Rc::clone(replicas));
        if let (Some(first), Some(last)) = (first, self.by_end.get_mut(&i64::MAX))
            && last.is_empty()
        {
            *last = first;
        }
    }

    /// Builds the map, and merges neighbours that have the same replicas.
    pub(super) fn into_map(self) -> TokenMap {
        let (mut ends, mut sets) = (Vec::new(), Vec::new());
        let (mut set_ends, mut addresses) = (vec![0], Vec::new());
        let mut known: HashMap<Rc<[IpAddr]>, u32> = HashMap::from([(Rc::default(), 0)]);
        for (end, replicas) in self.by_end {
            let next = set_ends.len() as u32;
            let set = *known.entry(replicas).or_insert_with_key(|replicas| {
                addresses.extend_from_slice(replicas);
                set_ends.push(addresses.len() as u32);
                next
            });
            if sets.last() == Some(&set) {
                ends.pop();
                sets.pop();
            }
            ends.push(end);
            sets.push(set);
        }
        TokenMap {
            ends: ends.into(),
            sets: sets.into(),
            set_ends: set_ends.into(),
            addresses: addresses.into(),
        }
    }
}
