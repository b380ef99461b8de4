//! The metadata that operations need.

use super::server_tables::ServerTable;

/// The metadata that is needed of tables, besides their partition keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MetadataNeeds {
    /// How they isolate writes, also where the application names the partition key.
    pub(crate) isolation: bool,
    /// True if a warning is due where that cannot be known: the application chose it explicitly.
    pub(crate) warns_of_unknown_isolation: bool,
    /// The nodes that hold their partitions.
    pub(crate) token_maps: bool,
}

impl MetadataNeeds {
    /// The needs of token awareness alone.
    #[cfg(test)]
    pub(super) const MAPS: Self = Self {
        isolation: false,
        warns_of_unknown_isolation: false,
        token_maps: true,
    };

    /// Returns whether all that `others` need is among these.
    pub(super) fn cover(self, others: Self) -> bool {
        self.union(others) == self
    }

    pub(super) fn union(self, others: Self) -> Self {
        Self {
            isolation: self.isolation || others.isolation,
            warns_of_unknown_isolation: self.warns_of_unknown_isolation
                || others.warns_of_unknown_isolation,
            token_maps: self.token_maps || others.token_maps,
        }
    }

    /// The tables of the server's own that are read.
    pub(super) fn server_tables(self) -> Vec<ServerTable> {
        let is_needed = |table: &ServerTable| match table {
            // Read by discovery, with an address translator that needs it.
            ServerTable::ClientRoutes => false,
            ServerTable::Config => self.isolation,
            ServerTable::Keyspaces
            | ServerTable::Local
            | ServerTable::Peers
            | ServerTable::Tablets
            | ServerTable::TokenRing
            | ServerTable::Views => self.token_maps,
        };
        let tables = ServerTable::all().iter().copied();
        tables.filter(is_needed).collect()
    }
}
