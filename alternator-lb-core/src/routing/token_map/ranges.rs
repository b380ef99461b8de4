//! A token map that is being made.

use super::TokenMap;
use crate::routing::token::Token;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::rc::Rc;

/// The ranges by their last tokens. All of the ring is covered; where nothing is known, by ranges without replicas.
pub(super) struct Ranges {
    by_end: BTreeMap<i64, Rc<[IpAddr]>>,
}

/// How many ranges a map has at most: more than twice a table of 100,000 tablets, and ten times the ring of 100 nodes with
/// 256 vnodes each. What is larger is more likely a mistake than a cluster.
pub(super) const MAX_RANGES: usize = 1 << 18;

impl Default for Ranges {
    fn default() -> Self {
        Self {
            by_end: BTreeMap::from([(i64::MAX, Rc::default())]),
        }
    }
}

impl Ranges {
    /// Ranges that follow one another. Of those with the same end the replicas add up.
    pub(super) fn of<R: AsRef<[IpAddr]>>(
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
        let mut ranges = Self::default();
        let by_end = by_end.into_iter();
        ranges
            .by_end
            .extend(by_end.map(|(end, replicas)| (end, replicas.into())));
        Some(ranges)
    }

    /// What lies after the last range belongs to the first.
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

    /// The map, with neighbours that have the same replicas made one.
    pub(super) fn into_map(self) -> TokenMap {
        let (mut ends, mut sets) = (Vec::new(), Vec::new());
        let (mut set_ends, mut members) = (vec![0], Vec::new());
        let mut known: HashMap<Rc<[IpAddr]>, u32> = HashMap::from([(Rc::default(), 0)]);
        for (end, replicas) in self.by_end {
            let next = set_ends.len() as u32;
            let set = *known.entry(replicas).or_insert_with_key(|replicas| {
                members.extend_from_slice(replicas);
                set_ends.push(members.len() as u32);
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
            members: members.into(),
        }
    }
}
