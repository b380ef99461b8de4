//! `system.token_ring`

use super::addresses::{Addresses, Name};
use super::placement::Placement;
use super::row::Row;
use alternator_lb_core::routing::Token;
use alternator_lb_core::routing::TokenMap;
use serde_json::Value;
use std::net::IpAddr;

/// The vnodes of a keyspace, from the rows of its partition: one for each range and replica.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ring {
    placement: Placement,
}

/// What stands for all tables of a keyspace. Servers before 6.0 lack the column.
const ALL_TABLES: &str = "<ALL>";

impl Ring {
    /// What is asked for.
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
        let name = endpoint.map(|endpoint| Name::Internal(endpoint.to_canonical()));
        self.placement.push(end, name);
        // Where it starts another one ends, whatever becomes of that one's rows.
        if let Some(start) = row.text("start_token").and_then(start) {
            self.placement.push(start, None);
        }
    }

    pub(crate) fn placement(&self) -> &Placement {
        &self.placement
    }

    /// The map of it, once it is known by which addresses clients know the nodes. None if there is more than a map can have.
    pub(crate) fn map(&self, addresses: &Addresses) -> Option<TokenMap> {
        match self.placement.is_too_large() {
            true => None,
            false => TokenMap::of_ring(self.placement.ends(addresses)),
        }
    }
}

/// Nothing, like the least token, is the end of the ring.
fn end(text: &str) -> Option<Token> {
    match text {
        "" => Some(Token::MAX),
        text => text.parse().ok().map(Token::new),
    }
}

/// None where a range starts with the ring.
fn start(text: &str) -> Option<Token> {
    let start: i64 = text.parse().ok()?;
    (start != i64::MIN).then(|| Token::new(start))
}
