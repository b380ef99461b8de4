//! `system.tablets`

use super::addresses::{Addresses, Name};
use super::placement::Placement;
use super::row::{Row, uuid};
use alternator_lb_core::routing::Token;
use alternator_lb_core::routing::TokenMap;
use serde_json::Value;

/// The tablets of a table, from the rows of its partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tablets {
    placement: Placement,
    base_table: Option<String>,
    is_moving: bool,
}

/// The stages of a tablet on its way in which it is read where it goes to; in those before it is read where it was.
const READ_NEW: [&str; 4] = ["write_both_read_new", "use_new", "cleanup", "end_migration"];

impl Tablets {
    /// What is asked for.
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
        let has_moved = stage.is_some_and(|stage| READ_NEW.contains(&stage));
        let moved = row.text("new_replicas").filter(|_| has_moved);
        let replicas = moved.or_else(|| row.text("replicas")).unwrap_or_default();
        // It ends here even if nobody can be made out.
        self.placement.push(end, None);
        for host in replicas.split(',').filter_map(host) {
            self.placement.push(end, Some(Name::Host(host)));
        }
    }

    /// The id of the table whose tablets these are, if that is another one: they are read there.
    pub(crate) fn base_table(&self) -> Option<&str> {
        let is_elsewhere = self.placement.is_empty();
        self.base_table.as_deref().filter(|_| is_elsewhere)
    }

    /// Whether some are on their way to other nodes.
    pub(crate) fn are_moving(&self) -> bool {
        self.is_moving
    }

    pub(crate) fn placement(&self) -> &Placement {
        &self.placement
    }

    /// The map of it, once it is known by which addresses clients know the nodes. None if there is more than a map can have.
    pub(crate) fn map(&self, addresses: &Addresses) -> Option<TokenMap> {
        match self.placement.is_too_large() {
            true => None,
            false => TokenMap::of_tablets(self.placement.ends(addresses)),
        }
    }
}

/// The host of a replica, which is rendered with its shard: `5e3d8f6c-0000-4000-8000-000000000000:3`.
fn host(replica: &str) -> Option<u128> {
    let replica = replica.trim();
    let (host, _shard) = replica.split_once(':').unwrap_or((replica, ""));
    uuid(host)
}
