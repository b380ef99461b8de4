//! Which nodes hold a partition.
//!
//! The server cuts the ring of tokens into ranges and yields each to some nodes: its *vnodes* once for a keyspace, its
//! *tablets* for each table. Where replicas lie is the server's decision and not computed here; it is read from the
//! server's tables.
//!
//! A map is immutable and made anew when the tables were read, so that requests read it without a lock. A look-up is a
//! binary search in a slice with 8 bytes for each range. Sets of replicas are kept once, however many ranges have them:
//! 100,000 tablets on 12 nodes take 1.2 MB. Nothing that a server says makes a map larger than 262,144 ranges.
//!
//! A map may be wrong, since tablets move and nodes come and go. Then a request takes one more hop inside the cluster.

mod ranges;

use super::token::Token;
use ranges::Ranges;
use std::net::IpAddr;

/// The replicas of each range of tokens, as far as they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenMap {
    /// The last token of each range, which begins after the one before. The last one of all is the ring's.
    ends: Box<[i64]>,
    /// Which of the sets each range has.
    sets: Box<[u32]>,
    /// Where in `members` each set ends; it begins where the one before ends. The first is empty: nothing is known.
    set_ends: Box<[u32]>,
    members: Box<[IpAddr]>,
}

impl TokenMap {
    /// The map of a ring of vnodes: the last token of each range, with all replicas at once or one by one. What lies
    /// after the last token of all belongs to the first range.
    ///
    /// None if there are more ranges than a map can have.
    pub fn of_ring<R: AsRef<[IpAddr]>>(
        ranges: impl IntoIterator<Item = (Token, R)>,
    ) -> Option<Self> {
        let mut ring = Ranges::of(ranges)?;
        ring.wrap_around();
        Some(ring.into_map())
    }

    /// The map of a table's tablets: the last token of each, with its replicas.
    ///
    /// None if there are more tablets than a map can have ranges.
    pub fn of_tablets<R: AsRef<[IpAddr]>>(
        tablets: impl IntoIterator<Item = (Token, R)>,
    ) -> Option<Self> {
        Some(Ranges::of(tablets)?.into_map())
    }

    /// The replicas of the partitions with this token, in the order of their addresses; empty if they are not known.
    pub fn replicas(&self, token: Token) -> &[IpAddr] {
        let range = self.ends.partition_point(|&end| end < token.value());
        self.set(self.sets.get(range).copied().unwrap_or_default())
    }

    /// How many ranges there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    fn set(&self, set: u32) -> &[IpAddr] {
        let set = set as usize;
        let end_of = |set: usize| self.set_ends.get(set).map(|&end| end as usize);
        let start = set.checked_sub(1).and_then(end_of).unwrap_or_default();
        let members = start..end_of(set).unwrap_or_default();
        self.members.get(members).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
