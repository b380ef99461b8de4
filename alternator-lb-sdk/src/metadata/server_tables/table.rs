//! The tables that are read, and the permissions that this takes.

use std::borrow::Cow;

/// One of the server's own tables, which the plugin reads for
/// [token awareness](crate::Builder::token_aware) and for
/// [`KeyAffinity::from_table`](crate::KeyAffinity::from_table); and for [`ClientRoutes`](crate::ClientRoutes).
///
/// Where authorization is enforced, the client's role needs the permission `SELECT` on each of them. Use
/// [`grant`](Self::grant) to set up roles, and to check them.
///
/// ```
/// use alternator_lb_sdk::permissions::ServerTable;
///
/// for table in ServerTable::all() {
///     println!("{}", table.grant("app")); // GRANT SELECT ON system.tablets TO app;
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServerTable {
    /// `system.client_routes`: the addresses of nodes behind PrivateLink. Only
    /// [`ClientRoutes`](crate::ClientRoutes) reads it, with [`Local`](Self::Local) and [`Peers`](Self::Peers).
    ClientRoutes,
    /// `system.config`: the settings of the server, for the write isolation of tables that have no tag for it.
    Config,
    /// `system_schema.keyspaces`: the replication of each keyspace.
    Keyspaces,
    /// `system.local`: the node that responds.
    Local,
    /// `system.peers`: the other nodes.
    Peers,
    /// `system.tablets`: the tablets of each table.
    Tablets,
    /// `system.token_ring`: the vnodes of each keyspace.
    TokenRing,
    /// `system_schema.views`: the indexes.
    Views,
}

impl ServerTable {
    /// Returns all tables that the plugin reads for these two.
    /// [`KeyAffinity::from_table`](crate::KeyAffinity::from_table) alone reads [`Config`](Self::Config) only.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        &[
            Self::Tablets,
            Self::TokenRing,
            Self::Local,
            Self::Peers,
            Self::Config,
            Self::Keyspaces,
            Self::Views,
        ]
    }

    /// Returns the name, with that of the keyspace, such as `system.tablets`.
    ///
    /// DynamoDB operations find the table as `.scylla.alternator.system.tablets`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientRoutes => "system.client_routes",
            Self::Config => "system.config",
            Self::Keyspaces => "system_schema.keyspaces",
            Self::Local => "system.local",
            Self::Peers => "system.peers",
            Self::Tablets => "system.tablets",
            Self::TokenRing => "system.token_ring",
            Self::Views => "system_schema.views",
        }
    }

    /// Returns the CQL statement that permits `role` to read the table. The name of the role is quoted where CQL
    /// demands it.
    ///
    /// ```
    /// use alternator_lb_sdk::permissions::ServerTable;
    ///
    /// let statement = ServerTable::Config.grant("App 1");
    /// assert_eq!(statement, r#"GRANT SELECT ON system.config TO "App 1";"#);
    /// ```
    #[must_use]
    pub fn grant(self, role: &str) -> String {
        self.grant_to(&identifier(role))
    }

    fn grant_to(self, role: &str) -> String {
        format!("GRANT SELECT ON {} TO {role};", self.name())
    }
}

/// The statements that permit a role, whose name is to be filled in, to read these tables.
pub(crate) fn grants(tables: &[ServerTable]) -> String {
    let statements = tables.iter().map(|table| table.grant_to("<role>"));
    statements.collect::<Vec<_>>().join(" ")
}

/// An identifier of CQL, quoted unless it is in lower case.
fn identifier(name: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins_plain = name.starts_with(|first: char| first.is_ascii_lowercase());
    match begins_plain && name.bytes().all(is_plain) {
        true => Cow::Borrowed(name),
        false => Cow::Owned(format!("\"{}\"", name.replace('"', "\"\""))),
    }
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
            assert_eq!(granted, ServerTable::all().len(), "{document}");
            for table in ServerTable::all() {
                let statement = format!("GRANT SELECT ON {} TO ", table.name());
                assert!(text.contains(&statement), "{document}: {statement}");
            }
        }
        let builder = include_str!("../../builder/key_routing.rs");
        assert!(
            ServerTable::all()
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

    #[test]
    fn role_is_quoted_unless_it_is_in_lower_case() {
        for (role, expected) in [
            ("app_1", "app_1"),
            ("App", "\"App\""),
            ("1app", "\"1app\""),
            ("a\"b", "\"a\"\"b\""),
            ("", "\"\""),
        ] {
            let statement = ServerTable::Local.grant(role);
            assert_eq!(
                statement,
                format!("GRANT SELECT ON system.local TO {expected};")
            );
        }
    }
}
