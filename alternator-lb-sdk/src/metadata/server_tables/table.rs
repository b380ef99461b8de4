//! The tables that are read, and the permissions that this takes.

use std::fmt::Write as _;

/// One of the server's own tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ServerTable {
    /// The settings of the server.
    Config,
    /// The replication of each keyspace.
    Keyspaces,
    /// The node that responds.
    Local,
    /// The other nodes.
    Peers,
    Tablets,
    /// The vnodes of each keyspace.
    TokenRing,
    /// The indexes.
    Views,
}

impl ServerTable {
    /// The tables that token-aware routing reads: the one list of them, which the documentation repeats.
    pub(crate) const ALL: [Self; 7] = [
        Self::Tablets,
        Self::TokenRing,
        Self::Local,
        Self::Peers,
        Self::Config,
        Self::Keyspaces,
        Self::Views,
    ];

    /// The name, with that of the keyspace.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Config => "system.config",
            Self::Keyspaces => "system_schema.keyspaces",
            Self::Local => "system.local",
            Self::Peers => "system.peers",
            Self::Tablets => "system.tablets",
            Self::TokenRing => "system.token_ring",
            Self::Views => "system_schema.views",
        }
    }
}

/// The statements that permit a role to read these tables.
pub(crate) fn grants(tables: &[ServerTable]) -> String {
    let mut statements = String::new();
    for table in tables {
        // Writing to a string never fails.
        let _ = write!(statements, "GRANT SELECT ON {} TO <role>; ", table.name());
    }
    statements.truncate(statements.trim_end().len());
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_has_the_permission_for_each_table() {
        for (document, text) in [
            ("docs/routing.rs", include_str!("../../docs/routing.rs")),
            ("README.md", include_str!("../../../../README.md")),
        ] {
            let granted = text.matches("GRANT SELECT ON ").count();
            assert_eq!(granted, ServerTable::ALL.len(), "{document}");
            for table in ServerTable::ALL {
                let statement = format!("GRANT SELECT ON {} TO ", table.name());
                assert!(text.contains(&statement), "{document}: {statement}");
            }
        }
        let builder = include_str!("../../builder.rs");
        assert!(
            ServerTable::ALL
                .iter()
                .all(|table| builder.contains(table.name()))
        );
    }

    #[test]
    fn grants_are_statements() {
        assert_eq!(
            grants(&[ServerTable::Tablets, ServerTable::Views]),
            "GRANT SELECT ON system.tablets TO <role>; GRANT SELECT ON system_schema.views TO <role>;"
        );
    }
}
