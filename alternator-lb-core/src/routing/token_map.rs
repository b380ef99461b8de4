//! The nodes that hold each partition.
//!
//! The server divides the token ring into ranges and assigns each to some nodes: *vnodes*, once for a keyspace, or
//! *tablets*, for each table. The placement of replicas is the server's decision and not computed here, but read from
//! the server's tables.
//!
//! A map is immutable and rebuilt when the tables are read, so that requests read it without a lock. A search is a
//! binary search in a slice with 8 bytes for each range. Equal sets of replicas are stored once, however many ranges
//! have them: 100,000 tablets on 12 nodes take 1.2 MB. No data from a server makes a map larger than 262,144 ranges.
//!
//! A map may be wrong, since tablets move and nodes come and go. Then a request takes one more hop inside the cluster.

use super::token::Token;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::IpAddr;

/// The replicas of each range of tokens, as far as they are known.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenMap {
    /// The last token of each range, which begins after the end of the one before. The last end is that of the ring.
    ends: Box<[i64]>,
    /// The number of each range's set of replicas.
    sets: Box<[u32]>,
    /// The sets. The first is empty, for ranges whose replicas are not known.
    replicas: Box<[Box<[IpAddr]>]>,
}

/// Short, since it is part of what the SDK prints of an operation, and has a hundred thousand ranges.
impl fmt::Debug for TokenMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenMap")
            .field("ranges", &self.ends.len())
            .finish_non_exhaustive()
    }
}

impl TokenMap {
    /// Builds the map of a ring of vnodes from the last token of each range, with all replicas at once or one by one.
    /// Tokens after the last end belong to the first range.
    ///
    /// None if there are more ranges than a map can have.
    pub fn of_ring<R: AsRef<[IpAddr]>>(
        ranges: impl IntoIterator<Item = (Token, R)>,
    ) -> Option<Self> {
        let mut ring = by_end(ranges)?;
        let first = ring.first_key_value().map(|(_, replicas)| replicas.clone());
        let last = ring.entry(i64::MAX).or_default();
        if last.is_empty() {
            *last = first.unwrap_or_default();
        }
        Some(Self::new(ring))
    }

    /// Builds the map of a table's tablets from the last token of each, with its replicas.
    ///
    /// None if there are more tablets than a map can have ranges.
    pub fn of_tablets<R: AsRef<[IpAddr]>>(
        tablets: impl IntoIterator<Item = (Token, R)>,
    ) -> Option<Self> {
        Some(Self::new(by_end(tablets)?))
    }

    /// Builds the map, and merges neighbours that have the same replicas.
    fn new(mut ranges: BTreeMap<i64, Vec<IpAddr>>) -> Self {
        ranges.entry(i64::MAX).or_default();
        let (mut ends, mut sets) = (Vec::new(), Vec::new());
        let mut known = vec![Box::default()];
        let mut numbers = HashMap::from([(Vec::new(), 0)]);
        for (end, replicas) in ranges {
            let set = *numbers.entry(replicas).or_insert_with_key(|replicas| {
                known.push(replicas.as_slice().into());
                known.len() as u32 - 1
            });
            if sets.last() == Some(&set) {
                ends.pop();
                sets.pop();
            }
            ends.push(end);
            sets.push(set);
        }
        Self {
            ends: ends.into(),
            sets: sets.into(),
            replicas: known.into(),
        }
    }

    /// Returns the replicas of the partitions with this token, sorted by address; empty if they are not known.
    pub fn replicas(&self, token: Token) -> &[IpAddr] {
        let range = self.ends.partition_point(|&end| end < token.value());
        let set = self.sets.get(range).copied().unwrap_or_default() as usize;
        self.replicas.get(set).map_or(&[], |replicas| replicas)
    }

    /// The number of ranges.
    pub fn range_count(&self) -> usize {
        self.ends.len()
    }

    /// Returns the number of replicas of the range that has the fewest.
    pub fn fewest_replicas(&self) -> usize {
        let sets = self.sets.iter();
        let sets = sets.map(|&set| self.replicas.get(set as usize).map_or(0, |set| set.len()));
        sets.min().unwrap_or_default()
    }

    /// Returns the bytes that the map takes: 12 for each range, and for each different set of replicas its addresses
    /// with what it takes to find them, which is all but nothing for tablets and can be half of it for vnodes.
    pub fn bytes(&self) -> usize {
        let sets = self.replicas.iter();
        let sets = sets.map(|set| size_of::<Box<[IpAddr]>>() + size_of_val(&**set) + ALLOCATION);
        size_of::<Self>()
            + size_of_val(&*self.ends)
            + size_of_val(&*self.sets)
            + sets.sum::<usize>()
    }
}

/// The bytes that an allocator adds to each allocation.
const ALLOCATION: usize = 16;

/// The most ranges of a map: more than twice a table of 100,000 tablets, and ten times the ring of 100 nodes with 256
/// vnodes each. More are more likely a mistake than a cluster.
const MAX_RANGES: usize = 1 << 18;

/// Collects the replicas of ranges by their last tokens. Ranges with the same end are merged, with the replicas of all.
fn by_end<R: AsRef<[IpAddr]>>(
    ranges: impl IntoIterator<Item = (Token, R)>,
) -> Option<BTreeMap<i64, Vec<IpAddr>>> {
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
    Some(by_end)
}

#[cfg(test)]
mod tests;
