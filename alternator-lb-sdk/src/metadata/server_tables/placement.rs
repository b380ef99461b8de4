//! `system.tablets` and `system.token_ring`

use super::addresses::{Addresses, NodeName};
use super::row::{parsed, text, uuid};
use alternator_lb_core::routing::{Token, TokenMap};
use serde_json::Value;
use std::collections::HashMap;
use std::net::IpAddr;

/// The token ranges of a table, from the rows of its tablets or of its keyspace's vnodes, and their replicas, before
/// the addresses of these are known.
#[derive(Debug, Default)]
pub(crate) struct Placement {
    names: Vec<NodeName>,
    indexes: HashMap<NodeName, u32>,
    /// The last token of a range, with one of its replicas; with none where a range merely ends.
    ends: Vec<(Token, Option<u32>)>,
    /// True for vnodes, of which the first range begins where the last one ends.
    is_ring: bool,
    /// True if tablets are moving between nodes.
    pub(crate) is_moving: bool,
    base_table: Option<String>,
}

/// The number of replicas of all ranges: those of the largest map if each range has four.
const MAX_REPLICAS: usize = 1 << 20;

/// The stages of a move in which a tablet is read at its new replicas; in other stages it is read at the old ones.
const READ_NEW: [&str; 4] = ["write_both_read_new", "use_new", "cleanup", "end_migration"];

/// Stands for all tables of a keyspace. Servers before 6.0 lack the column.
const ALL_TABLES: &str = "<ALL>";

impl Placement {
    /// The columns that are read of `system.tablets`.
    pub(crate) const OF_TABLETS: [&'static str; 5] = [
        "last_token",
        "replicas",
        "new_replicas",
        "stage",
        "base_table",
    ];
    /// The columns that are read of `system.token_ring`.
    pub(crate) const OF_RING: [&'static str; 4] =
        ["table_name", "start_token", "end_token", "endpoint"];

    /// Reads a row of `system.tablets`.
    pub(crate) fn read_tablet(&mut self, row: &Value) {
        if let Some(base) = text(row, "base_table") {
            self.base_table = Some(base.to_owned());
        }
        let Some(end) = parsed(row, "last_token").map(Token::new) else {
            return;
        };
        let stage = text(row, "stage");
        self.is_moving |= stage.is_some();
        let reads_new = stage.is_some_and(|stage| READ_NEW.contains(&stage));
        let new = text(row, "new_replicas").filter(|_| reads_new);
        let replicas = new.or_else(|| text(row, "replicas")).unwrap_or_default();
        // The range ends here even if no host can be parsed.
        self.push(end, None);
        // A replica is rendered with its shard: `5e3d8f6c-0000-4000-8000-000000000000:3`.
        let host = |replica: &str| uuid(replica.trim().split(':').next()?);
        for host in replicas.split(',').filter_map(host) {
            self.push(end, Some(NodeName::Host(host)));
        }
    }

    /// Reads a row of `system.token_ring`, which has one for each range and replica.
    pub(crate) fn read_vnode(&mut self, row: &Value) {
        self.is_ring = true;
        if text(row, "table_name").is_some_and(|table| table != ALL_TABLES) {
            return;
        }
        let end = match text(row, "end_token") {
            // Like the least token, the end of the ring.
            Some("") => Some(i64::MAX),
            _ => parsed(row, "end_token"),
        };
        let Some(end) = end.map(Token::new) else {
            return;
        };
        let endpoint: Option<IpAddr> = parsed(row, "endpoint");
        let name = endpoint.map(|endpoint| NodeName::Internal(endpoint.to_canonical()));
        self.push(end, name);
        // Another range ends where this one starts, even if the rows of that one are malformed. None does where the
        // ring starts.
        if let Some(start) = parsed(row, "start_token").filter(|start| *start != i64::MIN) {
            self.push(Token::new(start), None);
        }
    }

    /// Adds the last token of a range, with a replica if one is known.
    fn push(&mut self, end: Token, name: Option<NodeName>) {
        // One more than the limit shows that it is exceeded, and there are no more names than ends.
        if self.ends.len() <= MAX_REPLICAS {
            let next = self.names.len() as u32;
            let index = name.map(|name| {
                *self.indexes.entry(name).or_insert_with(|| {
                    self.names.push(name);
                    next
                })
            });
            self.ends.push((end, index));
        }
    }

    /// The id of the table with which this one is co-located, if it has no tablets of its own.
    pub(crate) fn base_table(&self) -> Option<&str> {
        self.base_table.as_deref().filter(|_| self.is_empty())
    }

    /// The number of replicas and of ends without one.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns whether the addresses of all nodes are known.
    pub(crate) fn is_resolved_by(&self, addresses: &Addresses) -> bool {
        let mut names = self.names.iter();
        names.all(|name| addresses.find(*name).is_some())
    }

    /// The map of the ranges, with the addresses of their replicas. `None` if there are more than a map can have.
    pub(crate) fn map(&self, addresses: &Addresses) -> Option<TokenMap> {
        if self.ends.len() > MAX_REPLICAS {
            return None;
        }
        let names = self.names.iter();
        let known: Vec<Option<IpAddr>> = names.map(|name| addresses.find(*name)).collect();
        let ends = self.ends.iter().map(|(end, index)| {
            let address = index.and_then(|index| known.get(index as usize));
            (*end, address.map(Option::as_slice).unwrap_or_default())
        });
        match self.is_ring {
            true => TokenMap::of_ring(ends),
            false => TokenMap::of_tablets(ends),
        }
    }
}
