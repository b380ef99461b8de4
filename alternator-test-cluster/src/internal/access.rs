//! Access to the internal tables.

/// The access of clients to the internal tables: `.scylla.alternator.system.tablets`, `.system.token_ring`,
/// `.system.local`, `.system.peers`, `.system.versions`, `.system.config`, `.system_schema.keyspaces`,
/// `.system_schema.tables` and `.system_schema.views`, by Query and Scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InternalTables {
    /// All clients may read them.
    Readable,
    /// No client may read them: reading one is an `AccessDeniedException`, as for a role without the permission SELECT.
    /// This does not depend on [`Builder::authorization`](crate::Builder::authorization), without which a server
    /// would let all clients read.
    Refused,
    /// There are none: reading one is a `ResourceNotFoundException`, as with servers before 4.1.
    Unknown,
}
