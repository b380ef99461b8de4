//! `system.tablets`

use super::addresses::{Addresses, NodeName};
use super::row::{Row, Uuid, uuid};
use super::unresolved_ranges::UnresolvedRanges;
use alternator_lb_core::routing::{Token, TokenMap};
use serde_json::Value;

/// The tablets of a table, from the rows of its partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tablets {
    ranges: UnresolvedRanges,
    base_table: Option<String>,
    is_moving: bool,
}

/// The stages of a move in which a tablet is read at its new replicas; in other stages it is read at the old ones.
const READ_NEW: [&str; 4] = ["write_both_read_new", "use_new", "cleanup", "end_migration"];

impl Tablets {
    /// The columns that are read.
    pub(crate) const COLUMNS: [&'static str; 5] = [
        "last_token",
        "replicas",
        "new_replicas",
        "stage",
        "base_table",
    ];

    pub(crate) fn read(&mut self, row: &Value) {
        let row = Row::new(row);
        if let Some(base) = row.text("base_table") {
            self.base_table = Some(base.to_owned());
        }
        let Some(end) = row.parsed("last_token").map(Token::new) else {
            return;
        };
        let stage = row.text("stage");
        self.is_moving |= stage.is_some();
        let reads_new = stage.is_some_and(|stage| READ_NEW.contains(&stage));
        let new = row.text("new_replicas").filter(|_| reads_new);
        let replicas = new.or_else(|| row.text("replicas")).unwrap_or_default();
        // The range ends here even if no host can be parsed.
        self.ranges.push(end, None);
        for host in replicas.split(',').filter_map(host) {
            self.ranges.push(end, Some(NodeName::Host(host)));
        }
    }

    /// The id of the table with which this one is co-located, if it has no tablets of its own.
    pub(crate) fn base_table(&self) -> Option<&str> {
        let has_none = self.ranges.is_empty();
        self.base_table.as_deref().filter(|_| has_none)
    }

    /// Returns whether tablets are moving between nodes.
    pub(crate) fn are_moving(&self) -> bool {
        self.is_moving
    }

    pub(crate) fn ranges(&self) -> &UnresolvedRanges {
        &self.ranges
    }

    /// The map of the tablets, with the addresses of their hosts. `None` if there are more than a map can have.
    pub(crate) fn map(&self, addresses: &Addresses) -> Option<TokenMap> {
        TokenMap::of_tablets(self.ranges.resolve(addresses)?)
    }
}

/// Parses the host of a replica, which is rendered with its shard: `5e3d8f6c-0000-4000-8000-000000000000:3`.
fn host(replica: &str) -> Option<Uuid> {
    let replica = replica.trim();
    let (host, _shard) = replica.split_once(':').unwrap_or((replica, ""));
    uuid(host)
}
