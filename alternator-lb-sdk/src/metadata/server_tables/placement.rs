//! `system.tablets` and `system.token_ring`

use super::addresses::{Addresses, NodeName};
use super::local_datacenters::LocalDatacenters;
use super::query::RowReader;
use super::row::{Uuid, parsed, text, uuid};
use alternator_lb_core::metadata_schedule::PlacementSummary;
use alternator_lb_core::routing::{Token, TokenMap};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

/// The token ranges of a table, from the rows of its tablets or of its keyspace's vnodes, and their replicas in the
/// datacenters that requests go to, before the addresses of these are known.
#[derive(Debug, Default)]
pub(crate) struct Placement {
    local: Arc<LocalDatacenters>,
    names: Vec<NodeName>,
    indexes: HashMap<NodeName, u32>,
    /// The last token of a range, with one of its replicas; with none where a range merely ends.
    ends: Vec<(Token, Option<u32>)>,
    /// True for vnodes, of which the first range begins where the last one ends.
    is_ring: bool,
    /// The number of tablets, or of ranges between vnodes.
    ranges: usize,
    /// Start and end of the range of the last row of a ring.
    last_range: Option<(Option<Token>, Token)>,
    /// The number of tablets that are moving between nodes.
    moving: usize,
    base_table: Option<String>,
}

/// Reads rows of `system.tablets`.
#[derive(Debug)]
pub(crate) struct TabletReader(pub(crate) Placement);

/// Reads rows of `system.token_ring`.
#[derive(Debug)]
pub(crate) struct RingReader(pub(crate) Placement);

/// The number of replicas of all ranges: those of the largest map if each range has four.
const MAX_REPLICAS: usize = 1 << 20;

/// The stages of a move in which a tablet is read at its new replicas; in other stages it is read at the old ones.
const READ_NEW: [&str; 4] = ["write_both_read_new", "use_new", "cleanup", "end_migration"];

/// Stands for all tables of a keyspace. Servers before 6.0 lack the column.
const ALL_TABLES: &str = "<ALL>";

impl RowReader for TabletReader {
    fn read(&mut self, row: &Value) {
        self.0.read_tablet(row);
    }

    fn is_full(&self) -> bool {
        self.0.is_full()
    }
}

impl RowReader for RingReader {
    fn read(&mut self, row: &Value) {
        self.0.read_vnode(row);
    }

    fn is_full(&self) -> bool {
        self.0.is_full()
    }
}

impl Placement {
    /// An empty one, for replicas in these datacenters.
    pub(crate) fn new(local: Arc<LocalDatacenters>) -> Self {
        Self {
            local,
            ..Self::default()
        }
    }

    /// The columns that are read of `system.tablets`.
    pub(crate) const OF_TABLETS: [&'static str; 5] = [
        "last_token",
        "replicas",
        "new_replicas",
        "stage",
        "base_table",
    ];
    /// The columns that are read of `system.token_ring`.
    pub(crate) const OF_RING: [&'static str; 5] =
        ["table_name", "start_token", "end_token", "endpoint", "dc"];

    /// Reads a row of `system.tablets`.
    pub(crate) fn read_tablet(&mut self, row: &Value) {
        if let Some(base) = text(row, "base_table") {
            self.base_table = Some(base.to_owned());
        }
        let Some(end) = parsed(row, "last_token").map(Token::new) else {
            return;
        };
        let replicas = hosts(row, "replicas");
        // Also set while a tablet is repaired, restored or moved to another shard, and the same then.
        let new = hosts(row, "new_replicas");
        let moves_to = Some(new).filter(|new| !new.is_empty() && *new != replicas);
        self.ranges += 1;
        self.moving += usize::from(moves_to.is_some());
        let stage = text(row, "stage");
        let reads_new = stage.is_some_and(|stage| READ_NEW.contains(&stage));
        // The range ends here even if no host can be parsed.
        self.push(end, None);
        for host in moves_to.filter(|_| reads_new).unwrap_or(replicas) {
            let name = NodeName::Host(host);
            if self.local.contain(name, None) {
                self.push(end, Some(name));
            }
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
        // Another range ends where this one starts, even if the rows of that one are malformed. None does where the
        // ring starts.
        let start = parsed(row, "start_token").filter(|start| *start != i64::MIN);
        let range = Some((start.map(Token::new), end));
        // The rows of a range follow each other.
        if self.last_range != range {
            self.last_range = range;
            self.ranges += 1;
            self.push(end, None);
            if let Some(start) = start {
                self.push(Token::new(start), None);
            }
        }
        let endpoint: Option<IpAddr> = parsed(row, "endpoint");
        let name = endpoint.map(|endpoint| NodeName::Internal(endpoint.to_canonical()));
        let datacenter = text(row, "dc");
        if let Some(name) = name.filter(|name| self.local.contain(*name, datacenter)) {
            self.push(end, Some(name));
        }
    }

    /// Adds the last token of a range, with a replica if one is known.
    fn push(&mut self, end: Token, name: Option<NodeName>) {
        // One more than the limit shows that it is exceeded, and there are no more names than ends.
        if !self.is_full() {
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

    /// The number of replicas and of ends.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether there are more replicas than a map may have.
    pub(crate) fn is_full(&self) -> bool {
        self.ends.len() > MAX_REPLICAS
    }

    /// The names of the nodes that hold replicas.
    pub(crate) fn node_names(&self) -> &[NodeName] {
        &self.names
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The numbers by which the age of the map is determined.
    pub(crate) fn summary(&self, addresses: &Addresses) -> PlacementSummary {
        PlacementSummary {
            ranges: self.ranges,
            moving: self.moving,
            is_incomplete: !self.is_resolved_by(addresses),
        }
    }

    /// Returns whether the addresses of all nodes are known.
    pub(crate) fn is_resolved_by(&self, addresses: &Addresses) -> bool {
        let mut names = self.names.iter();
        names.all(|name| addresses.find(*name).is_some())
    }

    /// The map of the ranges, with the addresses of their replicas. `None` if there are more than a map can have.
    pub(crate) fn map(&self, addresses: &Addresses) -> Option<TokenMap> {
        if self.is_full() {
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

/// The hosts in a column of replicas, each of which is rendered with its shard:
/// `5e3d8f6c-0000-4000-8000-000000000000:3, …`.
fn hosts(row: &Value, column: &str) -> BTreeSet<Uuid> {
    let replicas = text(row, column).unwrap_or_default().split(',');
    let host = |replica: &str| uuid(replica.trim().split(':').next()?);
    replicas.filter_map(host).collect()
}
