//! `system.token_ring`

use super::addresses::{Addresses, NodeName};
use super::row::Row;
use super::unresolved_ranges::UnresolvedRanges;
use alternator_lb_core::routing::{Token, TokenMap};
use serde_json::Value;
use std::net::IpAddr;

/// The vnodes of a keyspace, from the rows of its partition: one for each range and replica.
#[derive(Clone, Debug, Default)]
pub(crate) struct VnodeRing {
    ranges: UnresolvedRanges,
}

/// Stands for all tables of a keyspace. Servers before 6.0 lack the column.
const ALL_TABLES: &str = "<ALL>";

impl VnodeRing {
    /// The columns that are read.
    pub(crate) const COLUMNS: [&'static str; 4] =
        ["table_name", "start_token", "end_token", "endpoint"];

    pub(crate) fn read(&mut self, row: &Value) {
        let row = Row::new(row);
        if row
            .text("table_name")
            .is_some_and(|table| table != ALL_TABLES)
        {
            return;
        }
        let Some(end) = row.text("end_token").and_then(end) else {
            return;
        };
        let endpoint: Option<IpAddr> = row.parsed("endpoint");
        let name = endpoint.map(|endpoint| NodeName::Internal(endpoint.to_canonical()));
        self.ranges.push(end, name);
        // Another range ends where this one starts, even if the rows of that one are malformed.
        if let Some(start) = row.text("start_token").and_then(start) {
            self.ranges.push(start, None);
        }
    }

    pub(crate) fn ranges(&self) -> &UnresolvedRanges {
        &self.ranges
    }

    /// The map of the ring, with the addresses of its nodes. `None` if it has more ranges than a map can have.
    pub(crate) fn map(&self, addresses: &Addresses) -> Option<TokenMap> {
        TokenMap::of_ring(self.ranges.resolve(addresses)?)
    }
}

/// The empty string, like the least token, is the end of the ring.
fn end(text: &str) -> Option<Token> {
    match text {
        "" => Some(Token::MAX),
        text => text.parse().ok().map(Token::new),
    }
}

/// `None` where a range starts with the ring.
fn start(text: &str) -> Option<Token> {
    let start: i64 = text.parse().ok()?;
    (start != i64::MIN).then(|| Token::new(start))
}
